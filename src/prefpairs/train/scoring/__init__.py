"""A model and a packed row -> the log-probability of every response."""
