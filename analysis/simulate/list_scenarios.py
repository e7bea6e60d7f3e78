"""The lists behind the interleaving samples: one sound, one with a bent coin, one to refuse."""

from analysis.simulate.list_plan import ListPlan

# Sound: who starts each round is drawn fairly; people differ in taste.
PLAYLISTS = ListPlan(
    {"current": 1.0, "fresh": 0.5},
    slots=8,
    queries=300,
    users=1_100,
    lists_per_user=4.0,
    taste=0.2,
    start="2026-05-11",
    world=5,
)

# The coin favours the old ranker, so that it stands on top and has more slots: its clicks are
# more although people choose the new one wherever both had the same chance to be seen.
RECOMMENDER_LISTS = ListPlan(
    {"legacy": 1.0, "two_tower": 0.45},
    coin="biased",
    control_first=0.8,
    slots=7,
    queries=300,
    users=1_500,
    lists_per_user=4.5,
    start="2026-06-01",
    repeats=0.001,
    world=3,
)

# The old ranker is always on top, so nothing was drawn and no winner can be named.
SEARCH_LISTS = ListPlan(
    {"legacy": 1.0, "learned": 0.3},
    coin="alternating",
    slots=6,
    queries=300,
    users=1_200,
    lists_per_user=4.0,
    start="2026-04-13",
    world=7,
)
