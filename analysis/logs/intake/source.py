"""A log that has been taken in safely: where its rows are, and what happened on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analysis.core import Notice

Progress = Callable[[str, float], None]

ROW = "__row"


@dataclass(frozen=True)
class RejectedLine:
    """One line that could not be read as a row.

    Attributes:
        reason: Stable code, such as ``ragged_line``.
        row: Data row number, from 1, over all files in the given order.
        text: The raw text, at most 200 characters.
    """

    reason: str
    row: int
    text: str


@dataclass(frozen=True)
class Source:
    """Rows ready for an engine.

    Attributes:
        files: Parquet files to read: the user's own, or the one converted from text.
        text: Every column is text (VARCHAR, blank cells NULL) and a BIGINT column ``__row``
            holds the data row number. When false, the files are the user's own Parquet.
        columns: (name, DuckDB type) in the log's order, without ``__row``.
        rows: Data rows, rejected lines included.
        rejected: Examples of rejected lines, at most 5 a reason.
        rejected_count: Reason to number of rejected lines.
        format: ``csv``, ``tsv``, ``semicolon csv``, ``pipe csv``, ``json lines``, ``json``
            or ``parquet``, followed by ``.gz``, ``.zst`` or ``.zip`` when packed.
        encoding: ``utf-8``, ``utf-16``, ``cp1252`` ..., empty for Parquet.
        notices: What the reader should know.
        rejected_file: Parquet with every rejected line: ``__row``, ``file``, ``reason`` and
            ``text`` (its first 200 characters); None if no line was rejected.
    """

    files: tuple[Path, ...]
    text: bool
    columns: tuple[tuple[str, str], ...]
    rows: int
    rejected: tuple[RejectedLine, ...]
    rejected_count: dict[str, int]
    format: str
    encoding: str
    notices: tuple[Notice, ...]
    rejected_file: Path | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in the log's order."""
        return tuple(name for name, _ in self.columns)

    @property
    def readable_rows(self) -> int:
        """Rows that stand in the Parquet files."""
        return self.rows - sum(self.rejected_count.values())
