"""The lists that can be simulated by name."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from analysis.simulate.list_plan import ListPlan
from analysis.simulate.list_scenarios import PLAYLISTS, RECOMMENDER_LISTS, SEARCH_LISTS

_SAME = ListPlan({"legacy": 1.0, "new": 1.0}, likeness="identical")
_EQUAL = replace(_SAME, likeness="mirrored")
# Five per cent more clicks on the lists that it fills alone.
_BETTER = ListPlan({"legacy": 1.0, "new": 0.805}, slots=8, queries=2_000)

LIST_KINDS: Mapping[str, ListPlan] = MappingProxyType(
    {
        "lists_identical": _SAME,
        "lists_equal": _EQUAL,
        "lists_better": _BETTER,
        "lists_cascade": replace(_BETTER, clicks="cascade"),
        "lists_heavy_users": replace(_EQUAL, shape=0.15, taste=0.4),
        "lists_competitive": replace(_BETTER, draft="competitive"),
        "lists_biased_coin": replace(_EQUAL, coin="biased", control_first=0.8),
        "lists_alternating": replace(_SAME, coin="alternating"),
        "lists_sticky_coin": replace(_EQUAL, coin="sticky"),
        # The site is clicked less and less while the candidate is shown more and more.
        "lists_ramp": replace(_BETTER, coin="ramp", ramp=(0.1, 0.6), last_rate=0.6),
        "lists_three": ListPlan({"legacy": 1.0, "new": 0.4, "newer": 0.4}, slots=6, queries=400),
        "playlist_lists": PLAYLISTS,
        "recommender_lists": RECOMMENDER_LISTS,
        "search_lists": SEARCH_LISTS,
    }
)
