"""What one reading of a log of lists found: its notices are made of it."""

from dataclasses import dataclass

from analysis.logs.list_log import Purchases, Slots
from analysis.logs.lists.cleaning import Losses
from analysis.logs.lists.events import Joined
from analysis.logs.lists.rankers import Rankers


@dataclass(frozen=True)
class Found:
    """What notices are made of.

    Attributes:
        counts: Of every step.
        losses: Data rows that left.
        rankers: None without a ranker column.
        slots: Cleaned.
        joined: Clicks from rows of their own.
        purchases: None without any.
        has: Which fields the log has.
        wide_segments: Columns of too many values to cut by.
        first_repeated: The first list with two items at one position; "" if it has no name.
    """

    counts: dict[str, int]
    losses: Losses
    rankers: Rankers | None
    slots: Slots
    joined: Joined
    purchases: Purchases | None
    has: dict[str, bool]
    wide_segments: list[str]
    first_repeated: str
