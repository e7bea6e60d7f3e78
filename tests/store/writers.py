"""A process that saves without end and says what was acknowledged; a test kills it."""

import io
import json
import sys
from pathlib import Path

from analysis.readout import Readout
from analysis.store import Store, share

SHIP = Path(__file__).resolve().parents[1] / "fixtures" / "readout_roll_back.json"


def main() -> None:
    """Save log, study, readout and link, again and again; one line a save, once it is kept."""
    who, rounds = sys.argv[1], int(sys.argv[2])
    store = Store.open()
    content = json.loads(SHIP.read_text("utf-8"))
    # Small, so that many saves fall between two kills.
    content["ab"]["daily"] = []
    for k in range(rounds):
        log = store.save_log(io.BytesIO(f"{who},{k}".encode() * 50), "log.csv")
        say("log", log.sha256)
        definition = {"version": 1, "name": f"{who} {k}", "log": {"path": ["log.csv"]}}
        study = store.save_study(definition, log.sha256, ready=True)
        say("study", study, log.sha256)
        readout = Readout({**content, "log": {**content["log"], "sha256": log.sha256}})
        store.save_readout(study, readout)
        say("readout", study, readout.id)
        token, _ = share(store, study)
        say("link", token, study)
        if k % 3 == 2:
            store.delete(study)
            say("deleted", study)


def say(*words: str) -> None:
    """One whole line, at once."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
