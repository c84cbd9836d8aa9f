"""Kept texts -> groups of texts that say almost the same."""
