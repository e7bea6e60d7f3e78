"""How position alone changes clicks, from lists whose order was drawn at random."""

import math

import numpy as np

from analysis.core.tails import chi_square_upper, normal_quantile
from analysis.interleaving.inference import Block, Range, chi_square, intervals
from analysis.logs.list_log import Bool, Int, ListLog


def curve(slots: Int, clicks: Int, alpha: float) -> Block:
    """Theta by position from shuffled rows, and whether there is a position bias at all.

    Slots are treated as independent.

    Args:
        slots: (positions,) shown slots at positions 1, 2, ...
        clicks: (positions,) clicks there.
        alpha: Level of the test of equal click rates.

    Source:
        Craswell, Zoeter, Taylor, Ramsey (2008), "An experimental comparison of click
        position-bias models", WSDM.
    """
    shown = [int(one) for one in np.flatnonzero(slots)]
    ctr = {k: float(clicks[k] / slots[k]) for k in shown}
    first = ctr.get(0)

    def ends(k: int, tail: float) -> Range | None:
        if first is None or clicks[0] == 0 or clicks[k] == 0:
            return None
        if k == 0:
            return 1.0, 1.0
        variance = 1 / clicks[k] - 1 / slots[k] + 1 / clicks[0] - 1 / slots[0]
        half = normal_quantile(tail) * math.sqrt(max(float(variance), 0.0))
        theta = ctr[k] / first
        return theta * math.exp(-half), theta * math.exp(half)

    tested = chi_square(np.stack([clicks, slots - clicks], axis=1).astype(float))
    p = chi_square_upper(*tested) if tested else None
    return {
        "impressions": {str(k + 1): int(slots[k]) for k in shown},
        "clicks": {str(k + 1): int(clicks[k]) for k in shown},
        "ctr": {str(k + 1): ctr[k] for k in shown},
        "theta": {str(k + 1): ctr[k] / first if first else None for k in shown},
        **intervals("ci95", lambda tail: {str(k + 1): ends(k, tail) for k in shown}, alpha),
        "equal_ctr_chi2": tested[0] if tested else None,
        "equal_ctr_p": p,
        "position_bias_detected": None if p is None else p < alpha,
    }


def shuffled_rows(log: ListLog, setting: str) -> tuple[Bool | None, bool]:
    """(slots,) which rows were shuffled, if any; and whether that was guessed.

    Args:
        log: The log.
        setting: ``yes``, ``no`` or ``unknown``: whether all positions were drawn at random.
            Unknown: they were if the propensity is the same all over each segment.
    """
    slots = log.slots
    if slots.position is None:
        return None, False
    everywhere = np.ones(slots.list.size, dtype=bool)
    if setting == "yes":
        return everywhere, False
    if slots.randomized is not None and slots.randomized.any():
        return slots.randomized, False
    if setting == "unknown" and _constant_propensity(log):
        return everywhere, True
    return None, False


def _constant_propensity(log: ListLog) -> bool:
    propensity = log.slots.propensity
    if propensity is None or not propensity.size or np.isnan(propensity).any():
        return False
    for levels, of in log.table.segments.values():
        code = of[log.slots.list] + 1
        low = np.full(len(levels) + 1, np.inf)
        high = np.full(len(levels) + 1, -np.inf)
        np.minimum.at(low, code, propensity)
        np.maximum.at(high, code, propensity)
        if (high <= low).all():
            return True
    return bool(propensity.min() == propensity.max())


def by_position(log: ListLog, which: Bool) -> tuple[Int, Int]:
    """Slots and clicks at positions 1, 2, ... of some rows of a log with positions."""
    position = log.slots.position
    assert position is not None
    deep = int(position.max()) if position.size else 1
    at = position[which]
    return (
        np.bincount(at, minlength=deep + 1)[1:],
        np.bincount(at[log.slots.clicked[which]], minlength=deep + 1)[1:],
    )


def relative_ctr(log: ListLog, which: Bool) -> dict[str, float | None]:
    """Click rate by position over that of position 1: relevance and position in one."""
    slots, clicks = by_position(log, which)
    first = float(clicks[0] / slots[0]) if slots[0] else 0.0
    return {
        str(k + 1): float(clicks[k] / slots[k]) / first if first else None
        for k in np.flatnonzero(slots).tolist()
    }


def randomised(log: ListLog, which: Bool, alpha: float) -> Block:
    """The curve of all shuffled rows and, under ``segments``, of each level of each column."""
    of_segments: Block = {}
    for column, (levels, of) in log.table.segments.items():
        level = of[log.slots.list]
        of_segments[column] = {
            name: curve(*by_position(log, which & (level == code)), alpha)
            for code, name in enumerate(levels)
        }
    pooled = curve(*by_position(log, which), alpha)
    return pooled | {"pooled": pooled, "segments": of_segments}
