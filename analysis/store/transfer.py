"""A study with its log and its readouts as one file, to be kept or taken to another store.

What comes in was made by anybody: every name in the file must be one that its manifest asks for,
every size and hash must be what the manifest says, and no name in it ever becomes a path.
"""

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import insert, update

from analysis.core import StoreError, versions
from analysis.readout import Readout
from analysis.store.blobs import CHUNK, Incoming, ending
from analysis.store.clock import now
from analysis.store.kept_studies import TAG_LENGTH, TAGS
from analysis.store.rows import StudyRow
from analysis.store.store import Store
from analysis.store.summary import summarise
from analysis.store.tables import readouts, studies

FORMAT = 1
MANIFEST = "manifest.json"
LEFT_OUT = "left_out.parquet"
MANIFEST_BYTES = 16 << 20
READOUT_BYTES = 64 << 20
TOTAL_BYTES = 64 << 30
RATIO = 200
READOUTS = 1_000
# Small files may pack well without harm.
RATIO_FROM_BYTES = 1 << 20


def export_study(store: Store, study_id: str, file: Path) -> None:
    """Write a study, its log and its readouts to `file`, whole or not at all.

    Raises:
        StoreError: ``not_allowed``, ``unknown_study``, ``cannot_write``.
    """
    store.person.require("read_log")
    row = store.study(study_id)
    try:
        handle, name = tempfile.mkstemp(prefix=".verdict-", dir=file.parent)
        try:
            with os.fdopen(handle, "w+b") as out:
                _pack(store, row, out)
                out.flush()
                os.fsync(out.fileno())
            Path(name).replace(file)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            "cannot_write",
            f"The file cannot be written: {error.strerror}.",
            where=str(file),
            fix="Choose another place.",
        ) from None
    with store.catalogue.writing() as connection:
        store._note(connection, "study exported", study_id)  # noqa: SLF001 - same package


def import_study(store: Store, file: BinaryIO) -> str:
    """Bring in what `export_study` wrote, as a new study, and give its id.

    Raises:
        StoreError: ``bad_import`` that says what does not fit; then no study is made.
    """
    store.person.require("write")
    try:
        with zipfile.ZipFile(file) as packed:
            manifest = _manifest(packed)
            return _unpack(store, packed, manifest)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError) as error:
        raise _bad(f"It is not a whole zip file ({error}).") from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise _bad(f"Its manifest is not one ({type(error).__name__}).") from None


def _pack(store: Store, row: StudyRow, out: BinaryIO) -> None:
    log, left_out = None, None
    # A log whose time is over stays away; the readouts stand without it.
    with suppress(StoreError):
        log = store.log(row.log_sha256) if row.log_sha256 else None
    with suppress(StoreError):
        left_out = store.left_out_file(row.left_out) if row.left_out else None
    texts = [
        (one, created, (store.readout(row.id, one) or "").encode())
        for one, created in store.readout_ids(row.id)
    ]
    manifest = {
        "format": FORMAT,
        "made_by": versions.VERDICT,
        "study": {
            "definition": row.definition,
            "facts": row.facts,
            "ready": row.status != "draft",
            "tags": list(row.tags),
            "created": row.created,
            "readout_id": row.readout_id,
            "previous_id": row.previous_id,
        },
        "log": log and {"sha256": log.sha256, "name": log.name, "bytes": log.bytes},
        "left_out": left_out and {"sha256": left_out.stem, "bytes": left_out.stat().st_size},
        "readouts": [
            {
                "id": one, "created": created, "bytes": len(text),
                "sha256": hashlib.sha256(text).hexdigest(),
            }
            for one, created, text in texts
        ],
    }  # fmt: skip
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        for at, (_, _, text) in enumerate(texts):
            packed.writestr(_readout_name(at), text)
        if log is not None:
            packed.write(log.file, _log_name(log.name))
        if left_out is not None:
            packed.write(left_out, LEFT_OUT)


def _manifest(packed: zipfile.ZipFile) -> dict[str, Any]:
    names = [one.filename for one in packed.infolist()]
    if len(set(names)) != len(names) or len(names) > READOUTS + 3:
        raise _bad(f"It holds {len(names):,} files, or two of one name.")
    if MANIFEST not in names:
        raise _bad(f"It holds no {MANIFEST}, so no Verdict wrote it.")
    text = b"".join(_pieces(packed, MANIFEST, None, MANIFEST_BYTES))
    manifest = json.loads(text)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _bad(f"Its format is not {FORMAT}, the one that this Verdict reads.")
    expected = {MANIFEST, *(_readout_name(at) for at, _ in enumerate(manifest["readouts"]))}
    if manifest["log"] is not None:
        expected.add(_log_name(str(manifest["log"]["name"])))
    if manifest["left_out"] is not None:
        expected.add(LEFT_OUT)
    if set(names) != expected:
        odd = min(set(names) ^ expected)
        raise _bad(f"The file {odd[:80]!r} is in it or in its manifest, but not in both.")
    return manifest


