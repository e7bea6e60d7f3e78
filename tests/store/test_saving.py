"""What is saved is whole, stays, and can be taken back."""

import io
import json
import os
import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from analysis.core import LogError, StoreError
from analysis.store import Store, forget, purge, safe_name
from tests.store.conftest import STUDY, made_readout


def test_the_folder_is_closed_to_other_users(store: Store) -> None:
    assert stat.S_IMODE(store.home.stat().st_mode) == 0o700


def test_a_log_is_kept_under_the_hash_of_its_bytes_and_once(store: Store) -> None:
    first = store.save_log(io.BytesIO(b"a,b\n1,2\n"), "one.csv")
    second = store.save_log(io.BytesIO(b"a,b\n1,2\n"), "two.csv")
    assert first.sha256 == second.sha256
    assert [file.name for file in store.logs.iterdir()] == [f"{first.sha256}.csv"]
    assert store.log(first.sha256).file.read_bytes() == b"a,b\n1,2\n"


def test_a_log_over_the_limit_is_refused_and_leaves_nothing(store: Store) -> None:
    with pytest.raises(StoreError) as refused:
        store.save_log(io.BytesIO(b"x" * 100), "big.csv", limit=99)
    assert refused.value.code == "file_too_large"
    assert list(store.logs.iterdir()) == []


def test_an_empty_file_is_refused_and_leaves_nothing(store: Store) -> None:
    with pytest.raises(StoreError) as refused:
        store.save_log(io.BytesIO(b""), "empty.csv")
    assert refused.value.code == "empty_file"
    assert list(store.logs.iterdir()) == []


