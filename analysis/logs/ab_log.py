"""What the A/B wing sees of a log: counts, and the moments of each metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from analysis.core import Floats, Moments, Notice
from analysis.core.cores import CORES, on_all_cores
from analysis.logs.accounting import Accounting

if TYPE_CHECKING:
    from analysis.study import Metric

# A metric of more units is worked out alone: its columns are large.
MOST_UNITS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Cell:
    """The units of one arm, or of one segment level of one arm.

    Attributes:
        observed: Moments of ("y",) or ("y", "d"), then ("x",) or ("x", "xd") where the
            metric has a covariate.
        unobserved: Moments without the covariate of the units whose covariate is blank;
            None if there are none.
    """

    observed: Moments
    unobserved: Moments | None = None


@dataclass(frozen=True)
class Cap:
    """One cap for all arms, days and segments.

    Attributes:
        value: Values above it count as this value.
        capped_units: Units whose value was above it.
        base: Values whose quantile it is: ``all`` or ``positive``.
    """

    value: float
    capped_units: int
    base: str


def at_once(_name: tuple[str, ...], work: Callable[[], Any]) -> Any:
    """Work something out and keep it nowhere."""
    return work()


@dataclass(frozen=True)
class MetricTable:
    """One metric, as moments by arm, day and segment.

    Attributes:
        ratio: y is a numerator and d its denominator; true for every metric of clusters.
        proportion: y is 0 or 1 for each unit (for clusters: for each member).
        covariate: ``pre``, a column's name, or None.
        scale: Power of two by which value columns were divided; 1 for usual values.
        arms: Arm -> its units.
        segments: Column -> level -> arm -> its units of that level.
        daily: Cumulative to the end of each look day: day, arm -> moments.
        missing: Units without a value for this metric.
        cap: The cap that was applied, if any.
        largest: Arm -> (largest unit value, sum of all).
        members: Clusters: arm -> moments of "y" over members.
        between: Clusters: arm -> (sum of n_c (mean_c - mean of arm)^2, sum of n_c^2).
        values: Reads unit values: arm -> {"y": ..., and "x": ... if there is a plain
            covariate}, equally long, canonical order, blank covariates left out of both.
        remember: Given a name and a function of the values: what the function returns (anything
            that has a JSON form), worked out once for the built tables.
    """

    ratio: bool
    proportion: bool
    covariate: str | None
    scale: float
    arms: dict[str, Cell]
    segments: dict[str, dict[str, dict[str, Cell]]]
    daily: tuple[tuple[str, dict[str, Moments]], ...]
    missing: int
    cap: Cap | None
    largest: dict[str, tuple[float, float]]
    members: dict[str, Moments] | None
    between: dict[str, tuple[float, float]] | None
    values: Callable[[], dict[str, dict[str, Floats]]] | None
    notices: tuple[Notice, ...] = ()
    remember: Callable[[tuple[str, ...], Callable[[], Any]], Any] = at_once


class MetricSource(Protocol):
    """Whatever turns a metric into moments."""

    def table(self, metric: Metric, *, capped: bool) -> MetricTable:
        """Moments of one metric."""
        ...


@dataclass(frozen=True)
class ABLog:
    """Everything that the A/B wing needs of a log; immutable, no engine inside.

    Attributes:
        arms: Every analysed arm, control first.
        units: Arm -> units kept (clusters are counted apart).
        clusters: Arm -> clusters kept, when a cluster is the randomised unit.
        complete_units: Arm -> units whose window is over at the end.
        mixed_units: Units seen in several arms; they are in none.
        incomplete_windows: Units kept whose window is not over.
        exposed_by_day: Local day -> arm -> first exposures of that day.
        exposed_by_segment: Column -> level -> arm -> units.
        first_time: UTC time of the first exposure.
        last_time: UTC time of the last row.
        days: Look days; none for a log without time.
        has_pre: Whether any unit has an event in its pre-period.
        accounting: Where every row went.
        notices: What the reader must know about the reading.
        source: Turns a metric into moments, from the built tables.
    """

    arms: tuple[str, ...]
    units: dict[str, int]
    clusters: dict[str, int] | None
    complete_units: dict[str, int]
    mixed_units: int
    incomplete_windows: int
    exposed_by_day: dict[str, dict[str, int]]
    exposed_by_segment: dict[str, dict[str, dict[str, int]]]
    first_time: str | None
    last_time: str | None
    days: tuple[str, ...]
    has_pre: bool
    accounting: Accounting
    notices: tuple[Notice, ...]
    source: MetricSource

    def metric(self, metric: Metric, *, capped: bool = True) -> MetricTable:
        """Moments of one metric by arm, day and segment, capped as the metric says."""
        return self.source.table(metric, capped=capped)

    def tables(self, metrics: Sequence[Metric]) -> Iterator[MetricTable]:
        """Moments of some metrics, in their order; a few at once where memory allows it."""
        at_once = CORES if sum(self.units.values()) <= MOST_UNITS_AT_ONCE else 1
        return on_all_cores(self.metric, metrics, most=at_once, ahead=0)
