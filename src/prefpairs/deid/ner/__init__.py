"""A small named-entity recognizer for community text."""
