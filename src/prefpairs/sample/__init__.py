"""A synthetic archive in exact dump format, with a gold file of what was planted in it."""
