"""Templates that turn clean rows of an event log into units and their events."""

from collections.abc import Mapping, Sequence

from analysis.logs.sql.dialect import Dialect
from analysis.logs.sql.times import local_day

FINGERPRINT_PRIME = 2_147_483_647
FINGERPRINT_OTHER = 2_147_483_629


def codes(names: Mapping[str | None, int], dialect: Dialect) -> str:
    """A table of texts and their codes."""
    if not names:
        return f"SELECT {dialect.literal('')} AS name, CAST(0 AS BIGINT) AS code WHERE FALSE"
    rows = ", ".join(
        f"({dialect.literal(name or '')}, {dialect.literal(code)})" for name, code in names.items()
    )
    return f"SELECT * FROM (VALUES {rows}) AS c(name, code)"


def coded(
    expression: str, names: Mapping[str, int], dialect: Dialect, *, default: str = "NULL"
) -> str:
    """The code of a text; for few texts."""
    if not names:
        return default
    cases = " ".join(
        f"WHEN {dialect.literal(name)} THEN {dialect.literal(code)}"
        for name, code in names.items()
    )
    return f"CASE {expression} {cases} ELSE {default} END"


def fingerprint(scale: float, dialect: Dialect) -> str:
    """A whole number per row that a change of any of its mapped cells changes.

    The time meets the event's and the arm's code in a product, and the value is added, all
    modulo a prime; the square keeps sums of such numbers from cancelling.
    """
    p, q = FINGERPRINT_PRIME, FINGERPRINT_OTHER
    scaled = f"(v * {dialect.literal(scale)})"
    # Whole part and the next 40 bits, so that no digit of a value is overlooked.
    whole = f"CAST(floor({scaled}) AS BIGINT)"
    rest = f"CAST(floor(({scaled} - floor({scaled})) * 1099511627776.0) AS BIGINT)"
    value = f"CASE WHEN v IS NULL THEN 7 ELSE ({whole} % {p} + {rest} % {p}) END"
    mixed = f"(((t % {p}) * (event_code + 1)) % {p} + (arm_mark + 2) * 1000003 + {value}) % {p}"
    return f"(({mixed}) * ({mixed})) % {q}"


def units(
    rows: str,
    where: str,
    *,
    event_code: str,
    arm_code: str,
    arm_mark: str,
    mark: str,
    exposed: str,
) -> str:
    """Every unit of the clean rows, in the order of its id.

    Args:
        rows: Clean rows, joined to whatever the codes need.
        where: Which of them count.
        event_code: Code of a row's event.
        arm_code: Place of a row's arm; -1 for none.
        arm_mark: Code of a row's arm as it is written.
        mark: Fingerprint of a row.
        exposed: Whether a row is an exposure.
    """
    read = (
        f"SELECT unit, t, v, {event_code} AS event_code, {arm_code} AS arm_code, "
        f"{arm_mark} AS arm_mark, {exposed} AS exposed FROM {rows} WHERE {where}"
    )
    grouped = (
        "SELECT unit, count(*) AS n, "
        "min(CASE WHEN exposed THEN t END) AS t0, "
        "min(CASE WHEN exposed THEN arm_code END) AS arm_low, "
        "max(CASE WHEN exposed THEN arm_code END) AS arm_high, "
        f"CAST(sum({mark}) AS BIGINT) AS mark FROM ({read}) r GROUP BY unit"
    )
    return f"SELECT row_number() OVER (ORDER BY unit) - 1 AS ix, g.* FROM ({grouped}) g"


def kept(arms: int, end: int | None) -> str:
    """Whether a unit is exposed in time, to one arm that the study looks at."""
    enrolled = f" AND u.t0 < {end}" if end is not None else ""
    return f"u.arm_low = u.arm_high AND u.arm_low < {arms}{enrolled}"


def first_rows(
    rows: str, where: str, exposed: str, columns: Sequence[str], keep: str
) -> str:
    """The exposure rows at each kept unit's first time."""
    listed = "".join(f", l.{column}" for column in columns)
    return (
        f"SELECT u.ix, l.row_no, l.id{listed} FROM (SELECT * FROM {rows} "
        f"WHERE {where} AND {exposed}) l JOIN units u ON u.unit = l.unit "
        f"WHERE l.t = u.t0 AND {keep}"
    )


def agreed(columns: Sequence[str], dialect: Dialect) -> str:
    """Low and high text of each column over a unit's first rows."""
    pairs = ", ".join(
        f"min(coalesce({dialect.filled(c)}, '')) AS {c}_low, "
        f"max(coalesce({dialect.filled(c)}, '')) AS {c}_high"
        for c in columns
    )
    return f"SELECT ix, {pairs} FROM first_rows GROUP BY ix ORDER BY ix"


def decided(columns: Sequence[str], dialect: Dialect) -> str:
    """The one first row of each unit: smallest event id, else first in the log."""
    listed = ", ".join(f"coalesce({dialect.filled(c)}, '') AS {c}_low" for c in columns)
    order = "CASE WHEN id IS NULL THEN 1 ELSE 0 END, id, row_no"
    ranked = f"SELECT *, row_number() OVER (PARTITION BY ix ORDER BY {order}) AS place"
    return f"SELECT ix, {listed} FROM ({ranked} FROM first_rows) q WHERE place = 1 ORDER BY ix"


def bad_values(rows: str, events: Sequence[str], keep: str, dialect: Dialect) -> str:
    """Rows of kept units whose event should carry a number and does not."""
    return (
        f"SELECT l.row_no, l.event FROM {rows} l JOIN units u ON u.unit = l.unit "
        f"WHERE {dialect.one_of('l.event', list(events))} AND l.v IS NULL AND {keep}"
    )


def unit_events(
    rows: str,
    *,
    event_code: str,
    where: str,
    edges: Sequence[int],
    end: int | None,
    open_end: bool,
    sums: str,
    keep: str,
    timezone: str,
    dialect: Dialect,
) -> str:
    """Counts and sums of each kept unit by event, day and place between the window's edges.

    Args:
        rows: Clean rows.
        event_code: Code of a row's event.
        where: Rows of the wanted events.
        edges: Sorted offsets from the first exposure; 0 is one of them.
        end: Closes metrics without a window; None if there are none of them or no end.
        open_end: Whether rows after the last edge are wanted.
        sums: Aggregates over the values.
        keep: Which units are kept.
        timezone: Of the local day.
        dialect: The engine's.
    """
    since = "(l.t - u.t0)"
    places = " ".join(f"WHEN {since} < {edge} THEN {i}" for i, edge in enumerate(edges))
    place = f"CASE {places} ELSE {len(edges)} END"
    if end is not None:
        place = f"({place} + CASE WHEN l.t >= {end} THEN {len(edges) + 1} ELSE 0 END)"
    day = f"CASE WHEN l.t < u.t0 THEN 0 ELSE {local_day('l.t', timezone, dialect)} END"
    within = f"{since} >= {edges[0]}" + ("" if open_end else f" AND {since} < {edges[-1]}")
    return (
        f"SELECT ix, event_code, day_no, place, count(*) AS n, {sums} FROM ("
        f"SELECT u.ix, l.event_code, {day} AS day_no, {place} AS place, l.v FROM "
        f"(SELECT unit, t, v, {event_code} AS event_code FROM {rows} WHERE {where}) l "
        f"JOIN units u ON u.unit = l.unit WHERE {keep} AND {within}) q "
        "GROUP BY ix, event_code, day_no, place ORDER BY event_code, ix, day_no, place"
    )
