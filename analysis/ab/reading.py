"""One treatment against control on one metric: what can be said, before any correction."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from analysis.ab import proportions
from analysis.ab.cuped import Adjusted, adjust, ancova, lin
from analysis.ab.effect import (
    NOWHERE,
    Effect,
    Interval,
    delta_lift,
    lift_variants,
    log_delta_lift,
    log_delta_t,
)
from analysis.ab.means import mann_whitney, student, variance, welch
from analysis.ab.proportions import Counts
from analysis.ab.ratios import Ratio, cluster_errors, intraclass, ratio, ratio_effect
from analysis.ab.tails import student_quantile
from analysis.core import Floats, Moments, pooled
from analysis.logs import Cell, MetricTable
from analysis.study import ABOptions

Values = Callable[[], dict[str, dict[str, Floats]]]


@dataclass(frozen=True)
class Arms:
    """One treatment and its control, as moments with every covariate filled in.

    Attributes:
        treatment, control: Moments of the units that have the metric.
        imputed: Units whose blank covariate was replaced by the observed mean.
    """

    treatment: Moments
    control: Moments
    imputed: int = 0

    @classmethod
    def of(cls, treatment: Cell, control: Cell) -> "Arms":
        """A blank covariate counts with the mean of the observed ones in both arms."""
        blanks = [cell.unobserved for cell in (treatment, control)]
        if all(one is None for one in blanks):
            return cls(treatment.observed, control.observed)
        observed = pooled([treatment.observed, control.observed])
        columns = [name for name in observed.columns if name in ("x", "xd")]
        filled = []
        for cell, blank in zip((treatment, control), blanks, strict=True):
            whole = cell.observed
            if blank is not None and blank.n:
                for name in columns:
                    middle = observed.mean(name) if observed.n else 0.0
                    blank = blank.with_column(name, middle)
                whole = whole + blank.keeping(whole.columns)
            filled.append(whole)
        return cls(filled[0], filled[1], sum(one.n for one in blanks if one is not None))


@dataclass(frozen=True)
class Reading:
    """What one comparison says, in units of `scale`.

    Attributes:
        treatment_name, control_name: The two arms.
        n1, n0: Units (clusters) of treatment and control that have the metric.
        status: ``ok``, or why numbers are missing.
        treatment, control: The two values; None where not defined.
        difference: Treatment minus control.
        effect: The headline effect; None where no test exists.
        counts: Headline proportions, compared by their own tests.
        test: Name of the test behind the p-value.
        p, p_log10: Two-sided p-value and its decimal logarithm.
        parts: Two plain means: variance and units of treatment, then of control.
        adjusted: What CUPED found, where it was used.
        raw: The same comparison without CUPED.
        detail: Every variant, by its result name.
        small_counts: Fisher decided because an expected cell is below 5.
        imputed: Units whose covariate was filled in.
        scale: Power of two that values were divided by.
    """

    treatment_name: str
    control_name: str
    n1: int
    n0: int
    status: str
    treatment: float | None = None
    control: float | None = None
    difference: float | None = None
    effect: Effect | None = None
    counts: Counts | None = None
    test: str | None = None
    p: float | None = None
    p_log10: float | None = None
    parts: tuple[float, int, float, int] | None = None
    adjusted: Adjusted | None = None
    raw: "Reading | None" = None
    detail: dict[str, Any] = field(default_factory=dict)
    small_counts: bool = False
    imputed: int = 0
    scale: float = 1.0


@dataclass(frozen=True)
class Pair:
    """Which two arms, and what is known about them beside the moments of this cell.

    Attributes:
        treatment, control: Arm names.
        table: The metric's table: what kind of columns, clusters, cap.
        options: Method switches.
        alpha: Level of the variants in `detail`.
        values: Unit values by arm and column, where ranks and leverages are wanted.
        recorded: Whether the arm has units at all, by arm.
    """

    treatment: str
    control: str
    table: MetricTable
    options: ABOptions
    alpha: float
    values: Values | None = None
    recorded: dict[str, bool] = field(default_factory=dict)


def read(pair: Pair, treatment: Cell, control: Cell) -> Reading:
    """The comparison of one treatment with control, adjusted where there is a covariate."""
    arms = Arms.of(treatment, control)
    raw = _raw(pair, arms)
    if "x" not in arms.treatment.columns or raw.effect is None and raw.counts is None:
        return raw
    adjusted = adjust(arms.treatment, arms.control)
    if adjusted is None:
        return raw
    effect = _referred(pair, adjusted.effect)
    detail = dict(raw.detail)
    detail["cuped"] = _cuped_detail(pair, arms, adjusted)
    base = adjusted.control if pair.options.adjusted_lift_base == "adjusted" else raw.control
    if pair.options.adjusted_lift_base == "adjusted":
        effect = _referred(pair, adjusted.over_adjusted)
    return replace(
        raw,
        control=raw.control,
        treatment=None if raw.control is None else raw.control + effect.difference,
        difference=effect.difference,
        effect=replace(effect, control=base if base is not None else effect.control),
        counts=None,
        test="cuped",
        p=effect.p_value(),
        p_log10=effect.p_log10(),
        parts=None,
        adjusted=adjusted,
        raw=replace(raw, detail={}),
        detail=detail,
        small_counts=False,
        imputed=arms.imputed,
    )


def _raw(pair: Pair, arms: Arms) -> Reading:
    """The comparison without its covariate."""
    n1, n0 = arms.treatment.n, arms.control.n
    empty = Reading(pair.treatment, pair.control, n1, n0, status="ok", scale=pair.table.scale)
    if n1 == 0 or n0 == 0:
        return _without_an_arm(pair, arms, empty)
    if pair.table.ratio:
        return _ratios(pair, arms, empty)
    if pair.table.proportion:
        return _proportions(pair, arms, empty)
    return _means(pair, arms, empty)


def _without_an_arm(pair: Pair, arms: Arms, empty: Reading) -> Reading:
    missing = pair.treatment if arms.treatment.n == 0 else pair.control
    status = "one_arm_only" if pair.recorded.get(missing) else "empty_arm"
    if status == "empty_arm" or arms.treatment.n + arms.control.n == 0:
        return replace(empty, status=status)
    one, nil = (_value(pair, m) for m in (arms.treatment, arms.control))
    return replace(empty, status=status, treatment=one, control=nil)


def _value(pair: Pair, moments: Moments) -> float | None:
    if moments.n == 0:
        return None
    if not pair.table.ratio:
        return moments.mean("y")
    size = moments.mean("d")
    return moments.mean("y") / size if size else None


def _means(pair: Pair, arms: Arms, empty: Reading) -> Reading:
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
    detail: dict[str, Any] = {"welch": _test_detail(effect, pair.alpha, "t")}
    pooled_t = student(m1, m0)
    detail["student"] = {
        "t": pooled_t[0] if pooled_t else None,
        "p": pooled_t[1] if pooled_t else None,
    }
    if pair.values is not None:
        arrays = pair.values()
        u, p = mann_whitney(arrays[pair.treatment]["y"], arrays[pair.control]["y"])
        detail["mann_whitney"] = {"u": u, "p": p}
    detail["lift"] = lift_variants(m1.mean("y"), v1, m1.n, m0.mean("y"), v0, m0.n, pair.alpha)
    return _finished(pair, plain, effect, "welch", detail, parts=(v1, m1.n, v0, m0.n))


def _proportions(pair: Pair, arms: Arms, empty: Reading) -> Reading:
    m1, m0 = arms.treatment, arms.control
    counts = Counts(round(m1.sum("y")), m1.n, round(m0.sum("y")), m0.n)
    return read_counts(counts, empty, pair.options, pair.alpha)


def read_counts(counts: Counts, empty: Reading, options: ABOptions, alpha: float) -> Reading:
    """The comparison of two proportions known by their counts."""
    plain = replace(empty, treatment=counts.p1, control=counts.p0, difference=counts.difference)
    if min(counts.n1, counts.n0) < 2:
        return replace(plain, status="too_few_units")
    z = proportions.z_pooled(counts)
    exact = None
    small = counts.smallest_expected() < proportions.SMALL_EXPECTED
    if options.proportion_test == "fisher" or small or _few_tables(counts):
        exact = proportions.fisher(counts)
    detail: dict[str, Any] = {
        "z_pooled": z,
        "p_pooled_z": None if z is None else proportions.two_sided(z),
        "p_one_sided_greater": None if z is None else proportions.greater(z),
        "p_fisher": exact,
        **{name: method(counts, alpha) for name, method in INTERVALS.items()},
    }
    effect = counts.effect()
    if z is None:
        status = "no_events" if counts.x1 + counts.x0 == 0 else "all_events"
        return replace(plain, status=status, counts=counts, detail=detail)
    if effect.var_difference > 0:
        v1 = effect.var_difference - effect.var_control
        detail["lift"] = lift_variants(
            counts.p1, v1, counts.n1, counts.p0, effect.var_control, counts.n0, alpha
        )
    use_exact = options.proportion_test == "fisher" or (options.proportion_test == "auto" and small)
    finished = replace(
        plain,
        effect=effect,
        counts=counts,
        test="z_pooled",
        p=proportions.two_sided(z),
        p_log10=effect_log10(z),
        detail=detail,
        small_counts=small,
    )
    if use_exact and exact is not None:
        p = max(exact, 5e-324)
        finished = replace(finished, test="fisher", p=p, p_log10=math.log10(p))
    return finished


def effect_log10(z: float) -> float:
    """The decimal logarithm of the two-sided p of a z statistic."""
    return Effect(z, 1.0, 1.0, 0.0, 0.0, None).p_log10()


def _few_tables(counts: Counts) -> bool:
    """Whether Fisher's p is cheap enough to show beside the z test."""
    return min(counts.n1, counts.x1 + counts.x0) <= 20_000


