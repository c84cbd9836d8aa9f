"""Posts and comments that nobody wrote, with every identifier in them known."""
