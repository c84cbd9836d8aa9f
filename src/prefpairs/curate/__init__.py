"""Raw tables -> decisions: keep, or a reason code."""
