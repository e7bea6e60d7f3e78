"""The panels that synthetic control is timed on; NumPy alone, so that any peer can make them."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TOBACCO = Path(__file__).resolve().parents[2] / "data" / "samples" / "california_prop99.csv"
# Donors and pre-periods of the larger panels; each has ten more periods after the start.
SIZES = {"hundred": (100, 200), "five_hundred": (500, 400), "five_thousand": (5_000, 1_000)}
POST = 10


def states() -> list[str]:
    """The 39 states, California first."""
    with TOBACCO.open(encoding="utf-8", newline="") as file:
        known = {row["State"] for row in csv.DictReader(file, delimiter=";")}
    return sorted(known, key=lambda state: (state != "California", state))


def tobacco() -> tuple[Floats, int]:
    """(31 years, 39 states) with California first, and its 19 years before the start."""
    order = states()
    values = np.empty((31, len(order)))
    with TOBACCO.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            values[int(row["Year"]) - 1970, order.index(row["State"])] = float(
                row["PacksPerCapita"]
            )
    return values, 19


def tobacco_predictors() -> Floats:
    """(7, 39) predictors of Abadie, Diamond and Hainmueller (2010)."""
    path = Path(__file__).resolve().parents[1] / "golden" / "panels" / "prop99_predictors.csv"
    with path.open(encoding="utf-8", newline="") as file:
        known = {row["state"]: row for row in csv.DictReader(file)}
    means = [
        [float(known[state][name]) for state in states()]
        for name in ("income", "price", "young", "beer")
    ]
    return np.vstack([means, tobacco()[0][[5, 10, 18]]])


def factors(donors: int, pre: int) -> Floats:
    """(pre + POST, 1 + donors): five common random walks, loads of its own for each, and noise."""
    rng = np.random.default_rng(2026)
    common = rng.normal(size=(pre + POST, 5)).cumsum(axis=0)
    loads = rng.normal(size=(5, donors + 1))
    return 100 + common @ loads + rng.normal(0, 0.5, size=(pre + POST, donors + 1))


def panel_of(task: str) -> tuple[Floats, int]:
    """The panel of a task and its pre-periods."""
    if task in SIZES:
        donors, pre = SIZES[task]
        return factors(donors, pre), pre
    return tobacco()
