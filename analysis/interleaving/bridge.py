"""Past experiments run both ways: do interleaving and A/B tests agree, and by how much?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.core import Floats, Notice
from analysis.core.tails import student_quantile
from analysis.interleaving.inference import Block
from analysis.interleaving.notices import notice

ENOUGH = 10
SIGNIFICANT = 1.96


@dataclass(frozen=True)
class PastPair:
    """One experiment that was run as interleaving and as an A/B test."""

    experiment: str
    interleaving_lift: float
    interleaving_se: float
    ab_lift: float
    ab_se: float


def bridge(pairs: Sequence[PastPair], at: float | None = None) -> Block:
    """Agreement of signs, correlation, and the slope of A/B lifts on interleaving lifts.

    Args:
        pairs: Past experiments.
        at: An interleaving lift for which to predict the A/B lift; only from 10 pairs.

    Source:
        Deming (1943), Statistical Adjustment of Data; Linnet (1990), Stat. Med. 9, 1463-1473.
    """
    x, sx, y, sy = _columns(pairs)
    n = x.size
    both = (np.abs(x) > SIGNIFICANT * sx) & (np.abs(y) > SIGNIFICANT * sy)
    same = np.sign(x) == np.sign(y)
    found: Block = {
        "pairs": int(n),
        "sign_agreement": float(same.mean()) if n else None,
        "sign_agreement_both_significant": {
            "n": int(both.sum()),
            "share": float(same[both].mean()) if both.any() else None,
        },
        "pearson_r": None,
        "ols_slope_ab_on_il": None,
        "deming_slope_ab_on_il": {"value": None, "lambda": None},
        "predicted_ab_lift": None,
    }
    if n < 2:
        return found
    sxx, syy = float(x.var(ddof=1)), float(y.var(ddof=1))
    sxy = float((x - x.mean()) @ (y - y.mean())) / (n - 1)
    if sxx > 0 and syy > 0:
        found["pearson_r"] = sxy / math.sqrt(sxx * syy)
    if sxx > 0:
        found["ols_slope_ab_on_il"] = sxy / sxx
    found["deming_slope_ab_on_il"] = _deming(sxx, syy, sxy, sx, sy)
    if at is not None and n >= ENOUGH and sxx > 0:
        found["predicted_ab_lift"] = predicted(x, y, at)
    return found


def _columns(pairs: Sequence[PastPair]) -> tuple[Floats, Floats, Floats, Floats]:
    names = ("interleaving_lift", "interleaving_se", "ab_lift", "ab_se")
    x, sx, y, sy = (np.array([getattr(one, name) for one in pairs], dtype=float) for name in names)
    return x, sx, y, sy


def _deming(sxx: float, syy: float, sxy: float, sx: Floats, sy: Floats) -> dict[str, Any]:
    below = float((sx * sx).mean())
    if below <= 0:
        return {"value": None, "lambda": None}
    lambda_ = float((sy * sy).mean()) / below
    if sxy == 0:
        return {"value": None, "lambda": lambda_}
    gap = syy - lambda_ * sxx
    value = (gap + math.sqrt(gap * gap + 4 * lambda_ * sxy * sxy)) / (2 * sxy)
    return {"value": value, "lambda": lambda_}


def predicted(x: Floats, y: Floats, at: float) -> dict[str, float]:
    """The A/B lift expected at an interleaving lift, by least squares, with its interval."""
    n = x.size
    away = x - x.mean()
    s_xx = float(away @ away)
    slope = float(away @ (y - y.mean())) / s_xx
    value = float(y.mean()) + slope * (at - float(x.mean()))
    left = y - y.mean() - slope * away
    error = math.sqrt(float(left @ left) / (n - 2))
    width = math.sqrt(1 + 1 / n + (at - float(x.mean())) ** 2 / s_xx)
    half = student_quantile(0.025, n - 2) * error * width
    return {"at": at, "value": value, "low": value - half, "high": value + half}


def bridge_notices(pairs: Sequence[PastPair]) -> list[Notice]:
    """What to know before reading the bridge."""
    found = [notice("not_an_ab_lift")]
    if len(pairs) < ENOUGH:
        found.insert(0, notice("few_bridge_pairs", n=str(len(pairs))))
    return found
