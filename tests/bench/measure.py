"""Run a command of its own and say what it took: wall and CPU seconds, and peak memory."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cost:
    """What a process and its children took.

    Attributes:
        wall: Seconds from start to end, imports included.
        cpu: Seconds of processor time.
        peak: Largest resident memory, all its processes together, in MB.
        said: The last line it printed, read as JSON; None if it printed no JSON.
    """

    wall: float
    cpu: float
    peak: float
    said: Any


def run(command: Sequence[str], *, top: Path) -> Cost:
    """Run a command in a folder and wait for it.

    Raises:
        RuntimeError: It failed; the message holds what it printed to standard error.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=top, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    seen = [0.0]
    watching = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, seen, watching), daemon=True)
    watcher.start()
    printed: list[str] = []
    reader = threading.Thread(target=lambda: printed.extend(process.stderr or ()), daemon=True)
    reader.start()
    lines = list(process.stdout or ())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begin
    watching.set()
    watcher.join()
    reader.join()
    if process.returncode:
        raise RuntimeError(
            f"{' '.join(command)} ended with {process.returncode}:\n{''.join(printed)}"
        )
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    peak = max(seen[0], used.ru_maxrss / unit)
    return Cost(wall, used.ru_utime + used.ru_stime, peak, _json(lines))


def _json(lines: list[str]) -> Any:
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError):
        return None


def _watch(pid: int, seen: list[float], done: threading.Event) -> None:
    """Keep the largest sum of resident memory over a process and all its descendants."""
    while not done.wait(0.01):
        seen[0] = max(seen[0], sum(_resident(one) for one in _family(pid)))


def _family(pid: int) -> list[int]:
    family = [pid]
    for parent in family:
        for listed in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                family.extend(int(child) for child in listed.read_text().split())
            except OSError:
                continue
    return family


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
