"""The headline intervals of a reading, at any level."""

from analysis.ab import proportions
from analysis.ab.effect import NOWHERE, Interval, delta_lift, log_delta_lift, log_delta_t
from analysis.ab.kinds.proportion import INTERVALS
from analysis.ab.reading import Reading
from analysis.core.tails import student_quantile
from analysis.study import ABOptions


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
