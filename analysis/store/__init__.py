"""Saved studies, logs and readouts, and the runs that make readouts."""

from analysis.store.blobs import Incoming, safe_name
from analysis.store.command_line import save_run
from analysis.store.jobs import (
    is_running,
    refreshed,
    run_in_background,
    stop,
    study_of,
    study_place,
)
from analysis.store.rows import LogRecord, StudyRow
from analysis.store.samples import SAMPLES, seed, unfinished
from analysis.store.store import Store, default_home
from analysis.store.tidy import UNDO, forget, purge

__all__ = [
    "SAMPLES",
    "UNDO",
    "Incoming",
    "LogRecord",
    "Store",
    "StudyRow",
    "default_home",
    "forget",
    "is_running",
    "purge",
    "refreshed",
    "run_in_background",
    "safe_name",
    "save_run",
    "seed",
    "stop",
    "study_of",
    "study_place",
    "unfinished",
]
