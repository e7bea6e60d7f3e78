"""Means, counts and sums a unit: Welch's t-test."""

import math
from dataclasses import replace
from typing import Any

from analysis.ab.effect import lift_variants
from analysis.ab.means import mann_whitney, student, variance, welch
from analysis.ab.reading import Arms, Columns, Pair, Reading, finished, test_detail


def read_mean(pair: Pair, arms: Arms, empty: Reading) -> Reading:
    """The reading of two means."""
    m1, m0 = arms.treatment, arms.control
    plain = replace(
        empty,
        treatment=m1.mean("y"),
        control=m0.mean("y"),
        difference=m1.mean_minus(m0, "y"),
    )
    if min(m1.n, m0.n) < 2:
        return replace(plain, status="too_few_units")
    v1, v0 = variance(m1) / m1.n, variance(m0) / m0.n
    if not math.isfinite(v1 + v0):
        return replace(empty, status="not_finite")
    if v1 + v0 == 0:
        return replace(plain, status="no_variance")
    effect = welch(m1, m0)
    detail: dict[str, Any] = {"welch": test_detail(effect, pair.alpha, "t")}
    pooled_t = student(m1, m0)
    detail["student"] = {
        "t": pooled_t[0] if pooled_t else None,
        "p": pooled_t[1] if pooled_t else None,
    }
    ranked = pair.beyond_moments("mann_whitney", _ranked)
    if ranked is not None:
        detail["mann_whitney"] = {"u": ranked[0], "p": ranked[1]}
    detail["lift"] = lift_variants(m1.mean("y"), v1, m1.n, m0.mean("y"), v0, m0.n, pair.alpha)
    return finished(pair, plain, effect, "welch", detail, parts=(v1, m1.n, v0, m0.n))


def _ranked(treatment: Columns, control: Columns) -> tuple[float, float | None]:
    return mann_whitney(treatment["y"], control["y"])
