"""From readings to the comparisons of a readout: corrected, matched and worded."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.ab.effect import Interval
from analysis.ab.intervals import difference_interval, lift_interval
from analysis.ab.reading import Reading
from analysis.ab.safety import Safety, absolute_margin, relative_margin
from analysis.core.corrections import adjust_p_values, interval_alpha
from analysis.core.plain import plain
from analysis.core.tails import normal_quantile
from analysis.study import ABOptions, Metric

POWER = 0.8
# In a comparison's detail these are in metric units and grow with the scale of its columns.
IN_METRIC_UNITS = frozenset(
    {
        "se",
        "low",
        "high",
        "difference",
        "control_adjusted",
        "treatment_adjusted",
        "se_control",
        "se_treatment",
        "cr0_se",
        "cr1_se",
        "member_se",
        "se_hc2",
        "one_sided_bound",
    }
)
UNIT_FREE = frozenset({"lift", "fieller_t", "logdelta", "score_ratio"})


@dataclass(frozen=True)
class Rules:
    """What turns readings into results.

    Attributes:
        alpha: Two-sided false-positive rate.
        correction: How a family's p-values are adjusted.
        options: Method switches.
        final: The planned horizon is reached.
        mde: Smallest lift worth having, if set.
    """

    alpha: float
    correction: str
    options: ABOptions
    final: bool = True
    mde: float | None = None


def family(
    readings: Sequence[Reading], metrics: Sequence[Metric], rules: Rules
) -> list[dict[str, Any]]:
    """Comparisons of one family: p adjusted over it, intervals at the level that matches.

    Args:
        readings: One a comparison.
        metrics: The metric of each, in the same order.
        rules: Level and correction.
    """
    p_values = [reading.p for reading in readings]
    adjusted = adjust_p_values(p_values, rules.correction)
    level = interval_alpha(p_values, rules.correction, rules.alpha)
    return [
        comparison(reading, metric, rules, p_adjusted=p, level=level)
        for reading, metric, p in zip(readings, metrics, adjusted, strict=True)
    ]


def comparison(
    reading: Reading, metric: Metric, rules: Rules, *, p_adjusted: float | None, level: float
) -> dict[str, Any]:
    """One comparison as the readout has it."""
    found = _headline(reading, metric, rules, p_adjusted, level)
    found["not_a_decision"] = not rules.final
    found["mde_now"] = mde_now(reading, rules)
    if rules.mde is not None and metric.role == "primary" and reading.control:
        found["units_needed"] = units_needed(reading, rules.mde * abs(reading.control), rules.alpha)
    if reading.adjusted is not None:
        found["theta"] = _plain(reading.adjusted.theta)
        found["variance_reduction"] = _plain(reading.adjusted.variance_reduction)
    if reading.raw is not None:
        raw_p = reading.raw.p
        found["raw"] = _headline(reading.raw, metric, rules, raw_p, rules.alpha)
    found["detail"] = scaled(plain(reading.detail), reading.scale)
    return found


def _headline(
    reading: Reading, metric: Metric, rules: Rules, p_adjusted: float | None, level: float
) -> dict[str, Any]:
    difference = difference_interval(reading, level, rules.options)
    lift, lift_status = lift_interval(reading, level, rules.options)
    significant = p_adjusted is not None and p_adjusted <= rules.alpha
    note = None
    if p_adjusted is not None:
        rose = (reading.difference or 0.0) > 0
        matched = match(difference, significant=significant, rose=rose)
        matched_lift = match(lift, significant=significant, rose=rose)
        if (matched, matched_lift) != (difference, lift):
            note = "matched_to_test"
            difference, lift = matched, matched_lift
    value = lift_of(reading)
    word = "no_clear_change"
    if significant and reading.difference:
        rose = reading.difference > 0
        word = "better" if rose == (metric.better == "higher") else "worse"
    size = reading.scale
    return {
        "treatment": reading.treatment_name,
        "control": reading.control_name,
        "n_control": reading.n0,
        "n_treatment": reading.n1,
        "control_value": _plain(reading.control, size),
        "treatment_value": _plain(reading.treatment, size),
        "difference": _plain(reading.difference, size),
        "difference_low": _plain(difference.low, size),
        "difference_high": _plain(difference.high, size),
        "lift": _plain(value),
        "lift_low": _plain(lift.low),
        "lift_high": _plain(lift.high),
        "interval_alpha": level,
        "p_value": reading.p,
        "p_log10": reading.p_log10,
        "p_adjusted": p_adjusted,
        "significant": significant,
        "reading": word,
        "status": reading.status,
        "lift_status": lift_status,
        "interval_note": note,
        "test": reading.test,
    }


def lift_of(reading: Reading) -> float | None:
    """The difference over the control value that its interval divides by."""
    base = reading.effect.control if reading.effect is not None else reading.control
    if not base or reading.difference is None:
        return None
    return reading.difference / abs(base)


def match(interval: Interval, *, significant: bool, rose: bool) -> Interval:
    """The interval with one bound set to 0 where it contradicts the test.

    Significant: the bound across 0 from the difference. Not significant: the nearer one.

    One p-value decides a comparison: word, colour and interval follow it.
    """
    low, high = interval.low, interval.high
    if interval.excludes_zero() == significant or (low is None and high is None):
        return interval
    if low == 0 or high == 0:
        return interval
    low_gives_way = rose if significant else low is not None and low > 0
    return Interval(0.0, high) if low_gives_way else Interval(low, 0.0)


def safety(reading: Reading, metric: Metric, alpha: float) -> Safety | None:
    """Is harm shown to stay within the guardrail's margin?"""
    if metric.margin is None or reading.effect is None:
        return None
    worse_up = metric.better == "lower"
    if metric.margin_scale == "absolute":
        return absolute_margin(
            reading.effect,
            metric.margin / reading.scale,
            worse_up=worse_up,
            alpha=alpha,
            counts=reading.counts,
        )
    return relative_margin(
        reading.effect, metric.margin, worse_up=worse_up, alpha=alpha, parts=reading.parts
    )


