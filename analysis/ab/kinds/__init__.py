"""Metric kinds: how each one's moments become a reading, one kind a file."""
