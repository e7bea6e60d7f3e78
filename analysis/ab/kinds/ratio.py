"""Ratios of sums, and every metric of clusters: the delta method."""

import math
from dataclasses import replace
from typing import Any

from analysis.ab.effect import Effect, lift_variants
from analysis.ab.means import variance, welch
from analysis.ab.ratios import Ratio, cluster_errors, intraclass, ratio, ratio_effect
from analysis.ab.reading import Arms, Pair, Reading, finished
from analysis.core import Moments


def read_ratio(pair: Pair, arms: Arms, empty: Reading) -> Reading:
    """The reading of two ratios of sums."""
    m1, m0 = arms.treatment, arms.control
    values = [total_ratio(m) for m in (m1, m0)]
    plain = replace(empty, treatment=values[0], control=values[1])
    if values[0] is not None and values[1] is not None:
        plain = replace(plain, difference=values[0] - values[1])
    if min(m1.n, m0.n) < 2:
        return replace(plain, status="too_few_units")
    one, nil = ratio(m1), ratio(m0)
    if one is None or nil is None:
        return replace(empty, status="zero_denominator")
    if not math.isfinite(one.se + nil.se):
        return replace(empty, status="not_finite")
    if one.se == 0 and nil.se == 0:
        return replace(plain, status="no_variance")
    return _ratio_reading(pair, arms, plain, one, nil)


def _ratio_reading(pair: Pair, arms: Arms, plain: Reading, one: Ratio, nil: Ratio) -> Reading:
    m1, m0 = arms.treatment, arms.control
    effect = ratio_effect(one, m1.n, nil, m0.n)
    z = effect.with_df(None)
    detail: dict[str, Any] = {
        "delta": {
            "se_control": nil.se,
            "se_treatment": one.se,
            "se": effect.se,
            "df": effect.df,
            "p_t": effect.p_value(),
            "p_z": z.p_value(),
            "interval_t": effect.interval(pair.alpha),
            "interval_z": z.interval(pair.alpha),
        },
        "lift": lift_variants(one.value, one.se**2, m1.n, nil.value, nil.se**2, m0.n, pair.alpha),
    }
    test = "delta"
    if pair.table.members is not None:
        errors = cluster_errors(one, nil, m1, m0)
        detail["cluster"] = _cluster_detail(pair, m1, m0, effect, errors)
        chosen = pair.options.cluster_se
        test = "clusters"
        if chosen != "delta" and math.isfinite(errors[chosen][0]):
            replaced = ratio_effect(one, m1.n, nil, m0.n, errors=errors[chosen])
            effect = replaced.with_df(effect.df)
    return finished(pair, plain, effect, test, detail)


def _cluster_detail(
    pair: Pair,
    m1: Moments,
    m0: Moments,
    effect: Effect,
    errors: dict[str, tuple[float, float]],
) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: _finite(math.hypot(*errors[key]))
        for name, key in (("cr0_se", "cr0"), ("cr1_se", "cr1"))
    }
    found |= {"member_se": None, "design_effect": None, "icc": None}
    found |= {"clusters_control": m0.n, "clusters_treatment": m1.n}
    members, between = pair.table.members, pair.table.between
    if members and pair.treatment in members and pair.control in members:
        one, nil = members[pair.treatment], members[pair.control]
        if min(one.n, nil.n) >= 2 and variance(one) + variance(nil) > 0:
            member_se = welch(one, nil).se
            found["member_se"] = member_se
            found["design_effect"] = (effect.se / member_se) ** 2
            if between:
                found["icc"] = intraclass(
                    (one, nil), (between[pair.treatment], between[pair.control]), m1.n + m0.n
                )
    return found


def total_ratio(moments: Moments) -> float | None:
    """Sum of y over sum of d; None where the denominators add up to 0."""
    size = moments.mean("d")
    return moments.mean("y") / size if size else None


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None
