"""Templates that hand single rows over with their names as small whole numbers."""

from collections.abc import Sequence

from analysis.logs.sql.dialect import Dialect

# So many names are looked up in a list; more of them by a join.
FEW_NAMES = 24


def places_table(names: Sequence[str], dialect: Dialect) -> str:
    """A table of names and their places from 1 on."""
    rows = ", ".join(
        f"({dialect.literal(name)}, CAST({place} AS INTEGER))"
        for place, name in enumerate(names, start=1)
    )
    return f"SELECT * FROM (VALUES {rows}) AS p(name, place)"


def coded_rows(
    rows: str, where: str, events: Sequence[str], arms: Sequence[str], dialect: Dialect
) -> str:
    """Clean rows with the places of their event and arm; NULL or 0 for a name not listed.

    Args:
        rows: Clean rows.
        where: Which of them count.
        events: Names of events; more than a few are looked up in the table ``event_places``.
        arms: Names of arms; likewise ``arm_places``.
        dialect: The engine's.
    """
    event, join_events = _place("event", events, dialect)
    arm, join_arms = _place("arm", arms, dialect)
    return (
        f"SELECT {dialect.key('l.unit')} AS unit_key, l.unit, l.t, {event} AS event_place, "
        f"{arm} AS arm_place, l.v, l.row_no "
        f"FROM (SELECT * FROM {rows} WHERE {where}) l{join_events}{join_arms}"
    )


def _place(column: str, names: Sequence[str], dialect: Dialect) -> tuple[str, str]:
    """The place of a name, and the join that it needs."""
    if not names:
        return "CAST(0 AS INTEGER)", ""
    if len(names) <= FEW_NAMES:
        return dialect.place(f"l.{column}", list(names)), ""
    table = f"{column}_places"
    return f"{table}.place", f" LEFT JOIN {table} ON {table}.name = l.{column}"
