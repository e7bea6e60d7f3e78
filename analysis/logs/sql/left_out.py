"""Templates for the rows that leave: which they are, a few of them, and all with their text."""

from collections.abc import Mapping

from analysis.logs.sql.dialect import Dialect

EXAMPLES = 5


def by_unit(status: str, rows: str = "clean") -> str:
    """Rows of the units of some status."""
    return f"SELECT l.row_no FROM {rows} l JOIN units u ON u.unit = l.unit WHERE {status}"


def examples(rows: str, column: str | None, dialect: Dialect) -> str:
    """The first rows of a reason, by their text and then by their place in the log."""
    if column is None:
        return f"SELECT row_no, '' AS shown FROM ({rows}) q ORDER BY row_no LIMIT {EXAMPLES}"
    return (
        f"SELECT q.row_no, coalesce({dialect.filled(column)}, '') AS shown FROM ({rows}) q "
        f"JOIN log w ON w.__row = q.row_no ORDER BY shown, q.row_no LIMIT {EXAMPLES}"
    )


def with_text(reasons: Mapping[str, str], dialect: Dialect) -> str:
    """All rows that left, as they stand in the log, each with its reason."""
    union = " UNION ALL ".join(
        f"SELECT row_no, {dialect.literal(reason)} AS reason FROM ({rows}) q"
        for reason, rows in reasons.items()
    )
    return (
        f"SELECT q.reason AS left_out_reason, w.* FROM ({union}) q JOIN log w ON w.__row = q.row_no"
    )
