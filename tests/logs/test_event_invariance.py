"""What must not change a log: the order, format and split of its rows, and faults once repaired."""

import json
import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.logs import read_ab
from tests.logs.making import COLUMNS, METRICS, dump, study
from tests.logs.random_logs import NAMES, Row, by_hand, random_rows, read_rows, with_faults

RATIO: dict[str, Any] = {
    "name": "Revenue per purchase",
    "kind": "ratio",
    "numerator": {"event": "purchase", "value": "sum"},
    "denominator": {"event": "click", "value": "count"},
}
ALL: list[dict[str, Any]] = [
    *METRICS,
    RATIO,
    {"name": "capped", "event": "purchase", "kind": "sum", "cap_quantile": 0.9},
    {"name": "by age", "event": "click", "kind": "count", "covariate": "age"},
    {"name": "back", "event": "click", "kind": "retention", "day": 2},
]
AB: dict[str, Any] = {
    "exposure": "exposure",
    "window_days": 3,
    "end": "2025-04-03T00:00:00Z",
    "treatments": ["treatment"],
}
STUDY = study("log.parquet", ALL, columns=COLUMNS, log={"timezone": "Europe/Berlin"}, **AB)


def same(a: Any, b: Any) -> bool:
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def as_csv(rows: list[Row]) -> str:
    lines = [",".join(NAMES), *(",".join(row[name] for name in NAMES) for row in rows)]
    return "\n".join(lines) + "\n"


def as_json(rows: list[Row]) -> str:
    return "".join(json.dumps({name: row[name] or None for name in NAMES}) + "\n" for row in rows)


def as_typed_parquet(rows: list[Row], path: Path) -> None:
    """Times as time stamps, values as doubles."""
    columns = {name: pa.array([row[name] or None for row in rows]) for name in NAMES}
    times = [datetime.fromisoformat(row["time"]) for row in rows]
    columns["time"] = pa.array(times, pa.timestamp("us", tz="UTC"))
    numbers = [float(row["value"]) if row["value"] else None for row in rows]
    columns["value"] = pa.array(numbers, pa.float64())
    pq.write_table(pa.table(columns), path)


def test_order_format_and_split_change_no_byte(tmp_path: Path) -> None:
    """Trap 3: shuffled, as JSON lines, as typed Parquet, in two files."""
    rows = random_rows(7, units=60)
    shuffled = random.Random(1).sample(rows, len(rows))
    half = len(rows) // 3
    (tmp_path / "a.csv").write_text(as_csv(rows))
    (tmp_path / "b.csv").write_text(as_csv(shuffled))
    (tmp_path / "c.jsonl").write_text(as_json(shuffled))
    (tmp_path / "d1.csv").write_text(as_csv(shuffled[half:]))
    (tmp_path / "d2.csv").write_text(as_csv(shuffled[:half]))
    as_typed_parquet(shuffled, tmp_path / "e.parquet")
    as_typed_parquet(shuffled[:half], tmp_path / "f1.parquet")
    as_typed_parquet(shuffled[half:], tmp_path / "f2.parquet")
    paths: tuple[str | list[str], ...] = (
        "a.csv",
        "b.csv",
        "c.jsonl",
        "d?.csv",
        "e.parquet",
        ["f1.parquet", "f2.parquet"],
    )
    found = []
    for path in paths:
        of = study(path, ALL, columns=COLUMNS, log={"timezone": "Europe/Berlin"}, **AB)
        log = read_ab(of, base=tmp_path, work=tmp_path / "work")
        found.append(dump(log, of, rows=False))
    for path, one in zip(paths, found, strict=True):
        assert same(one, found[0]), path


@pytest.mark.parametrize("seed", range(3))
def test_faults_once_repaired_give_the_clean_logs_figures(tmp_path: Path, seed: int) -> None:
    rows = random_rows(seed)
    clean = dump(read_rows(rows, STUDY, tmp_path, "clean"), STUDY)
    log = read_rows(with_faults(rows, seed), STUDY, tmp_path, "faulty")
    faulty = dump(log, STUDY)
    for key in ("arms", "units", "complete_units", "exposed_by_day", "exposed_by_segment", "days"):
        assert clean["log"][key] == faulty["log"][key]
    assert same(clean["tables"], faulty["tables"])
    assert log.mixed_units == 1
    assert log.accounting.units["never_exposed_units"] == 3


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), units=st.integers(3, 30))
def test_every_row_is_used_or_left_out_for_a_reason(tmp_path: Path, seed: int, units: int) -> None:
    """Rows in = rows used + rows left out, against a count of the injected faults."""
    rows = with_faults(random_rows(seed, units), seed)
    seen = [{"name": "seen", "event": "exposure", "kind": "count"}]
    any_arm = study("log.parquet", seen, columns=COLUMNS, exposure="exposure", window_days=3)
    log = read_rows(rows, any_arm, tmp_path)
    left = {one.reason: one.rows for one in log.accounting.left_out}
    assert log.accounting.rows == len(rows) == log.accounting.used + sum(left.values())
    assert left.get("missing_unit", 0) == sum(not row["user"].strip() for row in rows)
    bad_times = [row for row in rows if row["user"].strip() and row["time"] == "yesterday"]
    assert left.get("bad_time", 0) == len(bad_times)
    usable = [r for r in rows if r["user"].strip() and r["time"] != "yesterday"]
    ids = [row["event_id"] for row in usable]
    assert left.get("duplicate_event_id", 0) == len(ids) - len(set(ids))


