"""Daily sales of markets with common shocks: the panels by which the lens is calibrated."""

from dataclasses import dataclass

import numpy as np

from analysis.core import Floats

# Monday to Sunday.
WEEK = (0.96, 0.94, 0.96, 1.00, 1.08, 1.12, 1.04)
# All seeds of the recipe start with this number.
SERIES = 2026


@dataclass(frozen=True)
class GeoPlan:
    """Markets of unequal size that share growth, a week and shocks; the first one is treated.

    Attributes:
        markets: How many, the treated one among them.
        pre, post: Days before and after the start.
        lift: Share added to the treated market from the start on.
    """

    markets: int = 24
    pre: int = 84
    post: int = 14
    lift: float = 0.0


def geo_values(plan: GeoPlan, seed: int) -> Floats:
    """(days, markets) of one panel; the order of draws is fixed, so a seed is a panel."""
    rng = np.random.default_rng([SERIES, seed])
    days = plan.pre + plan.post
    size = np.exp(rng.normal(np.log(1000), 0.8, plan.markets))
    growth = 1 + 0.001 * np.arange(days) * rng.uniform(0.5, 1.5)
    steps = rng.normal(0, 0.02, days)
    load = rng.uniform(0.7, 1.3, plan.markets)
    noise = rng.normal(0, 0.06, (days, plan.markets))
    shock = fading(0.7, steps, first=0.0)
    own = fading(0.3, np.sqrt(1 - 0.3**2) * noise, first=noise[0])
    level = growth * np.resize(WEEK, days)
    values: Floats = size * level[:, None] * np.exp(shock[:, None] * load + own)
    values[plan.pre :, 0] *= 1 + plan.lift
    return values


def fading(share: float, steps: Floats, *, first: Floats | float) -> Floats:
    """A series in which each period keeps a share of the last one and takes a step."""
    found = np.empty_like(steps)
    found[0] = first
    for period in range(1, len(steps)):
        found[period] = share * found[period - 1] + steps[period]
    return found
