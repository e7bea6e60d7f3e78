"""Which slots credit whom: two rankers' clicks by list, by unit and by stratum."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from analysis.core import Floats
from analysis.logs.list_log import Bool, Int, ListLog, Purchases

# Up to so many possible cells a slot, a table of all of them is quicker than sorting.
DENSE = 2


@dataclass(frozen=True)
class Cells:
    """Slots and clicks of two rankers by unit and stratum; only combinations that occur.

    Attributes:
        unit: (cells,) ascending.
        stratum: (cells,) 0 to strata - 1.
        slots: (2, cells) shown slots of control and candidate.
        clicks: (2, cells) clicks on them.
        units: Units of the whole log, those without a cell included.
        strata: How many strata there may be.
    """

    unit: Int
    stratum: Int
    slots: Int
    clicks: Int
    units: int
    strata: int

    def by_stratum(self, counted: Int) -> Int:
        """(2, strata): `slots` or `clicks` summed over units."""
        rows = [np.bincount(self.stratum, weights=row, minlength=self.strata) for row in counted]
        return np.rint(np.stack(rows)).astype(np.int64)

    @cached_property
    def starts(self) -> Int:
        """Where each unit's cells start."""
        fresh = np.ones(self.unit.size, dtype=bool)
        fresh[1:] = self.unit[1:] != self.unit[:-1]
        return np.flatnonzero(fresh)

    def by_unit(self, counted: Int | Floats) -> Floats:
        """(2, units): anything counted by cell, summed over strata."""
        found = np.zeros((2, self.units))
        if self.unit.size:
            found[:, self.unit[self.starts]] = np.add.reduceat(counted, self.starts, axis=1)
        return found


@dataclass(frozen=True)
class Duel:
    """Two rankers held against each other over all lists of a log.

    Attributes:
        control, candidate: (lists,) credited clicks of each list.
        unit: (lists,) the list's unit: its user, or itself without user ids.
        lists_of: (units,) how many lists each unit has.
        by_user: Whether units are users.
        cells: By unit and position; one stratum for all where there are no positions.
    """

    control: Int
    candidate: Int
    unit: Int
    lists_of: Int
    by_user: bool
    cells: Cells

    @property
    def unit_credits(self) -> tuple[Int, Int]:
        """(units,) credited clicks of control and of candidate."""
        both = np.rint(self.cells.by_unit(self.cells.clicks)).astype(np.int64)
        return both[0], both[1]


def units_of(log: ListLog) -> tuple[Int, int]:
    """(lists,) the unit of each list, and how many units there are."""
    if log.table.user is None:
        return np.arange(log.lists), log.lists
    return log.table.user, log.users


def depth(log: ListLog) -> int:
    """The largest position in the log; 1 without positions or slots."""
    position = log.slots.position
    return int(position.max()) if position is not None and position.size else 1


def labelled(log: ListLog, control: int = 0, candidate: int = 1) -> Bool:
    """(slots,) whether one of two rankers supplied the slot."""
    ranker = log.slots.ranker
    marked: Bool = (ranker == control) | (ranker == candidate)
    return marked


def strata_of(log: ListLog, *, by_day: bool) -> tuple[Int, int]:
    """(slots,) position, or day and position, as a code from 0; and how many codes."""
    slots, deep = log.slots, depth(log)
    if slots.position is None:
        stratum = np.zeros(slots.list.size, dtype=np.int64)
    else:
        stratum = slots.position.astype(np.int64) - 1
    if not by_day or log.table.day is None:
        return stratum, deep
    # Lists without a time are a day of their own, before the first.
    day = log.table.day[slots.list].astype(np.int64) + 1
    return day * deep + stratum, (len(log.days) + 1) * deep


