"""Runs in a process of their own: they can be left, survive a closed tab and cannot hurt the app.

A run holds a lock on a file for as long as it lives. The system lets go of the lock when the
process ends, however it ends, so a run that was killed half-way is seen as such at once. Other
machines on the same database cannot see the lock: they go by the beat that a living run gives.
"""

import contextlib
import fcntl
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.core import StoreError
from analysis.store.access import OWNER
from analysis.store.kept_readouts import SILENT_SECONDS, run_stopped
from analysis.store.rows import StudyRow
from analysis.store.store import Store
from analysis.study import Study

ROOT = Path(__file__).resolve().parents[2]
LOOKS = 3
LOOK_SECONDS = 0.005


def run_in_background(store: Store, study_ids: Sequence[str]) -> None:
    """Start one process that runs these studies one after the other.

    A study that is being run already is left alone.
    """
    run = f"{machine(store)}:{secrets.token_hex(8)}"
    locks: dict[str, int] = {}
    try:
        for study_id in study_ids:
            handle = _lock(store, study_id)
            if handle is not None:
                locks[study_id] = handle
                if not store.begin(study_id, run):
                    os.close(locks.pop(study_id))
        if locks:
            _start(store, run, locks)
    finally:
        # The child has its own copies, which keep the locks.
        for handle in locks.values():
            os.close(handle)


def _start(store: Store, run: str, locks: dict[str, int]) -> None:
    log = store.runs / "log.txt"
    with log.open("ab") as messages:
        process = subprocess.Popen(  # noqa: S603 - our own module, ids that we made
            [
                sys.executable, "-m", "analysis.store.runner", str(store.home), run,
                *(f"{study_id}={handle}" for study_id, handle in locks.items()),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=messages,
            stderr=messages,
            pass_fds=tuple(locks.values()),
            start_new_session=True,
        )  # fmt: skip
    for study_id in locks:
        (store.runs / f"{study_id}.pid").write_text(str(process.pid))


def is_running(store: Store, study_id: str) -> bool:
    """Whether a living process is running this study."""
    handle = _lock(store, study_id)
    if handle is None:
        return True
    os.close(handle)
    return False


def refreshed(store: Store, row: StudyRow) -> StudyRow:
    """The row, with a run that died marked as failed."""
    if row.status != "running" or _lives(store, row):
        return row
    # It may have finished, or been begun again, between the look at the row and at the lock.
    latest = store.study(row.id)
    if latest.status != "running" or latest.run != row.run:
        return latest
    # Whoever looks sees that the run died; to say so takes no right.
    store.acting(OWNER).fail(row.id, run_stopped(), row.run)
    return store.study(row.id)


def _lives(store: Store, row: StudyRow) -> bool:
    if row.run is None or row.run.startswith(f"{machine(store)}:"):
        return is_running(store, row.id)
    return store.silence(row.id) < SILENT_SECONDS


def machine(store: Store) -> str:
    """The name of this folder among all that share one database; made when first asked."""
    file = store.runs / "machine"
    if not file.exists():
        with contextlib.suppress(FileExistsError):
            beside = store.runs / f".machine-{secrets.token_hex(4)}"
            beside.write_text(secrets.token_hex(8))
            os.link(beside, file)
            beside.unlink()
    return file.read_text()


def stop(store: Store, study_id: str) -> None:
    """End a run; the study can be run again."""
    store.person.require("write")
    row = store.study(study_id)
    if row.run is not None and not row.run.startswith(f"{machine(store)}:"):
        # The other machine's run sees that the study is no longer its own, and ends.
        store.fail(study_id, run_stopped(), row.run)
        return
    if not is_running(store, study_id):
        return
    pid = store.runs / f"{study_id}.pid"
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
        # The process leads a group of its own, so that its helpers end with it.
        os.killpg(int(pid.read_text()), signal.SIGKILL)


def study_place(store: Store, row: StudyRow) -> Path:
    """The folder that the study's log path is relative to.

    An uploaded log appears there under its own name, so that the study file that is
    downloaded, and the readout, name the log as its owner does.
    """
    if row.log_sha256 is None:
        return store.home
    place = store.runs / row.log_sha256
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = store.log(row.log_sha256)
    for name in _names(row.definition) or [log.name]:
        link = place / Path(name).name
        if not link.exists():
            with contextlib.suppress(FileExistsError):
                link.unlink(missing_ok=True)
                link.symlink_to(log.file)
    return place


def study_work(store: Store, row: StudyRow) -> Path:
    """The folder for tables built from the study's log; it goes when the log goes."""
    return store.work if row.log_sha256 is None else store.work / row.log_sha256


def study_of(row: StudyRow) -> Study:
    """The row's definition as a study.

    Raises:
        StudyError: It is not complete, or says something unusable.
    """
    return Study.parse(row.definition)


def _names(definition: dict[str, Any]) -> list[str]:
    path = (definition.get("log") or {}).get("path") or []
    return [path] if isinstance(path, str) else list(path)


def _lock(store: Store, study_id: str) -> int | None:
    """A held lock as a file handle, or None if another process holds it."""
    if not study_id.isalnum():
        raise StoreError("unknown_study", "No study has this address.", fix="Open Studies.")
    handle = os.open(store.runs / f"{study_id}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(LOOKS):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Somebody may only be looking whether the run lives: that takes microseconds.
            time.sleep(LOOK_SECONDS)
        else:
            return handle
    os.close(handle)
    return None
