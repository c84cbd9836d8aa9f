"""De-identification, measured: stock Presidio beside ours, in one run."""
