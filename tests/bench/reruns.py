"""Rerun the A/B page of each sample over its saved readout: `python -m tests.bench.reruns`."""

import json
import os
import tempfile
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from analysis import store as saved
from analysis.store import Store

TOP = Path(__file__).resolve().parent.parent.parent
TIMES = 30
PATIENCE = 300


def main() -> None:
    """Print the seconds that a rerun took, by sample."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["VERDICT_HOME"] = home
        store = Store.open(Path(home))
        saved.seed(store)
        saved.run_in_background(store, saved.unfinished(store))
        until = time.monotonic() + PATIENCE
        while saved.unfinished(store) or any(row.status == "running" for row in store.studies()):
            if time.monotonic() > until:
                raise TimeoutError("The samples' readouts were not made.")
            time.sleep(0.2)
        shown = [row for row in store.studies() if row.readout_id and "ab" in row.definition]
        print(json.dumps({row.name: reruns(row.id) for row in shown}))


def reruns(study_id: str) -> list[float]:
    """Seconds of each rerun, after a first run that is not counted."""
    page = AppTest.from_file(str(TOP / "app.py"), default_timeout=60)
    page.switch_page("pages/ab.py")
    page.query_params["study"] = study_id
    page.run()
    taken = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        page.run()
        taken.append(time.perf_counter() - begin)
        if page.exception:
            raise RuntimeError(str(page.exception))
    return taken


main()