def test_a_save_brings_the_file_to_disk_before_its_row(
    embedded: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Temp file, fsync, rename, fsync of the folder, then the row."""
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        steps.append("fsync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "fsync file")
        fsync(handle)

    def replaced(self: Path, target: Path) -> Path:
        steps.append("rename")
        rows = (
            sqlite3.connect(embedded.catalogue.file).execute("SELECT count(*) FROM logs").fetchone()
        )
        steps.append(f"{rows[0]} rows")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    embedded.save_log(io.BytesIO(b"a\n1\n"), "a.csv")
    assert steps == ["fsync file", "rename", "0 rows", "fsync folder"]


@pytest.mark.parametrize(
    ("given", "safe"),
    (
        ("../../etc/passwd", "passwd"),
        ("C:\\logs\\a.csv", "a.csv"),
        ("events[1]*.csv", "events_1__.csv"),
        ("...", "log"),
        ("Größe.csv.gz", "Größe.csv.gz"),
    ),
)
def test_file_names_cannot_be_paths_or_patterns(given: str, safe: str) -> None:
    assert safe_name(given) == safe


def test_a_study_and_its_readout_survive_opening_the_store_again(store: Store) -> None:
    log = store.save_log(io.BytesIO(b"a\n1\n"), "a.csv")
    study_id = store.save_study(STUDY, log.sha256)
    readout = made_readout()
    assert store.save_readout(study_id, readout) == readout.id
    again = Store.open(store.home)
    row = again.study(study_id)
    assert (row.status, row.readout_id, row.log_sha256) == ("done", readout.id, log.sha256)
    assert again.readout(study_id) == readout.to_json()


def test_the_summary_takes_each_guardrail_at_its_worst(store: Store) -> None:
    study_id = store.save_study(STUDY)
    store.save_readout(study_id, made_readout())
    summary = store.study(study_id).summary
    assert summary is not None
    assert summary["guardrails"] == {"breached": 1}
    assert (summary["units"], summary["alpha"], summary["lenses"]) == (82, 0.1, ["ab"])
    assert summary["primary"]["lift_low"] == 0.026


def test_a_newer_readout_does_not_touch_the_older_one(store: Store) -> None:
    study_id = store.save_study(STUDY)
    first, second = made_readout(1), made_readout(2)
    store.save_readout(study_id, first)
    store.save_readout(study_id, second)
    assert store.readout(study_id) == second.to_json()
    assert store.readout(study_id, first.id) == first.to_json()
    store.save_readout(study_id, first)
    assert store.study(study_id).readout_id == first.id


def test_rows_left_out_are_kept_with_the_readout(store: Store, tmp_path: Path) -> None:
    study_id = store.save_study(STUDY)
    file = tmp_path / "left.parquet"
    file.write_bytes(b"rows")
    store.save_readout(study_id, made_readout(), left_out=file)
    name = store.study(study_id).left_out
    assert name is not None
    assert (store.left_out / name).read_bytes() == b"rows"


def test_a_failed_run_keeps_its_message_and_the_readout_before_it(store: Store) -> None:
    study_id = store.save_study(STUDY)
    store.save_readout(study_id, made_readout())
    store.fail(
        study_id, LogError("no_rows", "The log has no rows.", where="a.csv", fix="Add rows.")
    )
    row = store.study(study_id)
    assert row.status == "failed"
    assert row.error is not None
    assert (row.error.code, row.error.where, row.error.fix) == ("no_rows", "a.csv", "Add rows.")
    assert store.readout(study_id) == made_readout().to_json()


def test_a_name_changes_in_the_definition_too(store: Store) -> None:
    study_id = store.save_study(STUDY)
    store.rename(study_id, "  New   name ")
    row = store.study(study_id)
    assert row.name == row.definition["name"] == "New name"
    with pytest.raises(StoreError, match="blank"):
        store.rename(study_id, "  ")


def test_a_deleted_study_comes_back_whole(store: Store) -> None:
    study_id = store.save_study(STUDY)
    store.save_readout(study_id, made_readout())
    store.delete(study_id)
    assert store.studies() == []
    assert [row.id for row in store.studies(deleted=True)] == [study_id]
    purge(store)
    store.restore(study_id)
    assert [row.id for row in store.studies()] == [study_id]
    assert store.readout(study_id) is not None


def test_after_the_time_to_undo_study_readout_and_log_are_gone(store: Store) -> None:
    log = store.save_log(io.BytesIO(b"a\n1\n"), "a.csv")
    study_id = store.save_study(STUDY, log.sha256)
    store.save_readout(study_id, made_readout())
    store.delete(study_id)
    assert purge(store, older_than=timedelta(seconds=-1)) == 1
    assert list(store.logs.iterdir()) == []
    with pytest.raises(StoreError):
        store.study(study_id)
    with store.catalogue.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM readouts")) == 0


def test_a_log_that_two_studies_read_outlives_one_of_them(store: Store) -> None:
    log = store.save_log(io.BytesIO(b"a\n1\n"), "a.csv")
    first = store.save_study(STUDY, log.sha256)
    store.save_study(STUDY, log.sha256)
    forget(store, first)
    assert store.log(log.sha256).file.exists()


def test_a_forgotten_study_takes_its_log_along(store: Store) -> None:
    log = store.save_log(io.BytesIO(b"a\n1\n"), "a.csv")
    forget(store, store.save_study(STUDY, log.sha256))
    assert list(store.logs.iterdir()) == []


def test_a_study_on_a_log_that_is_gone_is_refused(store: Store) -> None:
    with pytest.raises(StoreError) as refused:
        store.save_study(STUDY, "0" * 64)
    assert refused.value.code == "unknown_log"


def test_an_unknown_study_says_where_to_look(store: Store) -> None:
    with pytest.raises(StoreError) as refused:
        store.study("nope")
    assert (refused.value.code, bool(refused.value.fix)) == ("unknown_study", True)


def test_a_store_of_a_newer_version_is_left_alone(store: Store) -> None:
    with store.catalogue.writing() as connection:
        connection.execute(text("UPDATE schema SET version = 99"))
    with pytest.raises(StoreError) as refused:
        Store.open(store.home)
    assert refused.value.code == "store_is_newer"


def test_a_damaged_catalogue_is_named(embedded: Store) -> None:
    embedded.catalogue.file.write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(StoreError) as refused:
        Store.open(embedded.home)
    assert refused.value.code == "store_damaged"


def test_text_of_any_kind_comes_back_as_it_was(store: Store) -> None:
    name = "Ünïcode '; DROP TABLE studies; -- \u202e"
    study_id = store.save_study({**STUDY, "name": name})
    assert store.study(study_id).name == name
    assert json.loads(json.dumps(store.study(study_id).definition))["name"] == name
