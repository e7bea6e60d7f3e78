"""The comparison at the same position, for the slots of two rankers in a log."""

import numpy as np

from analysis.interleaving.inference import Block
from analysis.interleaving.slots import Cells, cells_of, depth, labelled, strata_of
from analysis.interleaving.stratified import stratified
from analysis.logs.list_log import Bool, Int, ListLog


def stratum_labels(log: ListLog, *, by_day: bool) -> list[str]:
    """Names of strata by code: ``3``, or ``2026-03-01|3``."""
    positions = [str(k) for k in range(1, depth(log) + 1)]
    if not by_day or log.table.day is None:
        return positions
    return [f"{day}|{position}" for day in ("", *log.days) for position in positions]


def same_position(
    log: ListLog,
    which: Bool,
    pair: tuple[int, int],
    alpha: float,
    *,
    by_day: bool,
    cells: Cells | None = None,
) -> Block:
    """Both rankers' rates over strata of position, or of day and position.

    Args:
        log: The log.
        which: (slots,) the labelled slots that count.
        pair: Codes of control and candidate.
        alpha: Level of the second interval.
        by_day: Strata are day by position.
        cells: The slots by unit and position, where they are at hand.
    """
    if not by_day and cells is not None:
        return stratified(cells, stratum_labels(log, by_day=False), alpha)
    made = cells_of(log, which, pair[1], by_day=by_day)
    return stratified(made, stratum_labels(log, by_day=by_day), alpha)


def by_day_and_position(log: ListLog) -> tuple[Int, Int]:
    """(2, strata) slots, and clicks, of the first two rankers by day and position."""
    stratum, strata = strata_of(log, by_day=True)
    marked = labelled(log)
    key = (stratum[marked] * 2 + (log.slots.ranker[marked] == 1)) * 2 + log.slots.clicked[marked]
    four = np.bincount(key, minlength=4 * strata).reshape(strata, 2, 2)
    return four.sum(axis=2).T, four[:, :, 1].T
