"""What the columns of a log hold, counted without regard to the order of rows."""

import re
from dataclasses import dataclass

import duckdb

from analysis.logs.intake import Source
from analysis.logs.intake.preview import looking, quoted

# Counting distinct values of more rows would cost more than a guess is worth.
PROFILED_ROWS = 2_000_000
FEW = 200
TIME = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?$"
TRUTHS = frozenset({"0", "1", "0.0", "1.0", "true", "false", "yes", "no", "t", "f", "y", "n"})
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")


@dataclass(frozen=True)
class Profile:
    """One column.

    Attributes:
        name: As in the log.
        plain: The name in lower snake case: ``userId`` and ``User ID`` are ``user_id``.
        filled: Cells that are not blank.
        distinct: Different cells, blank ones aside.
        numbers: Cells that read as a finite number.
        times: Cells that begin as an ISO date or time.
        values: The cells and their counts, most frequent first, if they are few.
    """

    name: str
    plain: str
    filled: int
    distinct: int
    numbers: int
    times: int
    values: tuple[tuple[str, int], ...]

    @property
    def numeric(self) -> bool:
        """At least nine in ten filled cells are numbers."""
        return self.filled > 0 and self.numbers >= 0.9 * self.filled

    @property
    def temporal(self) -> bool:
        """At least nine in ten filled cells look like times."""
        return self.filled > 0 and self.times >= 0.9 * self.filled

    @property
    def truths(self) -> bool:
        """Every filled cell is a spelling of 0 or 1."""
        return bool(self.values) and all(
            value.strip().casefold() in TRUTHS for value, _ in self.values
        )


def plain_name(name: str) -> str:
    """A name in lower snake case.

    >>> plain_name("userId"), plain_name("User ID"), plain_name("experiment-group")
    ('user_id', 'user_id', 'experiment_group')
    """
    return "_".join(word.casefold() for word in WORD.findall(name))


def profiles(source: Source) -> tuple[Profile, ...]:
    """Every column's profile, in the log's order."""
    with looking(source, most_rows=PROFILED_ROWS) as connection:
        # One column after the other: only one holds its different cells in memory.
        return tuple(_profile(connection, name) for name in source.names)


def _profile(connection: duckdb.DuckDBPyConnection, name: str) -> Profile:
    counts = _counts(connection, name)
    values = _values(connection, name) if 0 < counts[1] <= FEW else ()
    return Profile(name, plain_name(name), *counts, values=values)


def _counts(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[int, int, int, int]:
    """Filled, distinct, numbers and times of a column; each different cell is looked at once."""
    found = connection.execute(
        "SELECT CAST(coalesce(sum(n), 0) AS BIGINT), count(*), "
        "CAST(coalesce(sum(CASE WHEN isfinite(TRY_CAST(c AS DOUBLE)) THEN n END), 0) AS BIGINT), "
        f"CAST(coalesce(sum(CASE WHEN regexp_matches(c, '{TIME}') THEN n END), 0) AS BIGINT) "
        f"FROM (SELECT {quoted(name)} AS c, count(*) AS n FROM log "
        "WHERE c IS NOT NULL GROUP BY ALL) q"
    ).fetchall()[0]
    filled, distinct, numbers, times = map(int, found)
    return filled, distinct, numbers, times


def _values(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[tuple[str, int], ...]:
    column = quoted(name)
    found = connection.execute(
        f"SELECT {column}, count(*) FROM log WHERE {column} IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    return tuple((str(value), int(count)) for value, count in found)
