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
    with looking(source) as connection:
        connection.execute(f"CREATE TEMP VIEW part AS SELECT * FROM log LIMIT {PROFILED_ROWS}")
        counts = _counts(connection, source.names)
        return tuple(
            Profile(
                name,
                plain_name(name),
                *numbers,
                values=_values(connection, name) if 0 < numbers[1] <= FEW else (),
            )
            for name, numbers in zip(source.names, counts, strict=True)
        )


def _counts(
    connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]
) -> list[tuple[int, int, int, int]]:
    """Filled, distinct, numbers and times of each column."""
    found: list[tuple[int, int, int, int]] = []
    for start in range(0, len(names), 50):
        some = names[start : start + 50]
        parts = ", ".join(
            f"count({c}), count(DISTINCT {c}), "
            f"count(CASE WHEN isfinite(TRY_CAST({c} AS DOUBLE)) THEN 1 END), "
            f"count(CASE WHEN regexp_matches({c}, '{TIME}') THEN 1 END)"
            for c in map(quoted, some)
        )
        row = connection.execute(f"SELECT {parts} FROM part").fetchall()[0]
        found += [
            (row[4 * i], row[4 * i + 1], row[4 * i + 2], row[4 * i + 3]) for i in range(len(some))
        ]
    return found


def _values(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[tuple[str, int], ...]:
    column = quoted(name)
    found = connection.execute(
        f"SELECT {column}, count(*) FROM part WHERE {column} IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    return tuple((str(value), int(count)) for value, count in found)
