"""Exact sums of whole numbers by runs of rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LIMB = 30


def exact_sums(values: Array, first: Array) -> Array:
    """Sums of doubles that are whole numbers; they fit into 64 bits.

    Args:
        values: The numbers, run by run.
        first: Where each run begins.
    """
    found: Array = np.add.reduceat(values.astype(np.int64), first)
    return found


def wide_sums(values: Array, first: Array) -> Array:
    """Sums of doubles that are whole numbers of any size below 2^120, as doubles.

    The numbers are taken apart into three whole numbers of 30 bits and more, whose sums are
    exact; a sum is rounded only when it becomes a double.
    """
    high = np.trunc(np.ldexp(values, -2 * LIMB))
    rest = values - np.ldexp(high, 2 * LIMB)
    middle = np.trunc(np.ldexp(rest, -LIMB))
    low = rest - np.ldexp(middle, LIMB)
    a, b, c = (exact_sums(part, first) for part in (high, middle, low))
    mask = (1 << LIMB) - 1
    b += c >> LIMB
    a += b >> LIMB
    low60 = ((b & mask) << LIMB) | (c & mask)
    # As DuckDB makes doubles of wide whole numbers: 64 bits, and what is above them.
    below = (a.astype(np.uint64) << np.uint64(2 * LIMB)) | low60.astype(np.uint64)
    above = a >> (64 - 2 * LIMB)
    found: Array = below.astype(np.float64) + np.ldexp(above.astype(np.float64), 64)
    return np.where(above == -1, -(~below).astype(np.float64) - 1.0, found)
