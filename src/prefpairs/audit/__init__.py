"""Gold texts and the lake -> one report on the de-identification, which a steward reads before signing."""
