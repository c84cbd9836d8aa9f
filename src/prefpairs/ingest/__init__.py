"""Sources -> conformed raw tables: posts, comments, score observations, quarantine."""
