"""Engines: DuckDB locked down, and the same templates on a Spark Connect server."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from analysis.core import LogError
from analysis.logs import ABLog, read_ab
from analysis.logs.engines import DuckDBEngine
from analysis.logs.intake import Source
from tests.logs.making import COLUMNS, METRICS, dump, study
from tests.logs.random_logs import NAMES, random_rows, read_rows, with_faults, write_text_parquet

METRICS_ON_BOTH: list[dict[str, Any]] = [
    *METRICS,
    {"name": "per click", "kind": "ratio", "numerator": {"event": "purchase", "value": "sum"},
     "denominator": {"event": "click", "value": "count"}},
    {"name": "capped", "event": "purchase", "kind": "sum", "cap_quantile": 0.9},
]  # fmt: skip


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A session on Sail, a Spark Connect server in this process."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    # The client takes a main module without a file (pytest's workers) for a doctest of its own.
    main = sys.modules["__main__"]
    if not hasattr(main, "__file__"):
        main.__file__ = __file__
    server = SparkConnectServer(port=0)
    server.start(background=True)
    host, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://{host}:{port}").getOrCreate()
    yield session
    session.stop()
    server.stop()


def on_spark(session: Any, path: Path, of: Any, work: Path) -> ABLog:
    import pyarrow.parquet as pq

    from analysis.logs.engines.spark import SparkEngine

    session.createDataFrame(pq.read_table(path)).createOrReplaceTempView("the_log")
    return read_ab(of, base=path.parent, work=work, engine=SparkEngine(session, "the_log"))


@pytest.mark.parametrize("seed", range(2))
def test_two_engines_give_the_same_bytes(spark: Any, tmp_path: Path, seed: int) -> None:
    """Counts, fixed-point sums, digests, accounts, days and segments: bit for bit."""
    rows = with_faults(random_rows(seed, 30), seed)
    of = study("log.parquet", METRICS_ON_BOTH, columns=COLUMNS, exposure="exposure",
               window_days=3, log={"timezone": "America/New_York"})  # fmt: skip
    embedded = read_rows(rows, of, tmp_path)
    distributed = on_spark(spark, tmp_path / "log.parquet", of, tmp_path / "spark")
    assert dump(embedded, of) == dump(distributed, of)


def test_rows_handed_over_by_a_server_give_the_same_bytes(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The template that hands rows over is as portable as those that group them."""
    from analysis.logs.engines.spark import SparkEngine

    rows = with_faults(random_rows(7, 30), 7)
    of = study("log.parquet", METRICS_ON_BOTH, columns=COLUMNS, exposure="exposure",
               window_days=3)  # fmt: skip
    embedded = read_rows(rows, of, tmp_path)
    monkeypatch.setattr(SparkEngine, "at_hand", True)
    handed = on_spark(spark, tmp_path / "log.parquet", of, tmp_path / "spark")
    assert dump(embedded, of) == dump(handed, of)


def test_values_with_many_digits_agree_to_1e_12(spark: Any, tmp_path: Path) -> None:
    rows = random_rows(4, 30)
    for i, row in enumerate(rows):
        if row["event"] == "purchase":
            row["value"] = repr(float(row["value"]) / 7 * 10 ** (i % 5))
    of = study("log.parquet", METRICS[2:3], columns=COLUMNS, exposure="exposure")
    a = read_rows(rows, of, tmp_path).metric(of.metrics[0])
    b = on_spark(spark, tmp_path / "log.parquet", of, tmp_path / "spark").metric(of.metrics[0])
    for arm in a.arms:
        one, two = a.arms[arm].observed, b.arms[arm].observed
        assert one.n == two.n
        assert one.mean("y") == pytest.approx(two.mean("y"), rel=1e-12)
        assert one.variance("y") == pytest.approx(two.variance("y"), rel=1e-12)


def test_unit_tables_agree_too(spark: Any, tmp_path: Path) -> None:
    rows = random_rows(5, 30)
    latest = {row["user"]: row for row in rows if row["variant"]}
    table = list(latest.values())
    for i, row in enumerate(table):
        row["value"] = ["", "1", "2.5", "yes"][i % 4]
    of = study("log.parquet", [{"name": "m", "column": "value", "covariate": "age"}],
               columns={"unit": "user", "arm": "variant", "time": "time",
                        "segments": ["country"]})  # fmt: skip
    embedded = read_rows(table, of, tmp_path)
    distributed = on_spark(spark, tmp_path / "log.parquet", of, tmp_path / "spark")
    assert dump(embedded, of) == dump(distributed, of)


@pytest.mark.parametrize(
    ("log", "code"),
    [
        ({"engine": "spark", "table": "t"}, "no_connection"),
        ({"engine": "spark", "table": "t", "connection": "VERDICT_TEST_NOT_SET"}, "no_connection"),
        ({"engine": "spark"}, "no_table"),
    ],
)
def test_spark_without_an_address_is_refused(tmp_path: Path, log: dict, code: str) -> None:
    with pytest.raises(LogError) as refused:
        read_ab(study("x", log=log), base=tmp_path, work=tmp_path)
    assert refused.value.code == code


def test_spark_without_its_package_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERDICT_SPARK_URL", "sc://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    log = {"engine": "spark", "table": "t", "connection": "VERDICT_SPARK_URL"}
    with pytest.raises(LogError) as refused:
        read_ab(study("x", log=log), base=tmp_path, work=tmp_path)
    assert refused.value.code == "spark_missing"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    path = tmp_path / "log.parquet"
    write_text_parquet(random_rows(1, 5), path)
    columns = tuple((name, "VARCHAR") for name in NAMES)
    source = Source(files=(path,), text=True, columns=columns, rows=1, rejected=(),
                    rejected_count={}, format="csv", encoding="", notices=())  # fmt: skip
    opened = DuckDBEngine(source, tmp_path / "work")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM 'https://example.com/x.parquet'",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "SELECT * FROM NAMES",
    ],
)
def test_the_embedded_engine_reads_its_log_and_nothing_else(engine: DuckDBEngine, sql: str) -> None:
    with pytest.raises(duckdb.Error):
        engine.run(sql)


def test_a_query_that_runs_too_long_is_stopped(tmp_path: Path, engine: DuckDBEngine) -> None:
    engine._seconds = 0.2
    with pytest.raises(LogError) as stopped:
        engine.run("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b")
    assert stopped.value.code == "stopped"


def test_closing_removes_what_was_spilled(tmp_path: Path) -> None:
    of = study("log.parquet", columns=COLUMNS, exposure="exposure")
    read_rows(random_rows(1, 20), of, tmp_path)
    assert not list((tmp_path / "work").glob("spill-*"))
