"""Templates for event logs read as panels: rows by unit, period and what becomes of them."""

from collections.abc import Mapping, Sequence

from analysis.logs.sql.dialect import Dialect
from analysis.logs.sql.event_rows import decimals
from analysis.logs.sql.times import local_day, searched


def profile(*, values: bool, dialect: Dialect, limit: int) -> str:
    """What the rows hold by unit and event, as they are written."""
    sizes = ""
    if values:
        zero = dialect.literal(0.0)
        sizes = (
            ", count(v) AS numbers, max(abs(v)) AS largest, "
            f"min(CASE WHEN v <> {zero} THEN abs(v) END) AS least, "
            f"max({decimals('v', dialect)}) AS places"
        )
    return (
        "SELECT unit, event, count(*) AS n, count(t) AS timed, min(row_no) AS first_row, "
        f"min(t) AS first_t, max(t) AS last_t{sizes} FROM panel_rows GROUP BY unit, event "
        f"LIMIT {limit}"
    )


def renamed(spellings: Mapping[str, str | None], dialect: Dialect) -> str:
    """Rows under the units' own names."""
    values = ", ".join(
        f"({dialect.literal(written)}, "
        f"{dialect.literal(unit) if unit is not None else f'CAST(NULL AS {dialect.text})'})"
        for written, unit in spellings.items()
    )
    return (
        "SELECT r.row_no, CASE WHEN s.written IS NULL THEN r.unit ELSE s.name END AS unit, "
        "r.t, r.event, r.v, r.id, r.person, r.user_text, r.since FROM panel_rows r "
        f"LEFT JOIN (SELECT * FROM (VALUES {values}) AS x(written, name)) s ON s.written = r.unit"
    )


def period(
    calendar: str,
    timezone: str,
    week_start: int,
    months: Sequence[tuple[int, int]],
    span: tuple[int, int],
    dialect: Dialect,
) -> str:
    """Number of the period of a time t.

    Args:
        calendar: ``day``, ``week`` or ``month``.
        timezone: IANA name.
        week_start: Weekday on which weeks begin.
        months: (number, first day) of the months that the log touches.
        span: First and last time of the log.
        dialect: The engine's.
    """
    day = local_day("t", timezone, dialect, span=span)
    if calendar == "day":
        return day
    if calendar == "week":
        return dialect.divide(f"({day} - {week_start})", 7)
    number = searched(day, [first for _, first in months[1:]], [month for month, _ in months])
    return f"CAST({number} AS BIGINT)"


def first_of_repeats(events: str, bit: int) -> str:
    """Rows that repeat the id of an earlier one, of the rows of some events; each with a mark.

    The earliest row stays, of equally early ones that of the first unit; what follows in the
    order only decides between rows that differ in nothing a panel counts, or in the value.

    Args:
        events: Condition on the rows.
        bit: The mark.
    """
    return (
        f"SELECT row_no, CAST({bit} AS BIGINT) AS mark FROM ("
        "SELECT row_no, row_number() OVER (PARTITION BY id ORDER BY t, unit, code, "
        "CASE WHEN v IS NULL THEN 1 ELSE 0 END, v, "
        "CASE WHEN person IS NULL THEN 1 ELSE 0 END, person, row_no) AS place "
        f"FROM repeated_rows WHERE {events}) q WHERE place > 1"
    )


def cells(sums: Sequence[str]) -> str:
    """Rows by unit, period, signature and whether they lie after the end."""
    parts = "".join(f", {aggregate} AS s{i}" for i, aggregate in enumerate(sums))
    return (
        "SELECT unit, period, signature, late, count(*) AS n, min(row_no) AS first_row, "
        f"min(t) AS first_t, max(t) AS last_t{parts} FROM panel_cells "
        "GROUP BY unit, period, signature, late"
    )


def people(codes: Sequence[int], where: str) -> str:
    """Different people by unit and period: all, and those with a row of each event."""
    flags = "".join(
        f", max(CASE WHEN code = {code} THEN 1 ELSE 0 END) AS e{i}" for i, code in enumerate(codes)
    )
    counts = "".join(f", count(CASE WHEN e{i} = 1 THEN 1 END) AS e{i}" for i in range(len(codes)))
    return (
        f"SELECT unit, period, count(*) AS people{counts} FROM (SELECT unit, period, person{flags} "
        f"FROM panel_cells WHERE {where} GROUP BY unit, period, person) q GROUP BY unit, period"
    )


def coded_people(where: str, dialect: Dialect) -> str:
    """Rows with hashes of their unit and user, and the user as written."""
    return (
        f"SELECT {dialect.key('unit')} AS unit_key, CAST(period AS BIGINT) AS period, "
        f"CAST(code AS BIGINT) AS code, {dialect.key('user_text')} AS user_key, user_text "
        f"FROM panel_cells WHERE {where} AND user_text IS NOT NULL"
    )


def name_keys(names: Sequence[str], dialect: Dialect) -> str:
    """Hashes of some names, each with its place."""
    rows = ", ".join(f"({dialect.literal(name)}, {place})" for place, name in enumerate(names))
    return (
        f"SELECT {dialect.key('name')} AS name_key, CAST(place AS BIGINT) AS place "
        f"FROM (VALUES {rows}) AS p(name, place)"
    )


def identical(text: str, hashed: str) -> str:
    """How many rows equal an earlier one in every cell, of the rows with a suspect hash."""
    return (
        f"SELECT coalesce(CAST(sum(n - 1) AS BIGINT), 0) AS n FROM (SELECT count(*) AS n FROM "
        f"(SELECT {text} AS whole FROM (SELECT * FROM panel_units WHERE {hashed} IN "
        "(SELECT h FROM suspects)) l JOIN log w ON w.__row = l.row_no) q "
        "GROUP BY whole HAVING count(*) > 1) p"
    )
