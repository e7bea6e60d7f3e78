"""A store in a folder of its own, and a readout that needs no statistics."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analysis.store import Store

STUDY = {"version": 1, "name": "Checkout", "log": {"path": ["log.csv"]}, "ab": {}}


@dataclass(frozen=True)
class MadeReadout:
    """A readout as the store sees one."""

    content: dict[str, Any]

    def to_json(self) -> str:
        return json.dumps(self.content, sort_keys=True)

    @property
    def id(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def made_readout(mark: int = 0) -> MadeReadout:
    comparison = {
        "treatment": "new", "lift": 0.067, "lift_low": 0.026, "lift_high": 0.108,
        "reading": "better", "status": "ok",
    }  # fmt: skip
    guard = [{"treatment": "new", "guardrail": "safe"}, {"treatment": "b", "guardrail": "breached"}]
    content = {
        "mark": mark,
        "study": {"ab": {"alpha": 0.1}},
        "verdict": {"decision": "ship", "headline": "It rose."},
        "ab": {
            "arms": [{"name": "control", "n": 40}, {"name": "new", "n": 42}],
            "metrics": [
                {
                    "name": "Rate",
                    "role": "primary",
                    "kind": "proportion",
                    "comparisons": [comparison],
                },
                {"name": "Speed", "role": "guardrail", "kind": "mean", "comparisons": guard},
            ],
        },
    }
    return MadeReadout(content)


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store on SQLite."""
    monkeypatch.delenv("VERDICT_DATABASE_URL", raising=False)
    monkeypatch.delenv("VERDICT_STORAGE_URL", raising=False)
    return Store.open(tmp_path / "home")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store on each database: what holds for one holds for the other."""
    monkeypatch.delenv("VERDICT_STORAGE_URL", raising=False)
    monkeypatch.delenv("VERDICT_DATABASE_URL", raising=False)
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        monkeypatch.setenv("VERDICT_DATABASE_URL", server.database())
    return Store.open(tmp_path / "home")
