"""Scores of responses -> one number to make smaller."""
