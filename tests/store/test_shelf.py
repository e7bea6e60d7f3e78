"""Files on an object store: they last there, are fetched and checked, and go with their rows."""

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest

from analysis.core import StoreError
from analysis.store import Store, forget, purge
from analysis.store import shelf as shelves
from tests.store.conftest import STUDY, made_readout

LOG = b"user,arm\nu1,control\n"


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VERDICT_STORAGE_URL", f"local://{tmp_path}/bucket/verdict")
    return tmp_path / "bucket" / "verdict"


@pytest.fixture
def shared(bucket: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("VERDICT_STORAGE_URL", f"local://{bucket}")
    return Store.open(store.home)


def test_a_log_lies_on_the_object_store_before_its_row(
    shared: Store, bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = shared.save_log(io.BytesIO(LOG), "a.csv")
    assert (bucket / "ab" / record.file.name).read_bytes() == LOG
    assert [one.name for one in (bucket / "ab").iterdir()] == [record.file.name]

    def broken(*_arguments: object) -> None:
        raise OSError("no space")

    from fsspec.implementations.local import LocalFileSystem

    monkeypatch.setattr(LocalFileSystem, "put_file", broken)
    with pytest.raises(StoreError) as refused:
        shared.save_log(io.BytesIO(b"b\n1\n"), "b.csv")
    assert refused.value.code == "storage_unreachable"
    assert len(list(shared.logs.iterdir())) == 1


def test_another_machine_reads_what_this_one_saved(
    shared: Store, bucket: Path, tmp_path: Path
) -> None:
    """Another folder on the same object store; on SQLite, the same catalogue brought along."""
    study_id = shared.save_study(STUDY, shared.save_log(io.BytesIO(LOG), "a.csv").sha256)
    left = tmp_path / "left.parquet"
    left.write_bytes(b"rows")
    shared.save_readout(study_id, made_readout(), left_out=left)
    other = Store.open(tmp_path / "other")
    if shared.catalogue.embedded:
        other.catalogue.file.write_bytes(shared.catalogue.file.read_bytes())
    row = other.study(study_id)
    assert list(other.logs.iterdir()) == []
    assert other.log(str(row.log_sha256)).file.read_bytes() == LOG
    assert other.left_out_file(str(row.left_out)).read_bytes() == b"rows"


def test_what_comes_back_is_checked(shared: Store, bucket: Path) -> None:
    record = shared.save_log(io.BytesIO(LOG), "a.csv")
    record.file.unlink()
    (bucket / "ab" / record.file.name).write_bytes(b"something else")
    with pytest.raises(StoreError) as refused:
        shared.log(record.sha256)
    assert refused.value.code == "file_damaged"
    assert list(shared.logs.iterdir()) == []
    (bucket / "ab" / record.file.name).unlink()
    with pytest.raises(StoreError) as refused:
        shared.log(record.sha256)
    assert refused.value.code == "file_lost"


def test_old_objects_without_a_row_go_and_young_ones_stay(shared: Store, bucket: Path) -> None:
    record = shared.save_log(io.BytesIO(LOG), "a.csv")
    study_id = shared.save_study(STUDY, record.sha256)
    far = bucket / "ab" / record.file.name
    forget(shared, study_id)
    assert not record.file.exists()
    assert far.exists()
    os.utime(far, (0, 0))
    purge(shared)
    assert not far.exists()


def test_the_cache_forgets_what_nobody_read(shared: Store) -> None:
    record = shared.save_log(io.BytesIO(LOG), "a.csv")
    shared.save_study(STUDY, record.sha256)
    purge(shared)
    assert record.file.exists()
    os.utime(record.file, (0, 0))
    purge(shared)
    assert not record.file.exists()
    assert shared.log(record.sha256).file.read_bytes() == LOG


def test_a_store_in_memory_serves_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way of true object stores: one put, no rename."""
    monkeypatch.setenv("VERDICT_STORAGE_URL", "memory://verdict-test")
    shared = Store.open(store.home)
    record = shared.save_log(io.BytesIO(LOG), "a.csv")
    record.file.unlink()
    assert shared.log(record.sha256).file.read_bytes() == LOG


@pytest.mark.parametrize("url", ("nothing://x", "s3:"))
def test_a_url_that_no_package_knows_is_refused(
    embedded: Store, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("VERDICT_STORAGE_URL", url)
    with pytest.raises(StoreError):
        Store.open(embedded.home).save_log(io.BytesIO(LOG), "a.csv")


def test_a_log_whose_time_is_over_goes_and_its_readout_stays(store: Store) -> None:
    record = store.save_log(io.BytesIO(LOG), "a.csv")
    study_id = store.save_study(STUDY, record.sha256)
    store.save_readout(study_id, made_readout())
    store.keep_facts(study_id, {"preview": "rows of the log"})
    (store.work / record.sha256).mkdir()
    purge(store, log_days=1)
    assert record.file.exists()
    with store.catalogue.writing() as connection:
        connection.exec_driver_sql("UPDATE logs SET created = '2020-01-01T00:00:00'")
    purge(store, older_than=timedelta(days=36_500), log_days=1)
    assert not record.file.exists()
    assert not (store.work / record.sha256).exists()
    assert store.readout(study_id) is not None
    assert store.study(study_id).facts is None
    with pytest.raises(StoreError) as refused:
        store.log(record.sha256)
    assert refused.value.code == "log_dropped"
    assert "log dropped" in [one.what for one in store.trail()]
    store.save_log(io.BytesIO(LOG), "a.csv")
    assert store.log(record.sha256).file.read_bytes() == LOG


def test_the_age_of_an_object_is_known(shared: Store, bucket: Path) -> None:
    shared.save_log(io.BytesIO(LOG), "a.csv")
    system, root = shared.log_shelf._storage()
    (one,) = system.ls(root, detail=True)
    assert 0 <= shelves._age(system, one) < 600
