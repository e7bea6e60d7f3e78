"""Many simulated experiments at once, read one by one as the A/B lens reads them."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from analysis.ab.compare import read
from analysis.ab.intervals import difference_interval, lift_interval
from analysis.ab.reading import Pair, Reading
from analysis.core import Floats, Moments
from analysis.logs import Cell
from analysis.study import ABOptions
from tests.ab.made import C, T, table

FULL = os.environ.get("VERDICT_CALIBRATION") == "full"
# The bands of the full length are narrower than chance allows at a few thousand runs.
RUNS = 12_000 if FULL else 1_000
CHUNK = 250
ALPHA = 0.05

Draw = Callable[[np.random.Generator, int], dict[str, Floats]]


@dataclass(frozen=True)
class Outcome:
    """What became of every run: p, difference, both intervals."""

    p: Floats
    difference: Floats
    low: Floats
    high: Floats
    lift_low: Floats
    lift_high: Floats

    def rejected(self) -> float:
        """Share of runs with p below alpha."""
        return float((self.p < ALPHA).mean())

    def tails(self) -> tuple[float, float]:
        """Share of runs rejected downward, and upward."""
        below = self.p < ALPHA
        return float((below & (self.difference < 0)).mean()), float(
            (below & (self.difference > 0)).mean()
        )

    def covers(self, truth: float) -> float:
        """Share of runs whose interval of the difference holds the truth."""
        return float(((self.low <= truth) & (truth <= self.high)).mean())

    def lift_covers(self, truth: float) -> float:
        """Share of runs whose interval of the lift holds the truth."""
        return float(((self.lift_low <= truth) & (truth <= self.lift_high)).mean())


def moments(columns: dict[str, Floats]) -> Iterator[Moments]:
    """Moments of each run, from columns of shape (runs, units)."""
    names = tuple(columns)
    data = np.stack([columns[name] for name in names], axis=2)
    means = data.mean(axis=1)
    centred = data - means[:, None, :]
    cross = np.einsum("rik,ril->rkl", centred, centred)
    zeros = np.zeros(len(names))
    for mean, one in zip(means, cross, strict=True):
        yield Moments(data.shape[1], names, mean, zeros, one)


def readings(seed: int, treatment: Draw, control: Draw, **how: Any) -> Iterator[Reading]:
    """Every run's reading; `treatment` and `control` draw columns of shape (runs, units)."""
    rng = np.random.default_rng(seed)
    made = table(**how)
    pair = Pair(T, C, made, ABOptions(), ALPHA, recorded={T: True, C: True})
    for _ in range(0, RUNS, CHUNK):
        arms = [moments(draw(rng, CHUNK)) for draw in (treatment, control)]
        for one, nil in zip(*arms, strict=True):
            yield read(pair, Cell(one), Cell(nil))


def collect(found: Iterator[Reading]) -> Outcome:
    """The numbers of every run."""
    rows = []
    options = ABOptions()
    for one in found:
        interval = difference_interval(one, ALPHA, options)
        lift, _ = lift_interval(one, ALPHA, options)
        ends = [
            -np.inf if lift.low is None else lift.low,
            np.inf if lift.high is None else lift.high,
        ]
        rows.append([one.p, one.difference, interval.low, interval.high, *ends])
    return Outcome(*np.array(rows, dtype=float).T)


def run(seed: int, treatment: Draw, control: Draw, **how: Any) -> Outcome:
    """The outcome of all runs of one experiment."""
    return collect(readings(seed, treatment, control, **how))


def conversions(
    seed: int, treated: float, base: float, sizes: tuple[int, int] = (15_000, 40_000)
) -> Outcome:
    """The outcome of all runs of two rates, in arms whose sizes are drawn too."""
    rng = np.random.default_rng(seed)
    pair = Pair(T, C, table(proportion=True), ABOptions(), ALPHA, recorded={T: True, C: True})
    units = rng.integers(*sizes, (RUNS, 2))
    successes = rng.binomial(units, [treated, base])

    def found() -> Iterator[Reading]:
        for (x1, x0), (n1, n0) in zip(successes.tolist(), units.tolist(), strict=True):
            yield read(pair, Cell(Moments.of_counts(x1, n1)), Cell(Moments.of_counts(x0, n0)))

    return collect(found())


def within(share: float, low: float, high: float, *, rate: float, runs: int = RUNS) -> bool:
    """Whether a share lies in its band, widened at the short length to what chance allows."""
    if not FULL:
        chance = [float(stats.binom.ppf(tail, runs, rate)) / runs for tail in (5e-5, 1 - 5e-5)]
        low, high = min(low, chance[0]), max(high, chance[1])
    return low <= share <= high


def calibrated(outcome: Outcome) -> None:
    """A/A: 4 to 6 % rejected, 2 to 3 % on each side, 94 to 96 % covered, p uniform."""
    assert within(outcome.rejected(), 0.04, 0.06, rate=0.05), outcome.rejected()
    for tail in outcome.tails():
        assert within(tail, 0.02, 0.03, rate=0.025), outcome.tails()
    assert within(outcome.covers(0.0), 0.94, 0.96, rate=0.95), outcome.covers(0.0)
    assert within(outcome.lift_covers(0.0), 0.94, 0.96, rate=0.95), outcome.lift_covers(0.0)
    assert stats.kstest(outcome.p, "uniform").pvalue > 0.001
