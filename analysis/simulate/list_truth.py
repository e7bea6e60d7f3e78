"""What was planted in simulated lists, in expected clicks: exact, without a draw."""

from dataclasses import dataclass
from itertools import permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.core import Floats
from analysis.simulate.list_clicks import expected
from analysis.simulate.list_drafts import team_draft
from analysis.simulate.list_plan import ListPlan
from analysis.simulate.list_world import World, world

Ints = NDArray[np.int64]
# Beyond this many orders of picks the fair draft is not enumerated.
_MOST_ORDERS = 5_000


@dataclass(frozen=True)
class ListTruth:
    """The truth about rankers.

    Attributes:
        alone: Ranker -> clicks expected on a list that it fills alone.
        credit: Ranker -> clicks expected on its slots of a list that a fair team draft makes.
    """

    alone: dict[str, float]
    credit: dict[str, float]

    @property
    def lift(self) -> float:
        """Clicks of the second ranker's own lists against those of the first's."""
        control, candidate = list(self.alone.values())[:2]
        return candidate / control - 1

    @property
    def share(self) -> float:
        """The second ranker's share of the credit of both, under a fair draft."""
        control, candidate = list(self.credit.values())[:2]
        return candidate / (control + candidate)

    @property
    def better(self) -> str | None:
        """The ranker with most credit under a fair draft; None where several are level."""
        first, second = sorted(self.credit.values(), reverse=True)[:2]
        if first - second <= 1e-9 * first:
            return None
        return max(self.credit, key=lambda name: self.credit[name])

    def to_mapping(self) -> dict[str, Any]:
        """Twelve significant digits of each number, the same on every machine."""
        return {
            "better": self.better,
            "clicks_per_list_alone": {name: _round(one) for name, one in self.alone.items()},
            "lift": _round(self.lift),
            "credit_per_list_fair_draft": {name: _round(one) for name, one in self.credit.items()},
            "fair_share": _round(self.share),
        }


def list_truth(plan: ListPlan) -> ListTruth:
    """The truth of a plan: expected clicks over queries, days and tastes."""
    made = world(plan)
    queries = np.arange(plan.queries)
    alone = [
        float(_clicks(plan, made, queries, order[:, : plan.slots]).sum(axis=1).mean())
        for order in made.order
    ]
    credit = np.zeros(len(plan.names))
    orders = _fair_orders(plan)
    for pickers in orders:
        items, labels = team_draft(made.order, queries, np.tile(pickers, (plan.queries, 1)))
        clicks = _clicks(plan, made, queries, items)
        for at in range(credit.size):
            credit[at] += float((clicks * (labels == at)).sum(axis=1).mean()) / len(orders)
    return ListTruth(
        dict(zip(plan.names, alone, strict=True)),
        dict(zip(plan.names, map(float, credit), strict=True)),
    )


def _clicks(plan: ListPlan, made: World, queries: Ints, items: Ints) -> Floats:
    """Chance of a click on each slot, over all tastes and days."""
    own = np.take_along_axis(made.relevance[queries], items, axis=1)
    leaning = np.take_along_axis(made.leaning[queries], items, axis=1)
    tastes = (plan.taste, -plan.taste) if plan.taste else (0.0,)
    rates = {plan.rate(day) for day in range(plan.days)}
    days = [plan.rate(day) for day in range(plan.days)] if len(rates) > 1 else [plan.rate(0)]
    total = np.zeros(own.shape)
    for taste in tastes:
        for rate in days:
            total += expected(plan, own * (1 + taste * leaning) * rate)
    return total / (len(tastes) * len(days))


def _fair_orders(plan: ListPlan) -> list[Ints]:
    """Every order of picks of a fair team draft, all equally likely."""
    everyone = range(len(plan.names))
    rounds = -(-plan.slots // len(plan.names))
    orders = list(permutations(everyone))
    if len(orders) ** rounds > _MOST_ORDERS:
        raise ValueError(f"{len(orders)} ** {rounds} orders of picks are too many to enumerate.")
    return [
        np.array([pick for one in chosen for pick in one][: plan.slots])
        for chosen in product(orders, repeat=rounds)
    ]


def _round(number: float) -> float:
    return float(f"{number:.12g}") + 0.0
