"""What a newer readout says otherwise than the one before it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from analysis.readout import Readout
from analysis.store import Store
from analysis.store.changes import changes
from tests.pages.conftest import READOUTS, keep


@pytest.fixture
def ship() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((READOUTS / "readout_ship.json").read_text("utf-8"))
    return content


def primary(content: dict[str, Any]) -> dict[str, Any]:
    metric = next(one for one in content["ab"]["metrics"] if one["role"] == "primary")
    found: dict[str, Any] = metric["comparisons"][0]
    return found


def test_the_same_readout_has_no_changes(ship: dict[str, Any]) -> None:
    assert changes(ship, copy.deepcopy(ship)) is None


def test_another_name_is_no_change(ship: dict[str, Any]) -> None:
    now = copy.deepcopy(ship)
    now["study"]["name"] = "Something else"
    assert changes(ship, now) is None


def test_a_word_and_a_number_that_moved_are_named(ship: dict[str, Any]) -> None:
    now = copy.deepcopy(ship)
    now["verdict"]["decision"] = "keep_running"
    now["log"]["sha256"] = "0" * 64
    primary(now)["lift"] = 0.01
    found = changes(ship, now)
    assert found is not None
    assert found.decision == ("ship", "keep_running")
    assert found.causes == ("log",)
    (moved,) = found.moved
    assert moved.before is not None
    assert moved.now is not None
    assert (moved.before["lift"], moved.now["lift"]) == (primary(ship)["lift"], 0.01)


def test_a_metric_that_came_or_went_is_named(ship: dict[str, Any]) -> None:
    now = copy.deepcopy(ship)
    now["ab"]["metrics"] = [one for one in now["ab"]["metrics"] if one["role"] != "primary"]
    now["study"]["metrics"] = []
    gone = changes(ship, now)
    assert gone is not None
    assert [one.now for one in gone.moved] == [None]
    assert gone.causes == ("study",)
    came = changes(now, ship)
    assert came is not None
    assert [one.before for one in came.moved] == [None]


@pytest.mark.parametrize("file", sorted(READOUTS.glob("readout_*.json")), ids=lambda one: one.stem)
def test_every_pair_of_readouts_can_be_compared(file: Path, ship: dict[str, Any]) -> None:
    other = json.loads(file.read_text("utf-8"))
    assert (changes(ship, other) is None) == (other == ship)
    assert (changes(other, ship) is None) == (other == ship)


def test_the_store_knows_the_readout_before(store: Store, ship: dict[str, Any]) -> None:
    study_id = keep(store, "ship")
    first = store.study(study_id).readout_id
    assert store.study(study_id).previous_id is None
    newer = {**ship, "made_by": {**ship["made_by"], "methods": "2"}}
    store.save_readout(study_id, Readout(newer))
    assert store.study(study_id).previous_id == first
    store.save_readout(study_id, Readout(newer))
    assert store.study(study_id).previous_id == first
    assert len(store.readout_ids(study_id)) == 2
