"""The tables of a night -> one page of numbers and plots about votes and labels, without a text."""
