"""A trained model and the posts that it has not seen -> what it prefers and writes, beside simple rules."""
