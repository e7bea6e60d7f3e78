"""Many lists merged at once: the drafts of `analysis.planning` in whole arrays."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
SHARED = -1


def team_draft(order: Ints, query: Ints, pickers: Ints) -> tuple[Ints, Ints]:
    """Lists in which the picker of each slot adds its best item that is not shown yet.

    Args:
        order: Shape (rankers, queries, depth): items, best first.
        query: Shape (lists,).
        pickers: Shape (lists, slots): who picks; slots may not exceed depth.

    Returns:
        Items and the rankers that they are credited to, each of shape (lists, slots).
    """
    lists, slots = pickers.shape
    everyone = np.arange(lists)
    shown = np.zeros((lists, int(order.max()) + 1), dtype=bool)
    items = np.empty((lists, slots), dtype=np.int64)
    for slot in range(slots):
        items[:, slot] = _best(order, pickers[:, slot], query, shown)
        shown[everyone, items[:, slot]] = True
    return items, pickers.copy()


def competitive_pair(order: Ints, query: Ints, first: Ints, slots: int) -> tuple[Ints, Ints]:
    """Lists in which the two rankers add their best items round by round.

    Where both would add the same item it comes once and is credited to nobody.

    Args:
        order: Shape (2, queries, depth).
        query: Shape (lists,).
        first: Shape (lists,): the ranker that stands on top in every round.
        slots: Length of the lists.

    Returns:
        Items and rankers (SHARED for nobody), each of shape (lists, slots).
    """
    everyone = np.arange(query.size)
    shown = np.zeros((query.size, int(order.max()) + 1), dtype=bool)
    items = np.empty((query.size, slots), dtype=np.int64)
    labels = np.empty_like(items)
    owed = np.zeros(query.size, dtype=bool)
    for slot in range(slots):
        other = 1 - first
        mine = _best(order, first, query, shown)
        theirs = _best(order, other, query, shown)
        agree = ~owed & (mine == theirs)
        items[:, slot] = np.where(owed, theirs, mine)
        labels[:, slot] = np.where(owed, other, np.where(agree, SHARED, first))
        owed = ~owed & ~agree
        shown[everyone, items[:, slot]] = True
    return items, labels


def _best(order: Ints, ranker: Ints, query: Ints, shown: NDArray[np.bool_]) -> Ints:
    """Each list's best item of a ranker that is not shown yet."""
    wanted = order[ranker, query]
    free = ~np.take_along_axis(shown, wanted, axis=1)
    at = np.argmax(free, axis=1)
    found: Ints = wanted[np.arange(query.size), at]
    return found
