"""Tables -> pass or a failed gate."""
