"""Raw texts -> texts whose identifiers are replaced, and the spans that were found."""
