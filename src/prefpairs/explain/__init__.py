"""An id -> why this pair exists, or why this comment is in none."""
