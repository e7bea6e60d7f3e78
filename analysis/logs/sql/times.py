"""Times in SQL: microseconds since 1970 UTC from whatever a column holds, and local days."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analysis.logs.sql.dialect import Dialect

SECOND = 1_000_000
DAY = 86_400 * SECOND
# Days are counted from 0001-01-01, so that no time of a log is negative when divided.
EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC).toordinal() - 1

_CLOCK = r"[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
WITH_OFFSET = rf"^\d{{4}}-\d{{2}}-\d{{2}}{_CLOCK} ?([Zz]|UTC|[+-]\d{{2}}(:?\d{{2}})?)$"
WITHOUT_OFFSET = rf"^\d{{4}}-\d{{2}}-\d{{2}}({_CLOCK})?$"
WITH_CLOCK = rf"^\d{{4}}-\d{{2}}-\d{{2}}{_CLOCK}$"
WHOLE = r"^-?\d{9,19}$"
FRACTION = r"^-?\d{9,13}\.\d{1,9}$"
FIRST_YEAR, LAST_YEAR = 1970, 2100


@lru_cache(maxsize=16)
def transitions(timezone: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """When a zone's offset changes (UTC microseconds), and the offsets between, in microseconds."""
    if timezone == "UTC":
        return (), (0,)
    zone = ZoneInfo(timezone)

    def offset(second: int) -> int:
        shift = datetime.fromtimestamp(second, tz=zone).utcoffset()
        return round((shift or timedelta()).total_seconds())

    start = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp())
    stop = int(datetime(LAST_YEAR, 1, 1, tzinfo=UTC).timestamp())
    step = 5 * 86_400
    changes, offsets = [], [offset(start)]
    for left in range(start, stop, step):
        low, high = left, min(left + step, stop)
        if offset(high) == offsets[-1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
        changes.append(high * SECOND)
        offsets.append(offset(high))
    return tuple(changes), tuple(one * SECOND for one in offsets)


def searched(expression: str, limits: Sequence[int], results: Sequence[int]) -> str:
    """The result that belongs to an expression's place among sorted limits, as nested CASEs."""
    if not limits:
        return str(results[0])
    middle = len(limits) // 2
    below = searched(expression, limits[:middle], results[: middle + 1])
    above = searched(expression, limits[middle + 1 :], results[middle + 1 :])
    return f"CASE WHEN {expression} < {limits[middle]} THEN {below} ELSE {above} END"


def utc_from_local(expression: str, timezone: str) -> str:
    """UTC microseconds of local ones; of a repeated hour the first, a skipped hour as before it."""
    changes, offsets = transitions(timezone)
    pairs = zip(changes, offsets, offsets[1:], strict=False)
    limits = [at + max(before, after) for at, before, after in pairs]
    shift = searched(expression, limits, offsets)
    return expression if shift == "0" else f"({expression} - ({shift}))"


def local_day(
    expression: str, timezone: str, dialect: Dialect, *, span: tuple[int, int] | None = None
) -> str:
    """Number of the local day (since 0001-01-01) of UTC microseconds.

    Args:
        expression: The microseconds.
        timezone: IANA name.
        dialect: The engine's.
        span: First and last that occur: changes of the clock outside them are not looked for.
    """
    changes, offsets = transitions(timezone)
    if span is not None:
        low, high = bisect_right(changes, span[0]), bisect_right(changes, span[1])
        changes, offsets = changes[low:high], offsets[low : high + 1]
    shift = searched(expression, changes, offsets)
    local = f"{expression} + {EPOCH_DAY * DAY}" + ("" if shift == "0" else f" + ({shift})")
    return dialect.divide(f"({local})", DAY)


def local_days(micros: NDArray[np.int64], timezone: str) -> NDArray[np.int64]:
    """Numbers of the local days (since 0001-01-01) of UTC microseconds."""
    changes, offsets = transitions(timezone)
    if not changes:
        return (micros + offsets[0]) // DAY + EPOCH_DAY
    shift = np.array(offsets, dtype=np.int64)[
        np.searchsorted(np.array(changes, dtype=np.int64), micros, side="right")
    ]
    days: NDArray[np.int64] = (micros + shift) // DAY + EPOCH_DAY
    return days


def day_end(day: int, timezone: str) -> int:
    """UTC microseconds of the instant at which a local day is over."""
    changes, offsets = transitions(timezone)
    local = (day + 1 - EPOCH_DAY) * DAY
    for at, before, after in reversed(list(zip(changes, offsets, offsets[1:], strict=False))):
        if local >= at + max(before, after):
            return local - after
    return local - offsets[0]


def iso_day(day: int) -> str:
    """ISO date of a day number."""
    return datetime.fromordinal(day + 1).date().isoformat()


def iso_time(micros: int) -> str:
    """ISO time in UTC, with the fraction only if there is one."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return at.isoformat().replace("+00:00", "Z")


def micros_of(iso: str) -> int:
    """UTC microseconds of an ISO time; without an offset it is UTC."""
    at = datetime.fromisoformat(iso)
    aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def epoch_micros(number: str) -> str:
    """Microseconds of seconds, milli-, micro- or nanoseconds since 1970, told by magnitude."""
    return (
        f"CAST(CASE WHEN abs({number}) < 100000000000 THEN round({number} * 1000000) "
        f"WHEN abs({number}) < 100000000000000 THEN round({number} * 1000) "
        f"WHEN abs({number}) < 100000000000000000 THEN round({number}) "
        f"ELSE round({number} / 1000) END AS BIGINT)"
    )


def unclear_clock(expression: str, timezone: str, span: tuple[int, int]) -> str | None:
    """Whether a local time (microseconds) was skipped or repeated by a change of the clock.

    Args:
        expression: Local microseconds, as if they were UTC.
        timezone: IANA name.
        span: First and last instant that occur, UTC microseconds.

    Returns:
        A condition, or None if no clock changed meanwhile.
    """
    changes, offsets = transitions(timezone)
    hours = []
    for at, before, after in zip(changes, offsets, offsets[1:], strict=False):
        if span[0] - DAY <= at <= span[1] + DAY:
            low, high = sorted((at + before, at + after))
            hours.append(f"({expression} >= {low} AND {expression} < {high})")
    return f"({' OR '.join(hours)})" if hours else None


def clock_micros(column: str, kind: str, dialect: Dialect) -> str | None:
    """Local microseconds of times that carry a clock but no offset; None if a kind has none."""
    if kind.startswith("TIMESTAMP") and kind != "TIMESTAMP WITH TIME ZONE":
        return dialect.micros(f"CAST({column} AS TIMESTAMP)")
    if kind != "VARCHAR":
        return None
    text = dialect.trim(column)
    local = dialect.micros(f"TRY_CAST(upper({text}) AS TIMESTAMP)")
    return f"CASE WHEN {dialect.matches(text, WITH_CLOCK)} THEN {local} END"


INTEGER_KINDS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UINTEGER", "UBIGINT")


def kind_of_time(kind: str) -> str:
    """What a typed column is as a time: ``instant``, ``naive``, ``epoch``, ``text`` or ``none``."""
    if kind == "TIMESTAMP WITH TIME ZONE":
        return "instant"
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return "naive"
    if kind in INTEGER_KINDS or kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
        return "epoch"
    return "text" if kind == "VARCHAR" else "none"


def time_columns(column: str, kind: str, timezone: str, dialect: Dialect) -> tuple[str, str]:
    """Two expressions: UTC microseconds (NULL if it is no time), and whether it had no offset."""
    role = kind_of_time(kind)
    if role == "instant":
        return dialect.micros(column), "FALSE"
    if role == "naive":
        naive = dialect.micros(f"CAST({column} AS TIMESTAMP)")
        return utc_from_local(naive, timezone), "TRUE"
    if role == "epoch":
        return epoch_micros(dialect.finite(f"CAST({column} AS DOUBLE)")), "FALSE"
    if role == "none":
        return "CAST(NULL AS BIGINT)", "FALSE"
    text = dialect.trim(column)
    offset, naive = dialect.matches(text, WITH_OFFSET), dialect.matches(text, WITHOUT_OFFSET)
    whole, fraction = dialect.matches(text, WHOLE), dialect.matches(text, FRACTION)
    instant = "TIMESTAMPTZ" if dialect.name == "duckdb" else "TIMESTAMP"
    local = utc_from_local(dialect.micros(f"TRY_CAST(upper({text}) AS TIMESTAMP)"), timezone)
    plain = f"replace(replace(replace(upper({text}), ' UTC', 'Z'), ' +', '+'), ' -', '-')"
    micros = (
        f"CASE WHEN {offset} THEN {dialect.micros(f'TRY_CAST({plain} AS {instant})')} "
        f"WHEN {naive} THEN {local} "
        f"WHEN {whole} OR {fraction} THEN {epoch_micros(f'TRY_CAST({text} AS DOUBLE)')} END"
    )
    return micros, naive
