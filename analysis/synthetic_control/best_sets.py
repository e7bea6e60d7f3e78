"""Which one, two or three units a test should be tried on: those that show the least effect."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.core import Floats
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.placebos import fitted
from analysis.synthetic_control.power import power_block, windows
from analysis.synthetic_control.working import Problem, Working

Block = dict[str, Any]
Progress = Callable[[str, float], None]
Chosen = tuple[int, ...]

LARGEST_SET = 3
# Refits that a search may take, whatever the panel; units beyond them are not tried.
MOST_FITS = 15_000
SEARCH_WINDOWS = 4
# A set of two or three grows from so many smaller ones, by so many single units.
SEEDS, GROWING = 4, 8
# Found without any launch more often than this, a set stands after all others.
FALSE_ALARMS = 0.25
RULE = (
    "The best sets have the least detectable lift: the half-width of the placebo interval over "
    "the treated mean, averaged over the latest pretended launches. It does not hang on where "
    "the series happened to drift, as the least of many detected lifts would. Sets that were "
    "found without a launch in more than one window of four stand last. Every unit is tried "
    "alone; the best four grow by the best eight units, and those once more."
)


@dataclass(frozen=True)
class Search:
    """A panel without a launch, and how sets of its units are tried.

    Attributes:
        names: Units that may be treated or be donors.
        values: (periods, units).
        make: The method.
        on_index: Its gaps are shares of a unit's mean, not of the metric's unit.
        horizon: Periods of the planned test.
        windows: Launches to pretend.
        lifts: Shares to look for, rising.
        alpha: Level of the test.
        statistic: What placebos are ranked by.
    """

    names: tuple[str, ...]
    values: Floats
    make: Callable[[Panel], Working]
    on_index: bool
    horizon: int
    windows: int
    lifts: tuple[float, ...]
    alpha: float
    statistic: str

    def power(self, chosen: Sequence[int], donors: Sequence[int], count: int) -> Block | None:
        """Power of treating the mean of some units, against donors, in the latest windows."""
        target = self.values[:, list(chosen)].mean(axis=1)
        values = np.column_stack([target, self.values[:, list(donors)]])
        panel = Panel(values, values.shape[0], values.shape[0], len(chosen))
        found = windows(
            panel, self.make, horizon=self.horizon, count=count, lifts=self.lifts,
            alpha=self.alpha, statistic=self.statistic,
        )  # fmt: skip
        return power_block(found, self.lifts, self.alpha, self.horizon)

    def others(self, chosen: Sequence[int]) -> list[int]:
        """The units that are not chosen."""
        return [i for i in range(len(self.names)) if i not in chosen]


@dataclass(frozen=True)
class _Tried:
    """One set and what its pretended launches showed."""

    chosen: Chosen
    power: Block

    @property
    def false_alarms(self) -> float:
        """Share of windows in which it is found without a launch."""
        return float(self.power["power_by_lift"][0]["power"])

    @property
    def miss(self) -> float | None:
        """Mean over the windows of the pre-period RMSPE over the treated mean."""
        return average([one["rmspe_pre_over_mean"] for one in self.power["windows"]])

    @property
    def detectable(self) -> float | None:
        """Mean over the windows of the interval's half-width over the treated mean."""
        shares = []
        for one in self.power["windows"]:
            known = one["detectable_att"] is not None and one["rmspe_pre_over_mean"]
            # The mean is what turns one pre-period RMSPE into the other.
            mean = one["rmspe_pre"] / one["rmspe_pre_over_mean"] if known else None
            shares.append(one["detectable_att"] / mean if mean else None)
        return average(shares)

    def order(self, names: Sequence[str]) -> tuple[Any, ...]:
        """See RULE."""
        return (
            self.false_alarms > FALSE_ALARMS + 1e-9,
            math.inf if self.detectable is None else self.detectable,
            math.inf if self.miss is None else self.miss,
            len(self.chosen),
            [names[i] for i in self.chosen],
        )


