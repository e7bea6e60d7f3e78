"""Queries, their items' relevance, and what each ranker would show alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.core import Floats
from analysis.simulate.list_plan import ListPlan

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """What is the same in every run of a plan.

    Attributes:
        relevance: Shape (queries, pool): chance of a click on an item that is examined.
        order: Shape (rankers, queries, depth): each ranker's items, best first.
        rank: Shape (rankers, queries, pool): an item's 1-based rank, 0 = not in the ranker's list.
        leaning: Shape (queries, pool): 1 if the candidate puts the item higher than the control
            does, -1 if lower, 0 if equally high.
    """

    relevance: Floats
    order: Ints
    rank: Ints
    leaning: Ints


def world(plan: ListPlan) -> World:
    """The world of a plan; the same plan, the same world."""
    random = np.random.default_rng(plan.world)
    highest = plan.likely / (1 + plan.taste)
    relevance = highest * random.beta(0.7, 2.3, size=(plan.queries, plan.pool)) + 1e-4
    orders = []
    for noise in plan.rankers.values():
        seen = np.log(relevance) + noise * random.standard_normal(relevance.shape)
        orders.append(np.argsort(-seen, axis=1, kind="stable")[:, : plan.depth])
    order = np.stack(orders)
    if plan.likeness == "identical":
        order = np.repeat(order[:1], len(plan.rankers), axis=0)
    if plan.likeness == "mirrored":
        relevance[1::2] = relevance[0::2]
        order[:2, 1::2] = order[1::-1, 0::2]
    rank = np.zeros((len(plan.rankers), plan.queries, plan.pool), dtype=np.int64)
    np.put_along_axis(rank, order, np.arange(1, plan.depth + 1), axis=2)
    place = np.where(rank == 0, plan.depth + 1, rank)
    leaning = np.sign(place[0] - place[min(1, len(place) - 1)])
    return World(relevance, order, rank, leaning)
