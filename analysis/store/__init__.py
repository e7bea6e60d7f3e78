"""Saved studies, logs, readouts and share links, and the runs that make readouts."""

from analysis.store.access import LOCAL, NOBODY, OWNER, Access, Person
from analysis.store.blobs import Incoming, safe_name
from analysis.store.command_line import save_run
from analysis.store.jobs import (
    is_running,
    refreshed,
    run_in_background,
    stop,
    study_of,
    study_place,
    study_work,
)
from analysis.store.links import (
    Shared,
    frozen_text,
    links_of,
    note_opened,
    opened,
    share,
    turn_off,
    works,
)
from analysis.store.place import default_home
from analysis.store.rows import AuditRow, LinkRow, LogRecord, StudyRow
from analysis.store.samples import SAMPLES, seed, unfinished
from analysis.store.settings import Limits, Settings, read_settings, unready
from analysis.store.store import Store
from analysis.store.tidy import UNDO, forget, purge

__all__ = [
    "LOCAL",
    "NOBODY",
    "OWNER",
    "SAMPLES",
    "UNDO",
    "Access",
    "AuditRow",
    "Incoming",
    "Limits",
    "LinkRow",
    "LogRecord",
    "Person",
    "Settings",
    "Shared",
    "Store",
    "StudyRow",
    "default_home",
    "forget",
    "frozen_text",
    "is_running",
    "links_of",
    "note_opened",
    "opened",
    "purge",
    "read_settings",
    "refreshed",
    "run_in_background",
    "safe_name",
    "save_run",
    "seed",
    "share",
    "stop",
    "study_of",
    "study_place",
    "study_work",
    "turn_off",
    "unfinished",
    "unready",
    "works",
]
