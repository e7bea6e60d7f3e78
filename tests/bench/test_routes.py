"""The benchmark's routes find the same numbers, so what is compared is the same work."""

import importlib
from pathlib import Path

import duckdb
import pytest

from analysis.simulate.large import large_log
from tests.bench import panels
from tests.bench.job import largest_gap


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 40,000 events, some units of it in both arms."""
    return large_log(tmp_path_factory.mktemp("bench") / "events.parquet", 40_000)


@pytest.mark.parametrize("name", ("plain_sql", "tea", "verdict"))
def test_every_route_finds_what_pandas_finds(name: str, log: Path) -> None:
    by_hand = importlib.import_module("tests.bench.routes.by_hand").moments(str(log))
    other = importlib.import_module(f"tests.bench.routes.{name}").moments(str(log))
    assert by_hand["control"]["n"] > 500
    assert largest_gap(by_hand, other) < 1e-9


def test_a_gap_is_found() -> None:
    one = {"control": {"n": 3.0, "mean revenue": 2.0}}
    assert largest_gap(one, {"control": {"n": 3.0, "mean revenue": 2.5}}) == 0.25
    with pytest.raises(ValueError, match="Units"):
        largest_gap(one, {"control": {"n": 4.0, "mean revenue": 2.0}})
    with pytest.raises(ValueError, match="Numbers"):
        largest_gap(one, {"control": {"n": 3.0}})


def test_a_large_log_has_its_rows_in_order_of_time_and_is_the_same_again(
    log: Path, tmp_path: Path
) -> None:
    again = large_log(tmp_path / "again.parquet", 40_000)
    other = large_log(tmp_path / "other.parquet", 40_000, seed=2)
    with duckdb.connect() as engine:
        rows = engine.read_parquet(str(log)).fetchnumpy()
        assert (
            engine.read_parquet(str(again)).to_arrow_table()
            == engine.read_parquet(str(log)).to_arrow_table()
        )
        assert (
            engine.read_parquet(str(other)).to_arrow_table()
            != engine.read_parquet(str(log)).to_arrow_table()
        )
    assert len(rows["ts"]) == 40_000
    assert (rows["ts"][1:] >= rows["ts"][:-1]).all()
    assert not list(tmp_path.glob("*.unfinished"))


def test_every_route_to_a_panel_finds_the_same(tmp_path: Path) -> None:
    log = panels.large_events(tmp_path / "regions.parquet", 40_000)
    own, sql, by_hand = (route(log) for route in panels.ROUTES.values())
    assert own["cells"] == panels.REGIONS * panels.SPAN_DAYS
    assert own["purchases"] > 2_000
    # A region and day without any row is no row of theirs, and adds nothing.
    for other in (sql, by_hand):
        for what in ("purchases", "revenue", "buyers"):
            assert own[what] == pytest.approx(other[what], rel=1e-12)