def average(shares: Sequence[float | None]) -> float | None:
    """The mean; None if one is None, or there is none."""
    known = [one for one in shares if one is not None]
    return float(np.mean(known)) if known and len(known) == len(shares) else None


def best_sets(search: Search, progress: Progress) -> Block:
    """Single units and the best sets of two and three, best first.

    The rule: RULE. The cost is bounded by MOST_FITS refits. Where not every unit can be tried
    alone within them, those that the others follow best in one fit are.

    Returns:
        ``best_sets`` (units, size, detectable_lift, mde, false_alarms, rmspe_pre_over_mean),
        ``untried`` (unit, rmspe_pre_over_mean) and ``sets_rule``.
    """
    count = len(search.names)
    looks = min(search.windows, SEARCH_WINDOWS)
    affordable = MOST_FITS // max(1, looks * count)
    by_fit = _by_fit(search) if count > LARGEST_SET else []
    singles = [(i,) for i, _ in by_fit[: affordable // 2]]
    tried = _tried(search, singles, looks, lambda share: progress("Trying each unit", share / 2))
    partners = [one.chosen[0] for one in tried[:GROWING]]
    seeds = tried[:SEEDS]
    for size in range(2, LARGEST_SET + 1):
        # A set must leave two donors.
        sets = _grown(seeds, partners, search.names) if count - size >= 2 else []
        start = 0.5 + 0.25 * (size - 2)
        grown = _tried(
            search, sets[: affordable // 4], looks,
            lambda share, size=size, start=start: progress(  # type: ignore[misc]
                f"Trying sets of {size}", start + share / 4
            ),
        )  # fmt: skip
        seeds = grown[:SEEDS]
        tried += grown
    tried.sort(key=lambda one: one.order(search.names))
    return {
        "best_sets": [
            {
                "units": [search.names[i] for i in one.chosen],
                "size": len(one.chosen),
                "detectable_lift": one.detectable,
                "mde": one.power["mde"],
                "false_alarms": one.false_alarms,
                "rmspe_pre_over_mean": one.miss,
            }
            for one in tried
        ],
        "untried": [
            {"unit": search.names[i], "rmspe_pre_over_mean": miss if math.isfinite(miss) else None}
            for i, miss in by_fit[len(singles) :]
        ],
        "search_windows": looks,
        "sets_rule": RULE,
    }


def _tried(
    search: Search, sets: Sequence[Chosen], looks: int, progress: Callable[[float], None]
) -> list[_Tried]:
    """The sets that could be tried, best first."""
    found = []
    for place, chosen in enumerate(sets):
        progress(place / len(sets))
        power = search.power(chosen, search.others(chosen), looks)
        if power is not None:
            found.append(_Tried(chosen, power))
    return sorted(found, key=lambda one: one.order(search.names))


def _by_fit(search: Search) -> list[tuple[int, float]]:
    """Every unit with its RMSPE over its mean, the one that the others follow best first.

    One fit each, before the latest pretended launch.
    """
    count = len(search.names)
    pre = search.values.shape[0] - search.horizon
    panel = Panel(search.values, pre, pre)
    working = search.make(panel)
    every = np.arange(count)
    problems: list[Problem] = [(i, every[every != i]) for i in range(count)]
    misses = []
    for problem, one in zip(problems, working.solve_all(problems), strict=True):
        own = fitted(panel, working, problem, one.weights)
        level = 1.0 if search.on_index else float(search.values[:pre, problem[0]].mean())
        share = own.rmspe_pre / level if level > 0 else math.inf
        misses.append((share, search.names[problem[0]], problem[0]))
    return [(i, miss) for miss, _, i in sorted(misses)]


def _grown(seeds: Sequence[_Tried], partners: Sequence[int], names: Sequence[str]) -> list[Chosen]:
    """Every seed with one more unit, each set once, the better seeds first."""
    found: dict[Chosen, None] = {}
    for seed in seeds:
        for unit in partners:
            if unit not in seed.chosen:
                found[tuple(sorted((*seed.chosen, unit), key=lambda i: names[i]))] = None
    return list(found)
