"""Which column plays which role: what the study says, and what the log suggests for the rest."""

from dataclasses import dataclass, replace
from typing import Any

from analysis.core import LogError
from analysis.study import Metric, Study

ROLES = ("unit", "time", "arm", "event", "value", "id", "cluster", "weight")
SUM_ROLES = ("n", "sum", "sum_sq")
# Roles whose meaning changes every number are taken only from the study.
GUESSED = ("unit", "time", "arm", "event", "value", "id")


@dataclass(frozen=True)
class Mapped:
    """Role -> column of one log.

    Attributes:
        kinds: Column -> type, in the log's order.
        segments: Columns whose values split the units.
        guessed: Role -> why that column, for roles that the study does not name.
    """

    kinds: dict[str, str]
    unit: str | None = None
    time: str | None = None
    arm: str | None = None
    event: str | None = None
    value: str | None = None
    id: str | None = None
    cluster: str | None = None
    weight: str | None = None
    n: str | None = None
    sum: str | None = None
    sum_sq: str | None = None
    segments: tuple[str, ...] = ()
    guessed: tuple[tuple[str, str], ...] = ()

    def roles(self) -> dict[str, Any]:
        """Role -> column(s), as a readout shows it."""
        named = {role: getattr(self, role) for role in (*ROLES, *SUM_ROLES)}
        shown: dict[str, Any] = {role: column for role, column in named.items() if column}
        if self.segments:
            shown["segments"] = list(self.segments)
        return shown

    def kind(self, column: str) -> str:
        """The type of a column."""
        return self.kinds[column]

    def require(self, column: str, where: str) -> str:
        """The column, if the log has it.

        Raises:
            LogError: ``unknown_column``.
        """
        if column not in self.kinds:
            raise unknown_column(column, where, self.kinds)
        return column


def unknown_column(column: str, where: str, kinds: dict[str, str]) -> LogError:
    """The refusal of a column that the log does not have."""
    shown = ", ".join(list(kinds)[:40]) + (", ..." if len(kinds) > 40 else "")
    return LogError(
        "unknown_column",
        f'There is no column "{column}"; the log has {shown}.',
        where=where,
        fix="Write the name exactly as the log's first line has it.",
    )


def names_events(metric: Metric) -> bool:
    """Whether a metric counts events."""
    terms = [metric.numerator, metric.denominator]
    return metric.event is not None or any(t is not None and t.event is not None for t in terms)


def map_columns(
    study: Study,
    columns: tuple[tuple[str, str], ...],
    guesses: dict[str, tuple[Any, str]],
) -> Mapped:
    """Every role's column.

    Args:
        study: Says some of them.
        columns: (name, type) of the log.
        guesses: Role -> (column or columns, why).

    Raises:
        LogError: ``unknown_column``, or ``no_arm_column`` when nothing tells the arms apart.
    """
    mapped = Mapped(dict(columns))
    said = study.columns
    taken = set()
    for role in (*ROLES, *SUM_ROLES):
        column = getattr(said, role)
        if column is not None:
            taken.add(mapped.require(column, f"columns.{role}"))
            mapped = replace(mapped, **{role: column})
    wants_events = any(names_events(metric) for metric in study.metrics)
    wanted = set(GUESSED) - (set() if wants_events else {"event", "value"})
    used = taken | metric_columns(study)
    reasons = []
    for role in GUESSED:
        column, why = guesses.get(role, (None, ""))
        if role not in wanted or column is None or getattr(mapped, role) is not None:
            continue
        if column in used or column not in mapped.kinds:
            continue
        used.add(column)
        mapped = replace(mapped, **{role: column})
        reasons.append((role, why))
    segments, why = _segments(study, mapped, guesses, used)
    if why:
        reasons.append(("segments", why))
    if mapped.arm is None:
        raise LogError(
            "no_arm_column",
            f"No column tells the arms apart; the log has {', '.join(mapped.kinds)}.",
            where="columns.arm",
            fix='Name it: [columns] arm = "...".',
        )
    return replace(mapped, segments=segments, guessed=tuple(reasons))


def _segments(
    study: Study, mapped: Mapped, guesses: dict[str, tuple[Any, str]], used: set[str]
) -> tuple[tuple[str, ...], str]:
    """Segment columns, and why if they are guessed."""
    asked = study.ab.segments if study.ab and study.ab.segments else ()
    for column in asked:
        mapped.require(column, "ab.segments")
    if study.columns.segments is not None:
        for column in study.columns.segments:
            mapped.require(column, "columns.segments")
        return tuple(dict.fromkeys((*study.columns.segments, *asked))), ""
    guess, why = guesses.get("segments", ((), ""))
    free = [column for column in guess or () if column not in used and column in mapped.kinds]
    return tuple(dict.fromkeys((*asked, *free))), why if free else ""


def metric_columns(study: Study) -> set[str]:
    """Columns that metrics name."""
    named: set[str | None] = set()
    for metric in study.metrics:
        named |= {metric.column, metric.successes, metric.trials, metric.n}
        named |= {metric.sum, metric.sum_sq}
        for term in (metric.numerator, metric.denominator):
            if term is not None:
                named.add(term.column)
        if isinstance(metric.covariate, dict):
            named |= set(metric.covariate.values())
        elif metric.covariate not in (None, "pre", "none"):
            named.add(metric.covariate)
    return {name for name in named if name is not None}
