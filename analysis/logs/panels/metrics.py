"""What a study's metrics are in a panel: parts of event rows, or columns of a file."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.core import LogError
from analysis.logs.profile import plain_name
from analysis.study import Metric, Term

SUMMED = ("sum", "mean")


@dataclass(frozen=True)
class EventPart:
    """What is counted or added up of the rows of an event.

    Attributes:
        event: Its name; None for every row.
        sums: Values are added up; otherwise rows are counted.
    """

    event: str | None
    sums: bool


@dataclass(frozen=True)
class EventMetric:
    """A metric on event rows.

    Attributes:
        name: The metric's.
        kind: ``count``, ``sum``, ``mean``, ``ratio`` or ``proportion``.
        y: What is counted, or the numerator.
        d: The denominator; None for counts and sums, and for a share of users.
    """

    name: str
    kind: str
    y: EventPart
    d: EventPart | None

    @property
    def of_users(self) -> bool:
        """Users with the event as a share of users with any row."""
        return self.kind == "proportion" and self.d is None

    @property
    def events(self) -> frozenset[str] | None:
        """The events whose rows it uses; None for every row."""
        parts = [self.y, *([self.d] if self.d else [])]
        if self.of_users or any(part.event is None for part in parts):
            return None
        return frozenset(part.event for part in parts if part.event is not None)

    @property
    def summed(self) -> frozenset[str | None]:
        """The events whose rows need a value."""
        parts = [self.y, *([self.d] if self.d else [])]
        return frozenset(part.event for part in parts if part.sums)


def event_metric(metric: Metric, *, has_event: bool) -> EventMetric:
    """How a metric reads event rows.

    Args:
        metric: The study's.
        has_event: The log names its events; otherwise every row is one.

    Raises:
        LogError: ``metric_without_event`` or ``kind_without_panel``.
    """
    kind = metric.kind or "proportion"
    if kind not in ("count", "sum", "mean", "ratio", "proportion"):
        raise no_panel_kind(metric)
    if metric.numerator is not None:
        y = _part(metric, metric.numerator)
        below = _part(metric, metric.denominator or Term(event=y.event, value="count"))
        return EventMetric(metric.name, kind, y, below)
    if metric.event is None and has_event:
        raise _without_event(metric)
    y = EventPart(metric.event, sums=kind in SUMMED)
    counted = EventPart(metric.event, sums=False) if kind == "mean" else None
    return EventMetric(metric.name, kind, y, counted)


def _part(metric: Metric, term: Term) -> EventPart:
    if term.event is None:
        raise _without_event(metric)
    return EventPart(term.event, sums=term.value == "sum")


def _without_event(metric: Metric) -> LogError:
    return LogError(
        "metric_without_event",
        "The log is an event log, but this metric names no event.",
        where=f'metric "{metric.name}"',
        fix="Name an event, or remove [columns] event if the log has one row a unit and period.",
    )


def no_panel_kind(metric: Metric) -> LogError:
    """The refusal of a kind that has no value for a unit and a period."""
    return LogError(
        "kind_without_panel",
        f"A metric of kind {metric.kind} has no value for a unit and a period.",
        where=f'metric "{metric.name}"',
        fix="Choose count, sum, mean, ratio or proportion.",
    )


@dataclass(frozen=True)
class FileMetric:
    """A metric on the columns of a panel file.

    Attributes:
        name: The metric's, or the column's of a predictor.
        kind: The metric's; None if it does not say.
        y: The column, or the numerator's; None if a wide file's columns are the units.
        d: The denominator's column.
    """

    name: str
    kind: str | None
    y: str | None
    d: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        return tuple(column for column in (self.y, self.d) if column is not None)


def column_called(name: str, kinds: Mapping[str, str]) -> str | None:
    """The column of some name; of no other one if case and separators are put aside."""
    if name in kinds:
        return name
    near = [column for column in kinds if plain_name(column) == plain_name(name)]
    return near[0] if len(near) == 1 else None


def file_metric(metric: Metric, kinds: Mapping[str, str]) -> FileMetric:
    """How a metric reads a panel file.

    Raises:
        LogError: ``kind_without_panel``, ``unknown_column``, ``metric_without_column`` or
            ``metric_without_denominator``.
    """
    from analysis.logs.mapping import unknown_column

    where = f'metric "{metric.name}"'
    if metric.kind == "retention":
        raise no_panel_kind(metric)

    def known(column: str) -> str:
        if column not in kinds:
            raise unknown_column(column, where, dict(kinds))
        return column

    if metric.numerator is not None or (metric.successes and metric.trials):
        terms = (metric.numerator, metric.denominator)
        y, d = [term.column if term else None for term in terms]
        y, d = (metric.successes, metric.trials) if metric.numerator is None else (y, d)
        if y is None or d is None:
            raise LogError(
                "metric_without_denominator",
                "A ratio in a panel file needs a column for each side.",
                where=where,
                fix='Write numerator = { column = "..." } and denominator = { column = "..." }.',
            )
        return FileMetric(metric.name, metric.kind or "ratio", known(y), known(d))
    if metric.column is not None:
        return FileMetric(metric.name, metric.kind, known(metric.column))
    column = column_called(metric.name, kinds)
    if column is None:
        shown = ", ".join(list(kinds)[:40]) + (", ..." if len(kinds) > 40 else "")
        raise LogError(
            "metric_without_column",
            f"The metric names neither an event nor a column, and no column is called like it; "
            f"the log has {shown}.",
            where=where,
            fix='Add column = "..." (a panel file) or event = "..." (an event log).',
        )
    return FileMetric(metric.name, metric.kind, column)
