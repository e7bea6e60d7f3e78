"""What of a study shapes the tables that are built from an event log."""

from dataclasses import dataclass

from analysis.core import LogError
from analysis.logs.sql.times import DAY, micros_of
from analysis.study import Metric, Study, Term


@dataclass(frozen=True)
class Part:
    """One side of a metric on events.

    Attributes:
        event: The event that counts.
        sums: Its values are added up; otherwise its rows are counted.
    """

    event: str
    sums: bool


@dataclass(frozen=True)
class EventMetric:
    """A metric on events, read as sums of parts.

    Attributes:
        name: The metric's.
        y: Numerator, or the only part.
        d: Denominator of a ratio.
        any: 1 if y is above 0.
        low: Start of the window, microseconds from the first exposure.
        high: End of the window; None if it is open.
        matures: Microseconds from the first exposure until the value is known; else None.
    """

    name: str
    y: Part
    d: Part | None
    any: bool
    low: int
    high: int | None
    matures: int | None = None


def event_metric(metric: Metric, window_days: float | None) -> EventMetric:
    """How a metric adds up events.

    Raises:
        LogError: ``metric_without_event``.
    """
    window = metric.window_days if metric.window_days is not None else window_days
    high = round(window * DAY) if window is not None else None
    if metric.kind == "ratio" or metric.numerator is not None:
        y = _part(metric, metric.numerator)
        d = _part(metric, metric.denominator or Term(event=y.event, value="count"))
        return EventMetric(metric.name, y, d, any=False, low=0, high=high)
    if metric.event is None:
        raise _without_event(metric)
    event = metric.event
    if metric.kind == "retention":
        day = metric.day or 0
        low, until = day * DAY, (day + 1) * DAY
        return EventMetric(metric.name, Part(event, sums=False), None, True, low, until, until)
    if metric.kind == "mean":
        count = Part(event, sums=False)
        return EventMetric(metric.name, Part(event, sums=True), count, False, 0, high)
    sums = metric.kind == "sum"
    converted = metric.kind in (None, "proportion")
    return EventMetric(metric.name, Part(event, sums=sums), None, converted, 0, high)


def _part(metric: Metric, term: Term | None) -> Part:
    if term is None or term.event is None:
        raise _without_event(metric)
    return Part(term.event, sums=term.value == "sum")


def _without_event(metric: Metric) -> LogError:
    return LogError(
        "metric_without_event",
        "The log is an event log, but this metric names no event.",
        where=f'metric "{metric.name}"',
        fix="Name an event, or remove [columns] event if the log has one row a unit.",
    )


@dataclass(frozen=True)
class Plan:
    """Times and names by which units are found.

    Attributes:
        timezone: Of times without an offset and of local days.
        end: Closes enrolment, UTC microseconds; None if open.
        window: Microseconds from the first exposure; None if open.
        pre: Length of the pre-period in microseconds; 0 for none.
        exposure: Event whose first row exposes a unit; None for rows with an arm.
        exact_repeats: ``drop`` or ``keep``.
        metrics: The metrics on events.
    """

    timezone: str
    end: int | None
    window: int | None
    pre: int
    exposure: str | None
    exact_repeats: str
    metrics: tuple[EventMetric, ...]

    @classmethod
    def of(cls, study: Study) -> "Plan":
        """The plan of a study on an event log."""
        assert study.ab is not None
        ab = study.ab
        metrics = tuple(event_metric(metric, ab.window_days) for metric in study.metrics)
        windows = [metric.high for metric in metrics if metric.high and not metric.matures]
        window = round(ab.window_days * DAY) if ab.window_days is not None else None
        if window is None and windows and len(windows) == len(metrics):
            window = max(windows)
        pre = round(ab.pre_days * DAY) if ab.pre_days is not None else window or 0
        return cls(
            timezone=study.log.timezone,
            end=micros_of(ab.end) if ab.end is not None else None,
            window=window,
            pre=pre,
            exposure=ab.exposure,
            exact_repeats=ab.options.exact_repeats,
            metrics=metrics,
        )

    def edges(self) -> list[int]:
        """Sorted offsets from the first exposure where some metric's window or pre-period ends."""
        found = {0, -self.pre}
        for metric in self.metrics:
            found |= {metric.low} | ({metric.high} if metric.high is not None else set())
        return sorted(found)

    def events(self) -> list[str]:
        """Events that metrics name."""
        parts = [part for metric in self.metrics for part in (metric.y, metric.d) if part]
        return sorted({part.event for part in parts})

    def sums(self) -> set[str]:
        """Events whose values are added up."""
        parts = [part for metric in self.metrics for part in (metric.y, metric.d) if part]
        return {part.event for part in parts if part.sums}

    def has_open_window(self) -> bool:
        """Whether some metric counts to the end of the log."""
        return any(metric.high is None for metric in self.metrics)
