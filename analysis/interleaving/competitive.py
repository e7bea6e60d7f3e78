"""Which slots are competitive: where the rankers would have chosen differently."""

from dataclasses import dataclass

import numpy as np

from analysis.interleaving.slots import labelled
from analysis.logs.list_log import SHARED, Bool, Int, ListLog

# Slots compared at a time: few enough to stay in the processor's cache.
CHUNK = 1 << 17


@dataclass(frozen=True)
class Competition:
    """The competitive slots of two rankers, and what says so.

    Attributes:
        evidence: ``column``, ``shared_slots``, ``ranks`` or ``unknown``.
        slots: (slots,) labelled and competitive; None if unknown.
        agree_share: Share of slots on which the rankers agree; None if unknown.
    """

    evidence: str
    slots: Bool | None
    agree_share: float | None


def competition(log: ListLog, control: int = 0, candidate: int = 1) -> Competition:
    """Competitive slots by the best evidence that the log has.

    A column that says so; else shared slots, which only a draft by competitive pairs
    leaves; else the items' ranks in both rankers' own lists.

    Source:
        Zhang, Deng, Du, Gao, He, Katariya (2025), KDD (arXiv 2508.00751), section 4.1.
    """
    slots = log.slots
    both = labelled(log, control, candidate)
    count = int(both.sum())
    if slots.competitive is not None and bool((slots.competitive[both] >= 0).any()):
        found = both & (slots.competitive == 1)
        return Competition("column", found, _agree(found, count))
    shared = int((slots.ranker == SHARED).sum())
    if shared and log.shape != "events":
        return Competition("shared_slots", both, shared / slots.ranker.size)
    if slots.ranks is not None and slots.position is not None:
        found = both & ~top_unshown(log, control, candidate)
        return Competition("ranks", found, _agree(found, count))
    return Competition("unknown", None, None)


def _agree(found: Bool, count: int) -> float | None:
    return 1 - int(found.sum()) / count if count else None


def top_unshown(log: ListLog, control: int, candidate: int) -> Bool:
    """(slots,) whether the other ranker would have put the same item next.

    So it is where as many items above it are ranked higher in the other's list as there
    are ranks above its own there.
    """
    slots = log.slots
    assert slots.ranks is not None
    result = np.zeros(slots.list.size, dtype=bool)
    for own, other in ((control, candidate), (candidate, control)):
        rank = slots.ranks[other]
        above = _higher_above(log, rank)
        mine = (slots.ranker == own) & (rank > 0)
        result |= mine & (above == rank - 1)
    return result


def _higher_above(log: ListLog, rank: Int) -> Int:
    """(slots,) how many slots above in the same list hold items of a smaller rank."""
    of, position = log.slots.list, log.slots.position
    assert position is not None
    # An item that the ranker does not have is below all that it has.
    ranked = np.where(rank > 0, rank, np.iinfo(np.int32).max).astype(np.int32)
    above = np.zeros(of.size, dtype=np.int32)
    for start in range(0, of.size, CHUNK):
        stop = min(start + CHUNK, of.size)
        for offset in range(1, stop):
            here = slice(max(start, offset), stop)
            there = slice(here.start - offset, stop - offset)
            higher = of[here] == of[there]
            if not higher.any():
                break
            higher &= ranked[there] < ranked[here]
            higher &= position[there] < position[here]
            above[here] += higher
    return above
