"""What is counted in cleaned lists and not repaired."""

import numpy as np

from analysis.logs.list_log import Slots
from analysis.logs.lists.shapes import Shape
from analysis.logs.lists.table import Identity


def count_lists(slots: Slots, identity: Identity, shape: Shape) -> dict[str, int]:
    """Counts of lists that are odd in some way.

    Returns:
        ``positions_repeated``, ``lists_with_gaps``, ``lists_of_other_length``,
        ``lists_uneven`` (either of the two), ``lists_one_ranker``, ``user_per_list_conflict``,
        and ``positions_repeated_first``: the first list with two items at one position, or -1.
    """
    counts = {
        "positions_repeated": 0,
        "positions_repeated_first": -1,
        "lists_with_gaps": 0,
        "lists_of_other_length": 0,
        "lists_uneven": 0,
        "lists_one_ranker": 0,
        "user_per_list_conflict": identity.conflicts,
    }
    n = identity.lists
    if shape.name in ("events", "position") or not slots.list.size:
        return counts
    length = np.bincount(slots.list, minlength=n)
    labelled = slots.ranker >= 0
    low = np.full(n, 127, dtype=np.int8)
    high = np.full(n, -1, dtype=np.int8)
    np.minimum.at(low, slots.list[labelled], slots.ranker[labelled])
    np.maximum.at(high, slots.list[labelled], slots.ranker[labelled])
    counts["lists_one_ranker"] = int(((high >= 0) & (low == high)).sum())
    other = length != np.bincount(length).argmax()
    uneven = other.copy()
    if slots.position is not None:
        same = (slots.list[1:] == slots.list[:-1]) & (slots.position[1:] == slots.position[:-1])
        repeated = np.unique(slots.list[1:][same])
        counts["positions_repeated"] = repeated.size
        if repeated.size:
            counts["positions_repeated_first"] = int(repeated[0])
        ends = np.flatnonzero(np.r_[slots.list[1:] != slots.list[:-1], True])
        deepest = np.zeros(n, dtype=np.int64)
        deepest[slots.list[ends]] = slots.position[ends]
        doubled = np.bincount(slots.list[1:][same], minlength=n)
        gaps = deepest != length - doubled
        counts["lists_with_gaps"] = int(gaps.sum())
        uneven |= gaps
    counts["lists_of_other_length"] = int(other.sum())
    counts["lists_uneven"] = int(uneven.sum())
    return counts