INTERVALS: dict[str, Callable[[Counts, float], Interval]] = {
    "wald": proportions.wald,
    "pooled_se": proportions.pooled_se,
    "newcombe": proportions.newcombe,
    "agresti_caffo": proportions.agresti_caffo,
    "score": proportions.score,
    "score_ratio": proportions.score_ratio,
}


def _ratios(pair: Pair, arms: Arms, empty: Reading) -> Reading:
    m1, m0 = arms.treatment, arms.control
    values = [_value(pair, m) for m in (m1, m0)]
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
    return _finished(pair, plain, effect, test, detail)


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


def _finished(
    pair: Pair,
    plain: Reading,
    effect: Effect,
    test: str,
    detail: dict[str, Any],
    parts: tuple[float, int, float, int] | None = None,
) -> Reading:
    effect = _referred(pair, effect)
    return replace(
        plain,
        effect=effect,
        test=test,
        p=effect.p_value(),
        p_log10=effect.p_log10(),
        detail=detail,
        parts=parts,
    )


def _referred(pair: Pair, effect: Effect) -> Effect:
    """The effect on the reference distribution that the study asks for."""
    return effect.with_df(None) if pair.options.critical_value == "z" else effect


def _test_detail(effect: Effect, alpha: float, name: str) -> dict[str, Any]:
    interval = effect.interval(alpha)
    return {
        "se": effect.se,
        name: effect.statistic,
        "df": effect.df,
        "p": effect.p_value(),
        "low": interval.low,
        "high": interval.high,
    }


