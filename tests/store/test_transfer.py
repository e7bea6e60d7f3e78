"""A study travels as one file; what was made by anybody else is refused, and leaves nothing."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.core import StoreError
from analysis.store import Store
from analysis.store.transfer import export_study, import_study
from tests.pages.conftest import keep

LOG = b"user,arm,value\nu1,control,1\n" * 50


@pytest.fixture
def packed(store: Store, tmp_path: Path) -> Path:
    """An exported study with a log, rows left out, tags and two readouts."""
    study_id = keep(store, "ship")
    log = store.save_log(io.BytesIO(LOG), "events.csv")
    content = json.loads(store.readout(study_id) or "")
    left = tmp_path / "left.parquet"
    left.write_bytes(b"left out")
    travelling = store.save_study(
        {**content["study"], "log": {"path": ["events.csv"]}}, log.sha256, ready=True
    )
    from analysis.readout import Readout

    older = {**content, "made_by": {**content["made_by"], "methods": "0"}}
    store.save_readout(travelling, Readout(older))
    store.save_readout(travelling, Readout(content), left_out=left)
    store.tag(travelling, ["a", "b"])
    file = tmp_path / "study.zip"
    export_study(store, travelling, file)
    return file


def everything(store: Store) -> tuple[int, set[str], set[str]]:
    return (
        len(store.studies()),
        {file.name for file in store.logs.iterdir()},
        {file.name for file in store.left_out.iterdir()},
    )


def test_a_study_arrives_whole_in_another_store(packed: Path, tmp_path: Path, store: Store) -> None:
    with packed.open("rb") as file:
        study_id = import_study(store, file)
    came = store.study(study_id)
    source = next(row for row in store.studies() if row.tags and row.id != study_id)
    assert came.log_sha256 == source.log_sha256
    assert store.log(str(came.log_sha256)).file.read_bytes() == LOG
    assert store.left_out_file(str(came.left_out)).read_bytes() == b"left out"
    assert [one for one, _ in store.readout_ids(study_id)] == [
        one for one, _ in store.readout_ids(source.id)
    ]
    assert store.readout(study_id) == store.readout(source.id)
    for field in ("name", "definition", "summary", "tags", "readout_id", "previous_id", "status"):
        assert getattr(came, field) == getattr(source, field)


def repacked(file: Path, change: Callable[[dict[str, bytes]], None]) -> io.BytesIO:
    """The same file with something changed in it."""
    with zipfile.ZipFile(file) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    out.seek(0)
    return out


def manifest(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, bytes]], None]:
    def changed(parts: dict[str, bytes]) -> None:
        said = json.loads(parts["manifest.json"])
        change(said)
        parts["manifest.json"] = json.dumps(said).encode()

    return changed


def bomb(parts: dict[str, bytes]) -> None:
    parts["log.csv"] = b"0" * 50_000_000
    said = json.loads(parts["manifest.json"])
    said["log"]["bytes"] = 50_000_000
    parts["manifest.json"] = json.dumps(said).encode()


HOSTILE: dict[str, Callable[[dict[str, bytes]], None]] = {
    "a path upwards": lambda parts: parts.update({"../../evil.csv": b"x"}),
    "an absolute path": lambda parts: parts.update({"/etc/cron.d/x": b"x"}),
    "a file nobody asked for": lambda parts: parts.update({"extra": b"x"}),
    "no manifest": lambda parts: parts.__delitem__("manifest.json"),
    "a manifest that is no JSON": lambda parts: parts.update({"manifest.json": b"{"}),
    "a manifest that is a list": lambda parts: parts.update({"manifest.json": b"[1]"}),
    "a manifest nested without end": lambda parts: parts.update({"manifest.json": b"[" * 99_999}),
    "another log": lambda parts: parts.update({"log.csv": LOG.replace(b"u1", b"u2")}),
    "a longer log": lambda parts: parts.update({"log.csv": LOG + b"u2,control,1\n"}),
    "a changed readout": lambda parts: parts.update(
        {"readouts/1.json": parts["readouts/1.json"].replace(b"ship", b"shop", 1)}
    ),
    "a missing readout": lambda parts: parts.__delitem__("readouts/2.json"),
    "a log that is a bomb": bomb,
    "a name as a path": manifest(lambda said: said["log"].update(name="../../x.sh")),
    "another format": manifest(lambda said: said.update(format=2)),
    "no readout it calls newest": manifest(lambda said: said["study"].update(readout_id="f" * 64)),
    "a study that is text": manifest(lambda said: said["study"].update(definition="x")),
    "readouts that are numbers": manifest(lambda said: said.update(readouts=[1, 2])),
    "a readout under another id": manifest(lambda said: said["readouts"][0].update(id="e" * 64)),
    "a size that is text": manifest(lambda said: said["log"].update(bytes="many")),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_that_was_tampered_with_is_refused(packed: Path, store: Store, what: str) -> None:
    before = everything(store)
    with pytest.raises(StoreError) as refused:
        import_study(store, repacked(packed, HOSTILE[what]))
    assert refused.value.code == "bad_import"
    assert refused.value.fix
    assert everything(store) == before


def test_what_is_no_zip_is_refused(store: Store, packed: Path) -> None:
    for content in (b"", b"hello", packed.read_bytes()[:-30], packed.read_bytes()[:200]):
        with pytest.raises(StoreError) as refused:
            import_study(store, io.BytesIO(content))
        assert refused.value.code == "bad_import"


def test_flipped_bytes_are_refused(store: Store, packed: Path) -> None:
    """Any byte of the content may flip; what comes in is then never taken for what it was."""
    whole = packed.read_bytes()
    before = everything(store)
    for at in range(40, len(whole) // 2, max(1, len(whole) // 60)):
        flipped = bytearray(whole)
        flipped[at] ^= 0xFF
        with pytest.raises(StoreError) as refused:
            import_study(store, io.BytesIO(bytes(flipped)))
        assert refused.value.code == "bad_import"
    assert everything(store) == before


def test_a_study_is_exported_after_its_log_is_gone(store: Store, tmp_path: Path) -> None:
    study_id = keep(store, "ship")
    export_study(store, study_id, tmp_path / "a.zip")
    shutil.rmtree(store.logs)
    store.logs.mkdir()
    with (tmp_path / "a.zip").open("rb") as file:
        assert store.study(import_study(store, file)).status == "done"


def test_a_place_that_cannot_be_written_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        export_study(store, keep(store, "ship"), tmp_path / "nowhere" / "a.zip")
    assert refused.value.code == "cannot_write"
