"""Column names that an engine can tell apart."""

from collections.abc import Sequence

from analysis.core import LogError, Notice
from analysis.logs.intake.limits import Limits
from analysis.logs.intake.source import ROW


class ColumnNames:
    """Gives each column of a log its name, the first keeping its own.

    Engines do not tell ``User`` from ``user``: names that differ by case only are
    duplicates here too.
    """

    def __init__(self, limits: Limits, where: str) -> None:
        self._limits = limits
        self.where = where
        self._taken: set[str] = {ROW}
        self._changes: list[str] = []
        self.names: list[str] = []

    def add(self, raw: str) -> str:
        """The name of the next column.

        Raises:
            LogError: ``too_many_columns`` or ``column_name_too_long``.
        """
        place = len(self.names) + 1
        if place > self._limits.columns:
            raise too_many_columns(place, self._limits, self.where)
        if len(raw) > self._limits.name_length:
            raise LogError(
                "column_name_too_long",
                f'Column {place} has a name of {len(raw):,} characters ("{raw[:40]}..."); '
                f"the limit is {self._limits.name_length}.",
                where=self.where,
                fix="Shorten the name. Does the first line hold the column names?",
            )
        wanted = raw or f"column_{place}"
        name, copy = wanted, 1
        while name.casefold() in self._taken:
            copy += 1
            name = f"{wanted}_{copy}"
        if name != raw:
            old = f'"{raw}"' if raw else "blank"
            self._changes.append(f'column {place} ({old}) is called "{name}"')
        self._taken.add(name.casefold())
        self.names.append(name)
        return name

    def notices(self) -> tuple[Notice, ...]:
        """What was renamed, if anything."""
        if not self._changes:
            return ()
        shown = "; ".join(self._changes[:5]) + ("; ..." if len(self._changes) > 5 else "")
        return (
            Notice(
                "columns_renamed",
                "warn",
                "log",
                f"{len(self._changes)} column name(s) were blank or taken: {shown}.",
                "Give every column its own name in the file if the study needs these columns.",
            ),
        )


def named(header: Sequence[str], limits: Limits, where: str) -> ColumnNames:
    """The names of a whole header."""
    if len(header) > limits.columns:
        raise too_many_columns(len(header), limits, where)
    names = ColumnNames(limits, where)
    for raw in header:
        names.add(raw)
    return names


def too_many_columns(found: int, limits: Limits, where: str) -> LogError:
    """The refusal of a log that is too wide."""
    return LogError(
        "too_many_columns",
        f"The log has at least {found:,} columns; the limit is {limits.columns:,}.",
        where=where,
        fix="Keep the columns that the study uses.",
    )
