"""Peers on the tasks of synthetic control: `python -m tests.bench.control_peers NAME TASK`.

Run by the Python of an environment that has them (tests/bench/README.md says how to make one); it
needs nothing of Verdict. Each is given what the task needs and no more: classic weights on all
pre-periods and, unless the task is one solve, the placebo of every donor (of 500 donors one fit is
timed, and counted 501 times).
"""

import importlib.metadata
import json
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from tests.bench.control_panels import Floats, panel_of

PATIENCE = 3.0
# Of tasks with very many fits peers do one, and are taken to need as much for each of the others.
FITS = {"five_hundred": 501}


def rows_of(values: Floats, pre: int) -> pd.DataFrame:
    """The panel as the peers take it: one row a unit and period, unit 0 treated."""
    periods, units = values.shape
    return pd.DataFrame(
        {
            "unit": np.tile([f"u{j:05d}" for j in range(units)], periods),
            "time": np.repeat(np.arange(periods), units),
            "y": values.ravel(),
            "treated": (
                (np.tile(np.arange(units), periods) == 0)
                & (np.repeat(np.arange(periods), units) >= pre)
            ).astype(int),
        }
    )


def mlsynth(values: Floats, pre: int, *, placebos: bool) -> Callable[[], float]:
    """Its standard estimator, outcomes only."""
    from mlsynth import VanillaSC

    config = {
        "df": rows_of(values, pre), "outcome": "y", "treat": "treated", "unitid": "unit",
        "time": "time", "backend": "outcome-only", "display_graphs": False,
        "inference": "placebo" if placebos else False,
    }  # fmt: skip
    return lambda: float(VanillaSC(config).fit().effects.att)


def diff_diff(values: Floats, pre: int, *, placebos: bool) -> Callable[[], float]:
    """Its classic estimator with V fixed at equal weights on all pre-period outcomes."""
    from diff_diff import SyntheticControl

    rows = rows_of(values, pre)

    def work() -> float:
        model = SyntheticControl(v_method="custom", custom_v=np.ones(pre), standardize="none")
        found = model.fit(rows, "y", "treated", "unit", "time")
        if placebos:
            found.in_space_placebo()
        return float(found.att)

    return work


def pysyncon(values: Floats, pre: int, *, placebos: bool) -> Callable[[], float]:
    """Its estimator with V fixed, refitted for every donor in a loop."""
    from pysyncon import Synth

    table = pd.DataFrame(values, columns=[f"u{j:05d}" for j in range(values.shape[1])])

    def gaps(target: str, pool: list[str]) -> Floats:
        model = Synth()
        before = table.iloc[:pre]
        model.fit(
            X0=before[pool], X1=before[target], Z0=before[pool], Z1=before[target],
            custom_V=np.ones(pre),
        )  # fmt: skip
        found: Floats = (table[target] - table[pool] @ model.W).to_numpy()
        return found

    def work() -> float:
        first, *others = table.columns
        own = gaps(first, others)
        if placebos:
            for donor in others:
                gaps(donor, [one for one in others if one != donor])
        return float(own[pre:].mean())

    return work


PEERS = {"mlsynth": mlsynth, "diff-diff": diff_diff, "pysyncon": pysyncon}


def main(name: str, task: str) -> None:
    """Print what the task took and found, by the quickest of its repetitions in a few seconds."""
    warnings.simplefilter("ignore")
    fits = FITS.get(task, 1)
    work = PEERS[name](*panel_of(task), placebos=task != "one" and fits == 1)
    least, until = float("inf"), time.process_time() + PATIENCE
    found = 0.0
    while least == float("inf") or time.process_time() < until:
        begin = time.process_time()
        found = work()
        least = min(least, time.process_time() - begin)
    version = importlib.metadata.version(name)
    took = fits * least
    print(json.dumps({"wall": took, "cpu": took, "found": found, "version": version}))


if __name__ == "__main__":
    main(*sys.argv[1:])
