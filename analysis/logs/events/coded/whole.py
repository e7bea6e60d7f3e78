"""Values and marks of rows as whole numbers: the same ones as the SQL templates make."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.logs.sql.event_units import BLANK_VALUE, FIRST_PRIME, SECOND_PRIME

Array = NDArray[Any]
Whole = NDArray[np.int64]


def whole_value(values: Array, largest: float, places: int) -> Whole:
    """Values as whole numbers below 2^31 in size; see `sql.event_units.whole_value`.

    Args:
        values: Shape (n,); NaN where blank.
        largest: Largest magnitude of the log's values.
        places: Decimals that they need; more than 6 for values that are no short decimals.
    """
    blank = np.isnan(values)
    some = bool(blank.any())
    filled = np.where(blank, 0.0, values) if some else values
    if places <= 6 and largest * 10**places < 2**62:
        scaled = filled * float(10**places) if places else filled
        whole = np.rint(scaled, out=scaled if places else None).astype(np.int64)
        if largest * 10**places >= 2**31:
            # SQL's remainder has the sign of what is divided.
            whole = np.fmod(whole, SECOND_PRIME)
    else:
        scaled = filled * 2.0 ** min(max(50 - math.frexp(largest)[1], -1000), 1000)
        low = np.floor(scaled)
        rest = np.floor((scaled - low) * 2.0**40).astype(np.int64)
        folded = np.fmod(rest, SECOND_PRIME) * 1_000_003
        whole = np.fmod(low.astype(np.int64) + folded, SECOND_PRIME)
    if some:
        whole[blank] = BLANK_VALUE
    return whole


def row_marks(t: Whole, whole: Whole, event: Whole, arm: Whole) -> Whole:
    """A whole number per row that a change of any cell changes; see `sql.event_units.fingerprint`.

    Args:
        t: UTC microseconds.
        whole: Values as whole numbers.
        event: Codes of the rows' events.
        arm: Codes of the rows' arms.
    """
    names = event + arm
    time = np.fmod(t + names, FIRST_PRIME)
    names += 2 * arm
    names += whole
    time *= names
    return time


def away_from_zero(values: Array) -> Array:
    """Values rounded to whole ones, halves away from zero as SQL does it.

    Only values that are no short decimals can be halves after they were scaled.
    """
    near = np.rint(values)
    half = np.flatnonzero(np.abs(values - np.trunc(values)) == 0.5)
    if half.size:
        near[half] = np.trunc(values[half]) + np.copysign(1.0, values[half])
    return near
