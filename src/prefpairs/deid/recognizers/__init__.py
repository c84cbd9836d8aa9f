"""Presidio recognizers for community text."""
