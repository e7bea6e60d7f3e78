"""How much of its memory Verdict uses, and what it does before the machine would end it.

Over 70 % no new file comes in, over 85 % goes what was kept to answer sooner: everything here
can be made again from the store.
"""

import asyncio
import ctypes
import gc
import logging
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar

import streamlit as st

from analysis.core import StoreError
from analysis.store import default_home, read_settings

log = logging.getLogger("verdict")

P = ParamSpec("P")
R = TypeVar("R")

NO_UPLOADS = 0.70
DROP_CACHES = 0.85
LOOK_SECONDS = 5.0
# What is dropped has to be made again; sooner than this it would be nothing but that.
BETWEEN_DROPS_SECONDS = 60.0
CONTROL_GROUPS = Path("/sys/fs/cgroup")
PROC = Path("/proc")
MB = 1 << 20

_drops: list[Callable[[], object]] = []


def kept(entries: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep a function's answers for every visitor, until memory is short."""

    def keeping(function: Callable[P, R]) -> Callable[P, R]:
        found = st.cache_resource(show_spinner=False, max_entries=entries)(function)
        _drops.append(found.clear)
        return found

    return keeping


def dropped_by(drop: Callable[[], object]) -> None:
    """Name what else empties a cache when memory is short."""
    _drops.append(drop)


def used(limit_mb: int | None = None, *, groups: Path = CONTROL_GROUPS, proc: Path = PROC) -> float:
    """The share of its memory that Verdict uses.

    In a control group with a limit (a container, a systemd unit) that is what all its processes
    hold, without the files that the kernel could forget; else what this process holds.

    Args:
        limit_mb: VERDICT_MEMORY_MB, for this process; None takes the machine's memory.
        groups: Where the kernel shows control groups, version 2.
        proc: Where it shows processes.
    """
    shares = [] if limit_mb else _of_groups(groups, proc)
    held = int((proc / "self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return max([*shares, held / (limit_mb * MB if limit_mb else _of_machine(proc))])


def _of_groups(groups: Path, proc: Path) -> list[float]:
    """The share of the limit that each control group around this process uses."""
    lines = (proc / "self/cgroup").read_text().splitlines()
    own = next((line[3:].strip("/") for line in lines if line.startswith("0::")), None)
    shares: list[float] = []
    if own is None:
        return shares
    group = groups / own
    for one in (group, *group.parents[: len(Path(own).parts)]):
        limit = one / "memory.max"
        # The group of the whole machine has no such file, and "max" is no limit.
        said = limit.read_text().strip() if limit.exists() else "max"
        if said != "max":
            held = int((one / "memory.current").read_text())
            spare = dict(map(str.split, (one / "memory.stat").read_text().splitlines()))
            shares.append((held - int(spare.get("inactive_file", 0))) / max(int(said), 1))
    return shares


@cache
def _of_machine(proc: Path) -> int:
    line = next(
        one for one in (proc / "meminfo").read_text().splitlines() if one.startswith("MemTotal:")
    )
    return int(line.split()[1]) * 1024


@cache
def _limit_mb() -> int | None:
    return read_settings(default_home()).limits.memory_mb


def refusal() -> StoreError | None:
    """Why no file may come in now; None if one may."""
    try:
        share = used(_limit_mb())
    except OSError:
        # Not Linux, or not shown to us: then nobody watches.
        return None
    if share <= NO_UPLOADS:
        return None
    return StoreError(
        "memory_short",
        f"This server uses {share:.0%} of its memory, so it takes no new file at the moment.",
        fix="Try again in a few minutes; saved studies open as usual.",
    )


def drop() -> None:
    """Empty every cache and give the memory back to the machine."""
    for one in _drops:
        one()
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


async def watch() -> None:
    """Look every few seconds, for as long as the server runs."""
    while True:
        pause = LOOK_SECONDS
        try:
            if used(_limit_mb()) > DROP_CACHES:
                log.warning("memory_short")
                # Not in a thread: what is emptied may be in use there, never between two awaits.
                drop()
                pause = BETWEEN_DROPS_SECONDS
        except OSError:
            return
        await asyncio.sleep(pause)
