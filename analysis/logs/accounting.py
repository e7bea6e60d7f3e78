"""The account of a log: rows in = rows used + rows left out by reason, and what was repaired."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LeftOut:
    """Rows that the analysis does not use, for one reason.

    Attributes:
        reason: Stable snake_case code, such as ``duplicate_event_id``.
        rows: How many rows.
        examples: At most five, ``{"row": 17, "value": "e_4"}``; never the id of a unit.
    """

    reason: str
    rows: int
    examples: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Repair:
    """Rows that were read as something else than what is written in them.

    Attributes:
        kind: Stable snake_case code, such as ``arm_spelling``.
        rows: How many rows.
        text: What was read as what.
    """

    kind: str
    rows: int
    text: str


@dataclass(frozen=True)
class Accounting:
    """Where every row of the log went.

    Attributes:
        sha256: Digest of the mapped rows; the same in any order, format or file split.
        rows: Data rows in, lines that could not be split included.
        used: Rows that the analysis works on.
        left_out: The rest, by reason; ``rows == used + sum of left_out``.
        repairs: What was read as something else.
        columns: Role -> column.
        guessed: Role -> why this column, for roles the study does not name.
        units: The counters ``units.*`` of the readout.
        format: What the file turned out to be.
        left_out_file: Parquet of the rows left out, with the reason; None if there are none.
        events_by_day: Local ISO day -> arm ("" for no arm) -> rows.
        event_names: Event -> rows.
    """

    sha256: str
    rows: int
    used: int
    left_out: tuple[LeftOut, ...]
    repairs: tuple[Repair, ...]
    columns: dict[str, Any]
    guessed: dict[str, str]
    units: dict[str, Any]
    format: str
    left_out_file: Path | None = None
    events_by_day: dict[str, dict[str, int]] = field(default_factory=dict)
    event_names: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nothing is lost in silence."""
        lost = sum(entry.rows for entry in self.left_out)
        if self.rows != self.used + lost:
            raise AssertionError(f"{self.rows} rows in, {self.used} used, {lost} left out")
