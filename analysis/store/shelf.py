"""Kept files: in a folder of the store, and on an object store that several machines share.

With `VERDICT_STORAGE_URL` the object store holds what lasts, and the folder is a cache of it.
"""

import contextlib
import hashlib
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.core import StoreError
from analysis.store.blobs import CHUNK, TEMPORARY, Incoming, sync_folder

CACHED_SECONDS = 7 * 86_400
GRACE_SECONDS = 86_400


class Shelf:
    """Files of one kind, named by the hash of their content.

    Args:
        folder: Where they lie on this machine.
        kind: Name of the kind, which is the folder's name on the object store.
    """

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        self._kind = kind
        self._url = os.environ.get("VERDICT_STORAGE_URL", "").strip()

    @property
    def shared(self) -> bool:
        """Whether an object store holds the files."""
        return bool(self._url)

    def send(self, incoming: Incoming, name: str) -> None:
        """Bring a sealed file to the object store; nothing to do without one.

        It takes as long as the file is large, so no lock is held meanwhile.
        """
        if self.shared:
            try:
                self._upload(incoming.file, name)
            except StoreError:
                incoming.drop()
                raise

    def place(self, incoming: Incoming, suffix: str) -> Path:
        """Give the sealed file its name; when this returns, it lasts.

        The write lock is held by the caller: whoever sweeps up sees file and row, or neither.
        """
        file = incoming.place(suffix)
        if self.shared and not self._has(file.name):
            self._upload(file, file.name)
        return file

    def file(self, name: str) -> Path:
        """The file on this machine, fetched and checked if it is not here.

        Raises:
            StoreError: ``file_lost`` if it is nowhere, ``file_damaged`` if it is not what it was.
        """
        place = self.folder / name
        if place.exists():
            if self.shared:
                with contextlib.suppress(OSError):
                    os.utime(place)
            return place
        if not self.shared:
            raise _lost(name, str(self.folder))
        self._fetch(name, place)
        return place

    def is_whole(self, name: str) -> bool:
        """Whether the file is there and still has the content that it is named by."""
        try:
            file = self.file(name)
        except StoreError:
            return False
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == name.partition(".")[0]

    def leftovers(self, kept: set[str]) -> list[str]:
        """Names of complete files that no row names."""
        names = {file.name for file in self.folder.iterdir()}
        return sorted(one for one in names - kept if not one.startswith(TEMPORARY))

    def sweep(self, kept: set[str], *, older_than: float) -> None:
        """Remove files that no row names, and pieces of uploads that ended before `older_than`."""
        stale = time.time() - CACHED_SECONDS
        for file in self.folder.iterdir():
            try:
                written = file.stat().st_mtime
            except FileNotFoundError:
                continue
            arriving = file.name.startswith(TEMPORARY) and written >= older_than
            cached = file.name in kept and not (self.shared and written < stale)
            if not arriving and not cached:
                file.unlink(missing_ok=True)
        sync_folder(self.folder)
        if self.shared:
            self._sweep_shared(kept)

    # The object store

    def _storage(self) -> tuple[Any, str]:
        if "://" not in self._url:
            # fsspec would take it for a folder beside the program.
            raise _bad_url("it is no URL")
        try:
            import fsspec

            system, root = fsspec.core.url_to_fs(self._url)
        except (ImportError, ValueError) as error:
            raise _bad_url(str(error)) from None
        return system, f"{root.rstrip('/')}/{self._kind}"

    def _has(self, name: str) -> bool:
        system, root = self._storage()
        return bool(_asked(system.exists, f"{root}/{name}"))

    def _upload(self, file: Path, name: str) -> None:
        system, root = self._storage()
        _asked(system.makedirs, root, exist_ok=True)
        named = system.protocol
        if "file" not in ((named,) if isinstance(named, str) else named):
            # An object appears whole or not at all.
            _asked(system.put_file, str(file), f"{root}/{name}")
            return
        beside = f"{root}/{TEMPORARY}{os.getpid()}-{name}"
        _asked(system.put_file, str(file), beside)
        with Path(beside).open("rb") as written:
            os.fsync(written.fileno())
        Path(beside).replace(f"{root}/{name}")
        sync_folder(Path(root))

    def _fetch(self, name: str, place: Path) -> None:
        system, root = self._storage()
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=self.folder)
        digest = hashlib.sha256()
        try:
            with os.fdopen(handle, "wb") as out:
                try:
                    with _asked(system.open, f"{root}/{name}", "rb") as stream:
                        while piece := _asked(stream.read, CHUNK):
                            digest.update(piece)
                            out.write(piece)
                except FileNotFoundError:
                    raise _lost(name, self._url.partition("://")[0] + " storage") from None
            if digest.hexdigest() != name.partition(".")[0]:
                raise StoreError(
                    "file_damaged",
                    "The object store gave back something else than was kept under this name.",
                    where=name,
                    fix="Restore it from a backup of the object store, or upload the log again.",
                )
            Path(temporary).replace(place)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def _sweep_shared(self, kept: set[str]) -> None:
        """Remove old objects without a row; a young one may be about to get its row."""
        system, root = self._storage()
        if not _asked(system.exists, root):
            return
        for one in _asked(system.ls, root, detail=True):
            name = str(one["name"]).rsplit("/", 1)[-1]
            if name not in kept and _age(system, one) > GRACE_SECONDS:
                _asked(system.rm_file, str(one["name"]))


def _asked(call: Any, *arguments: Any, **options: Any) -> Any:
    """What the object store answers; its many kinds of failure become one in words."""
    try:
        return call(*arguments, **options)
    except FileNotFoundError:
        raise
    except Exception as error:  # each kind of object store raises what it likes
        raise StoreError(
            "storage_unreachable",
            f"The object store did not do what it was asked ({type(error).__name__}).",
            where="VERDICT_STORAGE_URL",
            fix="Look whether it answers and whether this process may write there; try again.",
        ) from error


def _age(system: Any, one: dict[str, Any]) -> float:
    """Seconds since an object was written."""
    when = _asked(system.modified, one["name"])
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return float((datetime.now(UTC) - when).total_seconds())


def _bad_url(why: str) -> StoreError:
    return StoreError(
        "bad_setting",
        f"VERDICT_STORAGE_URL cannot be used ({why}).",
        where="VERDICT_STORAGE_URL",
        fix="Write a URL that fsspec knows, such as s3://bucket/verdict, and install its package.",
    )


def _lost(name: str, where: str) -> StoreError:
    return StoreError(
        "file_lost",
        "A kept file is not where it was put.",
        where=f"{name} in {where}",
        fix="Restore it from a backup, or upload the log again.",
    )
