"""Who starts a list: was the first pick drawn by a fair coin, and anew for each list?"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.core.tails import normal_two_sided
from analysis.interleaving.inference import Block, sign_test
from analysis.interleaving.outcomes import wilson_of
from analysis.interleaving.slots import units_of
from analysis.logs.list_log import Int, ListLog

FIXED = 0.98
FIELDS = (
    "control_first",
    "control_first_share",
    "first_share",
    "first_pick_binom_p",
    "first_pick_user_clustered_z",
    "first_pick_user_clustered_p",
    "sticky_first_pick",
)


@dataclass(frozen=True)
class FirstPicks:
    """Who starts each list that has a labelled slot.

    Attributes:
        of: (picks,) list.
        ranker: (picks,) who holds its uppermost labelled slot.
        unit: (picks,) the list's unit.
        by_user: Whether units are users.
        rankers: How many rankers there are.
    """

    of: Int
    ranker: Int
    unit: Int
    by_user: bool
    rankers: int


def first_picks(log: ListLog) -> FirstPicks:
    """The first pick of every list with a labelled slot; of equal positions, the earlier row."""
    marked = np.flatnonzero(log.slots.ranker >= 0)
    of = log.slots.list[marked]
    first = np.ones(of.size, dtype=bool)
    first[1:] = of[1:] != of[:-1]
    unit, _ = units_of(log)
    lists = of[first]
    return FirstPicks(
        of=lists,
        ranker=log.slots.ranker[marked[first]],
        unit=unit[lists],
        by_user=log.table.user is not None,
        rankers=len(log.rankers),
    )


def starts(picks: FirstPicks) -> list[int]:
    """How many lists each ranker starts."""
    return [int(one) for one in np.bincount(picks.ranker, minlength=picks.rankers)]


def fixed_first(picks: FirstPicks) -> int | None:
    """The ranker that starts at least 98 % of lists, if one does."""
    count = starts(picks)
    total = sum(count)
    top = int(np.argmax(count)) if count else 0
    return top if total and count[top] >= FIXED * total else None


def clustered_z(picks: FirstPicks, ranker: int = 0) -> float | None:
    """How far a ranker's starts are from its fair share, errors clustered by unit.

    None where all units are exactly even, so that nothing speaks against the coin.
    """
    if not picks.of.size:
        return None
    fair = 1 / picks.rankers
    units, place = np.unique(picks.unit, return_inverse=True)
    starts_of = np.bincount(place[picks.ranker == ranker], minlength=units.size)
    away = starts_of - fair * np.bincount(place, minlength=units.size)
    squares = float(away @ away)
    return float(away.sum()) / math.sqrt(squares) if squares > 1e-12 else None


def coin_p(picks: FirstPicks) -> float | None:
    """The p against a fair draw that decides; over several rankers, the smallest times M."""
    if not picks.of.size:
        return None
    rankers = [0] if picks.rankers == 2 else list(range(picks.rankers))
    zs = [clustered_z(picks, one) for one in rankers]
    p_values = [1.0 if z is None else normal_two_sided(z) for z in zs]
    return min(1.0, len(rankers) * min(p_values))


def sticky(picks: FirstPicks) -> bool | None:
    """Whether each user always meets the same starter; None if no user has two lists."""
    if not picks.by_user or not picks.of.size:
        return None
    size = int(picks.unit.max()) + 1
    count = np.bincount(picks.unit, minlength=size)
    if not (count > 1).any():
        return None
    total = np.bincount(picks.unit, weights=picks.ranker, minlength=size)
    squares = np.bincount(picks.unit, weights=picks.ranker.astype(float) ** 2, minlength=size)
    # All the same, exactly where the sum of squares is the square of the sum over the count.
    return bool((squares * count == total * total)[count > 1].all())


def first_pick_block(picks: FirstPicks, *, placed: bool) -> Block:
    """The fields of ``balance`` that are about the first pick.

    Args:
        picks: Who starts.
        placed: Whether the log has positions; without them nobody knows who starts.
    """
    if not placed or not picks.of.size:
        return {"n_impressions_with_team": int(picks.of.size)} | dict.fromkeys(FIELDS)
    total, count = int(picks.of.size), starts(picks)
    binomial = sign_test(count[0], total - count[0]) if picks.rankers == 2 else None
    return {
        "n_impressions_with_team": total,
        "control_first": count[0],
        "control_first_share": count[0] / total,
        "first_share": [one / total for one in count],
        "first_pick_binom_p": binomial,
        "first_pick_user_clustered_z": clustered_z(picks) or 0.0,
        "first_pick_user_clustered_p": coin_p(picks),
        "sticky_first_pick": sticky(picks),
    }


def by_day(log: ListLog, picks: FirstPicks) -> list[dict[str, Any]]:
    """For each day: lists, how many the control starts, its share and 95 % interval."""
    if log.table.day is None:
        return []
    day = log.table.day[picks.of]
    dated = day >= 0
    total = np.bincount(day[dated], minlength=len(log.days))
    control = np.bincount(day[dated & (picks.ranker == 0)], minlength=len(log.days))
    return [
        {
            "day": name,
            "lists": int(n),
            "control_first": int(hits),
            "control_first_share": hits / n,
            "ci95": wilson_of(int(hits), int(n), 0.025),
        }
        for name, n, hits in zip(log.days, total.tolist(), control.tolist(), strict=True)
        if n
    ]
