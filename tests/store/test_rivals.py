"""Several processes on one store, and processes that are killed while they save.

40 kills on SQLite and 10 on PostgreSQL in `make test`; 200 and 50 with `make kills`.
"""

import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from analysis.store import Store, frozen_text, links_of, opened
from analysis.store.verify import verify
from tests.store.conftest import STUDY

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("VERDICT_KILLS", "16"))
WRITERS = 3


def writer(home: Path, who: str, rounds: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.writers", who, str(rounds)],
        env={**os.environ, "VERDICT_HOME": str(home)},
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


class Listener:
    """A writer with everything that it has acknowledged so far."""

    def __init__(self, home: Path, who: str) -> None:
        self.process = writer(home, who, 1_000_000)
        self.lines: list[str] = []
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        # A line that the kill cut short was not acknowledged.
        self.lines.extend(line for line in self.process.stdout if line.endswith("\n"))

    def kill(self) -> list[str]:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.thread.join()
        return self.lines


def check_all_there(store: Store, acknowledged: list[str]) -> dict[str, int]:
    """Everything that was acknowledged is there, whole; how much of each kind."""
    studies = {row.id: row for row in (*store.studies(), *store.studies(deleted=True))}
    counted: dict[str, int] = {}
    for line in acknowledged:
        kind, key, *rest = line.split()
        counted[kind] = counted.get(kind, 0) + 1
        if kind == "log":
            assert store.log(key).file.exists()
        elif kind == "study":
            assert studies[key].log_sha256 == rest[0]
        elif kind == "readout":
            text = store.readout(key, rest[0])
            assert text is not None
            assert json.loads(text)["log"]["sha256"] == studies[key].log_sha256
        elif kind == "link":
            shared = opened(store, key)
            assert shared is not None
            assert shared.study_id == rest[0]
            assert frozen_text(store, shared.frozen) == store.readout(rest[0])
        else:
            assert studies[key].deleted_at is not None
    return counted


def check_nothing_half_written(store: Store) -> None:
    """Whatever there is, is whole: files have their content, rows point to what is there."""
    found = verify(store)
    assert found.faults == ()
    for row in store.studies():
        if row.status == "done":
            assert store.readout(row.id) is not None
            assert row.summary is not None
        if row.log_sha256 is not None:
            assert store.log(row.log_sha256).file.exists()


def test_two_processes_lose_nothing(store: Store) -> None:
    both = [writer(store.home, who, 12) for who in ("a", "b")]
    said = [line for one in both for line in one.communicate(timeout=300)[0].splitlines()]
    counted = check_all_there(store, said)
    assert counted == {"log": 24, "study": 24, "readout": 24, "link": 24, "deleted": 8}
    check_nothing_half_written(store)


def kill_again_and_again(store: Store, kills: int) -> None:
    """Several writers; one is killed at a random moment and another takes its place."""
    chance = random.Random(4)
    acknowledged: list[str] = []
    running = [Listener(store.home, f"w{k}") for k in range(WRITERS)]
    try:
        for k in range(kills):
            victim = running.pop(0)
            until = time.monotonic() + 120
            # At any point of its work, whatever the machine's pace: after so many saves, and a bit.
            saves = chance.randint(1, 12)
            while len(victim.lines) < saves:
                assert time.monotonic() < until, "a writer stands still"
                time.sleep(0.002)
            time.sleep(chance.random() * 0.05)
            said = victim.kill()
            running.append(Listener(store.home, f"n{k}"))
            # Others go on writing while this looks.
            check_all_there(store, said)
            acknowledged += said
    finally:
        for one in running:
            acknowledged += one.kill()
    again = Store.open(store.home)
    counted = check_all_there(again, acknowledged)
    assert min(counted[kind] for kind in ("log", "study", "readout", "link")) >= kills // 2
    check_nothing_half_written(again)
    start = time.monotonic()
    again.save_log(io.BytesIO(b"after"), "after.csv")
    again.save_study(STUDY)
    assert time.monotonic() - start < 10


def test_what_was_acknowledged_survives_kills(embedded: Store) -> None:
    kill_again_and_again(embedded, KILLS)


@pytest.mark.postgres
def test_what_was_acknowledged_survives_kills_on_postgres(
    postgres: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERDICT_DATABASE_URL", postgres.database())  # type: ignore[attr-defined]
    monkeypatch.delenv("VERDICT_STORAGE_URL", raising=False)
    kill_again_and_again(Store.open(tmp_path / "home"), max(KILLS // 4, 1))


READER = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from analysis.store import Store, frozen_text, links_of
until = time.monotonic() + float(sys.argv[1])
def read(_):
    store, looks = Store.open(), 0
    while time.monotonic() < until:
        for row in store.studies():
            if row.status == "done":
                text = store.readout(row.id)
                assert json.loads(text)["log"]["sha256"] == row.log_sha256
                assert row.summary["decision"]
            if row.log_sha256:
                assert store.log(row.log_sha256).file.stat().st_size > 0
            looks += 1
        for link in links_of(store):
            assert json.loads(frozen_text(store, link.frozen))
    return looks
print(sum(ThreadPoolExecutor(4).map(read, range(4))))
"""


def test_16_readers_and_4_writers_meet_no_error(store: Store) -> None:
    """Readers in four processes of four threads each, writers in four processes."""
    env = {**os.environ, "VERDICT_HOME": str(store.home)}
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, "8"], env=env, cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]  # fmt: skip
    writers = [writer(store.home, f"w{k}", 8) for k in range(4)]
    said = [line for one in writers for line in one.communicate(timeout=300)[0].splitlines()]
    assert [one.returncode for one in writers] == [0] * 4
    for one in readers:
        out, err = one.communicate(timeout=300)
        assert one.returncode == 0, err
        assert int(out) > 0
    counted = check_all_there(store, said)
    assert counted["link"] == len(links_of(store)) == 32
    check_nothing_half_written(store)
