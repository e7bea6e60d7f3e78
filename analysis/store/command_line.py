"""Saving what the command line made, so that the app shows it."""

from pathlib import Path

from analysis.readout import Readout
from analysis.store.store import Store
from analysis.study import Study


def save_run(study: Study, base: Path, readout: Readout) -> str:
    """Keep a study and its readout in the store; the log stays where it is.

    Args:
        study: What was run.
        base: Folder that the study's log paths are relative to.
        readout: What was found.

    Returns:
        The new study's id.
    """
    store = Store.open()
    definition = study.to_mapping()
    paths = [str((base / path).resolve()) for path in study.log.path]
    definition["log"] = {**definition.get("log", {}), "path": paths}
    if not study.name:
        definition["name"] = Path(paths[0]).name.split(".")[0] if paths else "Untitled study"
    study_id = store.save_study(definition, ready=True)
    store.save_readout(study_id, readout, left_out=readout.left_out_file)
    return study_id
