"""Evidence for labels: votes are simulated over a known quality, and every preset is judged by it."""