def _unpack(store: Store, packed: zipfile.ZipFile, manifest: dict[str, Any]) -> str:
    texts = [_readout(packed, at, one) for at, one in enumerate(manifest["readouts"])]
    said = manifest["study"]
    definition, facts = said["definition"], said["facts"]
    by_id = {one["id"]: text for one, text in zip(manifest["readouts"], texts, strict=True)}
    newest, previous = said["readout_id"], said["previous_id"]
    if not isinstance(definition, dict) or not isinstance(facts, dict | None):
        raise _bad("Its study is not one.")
    if (newest is not None and newest not in by_id) or (bool(by_id) and newest is None):
        raise _bad("It names a newest readout that is not in it.")
    summary = None if newest is None else summarise(json.loads(by_id[newest]))
    log_sha256, left_out = None, None
    if manifest["log"] is not None:
        name = str(manifest["log"]["name"])
        incoming = store.incoming()
        _take(packed, _log_name(name), manifest["log"], incoming)
        log_sha256 = store.keep_log(incoming, name).sha256
    if manifest["left_out"] is not None:
        left_out = Incoming(store.left_out)
        _take(packed, LEFT_OUT, manifest["left_out"], left_out)
        store.left_out_shelf.send(left_out, f"{left_out.seal()}.parquet")
    tags = [str(one)[:TAG_LENGTH] for one in said["tags"]][:TAGS]
    with store.catalogue.writing() as connection:
        study_id = store._insert(connection, definition, log_sha256, ready=bool(said["ready"]))  # noqa: SLF001
        for one, text in zip(manifest["readouts"], texts, strict=True):
            connection.execute(
                insert(readouts).values(
                    study_id=study_id, id=one["id"], content=text, created=str(one["created"])
                )
            )
        kept = store.left_out_shelf.place(left_out, ".parquet").name if left_out else None
        values: dict[str, Any] = {
            "facts": json.dumps(facts) if facts else None,
            "left_out": kept,
            "tags": json.dumps(tags),
        }
        if newest is not None:
            values |= {
                "status": "done", "share": 1.0, "readout_id": newest, "saved": now(),
                "previous_id": previous if previous in by_id else None,
                "summary": json.dumps(summary),
            }  # fmt: skip
        connection.execute(update(studies).where(studies.c.id == study_id).values(values))
        store._note(connection, "study imported", study_id)  # noqa: SLF001
    return study_id


def _readout(packed: zipfile.ZipFile, at: int, said: dict[str, Any]) -> str:
    """A readout's text, which must be the one that its id and hash name."""
    name = _readout_name(at)
    text = b"".join(_pieces(packed, name, int(said["bytes"]), READOUT_BYTES))
    if hashlib.sha256(text).hexdigest() != said["sha256"]:
        raise _bad(f"The file {name} is not what its hash says.")
    content = json.loads(text)
    if Readout(content).id != said["id"]:
        raise _bad(f"The readout {name} is not the one that its id names.")
    return text.decode("utf-8")


def _take(packed: zipfile.ZipFile, name: str, said: dict[str, Any], incoming: Incoming) -> None:
    """Bring a packed file to `incoming`; it is dropped if it is not what its hash says."""
    digest = hashlib.sha256()
    try:
        for piece in _pieces(packed, name, int(said["bytes"]), TOTAL_BYTES):
            digest.update(piece)
            incoming.write(piece)
    except BaseException:
        incoming.drop()
        raise
    if digest.hexdigest() != said["sha256"]:
        incoming.drop()
        raise _bad(f"The file {name} is not what its hash says.")


def _pieces(packed: zipfile.ZipFile, name: str, size: int | None, limit: int) -> Iterator[bytes]:
    """A packed file in pieces; one that is not as large as it should be is refused early."""
    info = packed.getinfo(name)
    if info.file_size > limit or (size is not None and info.file_size != size):
        raise _bad(f"The file {name} has {info.file_size:,} bytes, which is not what it may have.")
    if info.file_size > max(RATIO * info.compress_size, RATIO_FROM_BYTES):
        raise _bad(f"The file {name} unpacks to more than {RATIO} times its size.")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _bad(f"The file {name} is packed in a way that no Verdict packs.")
    read = 0
    with packed.open(info) as stream:
        while piece := stream.read(CHUNK):
            read += len(piece)
            if read > info.file_size:
                raise _bad(f"The file {name} is larger than it says.")
            yield piece


def _readout_name(at: int) -> str:
    return f"readouts/{at + 1}.json"


def _log_name(name: str) -> str:
    return f"log{ending(name)}"


def _bad(what: str) -> StoreError:
    return StoreError(
        "bad_import",
        f"This file cannot be imported. {what}",
        fix="Export the study again with `python -m analysis store export`, or from its menu.",
    )
