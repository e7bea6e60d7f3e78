"""Templates for single rows of an event log: what is read, what leaves, and what there is."""

from collections.abc import Iterable, Sequence

from analysis.logs.sql.dialect import Dialect
from analysis.logs.sql.times import local_day

# Between and in place of cells where whole rows are compared.
SEPARATOR, NOTHING = "\x1f", "\x1e"


def content(parts: Iterable[str], dialect: Dialect) -> str:
    """One text that is equal for equal rows."""
    filled = [f"coalesce({part}, {dialect.literal(NOTHING)})" for part in parts]
    return f"concat_ws({dialect.literal(SEPARATOR)}, {', '.join(filled)})"


def clean(dialect: Dialect, *, units: bool, times: bool) -> str:
    """Rows that have a unit and a time; what no row lacks is not looked for.

    Args:
        dialect: The engine's.
        units: Some rows may lack a unit.
        times: Some rows may lack a time.
    """
    # Almost every id starts above the blanks, so that few are trimmed (an OR would trim all).
    unit = f"CASE WHEN unit >= '!' THEN TRUE ELSE {dialect.filled('unit')} IS NOT NULL END"
    wanted = [*([unit] if units else []), *(["t IS NOT NULL"] if times else [])]
    return f"SELECT * FROM log_rows WHERE {' AND '.join(wanted) or 'TRUE'}"


def without(rows: str, dropped: str) -> str:
    """Rows that are not among the dropped ones."""
    return (
        f"SELECT * FROM {rows} l WHERE NOT EXISTS "
        f"(SELECT 1 FROM {dropped} d WHERE d.row_no = l.row_no)"
    )


def key_hash(keys: Sequence[str], dialect: Dialect) -> str:
    """A hash that is equal for rows with equal keys; blank names are equal to none."""
    names = {"event", "arm"}
    return dialect.hash([f"coalesce({k}, '')" if k in names else k for k in keys])


def repeated(rows: str, key: str, keys: Sequence[str], dialect: Dialect) -> str:
    """Keys that occur more than once among the rows with a suspect hash: key, first row, count."""
    hashed = key_hash(keys, dialect)
    return (
        f"SELECT {key} AS k, min(row_no) AS first_row, count(*) AS n FROM {rows} "
        f"WHERE {hashed} IN (SELECT h FROM suspects) AND {key} IS NOT NULL "
        f"GROUP BY {key} HAVING count(*) > 1"
    )


def repeats_to_drop(rows: str, key: str, keys: Sequence[str], dialect: Dialect) -> str:
    """Rows after the first of each repeated key."""
    hashed = key_hash(keys, dialect)
    return (
        f"SELECT l.row_no, l.k FROM (SELECT row_no, {key} AS k FROM {rows} "
        f"WHERE {hashed} IN (SELECT h FROM suspects)) l "
        "JOIN repeated r ON r.k = l.k WHERE l.row_no > r.first_row"
    )


def differing_ids(rows: str, text: str) -> str:
    """How many repeated ids stand on rows that differ."""
    return (
        "SELECT count(*) AS n FROM (SELECT l.id FROM "
        f"(SELECT row_no, id, {text} AS content FROM {rows}) l "
        "JOIN repeated r ON r.k = l.id GROUP BY l.id "
        "HAVING min(l.content) <> max(l.content)) q"
    )


def decimals(value: str, dialect: Dialect) -> str:
    """How many decimals a number needs: 0, 2, 4 or 6, else 99."""

    def fits(places: int) -> str:
        scale = dialect.literal(float(10**places))
        return f"round({value} * {scale}) / {scale} = {value}"

    size = f"abs({value}) >= {dialect.literal(1e12)}"
    return (
        f"CASE WHEN {value} IS NULL THEN 0 WHEN {size} THEN 99 "
        f"WHEN round({value}) = {value} THEN 0 "
        f"WHEN {fits(2)} THEN 2 WHEN {fits(4)} THEN 4 WHEN {fits(6)} THEN 6 ELSE 99 END"
    )


def profile(rows: str, timezone: str, dialect: Dialect, *, limit: int) -> str:
    """What the rows hold by event, arm and local day."""
    day = local_day("t", timezone, dialect)
    return (
        f"SELECT event, arm, {day} AS day_no, naive, count(*) AS n, count(v) AS numbers, "
        f"max(abs(v)) AS largest, max({decimals('v', dialect)}) AS places, "
        f"min(t) AS first_t, max(t) AS last_t FROM {rows} "
        f"GROUP BY event, arm, {day}, naive LIMIT {limit}"
    )


def reasons(dialect: Dialect, *, has_time: bool) -> str:
    """How many rows have no unit, and how many of the others no time."""
    blank = f"{dialect.filled('unit')} IS NULL"
    bad = "t IS NULL" if has_time else "FALSE"
    return (
        f"SELECT count(CASE WHEN {blank} THEN 1 END) AS no_unit, "
        f"count(CASE WHEN NOT ({blank}) AND {bad} THEN 1 END) AS bad_time FROM log_rows"
    )
