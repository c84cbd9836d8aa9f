"""A released version -> trees of token ids, packed into rows of a fixed token budget."""
