"""How people click in a list: by its places alone, or reading it from the top."""

import numpy as np
from numpy.typing import NDArray

from analysis.core import Floats
from analysis.simulate.list_plan import ListPlan

Bools = NDArray[np.bool_]


def examination(plan: ListPlan) -> Floats:
    """Chance that each place is looked at, where it depends on the place alone.

    Source:
        Richardson, Dominowska, Ragno (2007), "Predicting clicks: estimating the click-through
        rate for new ads", WWW 2007, 521-530.
    """
    theta: Floats = np.arange(1, plan.slots + 1, dtype=np.float64) ** -plan.eta
    return theta


def drawn(plan: ListPlan, relevance: Floats, random: np.random.Generator) -> Bools:
    """Clicks, from relevance of shape (lists, slots).

    Source:
        Craswell, Zoeter, Taylor, Ramsey (2008), "An experimental comparison of click
        position-bias models", WSDM 2008, 87-94 (the cascade, here with people who may go on
        after a click or leave without one).
    """
    wanted = random.random(relevance.shape) < relevance
    if plan.clicks == "position":
        return wanted & (random.random(relevance.shape) < examination(plan))
    goes_on = random.random(relevance.shape) < np.where(wanted, plan.onward, plan.patience)
    reading = np.ones_like(goes_on)
    reading[:, 1:] = np.logical_and.accumulate(goes_on[:, :-1], axis=1)
    return wanted & reading


def expected(plan: ListPlan, relevance: Floats) -> Floats:
    """Chance of a click on each slot, from relevance of shape (..., slots)."""
    if plan.clicks == "position":
        by_place: Floats = relevance * examination(plan)
        return by_place
    goes_on = relevance * plan.onward + (1 - relevance) * plan.patience
    reading = np.ones_like(relevance)
    reading[..., 1:] = np.cumprod(goes_on[..., :-1], axis=-1)
    return relevance * reading
