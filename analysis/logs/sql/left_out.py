"""Templates for the rows that leave: which they are, a few of them, and all with their text."""

from collections.abc import Mapping, Sequence

from analysis.logs.sql.dialect import Dialect
from analysis.logs.sql.event_units import coded

EXAMPLES = 5


def by_unit(statuses: Mapping[str, str], rows: str, same: str, dialect: Dialect) -> str:
    """Rows of the units of some statuses, each with its reason.

    Args:
        statuses: Reason -> condition on a unit u; they exclude each other.
        rows: Clean rows.
        same: How rows l and units u are joined.
        dialect: The engine's.
    """
    cases = " ".join(f"WHEN {of} THEN {dialect.literal(name)}" for name, of in statuses.items())
    any_of = " OR ".join(f"({of})" for of in statuses.values())
    return (
        f"SELECT l.row_no, CASE {cases} END AS reason FROM {rows} l JOIN units u ON {same} "
        f"WHERE {any_of}"
    )


def ids(places: Sequence[int]) -> str:
    """The ids of some units."""
    return f"SELECT ix, unit FROM units WHERE ix IN ({', '.join(map(str, places))}) ORDER BY ix"


def examples_of_units(rows: str, units: Mapping[str, int], shown: str, dialect: Dialect) -> str:
    """The first rows of some units by status: by their text, then by their place in the log.

    Args:
        rows: Clean rows.
        units: Id -> number of its status.
        shown: The text.
        dialect: The engine's.
    """
    status = coded("unit", units, dialect)
    return (
        "SELECT row_no, status, shown FROM (SELECT *, "
        "row_number() OVER (PARTITION BY status ORDER BY shown, row_no) AS place FROM "
        f"(SELECT row_no, {status} AS status, {shown} AS shown FROM {rows} l "
        f"WHERE {dialect.one_of('unit', list(units))}) e) q "
        f"WHERE place <= {EXAMPLES} ORDER BY status, place"
    )


def examples(rows: str, column: str | None, dialect: Dialect) -> str:
    """The first rows of a reason, by their text and then by their place in the log."""
    if column is None:
        return f"SELECT row_no, '' AS shown FROM ({rows}) q ORDER BY row_no LIMIT {EXAMPLES}"
    return (
        f"SELECT q.row_no, coalesce({dialect.filled(column)}, '') AS shown FROM ({rows}) q "
        f"JOIN log w ON w.__row = q.row_no ORDER BY shown, q.row_no LIMIT {EXAMPLES}"
    )


def with_reasons(queries: Mapping[str, str], dialect: Dialect) -> list[str]:
    """Rows of each reason, with its name."""
    return [
        f"SELECT row_no, {dialect.literal(reason)} AS reason FROM ({rows}) q"
        for reason, rows in queries.items()
    ]


def with_text(parts: Sequence[str]) -> str:
    """All rows that left, as they stand in the log, each with its reason."""
    union = " UNION ALL ".join(parts)
    return (
        f"SELECT q.reason AS left_out_reason, w.* FROM ({union}) q JOIN log w ON w.__row = q.row_no"
    )