@pytest.mark.parametrize("seed", range(4))
def test_units_agree_with_pandas_by_hand(tmp_path: Path, seed: int) -> None:
    rows = with_faults(random_rows(seed, 50), seed)
    of = study("log.parquet", METRICS, columns=COLUMNS, exposure="exposure", window_days=3,
               pre_days=4, end=AB["end"])  # fmt: skip
    log = read_rows(rows, of, tmp_path)
    hand = by_hand(rows, window=3, pre=4, end=AB["end"])
    assert log.units == {arm: int((hand["arm"] == arm).sum()) for arm in log.arms}
    named = {"clicks": "click", "purchases": "purchase", "revenue": "revenue"}
    for metric in of.metrics[:3]:
        table = log.metric(metric)
        for arm in log.arms:
            mine = hand[hand["arm"] == arm]
            y, x = mine[named[metric.name]], mine["pre_" + named[metric.name]]
            moments = table.arms[arm].observed
            assert moments.n == len(mine)
            assert moments.mean("y") == pytest.approx(y.mean(), rel=1e-13)
            assert moments.variance("y") == pytest.approx(y.var(), rel=1e-12)
            assert moments.covariance("y", "x") == pytest.approx(y.cov(x), rel=1e-11, abs=1e-12)


def test_every_day_is_what_a_log_cut_at_that_day_would_give(tmp_path: Path) -> None:
    """Trap twin: rebuild from the rows before each day's end, in the study's time zone."""
    rows = random_rows(3, 40)
    metrics = [METRICS[0], METRICS[2], METRICS[3], RATIO]
    of = study("log.parquet", metrics, columns=COLUMNS, exposure="exposure", window_days=3,
               pre_days=5, log={"timezone": "America/New_York"})  # fmt: skip
    whole = read_rows(rows, of, tmp_path)
    berlin = {metric.name: dict(whole.metric(metric).daily) for metric in of.metrics}
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("America/New_York")
    for day in whole.days[1::3]:
        cut = [
            row
            for row in rows
            if datetime.fromisoformat(row["time"]).astimezone(zone).date().isoformat() <= day
        ]
        part = read_rows(cut, of, tmp_path, f"cut{day}")
        for metric in of.metrics:
            if not {"click", "purchase"} <= set(part.accounting.event_names):
                continue
            for arm, cell in part.metric(metric).arms.items():
                daily = berlin[metric.name][day][arm]
                assert daily.n == cell.observed.n
                for column in cell.observed.columns:
                    assert daily.sum(column) == pytest.approx(cell.observed.sum(column), abs=1e-9)
                assert daily.centred() == pytest.approx(cell.observed.centred(), rel=1e-9, abs=1e-8)


def test_the_last_day_is_the_whole(tmp_path: Path) -> None:
    log = read_rows(random_rows(5, 50), STUDY, tmp_path)
    for metric in STUDY.metrics:
        table = log.metric(metric)
        if table.arms["control"].unobserved is not None:
            continue
        for arm, moments in table.daily[-1][1].items():
            cell = table.arms[arm].observed
            assert moments.n == cell.n
            assert moments.sum("y") == pytest.approx(cell.sum("y"), abs=1e-9)
            assert moments.centred() == pytest.approx(cell.centred(), rel=1e-9, abs=1e-7)


def test_levels_add_up_to_the_arm(tmp_path: Path) -> None:
    log = read_rows(random_rows(6, 50), STUDY, tmp_path)
    for metric in STUDY.metrics:
        table = log.metric(metric)
        for arm, cell in table.arms.items():
            levels = [
                level[arm].observed for level in table.segments["country"].values() if arm in level
            ]
            assert sum(level.n for level in levels) == cell.observed.n
            assert sum(level.sum("y") for level in levels) == pytest.approx(cell.observed.sum("y"))
