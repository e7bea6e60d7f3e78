"""What was found in the rows of an event log: its names, and its rows by unit and period."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.logs.labels import trimmed
from analysis.logs.panels.calendar import Int
from analysis.logs.panels.spellings import Spellings
from analysis.logs.panels.sums import ExactSum

NO_PERIOD = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Profile:
    """What the rows hold.

    Attributes:
        groups: A row for each unit and event, as they are written.
        spellings: The units.
        span: First and last time, UTC microseconds.
    """

    groups: tuple[dict[str, Any], ...]
    spellings: Spellings
    span: tuple[int, int]

    @property
    def rows(self) -> int:
        """Rows of the log."""
        return sum(group["n"] for group in self.groups)

    @property
    def events(self) -> dict[str, int]:
        """Event -> rows, by its trimmed name."""
        found: dict[str, int] = {}
        for group in self.groups:
            name = trimmed(group["event"])
            found[name] = found.get(name, 0) + group["n"]
        return dict(sorted(found.items()))

    @property
    def units(self) -> tuple[str, ...]:
        """Units with a row whose time can be read, by code point."""
        names = {self.spellings.unit_of.get(g["unit"]) for g in self.groups if g["timed"]}
        return tuple(sorted(name for name in names if name is not None))

    def written(self, event: str) -> list[str]:
        """Spellings of an event, which differ in blanks at the ends only."""
        names = {group["event"] for group in self.groups if group["event"] is not None}
        return sorted(name for name in names if trimmed(name) == event)

    def sum_of(self, event: str | None) -> ExactSum:
        """How the values of an event (of every row) are added up."""
        mine = [g for g in self.groups if event is None or trimmed(g["event"]) == event]
        return ExactSum.of(
            max((g["largest"] or 0.0 for g in mine), default=0.0),
            min((g["least"] for g in mine if g["least"]), default=0.0),
            max((g["places"] or 0 for g in mine), default=0),
            sum(g["numbers"] for g in mine),
        )

    def numbers(self, event: str | None) -> int:
        """Rows of an event with a value."""
        return sum(
            g["numbers"] for g in self.groups if event is None or trimmed(g["event"]) == event
        )


@dataclass(frozen=True)
class Groups:
    """Rows by unit, period, signature and whether they lie after the end.

    Attributes:
        unit: (n,) places of the units; -1 for none.
        period: (n,) numbers of the periods; NO_PERIOD without a time.
        signature: (n,).
        late: (n,) at or after the study's end.
        rows: (n,) how many.
        first_row: (n,) the first of them.
        first, last: (n,) first and last time.
        sums: Event -> the parts of its exact sums.
    """

    unit: Int
    period: Int
    signature: Int
    late: Int
    rows: Int
    first_row: Int
    first: Int
    last: Int
    sums: dict[str | None, tuple[Any, ...]]


def places(names: Any, units: tuple[str, ...]) -> Int:
    """(n,) The place of each name among the units; -1 for a name that is none of them."""
    encoded = names.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    place = {unit: i for i, unit in enumerate(units)}
    code = np.array([place.get(name, -1) for name in encoded.dictionary.to_pylist()] + [-1])
    found: Int = code[encoded.indices.fill_null(len(code) - 1).to_numpy()].astype(np.int64)
    return found
