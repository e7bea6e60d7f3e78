"""The sample studies that a new store is given, so that nobody meets an empty page."""

import tomllib
from pathlib import Path

from analysis.store.jobs import refreshed
from analysis.store.rows import StudyRow
from analysis.store.store import Store

# Errors of a run that say nothing about the study.
NOT_ITS_FAULT = ("run_stopped", "run_failed")
SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"


def seed(store: Store, folder: Path = SAMPLES) -> None:
    """Bring in the samples that this store has not had yet.

    A sample that its owner deleted does not come back, and of several processes that start
    at once, one brings each sample in.
    """
    had = store.sample_names()
    for file in sorted(folder.glob("*.toml")):
        if file.stem in had:
            continue
        definition = tomllib.loads(file.read_text(encoding="utf-8"))
        path = definition.get("log", {}).get("path")
        log = file.parent / (path if isinstance(path, str) else path[0])
        with log.open("rb") as stream:
            record = store.save_log(stream, log.name)
        store.save_sample(file.stem, definition, record.sha256)


def unfinished(store: Store) -> list[str]:
    """Ids of samples that have no readout yet and are not being made by a living process."""
    rows = [refreshed(store, row) for row in store.studies()]
    return [
        row.id
        for row in rows
        if row.sample and row.readout_id is None and row.status in ("ready", "failed")
        if not _refused(row)
    ]


def _refused(row: StudyRow) -> bool:
    """Whether a run said why there can be no readout: another one would say the same."""
    return row.error is not None and row.error.code not in NOT_ITS_FAULT
