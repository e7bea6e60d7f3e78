"""Proportions: pooled z with score intervals, Fisher's exact test at small counts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from analysis.ab import proportions
from analysis.ab.effect import Effect, Interval, lift_variants
from analysis.ab.proportions import Counts
from analysis.ab.reading import Arms, Pair, Reading
from analysis.study import ABOptions


def read_proportion(pair: Pair, arms: Arms, empty: Reading) -> Reading:
    """The reading of two proportions."""
    m1, m0 = arms.treatment, arms.control
    counts = Counts(round(m1.sum("y")), m1.n, round(m0.sum("y")), m0.n)
    # Fisher's p costs time on large counts: a day or a segment level goes without.
    every = pair.values is not None
    return read_counts(counts, empty, pair.options, pair.alpha, every_variant=every)


def read_counts(
    counts: Counts, empty: Reading, options: ABOptions, alpha: float, *, every_variant: bool
) -> Reading:
    """The comparison of two proportions known by their counts."""
    plain = replace(empty, treatment=counts.p1, control=counts.p0, difference=counts.difference)
    if min(counts.n1, counts.n0) < 2:
        return replace(plain, status="too_few_units")
    z = proportions.z_pooled(counts)
    exact = None
    small = counts.smallest_expected() < proportions.SMALL_EXPECTED
    if options.proportion_test == "fisher" or small or every_variant:
        exact = proportions.fisher(counts)
    detail: dict[str, Any] = {
        "z_pooled": z,
        "p_pooled_z": None if z is None else proportions.two_sided(z),
        "p_one_sided_greater": None if z is None else proportions.greater(z),
        "p_fisher": exact[0] if exact else None,
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
        finished = replace(finished, test="fisher", p=exact[0], p_log10=exact[1])
    return finished


def effect_log10(z: float) -> float:
    """The decimal logarithm of the two-sided p of a z statistic."""
    return Effect(z, 1.0, 1.0, 0.0, 0.0, None).p_log10()


INTERVALS: dict[str, Callable[[Counts, float], Interval]] = {
    "wald": proportions.wald,
    "pooled_se": proportions.pooled_se,
    "newcombe": proportions.newcombe,
    "agresti_caffo": proportions.agresti_caffo,
    "score": proportions.score,
    "score_ratio": proportions.score_ratio,
}
