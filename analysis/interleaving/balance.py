"""Did both rankers get the same places, and the same share of places over time?"""

from dataclasses import dataclass

import numpy as np

from analysis.core import Floats
from analysis.core.tails import chi_square_upper
from analysis.interleaving.inference import Block, chi_square
from analysis.logs.list_log import ListLog

FEW_SLOTS = 200
DRIFTED = 0.10
ALARM = 0.001


@dataclass(frozen=True)
class Drift:
    """Whether a ranker's share of slots changes over days.

    Attributes:
        found: It does.
        low, high: Smallest and largest daily share of the ranker that moves most.
        p: Chi-square of days by rankers.
    """

    found: bool
    low: float | None = None
    high: float | None = None
    p: float | None = None


def position_table(log: ListLog, *, clicks: bool = False) -> dict[str, list[int]]:
    """Slots (or clicks) of each ranker by position, positions with a labelled slot."""
    slots = log.slots
    if slots.position is None:
        return {}
    m = len(log.rankers)
    which = (slots.ranker >= 0) & (slots.clicked if clicks else True)
    code = slots.position[which].astype(np.int64) * m + slots.ranker[which]
    deep = int(slots.position.max()) if slots.position.size else 0
    table = np.bincount(code, minlength=(deep + 1) * m).reshape(deep + 1, m)
    return {str(k): [int(one) for one in table[k]] for k in np.flatnonzero(table.sum(axis=1))}


def slot_counts(log: ListLog) -> list[int]:
    """Labelled slots of each ranker."""
    ranker = log.slots.ranker
    return [int((ranker == m).sum()) for m in range(len(log.rankers))]


def mean_reciprocal_positions(table: dict[str, list[int]], rankers: int) -> list[float | None]:
    """The mean of 1/position over each ranker's slots."""
    means: list[float | None] = []
    for m in range(rankers):
        total = sum(row[m] for row in table.values())
        parts = sum(row[m] / int(position) for position, row in table.items())
        means.append(parts / total if total else None)
    return means


def position_chi2(table: dict[str, list[int]]) -> Block:
    """Pearson's test of positions by rankers; descriptive, since slots are not independent."""
    tested = chi_square(np.array(list(table.values()), dtype=float)) if table else None
    if tested is None:
        return {"stat": None, "dof": None, "p": None}
    return {"stat": tested[0], "dof": tested[1], "p": chi_square_upper(*tested)}


def daily_slots(log: ListLog) -> Floats | None:
    """(days, rankers) labelled slots; None without days."""
    if log.table.day is None or not log.days:
        return None
    m, marked = len(log.rankers), log.slots.ranker >= 0
    day = log.table.day[log.slots.list[marked]]
    code = (day.astype(np.int64) * m + log.slots.ranker[marked])[day >= 0]
    counts = np.bincount(code, minlength=len(log.days) * m).reshape(len(log.days), m)
    return counts.astype(float)


def share_drift(table: Floats | None) -> Drift:
    """Whether the share of slots moves by at least 10 points over days, beyond chance.

    Args:
        table: (days, rankers) labelled slots.
    """
    if table is None:
        return Drift(found=False)
    table = table[table.sum(axis=1) >= FEW_SLOTS]
    tested = chi_square(table) if table.shape[0] >= 2 else None
    if tested is None:
        return Drift(found=False)
    shares = table / table.sum(axis=1, keepdims=True)
    # Of two rankers the candidate, whose share is the other's mirror image.
    moves = np.ptp(shares, axis=0)
    m = 1 if shares.shape[1] == 2 else int(np.argmax(moves))
    p = chi_square_upper(*tested)
    low, high = float(shares[:, m].min()), float(shares[:, m].max())
    # Shares that differ by exactly ten points do so up to rounding.
    return Drift(high - low >= DRIFTED - 1e-12 and p < ALARM, low, high, p)
