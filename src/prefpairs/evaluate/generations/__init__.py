"""What a model writes: replies to held-out posts, and five dimensions of them by local proxies."""
