"""What the interleaving wing sees of a log of lists: arrays of slots and lists, no engine."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.core import Floats, Notice
from analysis.logs.accounting import Accounting

Int = NDArray[np.integer[Any]]
Bool = NDArray[np.bool_]

SHARED = -1
UNKNOWN = -2


@dataclass(frozen=True)
class Slots:
    """Shown slots after cleaning, one a row, sorted by list, position and file order.

    Attributes:
        list: (n,) which list, 0 to lists - 1.
        position: (n,) from 1 at the top; None if the log has no positions, or only clicks.
        ranker: (n,) place in `ListLog.rankers`; -1 shared (blank label), -2 unknown label.
        clicked: (n,) the chosen outcome.
        item: (n,) code of the item, -1 for none; None without items.
        competitive: (n,) 1, 0, or -1 for not said; None without such a column.
        ranks: For each ranker (n,) the item's rank in that ranker's own list, 0 for blank;
            None unless every ranker has such a column.
        randomized: (n,) whether the row's order was drawn at random; None if not said.
        propensity: (n,) NaN where blank; None without such a column.
    """

    list: Int
    position: Int | None
    ranker: Int
    clicked: Bool
    item: Int | None = None
    competitive: Int | None = None
    ranks: tuple[Int, ...] | None = None
    randomized: Bool | None = None
    propensity: Floats | None = None


@dataclass(frozen=True)
class Lists:
    """Lists, one a row; a code of -1 says that the list has none.

    Attributes:
        user: (lists,) 0 to users - 1; None without user ids.
        context: (lists,) code of the query; None without one.
        day: (lists,) place in `ListLog.days`, -1 without a time; None without times.
        time: (lists,) earliest time, UTC microseconds; the smallest int64 for none.
        segments: Column -> (levels, code per list).
    """

    user: Int | None
    context: Int | None = None
    day: Int | None = None
    time: Int | None = None
    segments: dict[str, tuple[tuple[str, ...], Int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Purchases:
    """Purchases with the slots that may have led to them, one event a row.

    Attributes:
        value: (events,) what was paid; 0 where the log says nothing.
        user: (events,) the user of the eligible exposures, else the event's own; -1 unknown.
        start: (events + 1,) where each event's part of `exposure` starts.
        exposure: Slots, by time of the list, ties by file order.
    """

    value: Floats
    user: Int
    start: Int
    exposure: Int


@dataclass(frozen=True)
class Totals:
    """A log that holds sums, not slots (section 14 of the method).

    Attributes:
        unit: ``lists`` or ``users``: what wins, losses and ties count.
        wins, losses, ties: Of the candidate; None if the log has only sums.
        x, y: (users,) credit of the candidate and of the control; None without them.
        n: (users,) lists of each user.
        sums: Sufficient sums, by name: n, x, y, lists, and products such as ``xy``.
    """

    unit: str
    wins: int | None = None
    losses: int | None = None
    ties: int | None = None
    x: Floats | None = None
    y: Floats | None = None
    n: Floats | None = None
    sums: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ListLog:
    """A log of lists, cleaned.

    Attributes:
        rankers: Control first, then the candidates.
        users: Users with a list.
        lists: Pairs of user and list id.
        days: Local calendar days with a list, ISO, in order.
        shape: ``long``, ``json``, ``joined``, ``events``, ``aggregated`` or ``position``.
        slots: What was shown.
        table: The lists.
        bots: (users,) suspected; None without users.
        purchases: Purchases and their exposures; None if the log has none.
        totals: Sums of an aggregated log; None for every other.
        counts: Counters of cleaning, such as ``duplicate_rows_removed``.
        has: Field -> whether the log has it.
        accounting: Where every row went.
        notices: What the reader should know before using the numbers.
    """

    rankers: tuple[str, ...]
    users: int
    lists: int
    days: tuple[str, ...]
    shape: str
    slots: Slots
    table: Lists
    bots: Bool | None
    purchases: Purchases | None
    totals: Totals | None
    counts: dict[str, int]
    has: dict[str, bool]
    accounting: Accounting
    notices: tuple[Notice, ...]