def _cuped_detail(pair: Pair, arms: Arms, found: Adjusted) -> dict[str, Any]:
    effect, over = found.effect, found.over_adjusted
    n1, n0 = arms.treatment.n, arms.control.n
    z = effect.with_df(None)
    detail = {
        "theta": found.theta,
        "control_adjusted": found.control,
        "treatment_adjusted": found.treatment,
        "difference": effect.difference,
        **{k: v for k, v in _test_detail(effect, pair.alpha, "t").items() if k != "t"},
        "p_z": z.p_value(),
        "interval_z": z.interval(pair.alpha),
        "variance_reduction": found.variance_reduction,
        "lift_over_raw_control": effect.lift(),
        "lift_se_over_raw_control": found.lift_se,
        "lift_over_adjusted_control": over.lift(),
        "logdelta": log_delta_t(
            found.treatment,
            found.var_treatment,
            n1,
            found.control,
            found.var_control,
            n0,
            pair.alpha,
        ),
        "fieller_t": effect.fieller(pair.alpha)[0],
    }
    if not pair.table.ratio:
        fitted = ancova(arms.treatment, arms.control)
        detail["ancova"] = {
            "difference": fitted[0] if fitted else None,
            "se": fitted[1] if fitted else None,
        }
        if pair.values is not None:
            detail["lin"] = _lin_detail(pair)
    return detail


