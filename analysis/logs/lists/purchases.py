"""Purchases and the shown slots that may have led to them."""

import numpy as np

from analysis.core import Floats
from analysis.logs.list_log import Bool, Int, Purchases
from analysis.logs.lists.codes import Columns
from analysis.logs.lists.events import EventRows, Target, lists_of, slots_in_lists
from analysis.logs.lists.rows import BAD_TIME
from analysis.logs.lists.shapes import PURCHASE_CODE
from analysis.logs.sql.times import DAY
from analysis.study import Interleaving


def attribute(events: list[EventRows], target: Target, lens: Interleaving) -> Purchases | None:
    """Every purchase with its eligible exposures; None if no row tells of a purchase.

    An exposure is eligible from its list's time on, for the window, both ends included.
    Rows with a list id join on list and item, others on user and item.
    """
    parts = []
    for rows in events:
        mine = rows.of(PURCHASE_CODE)
        if mine["row_no"].size:
            parts.append((rows, mine))
    if not parts:
        return None
    window = round(lens.window_days * DAY)
    value, user, event, slot = [], [], [], []
    before = 0
    for rows, mine in parts:
        lists = lists_of(mine, target)
        pairs = _by_list(mine, lists, target), _by_user(mine, target)
        row = np.concatenate([one for one, _ in pairs])
        of = np.concatenate([one for _, one in pairs])
        eligible = _in_window(mine["t"][row], _shown_at(target)[target.slots["list"][of]], window)
        row, of = row[eligible], of[eligible]
        without = np.ones(mine["row_no"].size, dtype=bool)
        without[row] = False
        rows.losses.add("purchase_without_exposure", mine["row_no"][without])
        value.append(mine["v"])
        user.append(_users(mine, lists, target))
        event.append(row + before)
        slot.append(of)
        before += mine["row_no"].size
    times = np.concatenate([mine["t"] for _, mine in parts])
    return _ordered(
        np.concatenate(value),
        np.concatenate(user),
        times,
        np.concatenate(event),
        np.concatenate(slot),
        target,
    )


def _shown_at(target: Target) -> Int:
    time = target.table.lists.time
    return time if time is not None else np.full(target.identity.lists, BAD_TIME - 1)


def _in_window(bought: Int, shown: Int, window: int) -> Bool:
    known = (bought > BAD_TIME) & (shown > BAD_TIME)
    # Only known times are subtracted: a mark minus a time would wrap around.
    gap = np.where(known, bought, 0) - np.where(known, shown, 0)
    found: Bool = known & (gap >= 0) & (gap <= window)
    return found


def _by_list(rows: Columns, lists: Int, target: Target) -> tuple[Int, Int]:
    """Pairs of purchase and slot that agree in list and item."""
    nothing = np.empty(0, dtype=np.int64)
    if "item" not in rows or "item" not in target.slots:
        return nothing, nothing
    found = list(slots_in_lists(lists, rows["item"], target.slots["item"], target))
    if not found:
        return nothing, nothing
    return np.concatenate([r for r, _ in found]), np.concatenate([s for _, s in found])


def _by_user(rows: Columns, target: Target) -> tuple[Int, Int]:
    """Pairs of purchase and slot that agree in user and item, for purchases without a list."""
    nothing = np.empty(0, dtype=np.int64)
    owner = target.identity.user
    if owner is None or not {"who", "item"} <= rows.keys() or "item" not in target.slots:
        return nothing, nothing
    asked = (rows["who"] >= 0) & (rows["item"] >= 0)
    if "list_id" in rows:
        asked &= rows["list_id"] == -1
    at = np.flatnonzero(asked)
    if not at.size:
        return nothing, nothing
    item = target.slots["item"]
    width = np.int64(max(item.max(initial=0), rows["item"].max()) + 1)
    mine = rows["who"][at] * width + rows["item"][at]
    keys, key_of_row = np.unique(mine, return_inverse=True)
    shown = owner[target.slots["list"]] * width + item
    place = np.minimum(np.searchsorted(keys, shown), keys.size - 1)
    matching = np.flatnonzero((keys[place] == shown) & (item >= 0))
    place = place[matching]
    order = np.argsort(place, kind="stable")
    place, matching = place[order], matching[order]
    first = np.searchsorted(place, key_of_row, "left")
    n = np.searchsorted(place, key_of_row, "right") - first
    row = np.repeat(at, n)
    offset = np.arange(row.size) - np.repeat(np.cumsum(n) - n, n)
    return row, matching[np.repeat(first, n) + offset]


def _users(rows: Columns, lists: Int, target: Target) -> Int:
    """(rows,) the user of each purchase: of its list, else its own; -1 if never shown a list."""
    user = target.table.lists.user
    found = np.full(rows["row_no"].size, -1, dtype=np.int32)
    if user is None:
        return found
    if "who" in rows and target.table.codes.size:
        codes = target.table.codes
        at = np.minimum(np.searchsorted(codes, rows["who"]), codes.size - 1)
        found = np.where(codes[at] == rows["who"], at, -1).astype(np.int32)
    listed = lists >= 0
    found[listed] = user[lists[listed]]
    return found


def _ordered(
    value: Floats, user: Int, time: Int, event: Int, slot: Int, target: Target
) -> Purchases:
    """Purchases by user, time and value; exposures of each by time, then file order."""
    value = np.where(np.isnan(value), 0.0, value)
    n = value.size
    counts = np.bincount(event, minlength=n)
    slots = target.slots
    shown = _shown_at(target)[slots["list"][slot]]
    place = slots["place"][slot] if "place" in slots else np.zeros(slot.size)
    order = np.lexsort([place, slots["row_no"][slot], shown, event])
    slot = slot[order]
    first = np.full(n, -1, dtype=np.int64)
    starts = np.cumsum(counts) - counts
    first[counts > 0] = slot[starts[counts > 0]]
    ranked = np.lexsort([counts, first, value, time, user])
    again = counts[ranked]
    exposure = slot[
        np.repeat(starts[ranked], again)
        + np.arange(slot.size)
        - np.repeat(np.cumsum(again) - again, again)
    ]
    return Purchases(value[ranked], user[ranked], np.concatenate([[0], np.cumsum(again)]), exposure)


def from_slots(slots: Columns, target: Target, lens: Interleaving) -> Purchases | None:
    """Purchases that slots' own cells tell of: each is its own only exposure.

    A value beside slots may be the price of what was shown, so a value alone is a purchase
    only where the study asks for purchases.
    """
    value = np.where(np.isnan(slots["v"]), 0.0, slots["v"])
    if "conv" in slots:
        bought = slots["conv"] > 0
    elif lens.outcome.startswith("purchase"):
        bought = value > 0
    else:
        return None
    at = np.flatnonzero(bought)
    if not at.size:
        return None
    user = target.table.lists.user
    of = user[slots["list"][at]] if user is not None else np.full(at.size, -1, dtype=np.int32)
    return Purchases(value[at], of, np.arange(at.size + 1), at)
