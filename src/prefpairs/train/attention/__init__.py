"""A packed row -> attention in which every response sees its own prompt and itself, and nothing else."""