def guard(
    found: dict[str, Any], reading: Reading, metric: Metric, rules: Rules, guardrails: int
) -> None:
    """Add the guardrail's fields to its comparison: safe, breached or unproven.

    Args:
        found: The comparison, extended in place.
        reading: What it says.
        metric: The guardrail.
        rules: Level and options.
        guardrails: Guardrails times treatments, over which breaches are corrected.
    """
    proof = safety(reading, metric, rules.alpha)
    found["margin"] = metric.margin
    found["margin_scale"] = metric.margin_scale
    found["p_noninferior"] = proof.p if proof else None
    level = rules.alpha / max(guardrails, 1)
    found["guardrail"] = "unproven"
    if proof is not None and proof.p < rules.alpha:
        found["guardrail"] = "safe"
    elif breached(reading, metric, level, rules.options):
        found["guardrail"] = "breached"
    if proof is None:
        return
    detail: dict[str, Any] = {
        "t": proof.t,
        "df": proof.df,
        "p": proof.p,
        "p_fixed_margin": proof.p_fixed_margin,
        "one_sided_bound": proof.bound,
        "passes": proof.p < rules.alpha,
    }
    if proof.wald_p is not None:
        detail["farrington_manning"] = {"z": proof.t, "p": proof.p}
        detail["wald"] = {"p": proof.wald_p}
    found["detail"]["noninferiority"] = scaled(plain(detail), reading.scale)


def breached(reading: Reading, metric: Metric, level: float, options: ABOptions) -> bool:
    """Whether the two-sided interval lies wholly beyond the margin on the harmful side."""
    if metric.margin is None or reading.p is None:
        return False
    if metric.margin_scale == "absolute":
        interval = difference_interval(reading, level, options)
        margin = metric.margin / reading.scale
    else:
        interval, _ = lift_interval(reading, level, options)
        margin = metric.margin
    if metric.better == "lower":
        return interval.low is not None and interval.low > margin
    return interval.high is not None and interval.high < -margin


def mde_now(reading: Reading, rules: Rules) -> float | None:
    """The smallest true difference that this much data would find four times in five."""
    if reading.effect is None:
        return None
    quantile = normal_quantile(rules.alpha / 2) + normal_quantile(1 - POWER)
    return _plain(quantile * reading.effect.se, reading.scale)


def units_needed(
    reading: Reading, target: float, alpha: float, *, one_sided: bool = False
) -> int | None:
    """Units in both arms to find a difference of `target` (units of scale) with 80 % power."""
    if reading.effect is None or target <= 0:
        return None
    quantile = normal_quantile(alpha if one_sided else alpha / 2) + normal_quantile(1 - POWER)
    needed = (reading.n1 + reading.n0) * (quantile * reading.effect.se / target) ** 2
    return math.ceil(needed) if needed < 1e15 else None


def scaled(detail: Any, scale: float, *, here: bool = False) -> Any:
    """A comparison's detail in metric units, where its columns were divided by `scale`."""
    if scale == 1:
        return detail
    if isinstance(detail, dict):
        return {
            key: one if key in UNIT_FREE else scaled(one, scale, here=key in IN_METRIC_UNITS)
            for key, one in detail.items()
        }
    return _plain(detail, scale) if here and isinstance(detail, float) else detail


def _plain(value: float | None, scale: float = 1.0) -> float | None:
    """A plain float, or None where it is not finite."""
    if value is None:
        return None
    number = float(value) * scale
    return number if math.isfinite(number) else None
