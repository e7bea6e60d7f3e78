"""What becomes of a row of an event log: used, or left out for the first reason that applies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.logs.panels.calendar import Int
from analysis.logs.panels.metrics import EventMetric

Bool = NDArray[np.bool_]

# Reasons in the order in which they are looked for; 0 is a row that is used.
REASONS = (
    "", "unparsable_time", "blank_unit", "other_event", "duplicate_event_id", "unparsable_value",
    "blank_user", "repeated_cell", "outside_window", "partial_period", "incomplete_period",
)  # fmt: skip
USED, NO_TIME, NO_UNIT, OTHER, REPEATED, NO_VALUE = range(6)
NO_USER, SAME_CELL, OUTSIDE, PARTIAL, INCOMPLETE = range(6, 11)


@dataclass(frozen=True)
class Signatures:
    """A number that says of a row all that decides about it, but its unit and its time.

    It is made of the row's event, whether it carries a value and a user, and for which sets of
    events it repeats an id.

    Attributes:
        codes: Event -> its code; ``{None: 0}`` if every row is one.
        sets: The sets of events by which metrics look for repeated ids; None is every row.
    """

    codes: dict[str | None, int]
    sets: tuple[frozenset[str] | None, ...]

    @classmethod
    def of(cls, metrics: Sequence[EventMetric], *, has_event: bool, has_id: bool) -> "Signatures":
        """What tells rows apart for some metrics."""
        codes: dict[str | None, int] = {None: 0}
        if has_event:
            parts = [part for one in metrics for part in (one.y, one.d) if part is not None]
            names = {part.event for part in parts if part.event is not None}
            codes = {name: i for i, name in enumerate(sorted(names))}
        sets = {one.events for one in metrics} if has_id else set()
        ordered = sorted(sets, key=lambda one: (one is None, sorted(one or ())))
        return cls(codes, tuple(ordered))

    def sql(self, code: str, value: str, person: str, mark: str) -> str:
        """The number in SQL."""
        flags = f"((({code}) + 1) * 2 + {value}) * 2 + {person}"
        return f"CAST(({flags}) * {2 ** len(self.sets)} + {mark} AS BIGINT)"

    def parts(self, signature: Int) -> tuple[Int, Bool, Bool, Int]:
        """Code of the event (-1 for another one), has a value, has a user, and marks."""
        marks = signature % 2 ** len(self.sets)
        rest = signature // 2 ** len(self.sets)
        return rest // 4 - 1, rest // 2 % 2 == 1, rest % 2 == 1, marks

    def code_of(self, event: str | None) -> int:
        """The code of an event's rows."""
        return self.codes[event]

    def outcome(self, metric: EventMetric, signature: Int) -> Int:
        """(n,) USED, or why a metric cannot use rows of some signatures whatever their period."""
        code, has_value, has_user, marks = self.parts(signature)
        found = np.zeros(signature.shape, dtype=np.int64)
        needing = [self.code_of(event) for event in metric.summed]
        rules: list[tuple[int, Bool]] = []
        if metric.events is not None:
            mine = [self.code_of(event) for event in metric.events]
            rules.append((OTHER, ~np.isin(code, mine)))
        if self.sets:
            bit = 2 ** self.sets.index(metric.events)
            rules.append((REPEATED, marks // bit % 2 == 1))
        rules.append((NO_VALUE, np.isin(code, needing) & ~has_value))
        if metric.of_users:
            rules.append((NO_USER, ~has_user))
        for reason, applies in reversed(rules):
            found[applies] = reason
        return found


def for_the_log(outcomes: Sequence[Int]) -> Int:
    """(n,) What becomes of rows for the log as a whole, from what becomes of them for each metric.

    A row is used if some metric uses it; else it left for the reason of the metric that came
    furthest with it, so that it is of another event only if that is so for all.
    """
    every = np.stack(outcomes)
    found: Int = np.where((every == USED).any(axis=0), USED, every.max(axis=0))
    return found
