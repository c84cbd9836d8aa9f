"""Raw texts that were kept -> safety labels on each, and a queue of those that a person should look at."""
