"""How much an engine is asked for at once when events are read."""

# More combinations of event, arm and day than this are no log of an experiment.
MOST_PROFILES = 500_000
HASHES_AT_ONCE = 20_000_000
