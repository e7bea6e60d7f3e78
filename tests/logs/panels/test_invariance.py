"""The same rows give the same bytes: in any order, format and split, and on either engine."""

import csv
import gzip
import io
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.logs import PanelLog, read_panel
from analysis.study import Study
from tests.logs.making import plain
from tests.logs.panels.by_hand import METRICS, NAMES, Row, read_rows
from tests.logs.panels.making import COLUMN, dump, study
from tests.logs.panels.test_twin import COLUMNS, random_rows

EVENTS = study(METRICS, columns=COLUMNS, log={"timezone": "Europe/Berlin"})
FILE = study(
    [{**COLUMN, "kind": "sum"}, {"name": "Rate", "numerator": {"column": "sales"},
                                 "denominator": {"column": "visits"}}],
    frequency="week",
)  # fmt: skip
FIELDS = ("region", "date", "sales", "visits", "treated_from")


def odd_values(rows: list[Row]) -> list[Row]:
    """The same rows with values that are no short decimals."""
    draw = random.Random(3)
    return [
        {**row, "value": repr(draw.gauss(0, 1) * 10 ** draw.randrange(-9, 9))}
        if row["value"] and draw.random() < 0.5
        else row
        for row in rows
    ]


def file_rows() -> list[dict[str, str]]:
    """A daily panel file with blanks, a text, a repeated row and units in several spellings."""
    draw = random.Random(8)
    rows = [
        {"region": unit, "date": f"{day:%Y-%m-%d}", "sales": f"{draw.random() * 99:.7f}",
         "visits": str(draw.randrange(50)), "treated_from": "2026-04-13" if unit == "B" else ""}
        for unit in ("A", "B", "Ç", "d e") for day in pd.date_range("2026-03-30", periods=28)
    ]  # fmt: skip
    rows[3]["sales"], rows[40]["sales"], rows[60]["date"] = "", "n/a", "soon"
    rows[5]["region"] = " a"
    return [*rows, dict(rows[9])]