def cells_of(log: ListLog, which: Bool, candidate: int = 1, *, by_day: bool = False) -> Cells:
    """The two rankers' slots by unit and stratum.

    Args:
        log: The log.
        which: (slots,) the labelled slots that count.
        candidate: Code of the candidate; every other slot of `which` is the control's.
        by_day: Strata are day by position, not position alone.
    """
    unit, units = units_of(log)
    stratum, strata = strata_of(log, by_day=by_day)
    slots = log.slots
    key = unit[slots.list[which]].astype(np.int64)
    key *= strata
    key += stratum[which]
    key <<= 2
    key += 2 * (slots.ranker[which] == candidate)
    key += slots.clicked[which]
    if units * strata <= DENSE * key.size:
        four = np.bincount(key, minlength=4 * units * strata)
        place = np.flatnonzero(four[0::4] + four[1::4] + four[2::4] + four[3::4])
        columns = [four[k::4][place] for k in range(4)]
    else:
        key.sort()
        fresh = np.ones(key.size, dtype=bool)
        fresh[1:] = key[1:] >> 2 != key[:-1] >> 2
        place = key[fresh] >> 2
        within = np.cumsum(fresh)
        within -= 1
        within <<= 2
        within += key & 3
        four = np.bincount(within, minlength=4 * place.size)
        columns = [four[k::4] for k in range(4)]
    return Cells(
        unit=place // strata,
        stratum=place % strata,
        slots=np.stack([columns[0] + columns[1], columns[2] + columns[3]]),
        clicks=np.stack([columns[1], columns[3]]),
        units=units,
        strata=strata,
    )


def duel(log: ListLog, control: int = 0, candidate: int = 1, *, which: Bool | None = None) -> Duel:
    """Two rankers' credits.

    Args:
        log: The log.
        control: Code of the control.
        candidate: Code of the candidate.
        which: (slots,) the slots that credit; by default all that carry either label.
    """
    if which is None:
        which = labelled(log, control, candidate)
    slots = log.slots
    unit, units = units_of(log)
    clicked = which & slots.clicked
    credited = [
        np.bincount(slots.list[clicked & (slots.ranker == m)], minlength=log.lists)
        for m in (control, candidate)
    ]
    return Duel(
        control=credited[0],
        candidate=credited[1],
        unit=unit,
        lists_of=np.bincount(unit, minlength=units),
        by_user=log.table.user is not None,
        cells=cells_of(log, which, candidate),
    )


def keep_lists(log: ListLog, keep: Bool) -> ListLog:
    """The log as if only some lists had been shown; users without any of them are gone.

    Args:
        log: The log.
        keep: (lists,) which lists stay.
    """
    slots, table = log.slots, log.table
    stays = keep[slots.list]
    code = np.cumsum(keep) - 1

    kept_slots = replace(
        slots,
        list=code[slots.list[stays]],
        ranker=slots.ranker[stays],
        clicked=slots.clicked[stays],
        position=_part(slots.position, stays),
        item=_part(slots.item, stays),
        competitive=_part(slots.competitive, stays),
        ranks=None if slots.ranks is None else tuple(rank[stays] for rank in slots.ranks),
        randomized=_part(slots.randomized, stays),
        propensity=_part(slots.propensity, stays),
    )
    user, users, bots, seen = None, 0, log.bots, None
    if table.user is not None:
        seen = np.zeros(log.users, dtype=bool)
        seen[table.user[keep]] = True
        user, users = (np.cumsum(seen) - 1)[table.user[keep]], int(seen.sum())
        bots = None if bots is None else bots[seen]
    kept_table = replace(
        table,
        user=user,
        context=_part(table.context, keep),
        day=_part(table.day, keep),
        time=_part(table.time, keep),
        segments={name: (levels, of[keep]) for name, (levels, of) in table.segments.items()},
    )
    purchases = log.purchases and _keep_purchases(log.purchases, stays, seen)
    return replace(
        log,
        users=users,
        lists=int(keep.sum()),
        slots=kept_slots,
        table=kept_table,
        bots=bots,
        purchases=purchases,
    )


def _part(column: Any, mask: Bool) -> Any:
    """Some rows of a column, if the log has it."""
    return None if column is None else column[mask]


def _keep_purchases(purchases: Purchases, stays: Bool, seen: Bool | None) -> Purchases:
    """Purchases that a kept slot may have led to, and those that no slot ever led to."""
    counted = np.diff(purchases.start)
    event = np.repeat(np.arange(counted.size), counted)
    holds = stays[purchases.exposure]
    left = np.bincount(event[holds], minlength=counted.size)
    known = np.ones(counted.size, dtype=bool)
    user = purchases.user
    if seen is not None and seen.size:
        known = (user < 0) | seen[np.maximum(user, 0)]
        user = np.where((user >= 0) & known, (np.cumsum(seen) - 1)[np.maximum(user, 0)], -1)
    keep = known & ((left > 0) | (counted == 0))
    used = holds & keep[event]
    return Purchases(
        value=purchases.value[keep],
        user=user[keep],
        start=np.concatenate([[0], np.cumsum(left[keep])]),
        exposure=(np.cumsum(stays) - 1)[purchases.exposure[used]],
    )
