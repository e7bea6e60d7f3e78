"""Runs: left alone they finish; killed they say so; one study is run once at a time."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.core import StoreError
from analysis.store import (
    Person,
    Store,
    StudyRow,
    is_running,
    refreshed,
    run_in_background,
    save_run,
    seed,
    stop,
    unfinished,
)
from analysis.store.jobs import machine
from tests.store.conftest import STUDY, made_readout


def wait(until: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def sample(store: Store, name: str = "onboarding") -> StudyRow:
    seed(store)
    return next(row for row in store.studies() if row.sample == name)


def pid_of(store: Store, study_id: str) -> int:
    return int((store.runs / f"{study_id}.pid").read_text())


def test_all_samples_are_brought_in_once_and_run(store: Store) -> None:
    seed(store)
    seed(store)
    rows = store.studies()
    assert len({row.sample for row in rows}) == len(rows) == 9
    run_in_background(store, unfinished(store))
    wait(lambda: not any(is_running(store, row.id) for row in rows), seconds=240)
    found = {row.sample: (row.summary or {}).get("decision") for row in store.studies()}
    assert found == {
        "checkout": "roll_back",
        "onboarding": "do_not_use",
        "search_ranker": "ship",
        "playlist_lists": "ship",
        "recommender_lists": "ship",
        "search_lists": "do_not_use",
        "assistant_rollout": "ship",
        "california_prop99": "keep_running",
        "workspace_switch": None,
    }
    refused = next(row for row in store.studies() if row.sample == "workspace_switch")
    assert refused.status == "failed"
    assert refused.error is not None
    assert refused.error.code == "no_untreated_unit"
    # A refusal is an answer: it is not asked again at every start.
    assert unfinished(store) == []


def test_a_deleted_sample_stays_away(store: Store) -> None:
    row = sample(store)
    store.delete(row.id)
    seed(store)
    assert row.id not in {one.id for one in store.studies()}


def test_a_killed_run_says_so_and_can_be_run_again(store: Store) -> None:
    row = sample(store)
    run_in_background(store, [row.id])
    assert store.study(row.id).status == "running"
    os.kill(pid_of(store, row.id), signal.SIGKILL)
    wait(lambda: not is_running(store, row.id))
    dead = refreshed(store, store.study(row.id))
    assert dead.status == "failed"
    assert dead.error is not None
    assert dead.error.code == "run_stopped"
    assert store.readout(row.id) is None
    run_in_background(store, [row.id])
    wait(lambda: not is_running(store, row.id))
    assert refreshed(store, store.study(row.id)).status == "done"


def test_a_run_can_be_stopped(store: Store) -> None:
    row = sample(store)
    run_in_background(store, [row.id])
    stop(store, row.id)
    wait(lambda: not is_running(store, row.id), 10)
    assert refreshed(store, store.study(row.id)).status == "failed"


def test_a_study_is_run_once_at_a_time(store: Store) -> None:
    row = sample(store)
    run_in_background(store, [row.id])
    first = pid_of(store, row.id)
    run_in_background(store, [row.id])
    assert pid_of(store, row.id) == first
    wait(lambda: not is_running(store, row.id))


def test_a_study_that_cannot_be_read_fails_in_words(store: Store) -> None:
    row = sample(store)
    wrong = {**row.definition, "columns": {**row.definition["columns"], "arm": "nowhere"}}
    store.edit(row.id, wrong, ready=True)
    run_in_background(store, [row.id])
    wait(lambda: not is_running(store, row.id))
    failed = store.study(row.id)
    assert failed.status == "failed"
    assert failed.error is not None
    assert "nowhere" in failed.error.what
    assert failed.error.fix


def test_a_readout_names_the_log_as_its_owner_does(store: Store, project: Path) -> None:
    """The same study on the same log gives the same readout from the command line."""
    from analysis import readout
    from analysis.study import Study

    row = sample(store)
    run_in_background(store, [row.id])
    wait(lambda: not is_running(store, row.id))
    samples = project / "data" / "samples"
    there = readout.run(Study.read(samples / "onboarding.toml"), base=samples)
    assert store.readout(row.id) == there.to_json()


def test_the_command_line_saves_what_it_made(
    store: Store, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analysis import readout
    from analysis.study import Study

    monkeypatch.setenv("VERDICT_HOME", str(store.home))
    samples = project / "data" / "samples"
    study = Study.read(samples / "onboarding.toml")
    study_id = save_run(study, samples, readout.run(study, base=samples))
    row = store.study(study_id)
    assert row.status == "done"
    assert row.definition["log"]["path"] == [str(samples / "onboarding.csv")]


def machines(store: Store, tmp_path: Path) -> tuple[Store, Store]:
    """Two machines on one database; SQLite has one machine only, so the second is named anew."""
    home = tmp_path / "other"
    home.mkdir(mode=0o700)
    if store.catalogue.embedded:
        (home / store.catalogue.file.name).symlink_to(store.catalogue.file)
    return store, Store.open(home)


def test_a_run_on_another_machine_is_left_alone_while_it_lives(
    store: Store, tmp_path: Path
) -> None:
    here, there = machines(store, tmp_path)
    study_id = here.save_study(STUDY, ready=True)
    run = f"{machine(here)}:1"
    assert here.begin(study_id, run)
    assert machine(here) != machine(there)
    assert refreshed(there, there.study(study_id)).status == "running"
    assert not there.begin(study_id, f"{machine(there)}:2")
    assert here.beat(study_id, run)


def test_a_run_on_another_machine_that_fell_silent_is_over(store: Store, tmp_path: Path) -> None:
    here, there = machines(store, tmp_path)
    study_id = here.save_study(STUDY, ready=True)
    run = f"{machine(here)}:1"
    here.begin(study_id, run)
    with store.catalogue.writing() as connection:
        connection.exec_driver_sql("UPDATE studies SET beat = beat - 60")
    dead = refreshed(there, there.study(study_id))
    assert (dead.status, dead.error.code if dead.error else None) == ("failed", "run_stopped")
    assert there.begin(study_id, f"{machine(there)}:2")
    # It was not dead, only slow: what it brings now is refused, and it is told to end.
    assert not here.beat(study_id, run)
    assert not here.progress(study_id, "Reading", 0.5, run)
    with pytest.raises(StoreError) as refused:
        here.save_readout(study_id, made_readout(), run=run)
    assert refused.value.code == "run_stopped"
    assert there.study(study_id).run == f"{machine(there)}:2"


def test_a_run_on_another_machine_can_be_stopped(store: Store, tmp_path: Path) -> None:
    here, there = machines(store, tmp_path)
    study_id = here.save_study(STUDY, ready=True)
    run = f"{machine(here)}:1"
    here.begin(study_id, run)
    stop(there, study_id)
    assert there.study(study_id).status == "failed"
    assert not here.beat(study_id, run)


def test_a_viewer_sees_that_a_run_died(store: Store) -> None:
    study_id = store.save_study(STUDY, ready=True)
    store.begin(study_id, f"{machine(store)}:1")
    viewer = store.acting(Person("v@example.com", "viewer", signed_in=True))
    assert refreshed(viewer, viewer.study(study_id)).status == "failed"
