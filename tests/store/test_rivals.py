"""Several processes on one store, and processes that are killed while they save."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from analysis.store import Store
from tests.store.conftest import STUDY

ROOT = Path(__file__).resolve().parents[2]

WRITER = """
import io, sys
from analysis.store import Store
store = Store.open()
who, rounds = sys.argv[1], int(sys.argv[2])
for k in range(rounds):
    log = store.save_log(io.BytesIO(f"{who},{k}".encode() * 50), "log.csv")
    study = store.save_study({"version": 1, "name": f"{who} {k}", "log": {"path": "log.csv"}},
                             log.sha256)
    print(study, log.sha256, flush=True)
"""


def writer(home: Path, who: str, rounds: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, who, str(rounds)],
        env={**os.environ, "VERDICT_HOME": str(home)},
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def check_all_there(store: Store, acknowledged: list[str]) -> None:
    """Every acknowledged study is there with its log; every row's log is there."""
    rows = {row.id: row for row in store.studies()}
    for line in acknowledged:
        study_id, sha256 = line.split()
        assert rows[study_id].log_sha256 == sha256
    for row in rows.values():
        assert row.log_sha256 is not None
        assert store.log(row.log_sha256).file.exists()


def test_two_processes_lose_nothing(store: Store) -> None:
    both = [writer(store.home, who, 40) for who in ("a", "b")]
    said = [line for one in both for line in one.communicate(timeout=120)[0].splitlines()]
    assert len(said) == 80
    check_all_there(store, said)


def test_what_was_acknowledged_survives_kills(store: Store) -> None:
    acknowledged: list[str] = []
    for k in range(8):
        process = writer(store.home, f"w{k}", 10_000)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(0.02 * k)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.wait()
        # The last line may be cut short by the kill.
        whole = [line for line in (first + rest).split("\n")[:-1] if line]
        acknowledged += whole
    assert len(acknowledged) >= 8
    check_all_there(Store.open(store.home), acknowledged)
    start = time.monotonic()
    store.save_log(io.BytesIO(b"after"), "after.csv")
    store.save_study(STUDY)
    assert time.monotonic() - start < 10
