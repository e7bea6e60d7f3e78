"""Times: mixed offsets, naive times, epochs, and days that know about clock changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.logs.sql import DUCKDB
from analysis.logs.sql.times import (
    DAY,
    iso_day,
    iso_time,
    local_day,
    local_days,
    micros_of,
    time_columns,
)

ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def read(
    connection: duckdb.DuckDBPyConnection, text: str, zone: str = "UTC"
) -> tuple[str | None, bool]:
    micros, naive = time_columns("x", "VARCHAR", zone, DUCKDB)
    query = f"SELECT {micros}, {naive} FROM (SELECT CAST(? AS VARCHAR) AS x)"
    found = connection.execute(query, [text]).fetchone()
    assert found is not None
    return (iso_time(found[0]) if found[0] is not None else None), bool(found[1])


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-05-10T08:00:00Z", "2025-05-10T08:00:00Z"),
        ("2025-05-10T10:00:00+02:00", "2025-05-10T08:00:00Z"),
        ("2025-05-13 07:59:59+00:00", "2025-05-13T07:59:59Z"),
        ("2025-05-10T23:30:00-0100", "2025-05-11T00:30:00Z"),
        ("2025-05-10 23:30:00-01", "2025-05-11T00:30:00Z"),
        ("2025-05-10 08:00:00 UTC", "2025-05-10T08:00:00Z"),
        (" 2025-05-10T08:00Z ", "2025-05-10T08:00:00Z"),
        ("2025-05-10T08:00:00.123456789Z", "2025-05-10T08:00:00.123456Z"),
        ("1746864000", "2025-05-10T08:00:00Z"),
        ("1746864000123", "2025-05-10T08:00:00.123000Z"),
        ("1746864000123456", "2025-05-10T08:00:00.123456Z"),
        ("1746864000.5", "2025-05-10T08:00:00.500000Z"),
    ],
)
def test_an_instant_reads_as_utc(
    connection: duckdb.DuckDBPyConnection, text: str, instant: str
) -> None:
    assert read(connection, text, "America/New_York") == (instant, False)


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2025-02-30", "2025-13-01T00:00:00Z", "infinity", "epoch", "12", "10/05/2025",
     "2025-05-10T25:00:00Z", "nan", "2025"],
)  # fmt: skip
def test_what_is_no_time_is_none(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(connection, text)[0] is None


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2025-05-10", "UTC", "2025-05-10T00:00:00Z"),
        ("2025-05-10", "America/New_York", "2025-05-10T04:00:00Z"),
        ("2025-01-10 09:00", "Europe/Berlin", "2025-01-10T08:00:00Z"),
        # Skipped and repeated hours read as Python's zoneinfo does without a fold.
        ("2025-03-09 02:30:00", "America/New_York", "2025-03-09T07:30:00Z"),
        ("2025-11-02 01:30:00", "America/New_York", "2025-11-02T05:30:00Z"),
    ],
)
def test_a_time_without_an_offset_is_local(
    connection: duckdb.DuckDBPyConnection, text: str, zone: str, instant: str
) -> None:
    assert read(connection, text, zone) == (instant, True)


@settings(max_examples=30)
@given(
    at=st.datetimes(min_value=datetime(1995, 1, 1), max_value=datetime(2060, 1, 1)),  # noqa: DTZ001
    zone=st.sampled_from(ZONES),
)
def test_local_days_and_naive_times_agree_with_zoneinfo(
    connection: duckdb.DuckDBPyConnection, at: datetime, zone: str
) -> None:
    at = at.replace(microsecond=0)
    aware = at.replace(tzinfo=UTC)
    micros = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    day = aware.astimezone(ZoneInfo(zone)).date().isoformat()
    assert iso_day(int(local_days(np.array([micros]), zone)[0])) == day
    query = f"SELECT {local_day('t', zone, DUCKDB)} FROM (SELECT CAST({micros} AS BIGINT) AS t)"
    found = connection.execute(query).fetchone()
    assert found is not None
    assert iso_day(found[0]) == day
    local = at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    naive = read(connection, at.isoformat(sep=" "), zone)[0]
    assert naive is not None
    assert micros_of(naive) == micros_of(local.isoformat())


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_S", "DATE"])
def test_typed_times_without_an_offset_are_local(
    connection: duckdb.DuckDBPyConnection, kind: str
) -> None:
    micros, naive = time_columns("x", kind, "Asia/Kolkata", DUCKDB)
    query = f"SELECT {micros}, {naive} FROM (SELECT CAST('2025-05-10' AS {kind}) AS x)"
    found = connection.execute(query).fetchone()
    assert found == (micros_of("2025-05-09T18:30:00Z"), True)


def test_a_day_is_a_day() -> None:
    assert DAY == 86_400_000_000
