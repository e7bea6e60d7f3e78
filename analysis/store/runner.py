"""The process of a run: reads studies from the store, makes their readouts and saves them."""

import os
import sys
import time
import traceback
from pathlib import Path

from analysis import readout
from analysis.core import StoreError, VerdictError
from analysis.store.jobs import study_of, study_place
from analysis.store.store import Store

PROGRESS_SECONDS = 0.25


def main(arguments: list[str]) -> None:
    """Run the studies named as ``id=handle``; a handle is the held lock of that study."""
    store = Store(Path(arguments[0]))
    locks = {name: int(handle) for name, handle in (one.split("=") for one in arguments[1:])}
    for handle in locks.values():
        # Helpers of this process must not keep the lock alive after it.
        os.set_inheritable(handle, False)
    for study_id, handle in locks.items():
        run(store, study_id)
        os.close(handle)


def run(store: Store, study_id: str) -> None:
    """Make and save one readout, or save why there is none."""
    said = [0.0]

    def progress(doing: str, share: float) -> None:
        if time.monotonic() - said[0] > PROGRESS_SECONDS:
            said[0] = time.monotonic()
            store.progress(study_id, doing, share)

    try:
        row = store.study(study_id)
        store.progress(study_id, "Reading the log", 0.0)
        made = readout.run(
            study_of(row), base=study_place(store, row), work=store.work, progress=progress
        )
        store.progress(study_id, "Saving the readout", 1.0)
        store.save_readout(study_id, made, left_out=made.left_out_file)
    except VerdictError as error:
        store.fail(study_id, error)
    except Exception:  # noqa: BLE001 - the last stop before the process ends: say so and keep it
        mark = f"{study_id}-{int(time.time())}"
        sys.stderr.write(f"--- run {mark}\n{traceback.format_exc()}")
        store.fail(study_id, _bug(mark))


def _bug(mark: str) -> StoreError:
    return StoreError(
        "run_failed",
        "The run met a fault in Verdict itself; nothing of it was saved.",
        where=f"message {mark} in runs/log.txt of the store",
        fix="Please report it with that message.",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
