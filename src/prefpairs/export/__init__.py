"""A pulled version -> what other trainers read."""
