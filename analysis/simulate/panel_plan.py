"""What is planted in a simulated panel: where a version was switched on, and what it did there."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PanelPlan:
    """Units that work with an assistant day by day, and a version that reaches some of them.

    Units share growth, a week and shocks, each to its own degree. A day of a unit has tasks,
    what they cost, and complaints about them.

    Attributes:
        units: Names, in the order in which they are drawn.
        kind: What a unit is called: the column's name.
        reached: Unit -> share of the version's effect on it: 1 where it was switched on.
        first: First day.
        pre, post: Days before and after the switch.
        lift: Share of tasks that the version adds.
        cost_lift: Share that it adds to the cost of a task.
        complaint_lift: Share that it adds to complaints a task.
        autumn: Share of tasks that everybody adds after the switch for another reason.
        opened: Unit -> days after the first one on which it began.
        tells: Whether a column `treated_from` says where and when it was switched on.
        total: Name of a row a day that adds up all units; None for none.
        tasks: Median tasks of a unit's day.
        spread: Log-scale standard deviation of units' sizes.
        noise: Log-scale standard deviation of a unit's own days.
        cost: Of a task, in dollars.
        complaints: A task.
    """

    units: tuple[str, ...]
    kind: str = "region"
    reached: Mapping[str, float] = field(default_factory=dict)
    first: str = "2026-02-02"
    pre: int = 112
    post: int = 28
    lift: float = 0.0
    cost_lift: float = 0.0
    complaint_lift: float = 0.0
    autumn: float = 0.0
    opened: Mapping[str, int] = field(default_factory=dict)
    tells: bool = False
    total: str | None = None
    tasks: float = 4_000.0
    spread: float = 0.7
    noise: float = 0.035
    cost: float = 0.042
    complaints: float = 0.012
