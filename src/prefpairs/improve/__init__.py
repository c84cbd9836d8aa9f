"""Edits, contrasts and revisions -> improvement pairs: a post, a draft, and a better text."""
