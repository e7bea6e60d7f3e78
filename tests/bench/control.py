"""Synthetic control beside its peers: seconds of processor time, one thread, on the same panels.

Peers are run by the Python that BENCH_PEERS names; without one they are told as absent.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench.measure import Cost, run

TOP = Path(__file__).resolve().parents[2]
PEERS = ("mlsynth", "diff-diff", "pysyncon")
# What a task is called, and which peers are asked.
TASKS = {
    "one": ("One classic solve, 38 donors x 19 periods", PEERS),
    "tobacco": ("Proposition 99: fit and 38 placebos", PEERS),
    "hundred": ("100 donors x 200 periods, fit and all placebos", PEERS),
    "five_hundred": ("500 donors x 400 periods, 501 fits (peers: one fit, times 501)", PEERS),
    "first_of_thousands": ("5,000 donors x 1,000 periods, one fit", ()),
    "five_thousand": ("5,000 donors x 1,000 periods, fit and 999 placebos", ()),
    "sdid": ("Synthetic difference in differences and its exact error, Proposition 99", ()),
    "v_local": ("Predictors: V by local search, Proposition 99", ()),
    "conformal": ("Conformal p-value of no effect, Proposition 99", ()),
    "conformal_grid": ("Conformal: 12 years x 100 effects", ()),
    "fit_range": ("Fit-equivalent range, both slacks", ()),
    "bsts": ("Structural forecast, 100 days, 20 covariates", ()),
}
AGREE = 1e-6


def table(say: Callable[[str], None]) -> bool:
    """Print the table; whether every exact peer found the same effect."""
    say("\n## Synthetic control\n")
    python = os.environ.get("BENCH_PEERS", sys.executable)
    there = {name: _has(python, name) for name in PEERS}
    names = [name for name in PEERS if there[name]]
    say(
        "| "
        + " | ".join(["task", "Verdict ms", "peak MB", *(f"{n} / Verdict's" for n in names)])
        + " |"
    )
    say("|" + "---|" * (3 + len(names)))
    same = True
    for task, (title, asked) in TASKS.items():
        own = run((sys.executable, "-m", "tests.bench.control_job", task), top=TOP)
        cells = [title, f"{own.said['cpu'] * 1e3:,.3g}", f"{own.peak:,.0f}"]
        for name in names:
            if name not in asked:
                cells.append("")
                continue
            job = ("env", "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", python, "-m")
            peer = run((*job, "tests.bench.control_peers", name, task), top=TOP)
            cells.append(_beside(own, peer))
            if name != "pysyncon":
                same &= abs(peer.said["found"] - own.said["found"]) <= AGREE
        say("| " + " | ".join(cells) + " |")
    for name in PEERS:
        if not there[name]:
            say(f"\n{name} is absent: see tests/bench/README.md to measure beside it.")
    say(f"\nClassic effects {'agree' if same else 'DO NOT AGREE'} to {AGREE:g} with exact peers.")
    return same


def _beside(own: Cost, peer: Cost) -> str:
    return f"{peer.said['cpu'] / own.said['cpu']:,.0f} ({peer.peak:,.0f} MB)"


def _has(python: str, name: str) -> bool:
    code = f"import importlib.metadata as m; m.version({name!r})"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(0 if table(print) else 1)
