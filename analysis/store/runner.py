"""The process of a run: reads studies from the store, makes their readouts and saves them."""

import os
import sys
import threading
import time
import traceback
from pathlib import Path

from analysis import readout
from analysis.core import StoreError, VerdictError
from analysis.store.access import OWNER
from analysis.store.jobs import study_of, study_place, study_work
from analysis.store.store import Store

PROGRESS_SECONDS = 0.25
BEAT_SECONDS = 5.0
STOPPED = 3


def main(arguments: list[str]) -> None:
    """Run the studies named as ``id=handle``; a handle is the held lock of that study."""
    store, name = Store(Path(arguments[0]), OWNER), arguments[1]
    locks = {one: int(handle) for one, handle in (given.split("=") for given in arguments[2:])}
    for handle in locks.values():
        # Helpers of this process must not keep the lock alive after it.
        os.set_inheritable(handle, False)
    waiting = set(locks)
    threading.Thread(target=_beat, args=(store, waiting, name), daemon=True).start()
    for study_id, handle in locks.items():
        run(store, study_id, name)
        waiting.discard(study_id)
        os.close(handle)


def _beat(store: Store, waiting: set[str], name: str) -> None:
    """Say again and again that this process lives, for all it has still to do."""
    while True:
        time.sleep(BEAT_SECONDS)
        for study_id in tuple(waiting):
            try:
                held = store.beat(study_id, name)
            except VerdictError as error:
                # A database that is away for a while ends no run; the save at the end decides.
                sys.stderr.write(f"--- beat {study_id}: {error.code}\n")
                continue
            if not held and study_id in waiting:
                os._exit(STOPPED)


def run(store: Store, study_id: str, name: str) -> None:
    """Make and save one readout, or save why there is none."""
    said = [0.0]

    def progress(doing: str, share: float) -> None:
        if time.monotonic() - said[0] > PROGRESS_SECONDS:
            said[0] = time.monotonic()
            store.progress(study_id, doing, share, name)

    try:
        row = store.study(study_id)
        store.progress(study_id, "Reading the log", 0.0, name)
        made = readout.run(
            study_of(row),
            base=study_place(store, row),
            work=study_work(store, row),
            progress=progress,
        )
        store.progress(study_id, "Saving the readout", 1.0, name)
        store.save_readout(study_id, made, left_out=made.left_out_file, run=name)
    except VerdictError as error:
        store.fail(study_id, error, name)
    except Exception:  # noqa: BLE001 - the last stop before the process ends: say so and keep it
        mark = f"{study_id}-{int(time.time())}"
        sys.stderr.write(f"--- run {mark}\n{traceback.format_exc()}")
        store.fail(study_id, _bug(mark), name)


def _bug(mark: str) -> StoreError:
    return StoreError(
        "run_failed",
        "The run met a fault in Verdict itself; nothing of it was saved.",
        where=f"message {mark} in runs/log.txt of the store",
        fix="Please report it with that message.",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
