"""Large logs are read in portions, and what was worked out is kept: neither changes a byte."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.core.wording import agreeing, counted
from analysis.logs import MetricTable, read_ab
from analysis.logs.metric_memo import RememberedMetrics
from tests.logs.making import COLUMNS, dump, read_text, study
from tests.logs.random_logs import random_rows
from tests.logs.test_event_invariance import AB, ALL, as_csv, as_typed_parquet, same

BERLIN = {"timezone": "Europe/Berlin"}


def test_sums_made_in_portions_differ_by_rounding_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_typed_parquet(random_rows(3, units=60), tmp_path / "log.parquet")
    of = study("log.parquet", ALL, columns=COLUMNS, log=BERLIN, **AB)
    whole = read_ab(of, base=tmp_path, work=tmp_path / "a")
    tables = [whole.metric(metric) for metric in of.metrics]
    monkeypatch.setattr("analysis.logs.events.columns.UNITS_AT_ONCE", 7)
    portions = read_ab(of, base=tmp_path, work=tmp_path / "b")
    for metric, one in zip(of.metrics, tables, strict=True):
        other = portions.metric(metric)
        for arm, cell in one.arms.items():
            assert (other.arms[arm].observed.cross == cell.observed.cross).all()
        for (_, by_arm), (_, again) in zip(one.daily, other.daily, strict=True):
            for arm, moments in by_arm.items():
                assert again[arm].n == moments.n
                assert again[arm].cross == pytest.approx(moments.cross, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("clusters", [False, True])
def test_kept_moments_are_those_that_were_worked_out(tmp_path: Path, *, clusters: bool) -> None:
    (tmp_path / "log.csv").write_text(as_csv(random_rows(5, units=60)))
    columns = {**COLUMNS, "cluster": "country", "segments": []} if clusters else COLUMNS
    of = study("log.csv", ALL, columns=columns, log=BERLIN, **AB)
    log = read_ab(of, base=tmp_path, work=tmp_path / "work")
    assert isinstance(log.source, RememberedMetrics)
    first = dump(replace(log, source=log.source.source), of)
    assert not list((tmp_path / "work").glob("**/metrics/*-table.json"))
    assert same(first, dump(log, of))
    second = dump(read_ab(of, base=tmp_path, work=tmp_path / "work"), of)
    assert list((tmp_path / "work").glob("**/metrics/*-table.json"))
    assert same(first, second)
    assert str(first) == str(second)


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_or_padded_id_is_met_in_typed_files(tmp_path: Path, blank: str | None) -> None:
    """File statistics say when no id is blank; where one is, all are looked at."""
    rows = [("u1", "control"), (" u1 ", "control"), ("u2", "b"), (blank, "b")]
    table = {
        "user": pa.array([user for user, _ in rows]),
        "time": pa.array([1_735_689_600_000_000] * 4, pa.timestamp("us", tz="UTC")),
        "event": pa.array(["exposure"] * 4),
        "variant": pa.array([arm for _, arm in rows]),
        "value": pa.array([None, 1.0, None, None], pa.float64()),
    }
    pq.write_table(pa.table(table), tmp_path / "log.parquet")
    columns = {"unit": "user", "time": "time", "event": "event", "arm": "variant",
               "value": "value", "segments": []}  # fmt: skip
    metrics = [{"name": "shown", "event": "exposure", "kind": "count"}]
    of = study("log.parquet", metrics, columns=columns, exposure="exposure")
    log = read_ab(of, base=tmp_path, work=tmp_path / "work")
    assert log.units == {"control": 1, "b": 1}
    assert log.accounting.units["rows_without_unit"] == 1


def test_rows_left_out_are_written_only_where_they_are_kept(tmp_path: Path) -> None:
    text = "user,time,event,variant\nu1,2025-01-01,exposure,control\n,2025-01-01,exposure,b\n"
    text += "u2,2025-01-01,exposure,b\n"
    columns = {"unit": "user", "time": "time", "event": "event", "arm": "variant", "segments": []}
    metrics = [{"name": "shown", "event": "exposure", "kind": "count"}]
    kept = read_text(tmp_path, text, metrics=metrics, columns=columns)
    assert kept.accounting.left_out_file is not None
    of = study("log.csv", metrics, columns=columns)
    log = read_ab(of, base=tmp_path, work=tmp_path / "other", keep_left_out=False)
    assert log.accounting.left_out_file is None
    assert log.accounting.left_out == kept.accounting.left_out


def test_a_segment_with_too_many_levels_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.logs.events.build.MOST_LEVELS", 2)
    text = "user,time,event,variant,country\n" + "".join(
        f"u{i},2025-01-01,exposure,{'b' if i % 2 else 'control'},C{i}\n" for i in range(6)
    )
    columns = {"unit": "user", "time": "time", "event": "event", "arm": "variant",
               "segments": ["country"]}  # fmt: skip
    metrics = [{"name": "shown", "event": "exposure", "kind": "count"}]
    log = read_text(tmp_path, text, metrics=metrics, columns=columns)
    assert "too_many_levels" in [notice.code for notice in log.notices]
    assert log.exposed_by_segment == {}


def test_rows_that_stand_for_many_units_are_not_called_units(tmp_path: Path) -> None:
    text = "variant,won,tried\ncontrol,10,100\nb,12,100\n"
    metrics = [{"name": "rate", "kind": "proportion", "successes": "won", "trials": "tried"}]
    columns = {"arm": "variant", "segments": []}
    log = read_text(tmp_path, text, metrics=metrics, columns=columns)
    assert "rows_are_units" not in [notice.code for notice in log.notices]


def test_counts_agree_with_their_nouns() -> None:
    assert (counted(1, "row"), counted(2_000, "row")) == ("1 row", "2,000 rows")
    assert (agreeing(1, "was", "were"), agreeing(0, "was", "were")) == ("was", "were")


def test_what_is_made_of_values_is_made_once_for_the_built_tables(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(as_csv(random_rows(5, units=60)))
    of = study("log.csv", ALL, columns=COLUMNS, log=BERLIN, **AB)
    made = []

    def work() -> list[float | None]:
        made.append(1)
        return [0.1 + 0.2, None]

    def table(place: int) -> MetricTable:
        return read_ab(of, base=tmp_path, work=tmp_path / "work").metric(of.metrics[place])

    for _ in range(2):
        assert table(0).remember(("ranks", "b", "control"), work) == [0.1 + 0.2, None]
    table(1).remember(("ranks", "b", "control"), work)
    table(0).remember(("ranks", "c", "control"), work)
    assert len(made) == 3