def csv_of(rows: list[dict[str, str]], names: tuple[str, ...]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def written(
    folder: Path, form: str, rows: list[dict[str, str]], names: tuple[str, ...]
) -> str | list[str]:
    """Rows in some form on disk; the path or paths that a study names."""
    if form == "shuffled":
        rows = random.Random(1).sample(rows, len(rows))
    if form in ("csv", "shuffled"):
        (folder / "log.csv").write_text(csv_of(rows, names))
        return "log.csv"
    if form == "gz":
        (folder / "log.csv.gz").write_bytes(gzip.compress(csv_of(rows, names).encode()))
        return "log.csv.gz"
    if form == "json lines":
        lines = [json.dumps({k: v or None for k, v in row.items()}) for row in rows]
        (folder / "log.jsonl").write_text("\n".join(lines) + "\n")
        return "log.jsonl"
    if form == "split":
        for i in range(3):
            (folder / f"part{i}.csv").write_text(csv_of(rows[i::3], names))
        return [f"part{i}.csv" for i in range(3)]
    columns: dict[str, Any] = {n: pa.array([row[n] or None for row in rows]) for n in names}
    pq.write_table(pa.table(columns), folder / "log.parquet", row_group_size=50)
    return "log.parquet"


def read_as(folder: Path, form: str, rows: list[Any], names: tuple[str, ...], of: Study) -> Any:
    folder.mkdir()
    path = written(folder, form, rows, names)
    mapping = of.to_mapping()
    mapping["log"]["path"] = path
    return read_panel(Study.parse(mapping), base=folder, work=folder / "work")


FORMS = ("shuffled", "gz", "json lines", "split", "parquet")


@pytest.mark.parametrize("form", FORMS)
def test_event_logs(tmp_path: Path, form: str) -> None:
    rows = odd_values(random_rows(4))
    one = read_as(tmp_path / "csv", "csv", rows, NAMES, EVENTS)
    other = read_as(tmp_path / "other", form, rows, NAMES, EVENTS)
    assert dump(one) == dump(other)
    assert one.panels[1].values.tobytes() == other.panels[1].values.tobytes()


@pytest.mark.parametrize("form", FORMS)
def test_panel_files(tmp_path: Path, form: str) -> None:
    one = read_as(tmp_path / "csv", "csv", file_rows(), FIELDS, FILE)
    other = read_as(tmp_path / "other", form, file_rows(), FIELDS, FILE)
    assert one.units == ("A", "B", "d e", "Ç")
    assert dump(one) == dump(other)


def test_typed_parquet_gives_the_bytes_of_its_text(tmp_path: Path) -> None:
    """Dates, time stamps, integers and doubles in their own types."""
    rows = [row for row in file_rows() if row["date"] != "soon" and row["sales"] != "n/a"]
    one = read_as(tmp_path / "csv", "csv", rows, FIELDS, FILE)
    frame = pd.DataFrame(rows)
    (tmp_path / "typed").mkdir()
    kinds: tuple[tuple[str, Any], ...] = (
        ("date", "date32[day][pyarrow]"),
        ("stamp", "datetime64[us]"),
    )
    for name, dates in kinds:
        typed = frame.assign(
            date=pd.to_datetime(frame["date"]).astype(cast("Any", dates)),
            sales=pd.to_numeric(frame["sales"].replace("", None)),
            visits=frame["visits"].astype(int),
            treated_from=pd.to_datetime(frame["treated_from"].replace("", None)).astype(
                cast("Any", dates)
            ),
        )
        typed.to_parquet(tmp_path / "typed" / f"{name}.parquet")
        mapping = FILE.to_mapping()
        mapping["log"]["path"] = f"{name}.parquet"
        of = Study.parse(mapping)
        other = read_panel(of, base=tmp_path / "typed", work=tmp_path / "typed" / "work")
        assert other.treated_from == one.treated_from == {"B": "2026-04-13"}
        for a, b in zip(one.panels, other.panels, strict=True):
            assert plain(a) == plain(b)


def test_typed_events_give_the_bytes_of_their_text(tmp_path: Path) -> None:
    rows = [row for row in random_rows(6) if row["ts"][:2] == "20" and row["ts"] != "2026-02-30"]
    of = study(METRICS, columns=COLUMNS)
    one = read_as(tmp_path / "csv", "csv", rows, NAMES, of)
    frame = pd.DataFrame(rows)
    frame["ts"] = pd.to_datetime(frame["ts"], utc=True, format="ISO8601").astype(
        "datetime64[us, UTC]"
    )
    frame["value"] = pd.to_numeric(frame["value"], errors="coerce")
    (tmp_path / "typed").mkdir()
    frame.to_parquet(tmp_path / "typed" / "log.parquet")
    mapping = of.to_mapping()
    mapping["log"]["path"] = "log.parquet"
    other = read_panel(Study.parse(mapping), base=tmp_path / "typed", work=tmp_path / "w")
    assert one.axis == other.axis
    for a, b in zip(one.panels, other.panels, strict=True):
        assert plain(a) == plain(b)


def test_twice_is_the_same(tmp_path: Path) -> None:
    rows = random_rows(9)
    a, b = (read_rows(rows, EVENTS, tmp_path, name) for name in ("a", "b"))
    assert dump(a) == dump(b)


def test_portions_of_users_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long log is counted in portions of its users."""
    from analysis.logs import suspects
    from analysis.logs.panels import people

    rows = random_rows(10)
    one = read_rows(rows, EVENTS, tmp_path, "one")
    monkeypatch.setattr(people, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(suspects, "HASHES_AT_ONCE", 11)
    assert dump(one) == dump(read_rows(rows, EVENTS, tmp_path, "two"))


def test_other_rows_give_another_digest(tmp_path: Path) -> None:
    rows = random_rows(9)
    one = read_rows(rows, EVENTS, tmp_path, "one").accounting.sha256
    other = next(i for i, row in enumerate(rows) if row["event"] == "pay" and row["value"] == "1")
    rows[other] = {**rows[other], "value": "2"}
    assert read_rows(rows, EVENTS, tmp_path, "two").accounting.sha256 != one


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A session on Sail, a Spark Connect server in this process."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

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


def on_spark(session: Any, path: Path, of: Study, work: Path) -> PanelLog:
    from analysis.logs.engines.spark import SparkEngine

    session.createDataFrame(pq.read_table(path)).createOrReplaceTempView("the_log")
    engine = SparkEngine(session, "the_log")
    return read_panel(of, base=path.parent, work=work, engine=engine)


@pytest.mark.parametrize("frequency", ("day", "week", "month"))
def test_two_engines_give_the_same_bytes(spark: Any, tmp_path: Path, frequency: str) -> None:
    """Counts, exact sums, users, accounts, notices and digests, row numbers too."""
    of = study(
        METRICS, columns=COLUMNS, log={"timezone": "America/New_York"}, frequency=frequency,
        partial_periods="keep", end="2026-04-02T12:00:00",
    )  # fmt: skip
    rows = odd_values(random_rows(12, 300, days=40))
    embedded = read_rows(rows, of, tmp_path)
    distributed = on_spark(spark, tmp_path / "log.parquet", of, tmp_path / "spark")
    a, b = (plain(one, rows=True) for one in (embedded, distributed))
    assert a == b


def test_panel_files_on_two_engines(spark: Any, tmp_path: Path) -> None:
    one = read_as(tmp_path / "a", "parquet", file_rows(), FIELDS, FILE)
    path = tmp_path / "a" / "log.parquet"
    table = pq.read_table(path)
    numbered = table.append_column("__row", pa.array(range(1, table.num_rows + 1), pa.int64()))
    pq.write_table(numbered, tmp_path / "numbered.parquet")
    other = on_spark(spark, tmp_path / "numbered.parquet", FILE, tmp_path / "spark")
    assert dump(one) == dump(other)


def test_hostile_names(spark: Any, tmp_path: Path) -> None:
    """Names of units, events and columns enter no query as anything but text."""
    bad = ["x'; DROP TABLE log; --", 'q"q', "\\", "a,b\n", "日本", "${1}", "`", "%", "_"]
    rows = [
        {"region": name, "user": name, "ts": f"2026-04-0{d}T{h}:00:00Z", "event": bad[0],
         "value": "1", "event_id": ""}
        for name in [*bad, *(f" {one}" for one in bad)] for d in (1, 2) for h in ("00", "23")
    ]  # fmt: skip
    metrics = [{"name": bad[0], "event": bad[0], "kind": kind} for kind in ("sum",)]
    metrics.append({"name": "users", "event": bad[0], "kind": "proportion"})
    of = study(metrics, columns=COLUMNS)
    one = read_rows(rows, of, tmp_path)
    assert one.units == tuple(sorted(name.strip() for name in bad))
    assert set(one.panels[0].values.ravel()) == {4.0}
    other = on_spark(spark, tmp_path / "log.parquet", of, tmp_path / "spark")
    assert plain(one) == plain(other)
