"""The versions that a readout is stamped with."""

VERDICT = "0.1.0"

# Raised whenever a number of an existing study would change.
METHODS = "1"
