"""Columns of built tables on disk, one array a file, under a key of what they were built from."""

import hashlib
import json
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.logs.intake.opening import RACY_SECONDS

# Part of every key: raise it when a template or a rule changes, so that no old table is read.
TEMPLATES = 3

# Bytes of an array that need not stay in memory between two uses.
LARGE = 32 * 1024 * 1024

Array = NDArray[Any]


def key_of(*parts: Any) -> str:
    """SHA-256 of anything that has a JSON form."""
    text = json.dumps([TEMPLATES, *parts], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Appending:
    """An array in a file that grows by pieces; it appears under its name when it is closed.

    Args:
        path: Where it will stand.
        kind: Type of its numbers.
    """

    def __init__(self, path: Path, kind: np.dtype[Any]) -> None:
        self._path = path
        self._kind = kind
        self._size = 0
        self._temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp")
        self._file = self._temporary.open("wb")
        self._head()

    def _head(self) -> None:
        # numpy leaves room in a header for any later length.
        said = {"descr": self._kind.str, "fortran_order": False, "shape": (self._size,)}
        np.lib.format.write_array_header_1_0(self._file, said)

    def add(self, piece: Array) -> None:
        """One more piece."""
        self._size += piece.size
        self._file.write(np.ascontiguousarray(piece, dtype=self._kind).data)

    def close(self) -> None:
        """No more pieces."""
        self._file.seek(0)
        self._head()
        self._file.close()
        self._temporary.replace(self._path)


@dataclass(frozen=True)
class ColumnStore:
    """Arrays and small facts of one built table.

    Attributes:
        folder: Where they are; its name holds the key.
    """

    folder: Path

    def has(self, name: str) -> bool:
        """Whether something of that name was stored."""
        return (self.folder / f"{name}.npy").exists() or (self.folder / f"{name}.json").exists()

    def put(self, name: str, array: Array) -> None:
        """Store an array: to a temporary name, then renamed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".{name}.{os.getpid()}.tmp"
        with temporary.open("wb") as file:
            np.save(file, array, allow_pickle=False)
        temporary.replace(self.folder / f"{name}.npy")

    def appending(self, name: str, kind: Any) -> "Appending":
        """An array that is stored as its pieces come."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return Appending(self.folder / f"{name}.npy", np.dtype(kind))

    def array(self, name: str) -> Array:
        """A stored array, read from disk as it is used."""
        stored: Array = np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return stored

    def put_facts(self, name: str, facts: Any) -> None:
        """Store something that has a JSON form; a table's facts come last, so they close it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".{name}.{os.getpid()}.tmp"
        temporary.write_text(json.dumps(facts, sort_keys=True, ensure_ascii=False))
        temporary.replace(self.folder / f"{name}.json")

    def facts(self, name: str) -> Any:
        """Stored facts."""
        return json.loads((self.folder / f"{name}.json").read_text())


def let_go(array: Array | None) -> None:
    """Let the pages of a large stored array leave memory; they are read again when used."""
    mapped = getattr(array, "_mmap", None)
    if array is None or mapped is None or array.nbytes < LARGE:
        return
    if hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def content_key(files: tuple[Path, ...], work: Path, now: float) -> str:
    """A key that changes when a file's bytes do.

    A file that is older than a few seconds is hashed once and then told by its size and times.

    Args:
        files: The files of a log, in order.
        work: Folder where hashes are remembered.
        now: Seconds since 1970.
    """
    hashes = []
    for file in files:
        stat = file.stat()
        marks = [str(file.resolve()), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
        memo = work / f"content-{key_of(marks, stat.st_ino)[:32]}"
        settled = now - max(stat.st_mtime, stat.st_ctime) > RACY_SECONDS
        if settled and memo.exists():
            hashes.append(memo.read_text())
            continue
        with file.open("rb") as stream:
            hashes.append(hashlib.file_digest(stream, "sha256").hexdigest())
        if settled:
            work.mkdir(parents=True, exist_ok=True)
            temporary = work / f".{memo.name}.{os.getpid()}.tmp"
            temporary.write_text(hashes[-1])
            temporary.replace(memo)
    return key_of(hashes)
