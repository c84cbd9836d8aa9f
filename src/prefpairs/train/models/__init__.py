"""A model folder -> a model to train, and back."""
