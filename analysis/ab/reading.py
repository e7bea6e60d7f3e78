"""One treatment against control on one metric: what can be said, before any correction."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from analysis.ab.cuped import Adjusted
from analysis.ab.effect import Effect
from analysis.ab.proportions import Counts
from analysis.core import Floats, Moments, pooled
from analysis.logs.ab_log import Cell, MetricTable
from analysis.study import ABOptions, Metric

Columns = dict[str, Floats]
Values = Callable[[], dict[str, Columns]]


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
                complete = blank
                for name in columns:
                    complete = complete.with_column(name, observed.mean(name) if observed.n else 0)
                whole = whole + complete.keeping(whole.columns)
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

    def beyond_moments(self, name: str, work: Callable[[Columns, Columns], Any]) -> Any:
        """What a function makes of the unit values of treatment and control.

        Args:
            name: Names it: it is worked out once for the built tables.
            work: The function; its results have a JSON form.

        Returns:
            Its result; None where an arm's values are not known.
        """
        read = self.values
        if read is None:
            return None

        def made() -> Any:
            arms = read()
            if self.treatment not in arms or self.control not in arms:
                return None
            return work(arms[self.treatment], arms[self.control])

        return self.table.remember((name, self.treatment, self.control), made)


@dataclass(frozen=True)
class Measured:
    """One metric with its table, and a pair and a reading a treatment."""

    metric: Metric
    table: MetricTable
    pairs: tuple[Pair, ...]
    readings: tuple[Reading, ...]


def cell_of(table: MetricTable, arm: str) -> Cell:
    """An arm's units; none for an arm that is not in the table."""
    if arm in table.arms:
        return table.arms[arm]
    columns = next(iter(table.arms.values())).observed.columns if table.arms else ("y",)
    return Cell(Moments.empty(columns))


def finished(
    pair: Pair,
    plain: Reading,
    effect: Effect,
    test: str,
    detail: dict[str, Any],
    parts: tuple[float, int, float, int] | None = None,
) -> Reading:
    """The reading with its effect and the p-value that follows from it."""
    effect = referred(pair, effect)
    return replace(
        plain,
        effect=effect,
        test=test,
        p=effect.p_value(),
        p_log10=effect.p_log10(),
        detail=detail,
        parts=parts,
    )


def referred(pair: Pair, effect: Effect) -> Effect:
    """The effect on the reference distribution that the study asks for."""
    return effect.with_df(None) if pair.options.critical_value == "z" else effect


def test_detail(effect: Effect, alpha: float, name: str) -> dict[str, Any]:
    """A test in a result's detail: error, statistic, df, p and interval."""
    interval = effect.interval(alpha)
    return {
        "se": effect.se,
        name: effect.statistic,
        "df": effect.df,
        "p": effect.p_value(),
        "low": interval.low,
        "high": interval.high,
    }
