"""What is planted in simulated lists: who ranks, who picks first, and how people click."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Coin = Literal["fair", "biased", "alternating", "sticky", "ramp"]
ClickModel = Literal["position", "cascade"]


@dataclass(frozen=True)
class ListPlan:
    """Lists that several rankers filled together, and people who click in them.

    Each query has a pool of items with a relevance of their own. A ranker sees relevance
    through noise: the less noise, the better it ranks. What a ranker would show for a query
    belongs to the plan, so that its truth does too; a run draws only people, coins and clicks.

    Attributes:
        rankers: Ranker -> log-scale noise with which it sees relevance; the control first.
        likeness: ``drawn`` (each ranker has noise of its own), ``identical`` (the same lists
            from all), or ``mirrored`` (two rankers that differ, and swap lists from one query to
            the next: exactly equal over all queries).
        draft: ``team`` (credit to each slot) or ``competitive`` (shared where both agree).
        coin: Who picks first: ``fair`` or ``biased`` in each round, ``alternating`` (the control
            always, then strictly in turn), ``sticky`` (one draw a user, for good), or ``ramp``
            (each slot is drawn, the candidate's share grows by the day).
        control_first: Biased coin: the chance that the control starts a round.
        ramp: Ramp: the candidate's share on the first and on the last day.
        clicks: ``position`` (a slot is examined by its place alone) or ``cascade`` (people read
            from the top, and leave as they go).
        eta: Position clicks: place k is examined with chance k ** -eta.
        patience: Cascade: chance to go on after a slot that was not clicked.
        onward: Cascade: chance to go on after a click.
        likely: The relevance that no item reaches, without taste.
        slots: Length of a list.
        depth: How many items a ranker gives; never fewer than `slots`.
        pool: Items of a query.
        queries: Queries, all equally frequent.
        users: People.
        lists_per_user: Mean number of lists.
        shape: Gamma shape of activity; smaller means heavier users.
        taste: People like what one of the two rankers puts higher, half of them each: its items'
            relevance is that much larger for them, and the other's that much smaller.
        first_rate, last_rate: Factors on all clicks on the first and last day.
        start: First day, UTC.
        days: Days.
        repeats: Share of rows that were sent twice.
        world: Seed of queries and rankers, a part of what is planted.
        devices: Device -> weight.
    """

    rankers: Mapping[str, float]
    likeness: Literal["drawn", "identical", "mirrored"] = "drawn"
    draft: Literal["team", "competitive"] = "team"
    coin: Coin = "fair"
    control_first: float = 0.5
    ramp: tuple[float, float] = (0.5, 0.5)
    clicks: ClickModel = "position"
    eta: float = 1.0
    patience: float = 0.85
    onward: float = 0.35
    likely: float = 0.5
    slots: int = 8
    depth: int = 12
    pool: int = 20
    queries: int = 200
    users: int = 1_000
    lists_per_user: float = 4.0
    shape: float = 1.5
    taste: float = 0.0
    first_rate: float = 1.0
    last_rate: float = 1.0
    start: str = "2026-03-02"
    days: int = 14
    repeats: float = 0.0
    world: int = 1
    devices: Mapping[str, float] = field(
        default_factory=lambda: {"mobile": 0.58, "desktop": 0.35, "tablet": 0.07}
    )

    @property
    def names(self) -> tuple[str, ...]:
        """The rankers, control first."""
        return tuple(self.rankers)

    def rate(self, day: int) -> float:
        """The factor on clicks of one day, from the first to the last."""
        return self.first_rate + (self.last_rate - self.first_rate) * day / max(self.days - 1, 1)

    def candidate_share(self, day: int) -> float:
        """The candidate's share of slots on one day of a ramp."""
        return self.ramp[0] + (self.ramp[1] - self.ramp[0]) * day / max(self.days - 1, 1)
