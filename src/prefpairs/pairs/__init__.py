"""Decisions and votes -> pairs and threads."""
