"""Clicks weighted by how often their position is looked at: a sensitivity check."""

import math

from analysis.core import Floats
from analysis.core.tails import normal_quantile
from analysis.interleaving.inference import Block, Range, around_ratio, intervals, ratio, two_sided
from analysis.interleaving.slots import Cells


def position_weighted(cells: Cells, theta: Floats, alpha: float) -> Block:
    """Both rates under one examination curve.

    Args:
        cells: Labelled slots by unit and position.
        theta: (positions,) all positive.
        alpha: Level of the second intervals.

    Source:
        ``coec``, clicks over expected clicks: Zhang, Jones (2007), WWW workshop on query log
        analysis. ``ips_slot_mean``, inverse propensity, here a slot: Joachims, Swaminathan,
        Schnabel (2017), WSDM.
    """
    at = theta[cells.stratum]
    return {
        "coec": rates(cells, cells.clicks.astype(float), cells.slots * at, alpha),
        "ips_slot_mean": rates(cells, cells.clicks / at, cells.slots.astype(float), alpha),
    }


def rates(cells: Cells, numerator: Floats, denominator: Floats, alpha: float) -> Block:
    """Two ratios of sums, their difference and their ratio, errors by unit.

    Args:
        cells: Whose units and how many.
        numerator: (2, cells) for control and candidate.
        denominator: (2, cells) likewise.
        alpha: Level of the second intervals.
    """
    x, d = cells.by_unit(numerator), cells.by_unit(denominator)
    below = d.sum(axis=1)
    names = ("diff", "diff_se", "diff_p", "lift", "share", "p")
    if not (below > 0).all() or cells.units < 2:
        return (
            {"rate_control": None, "rate_candidate": None}
            | dict.fromkeys(names)
            | _ends(None, None, alpha)
        )
    rate = x.sum(axis=1) / below
    n = cells.units
    away = (x - rate[:, None] * d) / below[:, None]
    gap = away[1] - away[0]
    diff = float(rate[1] - rate[0])
    diff_se = math.sqrt(n / (n - 1) * float(gap @ gap))
    control, candidate = float(rate[0]), float(rate[1])
    found: Block = {
        "rate_control": control,
        "rate_candidate": candidate,
        "diff": diff,
        "diff_se": diff_se,
        "diff_p": two_sided(diff, diff_se, None),
        "lift": candidate / control - 1 if control > 0 else None,
        "share": candidate / (control + candidate) if control + candidate > 0 else None,
    }
    if not (rate > 0).all():
        return found | {"p": None} | _ends(None, None, alpha)
    relative = away[1] / candidate - away[0] / control
    se = math.sqrt(n / (n - 1) * float(relative @ relative))
    log_ratio = math.log(candidate / control)
    return found | {"p": two_sided(log_ratio, se, None)} | _ends(log_ratio, se, alpha)


def _ends(log_ratio: float | None, se: float | None, alpha: float) -> Block:
    """Intervals of the lift and of the share."""

    def lift(tail: float) -> Range | None:
        return None if log_ratio is None else around_ratio(log_ratio, se, None, tail)

    def share(tail: float) -> Range | None:
        if log_ratio is None or se is None or ratio(log_ratio, se) is None:
            return None
        middle = 1 / (1 + math.exp(-log_ratio))
        half = normal_quantile(tail) * middle * (1 - middle) * se
        return middle - half, middle + half

    return intervals("lift_ci95", lift, alpha) | intervals("share_ci95", share, alpha)


def waterfall(
    raw: float | None, pooled_ctr: list[float | None], coec: Block | None, same: Block
) -> Block:
    """The candidate's share (0.5 is even) as one distortion after another is taken out."""
    a, b = pooled_ctr
    slots = b / (a + b) if a is not None and b is not None and a + b > 0 else None
    return {
        "raw": raw,
        "equal_slots": slots,
        "equal_examination": coec["share"] if coec else None,
        "same_position": same.get("share"),
    }
