"""Different users by region and day: by hashes and by texts, and counted by hand."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.logs import PanelLog, read_panel
from analysis.logs.panels import people
from analysis.logs.sql import panel_rows
from analysis.study import Study

DAYS = 6
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
WANTED: dict[str, Any] = {
    "version": 1,
    "log": {"path": "log.parquet"},
    "columns": {"region": "region", "unit": "user", "time": "ts", "event": "event"},
    "metrics": [{"name": "Buyers", "kind": "proportion", "event": "pay"}],
    "synthetic_control": {"treated": ["A"], "start": "2026-03-06"},
}


def write(folder: Path, names: list[str]) -> dict[tuple[str, int], float]:
    """A typed log of some users; the share who paid, by region and day."""
    draw = random.Random(5)
    rows: list[dict[str, Any]] = [
        {
            "region": draw.choice("ABC"),
            "user": draw.choice(names),
            "ts": BEGIN + timedelta(seconds=draw.randrange(DAYS * 86_400)),
            "event": draw.choice(["view", "view", "pay"]),
        }
        for _ in range(900)
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "log.parquet", row_group_size=100)
    seen: dict[tuple[str, int], set[str]] = defaultdict(set)
    paid: dict[tuple[str, int], set[str]] = defaultdict(set)
    for row in rows:
        who = row["user"].strip()
        if who:
            cell = (row["region"], (row["ts"] - BEGIN).days)
            seen[cell].add(who)
            if row["event"] == "pay":
                paid[cell].add(who)
    return {cell: len(paid[cell]) / len(some) for cell, some in seen.items()}


def read(folder: Path) -> PanelLog:
    return read_panel(Study.parse(WANTED), base=folder, work=folder / "work")


def shares(panel: PanelLog) -> dict[tuple[str, int], float]:
    values = panel.panels[0].values
    assert values.shape == (DAYS, 3)
    return {(unit, day): values[day, i] for i, unit in enumerate("ABC") for day in range(DAYS)}


@pytest.fixture
def by_text(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often the engine groups texts."""
    calls: list[int] = []
    real = people._by_text

    def counting(*arguments: Any) -> Any:
        calls.append(1)
        return real(*arguments)

    monkeypatch.setattr(people, "_by_text", counting)
    return calls


def test_users_are_told_apart_by_their_hashes(tmp_path: Path, by_text: list[int]) -> None:
    by_hand = write(tmp_path, [f"user-{i}" for i in range(60)])
    assert shares(read(tmp_path)) == by_hand
    assert by_text == []


@pytest.mark.parametrize("odd", ("user-1 ", " user-2", "", "  "))
def test_blanks_around_users_make_nobody_another(
    odd: str, tmp_path: Path, by_text: list[int]
) -> None:
    by_hand = write(tmp_path, [*(f"user-{i}" for i in range(30)), odd])
    assert shares(read(tmp_path)) == by_hand
    assert by_text == [1]


def test_two_users_behind_one_hash_are_noticed(
    tmp_path: Path, by_text: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand = write(tmp_path, [f"user-{i}" for i in range(60)])
    real = panel_rows.coded_people

    def colliding(*arguments: Any) -> str:
        return real(*arguments).replace("hash(user_text)", "hash(user_text) % 50")

    monkeypatch.setattr(panel_rows, "coded_people", colliding)
    assert shares(read(tmp_path)) == by_hand
    assert by_text == [1]


def test_a_row_without_a_user_counts_nobody(tmp_path: Path) -> None:
    write(tmp_path, ["u1"])
    table = pq.read_table(tmp_path / "log.parquet")
    blank = pa.array([None if i % 3 else "u1" for i in range(table.num_rows)], pa.string())
    pq.write_table(table.set_column(1, "user", blank), tmp_path / "log.parquet")
    found = np.array(list(shares(read(tmp_path)).values()))
    assert set(found[~np.isnan(found)]) <= {0.0, 1.0}