def _lin_detail(pair: Pair) -> dict[str, float | None]:
    arrays = pair.values() if pair.values else {}
    one, nil = arrays[pair.treatment], arrays[pair.control]
    fitted = lin((one["y"], one["x"]), (nil["y"], nil["x"])) if "x" in one else None
    return {
        "difference": fitted[0] if fitted else None,
        "se_hc2": fitted[1] if fitted else None,
    }


def difference_interval(reading: Reading, alpha: float, options: ABOptions) -> Interval:
    """The headline interval of the difference at any level, in units of `scale`."""
    if reading.counts is not None:
        return INTERVALS[options.proportion_interval](reading.counts, alpha)
    if reading.effect is None:
        return NOWHERE
    return reading.effect.interval(alpha)


def lift_interval(reading: Reading, alpha: float, options: ABOptions) -> tuple[Interval, str]:
    """The headline interval of the lift at any level, and its status."""
    if reading.control is None or reading.difference is None:
        return NOWHERE, "ok"
    if reading.control == 0:
        if reading.counts is not None and reading.counts.x1 > 0:
            return proportions.score_ratio(reading.counts, alpha), "zero_baseline"
        return NOWHERE, "zero_baseline"
    if reading.effect is None:
        return NOWHERE, "ok"
    chosen = options.relative_interval
    if chosen == "auto":
        by_score = reading.counts is not None and options.proportion_interval == "score"
        chosen = "score_ratio" if by_score else "fieller"
    if chosen == "score_ratio" and reading.counts is not None:
        return proportions.score_ratio(reading.counts, alpha), "ok"
    if chosen in ("delta", "log_delta"):
        return _ratio_of_values(reading, alpha, chosen), "ok"
    interval, g = reading.effect.fieller(alpha)
    return interval, "unbounded" if g is not None and interval.low is None else "ok"


def _ratio_of_values(reading: Reading, alpha: float, chosen: str) -> Interval:
    """Delta or log interval of the ratio of the two values, as a lift."""
    effect = reading.effect
    if effect is None:
        return NOWHERE
    if reading.adjusted is not None:
        found = reading.adjusted
        m1, v1, m0, v0 = found.treatment, found.var_treatment, found.control, found.var_control
    else:
        m1, m0 = effect.control + effect.difference, effect.control
        v1, v0 = effect.var_difference - effect.var_control, effect.var_control
    if chosen == "delta":
        return delta_lift(m1, v1, m0, v0, student_quantile(alpha / 2, effect.df))
    if effect.df is None:
        return log_delta_lift(m1, v1, m0, v0, student_quantile(alpha / 2, None))
    return log_delta_t(m1, v1, reading.n1, m0, v0, reading.n0, alpha)


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None
