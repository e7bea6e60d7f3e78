"""Templates for logs whose rows are units or observations of units: no events, only columns."""

from collections.abc import Sequence

from analysis.logs.sql.dialect import Dialect
from analysis.logs.sql.event_rows import decimals

TRUE_WORDS = ("true", "yes", "t", "y")
FALSE_WORDS = ("false", "no", "f", "n")


def value(column: str, kind: str, success: str | None, dialect: Dialect) -> str:
    """A cell as a number: words of truth count as 1 and 0, a success label as 1.

    Blank cells, and texts that are no number, are NULL.
    """
    text = dialect.filled(dialect.as_text(column, kind))
    if success is not None:
        label = dialect.literal(success.strip())
        one, nil = dialect.literal(1.0), dialect.literal(0.0)
        return f"CASE WHEN {text} IS NULL THEN NULL WHEN {text} = {label} THEN {one} ELSE {nil} END"
    if kind not in ("VARCHAR", "BOOLEAN"):
        return dialect.number(column, kind)
    word = f"lower({text})"
    truth = (
        f"CASE WHEN {dialect.one_of(word, list(TRUE_WORDS))} THEN {dialect.literal(1.0)} "
        f"WHEN {dialect.one_of(word, list(FALSE_WORDS))} THEN {dialect.literal(0.0)} END"
    )
    return f"coalesce({dialect.finite(f'TRY_CAST({text} AS DOUBLE)')}, {truth})"


def column_facts(count: int, dialect: Dialect) -> str:
    """Of each value column: cells, largest magnitude, decimals, and values that are not 0 or 1."""
    zero, one = dialect.literal(0.0), dialect.literal(1.0)
    parts = ", ".join(
        f"count(v{i}) AS cells{i}, max(abs(v{i})) AS largest{i}, "
        f"max({decimals(f'v{i}', dialect)}) AS places{i}, "
        f"count(CASE WHEN v{i} <> {zero} AND v{i} <> {one} THEN 1 END) AS other{i}"
        for i in range(count)
    )
    return f"SELECT {parts} FROM clean"


def not_binary(i: int, dialect: Dialect) -> str:
    """The first cells of a column that are neither 0 nor 1, by value."""
    zero, one = dialect.literal(0.0), dialect.literal(1.0)
    return (
        f"SELECT v{i} AS shown, min(row_no) AS row_no FROM clean "
        f"WHERE v{i} <> {zero} AND v{i} <> {one} GROUP BY v{i} ORDER BY v{i} LIMIT 1"
    )


def unit_values(sums: Sequence[str], keep: str) -> str:
    """Of each kept unit: rows, and for each value column its cells, sum and largest value."""
    parts = "".join(
        f", count(l.v{i}) AS cells{i}, {total} AS sum{i}, max(l.v{i}) AS top{i}"
        for i, total in enumerate(sums)
    )
    return (
        f"SELECT u.ix, count(*) AS n{parts} FROM clean l JOIN units u ON u.unit = l.unit "
        f"WHERE {keep} GROUP BY u.ix ORDER BY u.ix"
    )
