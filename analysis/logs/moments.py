"""Moments of unit columns by any code (arm, segment level, day), in one fixed order."""

from collections.abc import Mapping

import numpy as np

from analysis.core import Floats, Moments
from analysis.logs.column_store import Array


def means_by(code: Array, size: int, columns: Mapping[str, Floats]) -> Floats:
    """Shape (size, k): mean of each column by code; 0 where there are no units."""
    n = np.maximum(np.bincount(code, minlength=size), 1)
    sums = [np.bincount(code, weights=column, minlength=size) for column in columns.values()]
    return np.column_stack(sums) / n[:, None]


def moments_by(
    code: Array,
    size: int,
    columns: Mapping[str, Floats],
    shift: Floats,
    shift_of: Array,
    weight: Floats | None = None,
) -> list[Moments]:
    """Moments of some columns by code.

    Args:
        code: Shape (n,): which set a unit belongs to, 0 .. size - 1.
        size: Number of sets.
        columns: Arrays of shape (n,).
        shift: Shape (arms, k): a value near the mean of each arm's columns.
        shift_of: Shape (size,): which arm's shift a set takes.
        weight: Shape (n,): how many units a row stands for; None for one each.

    Returns:
        One for each code. Sums run over units in the given order, so that the same units
        in the same order give the same bits.

    Source:
        Chan, Golub, LeVeque (1983), Am. Stat. 37, 242-247: two passes over shifted values.
    """
    names = tuple(columns)
    own = shift[shift_of]
    shifted = [column - own[code, i] for i, column in enumerate(columns.values())]
    counts = np.bincount(code, weights=weight, minlength=size)
    k = len(names)
    total = np.zeros((size, k))
    cross = np.zeros((size, k, k))
    for i, a in enumerate(shifted):
        weighted = a if weight is None else a * weight
        total[:, i] = np.bincount(code, weights=weighted, minlength=size)
        for j in range(i + 1):
            sums = np.bincount(code, weights=weighted * shifted[j], minlength=size)
            cross[:, i, j] = cross[:, j, i] = sums
    return [
        Moments(round(float(counts[c])), names, own[c].copy(), total[c], cross[c])
        for c in range(size)
    ]


def prefix_sums(ix: Array, deltas: list[Array]) -> tuple[list[Floats], list[Floats]]:
    """Each unit's running sums before and after each of its rows.

    Args:
        ix: Shape (r,): the unit of a row; sorted.
        deltas: Arrays of shape (r,).

    Returns:
        Sums before, and sums after, each row. They are added within a unit only: one
        running sum over all units would lose the digits of the small ones.
    """
    rows = ix.size
    starts = np.ones(rows, dtype=bool)
    starts[1:] = ix[1:] != ix[:-1]
    first = np.maximum.accumulate(np.where(starts, np.arange(rows), 0))
    rank = np.arange(rows) - first
    most = int(rank.max()) + 1 if rows else 0
    order = np.argsort(rank.astype(np.uint16 if most < 65_536 else np.int64), kind="stable")
    limits = np.searchsorted(rank[order], np.arange(most + 1))
    before = [np.zeros(rows) for _ in deltas]
    after = [np.asarray(delta, dtype=float).copy() for delta in deltas]
    for r in range(1, most):
        at = order[limits[r] : limits[r + 1]]
        for low, high in zip(before, after, strict=True):
            low[at] = high[at - 1]
            high[at] += low[at]
    return before, after
