"""A released version -> a trained model."""
