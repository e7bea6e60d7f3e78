"""Files kept under the hash of their content: written whole and safe, or not at all."""

import contextlib
import errno
import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from analysis.core import StoreError
from analysis.store.database import disk_full

CHUNK = 1 << 20
FILE_NAME_LENGTH = 120
TEMPORARY = ".incoming-"

# Endings worth keeping, so that a person who looks into the folder knows what is what.
# What a file really is, the intake finds out from its content.
ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".zip")
PACKED = (".gz", ".zst")


def ending(name: str) -> str:
    """The file ending of a log's name, such as ``.csv.gz``; ``.log`` for an unknown one."""
    suffixes = [suffix.lower() for suffix in Path(name).suffixes[-2:]]
    if len(suffixes) == 2 and suffixes[0] in ENDINGS and suffixes[1] in PACKED:
        return "".join(suffixes)
    if suffixes and suffixes[-1] in (*ENDINGS, *PACKED):
        return suffixes[-1]
    return ".log"


def safe_name(name: str) -> str:
    """A file name of letters, digits, dots, dashes and underscores; never a path or a glob."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    cleaned = re.sub(r"[^\w.\- ]", "_", last).strip(" .")
    return cleaned[-FILE_NAME_LENGTH:] or "log"


def chunks(stream: BinaryIO) -> Iterable[bytes]:
    """The stream in pieces, so that no more than one piece is in memory."""
    while piece := stream.read(CHUNK):
        yield piece


class Incoming:
    """A file that arrives piece by piece and is kept only when it is complete.

    Args:
        folder: Where kept files live; the temporary one lies beside them, since only a
            rename within one disk is all or nothing.
        limit: Most bytes taken; None for no limit.
    """

    def __init__(self, folder: Path, *, limit: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._limit = limit
        self._digest = hashlib.sha256()
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=folder)
        self._temporary = Path(name)
        self._file = os.fdopen(handle, "wb")
        self.bytes = 0

    def write(self, piece: bytes) -> None:
        """Take one piece.

        Raises:
            StoreError: ``file_too_large`` or ``disk_full``; the pieces so far are dropped.
        """
        self.bytes += len(piece)
        if self._limit is not None and self.bytes > self._limit:
            self.drop()
            raise StoreError(
                "file_too_large",
                f"The file is larger than {self._limit:,} bytes, the limit here.",
                fix="Give a path on the server instead, or keep only the columns that matter.",
            )
        try:
            self._digest.update(piece)
            self._file.write(piece)
        except OSError as error:
            self.drop()
            raise _translated(error, self._temporary) from error

    def seal(self) -> str:
        """Bring the complete file to the disk, still under its temporary name.

        Returns:
            SHA-256 of the content.
        """
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            self.drop()
            raise _translated(error, self._temporary) from error
        return self._digest.hexdigest()

    def place(self, suffix: str) -> Path:
        """Give the sealed file its name; when this returns, it lasts."""
        place = self._folder / f"{self._digest.hexdigest()}{suffix}"
        try:
            self._temporary.replace(place)
            sync_folder(self._folder)
        except OSError as error:
            self.drop()
            raise _translated(error, self._temporary) from error
        return place

    @property
    def file(self) -> Path:
        """Where the pieces lie."""
        return self._temporary

    def drop(self) -> None:
        """Forget the pieces."""
        # A full disk may refuse the last buffered piece; the file goes anyway.
        with contextlib.suppress(OSError):
            self._file.close()
        self._temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename or a removal in this folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _translated(error: OSError, place: Path) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(place)
    return StoreError(
        "store_not_writable",
        f"The file could not be saved ({error.strerror}).",
        where=str(place.parent),
        fix="Give this user write access, or point VERDICT_HOME at another folder.",
    )
