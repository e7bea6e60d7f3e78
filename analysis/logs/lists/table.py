"""The lists of a log: who saw each, when, and where it belongs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.logs.list_log import Bool, Int, Lists
from analysis.logs.lists.cleaning import smallest_known
from analysis.logs.lists.codes import Columns
from analysis.logs.lists.rows import BAD_TIME, NO_TIME
from analysis.logs.sql.times import iso_day, local_days

LATEST = np.iinfo(np.int64).max
BOT_LISTS, BOT_SHARE = 10, 0.95
FAST_LISTS, FAST_WINDOW = 30, 60_000_000


@dataclass(frozen=True)
class Identity:
    """Which list each data row tells of.

    Attributes:
        code: (rows,) the list.
        lists: How many there are.
        list_id: (lists,) code of the list's id; ascending, ties by user. None without ids.
        user: (lists,) code of the list's user as read. None without users.
        conflicts: List ids that occur under several users.
    """

    code: Int
    lists: int
    list_id: Int | None
    user: Int | None
    conflicts: int


def identify(rows: Columns) -> Identity:
    """The lists of data rows: pairs of list id and user; without a list id each row is one."""
    n = rows["row_no"].size
    user = rows.get("who")
    if "list_id" not in rows:
        order = np.argsort(rows["row_no"])
        code = np.empty(n, dtype=np.int32)
        code[order] = np.arange(n, dtype=np.int32)
        of = user[order] if user is not None else None
        return Identity(code, n, None, of, 0)
    ids = rows["list_id"]
    most = int(ids.max()) + 1 if n else 0
    present = np.zeros(most, dtype=bool)
    present[ids] = True
    place = np.cumsum(present, dtype=np.int32) - np.int32(1)
    codes = place[ids]
    first = np.flatnonzero(present).astype(np.int32)
    if user is None:
        return Identity(codes, first.size, first, None, 0)
    owner = np.empty(first.size, dtype=np.int32)
    owner[codes] = user
    if (owner[codes] == user).all():
        return Identity(codes, first.size, first, owner, 0)
    width = np.int64(int(user.max()) + 1)
    pairs, codes = np.unique(ids * width + user, return_inverse=True)
    of_list = (pairs // width).astype(np.int32)
    _, times = np.unique(of_list, return_counts=True)
    return Identity(
        codes.astype(np.int32),
        pairs.size,
        of_list,
        (pairs % width).astype(np.int32),
        int((times > 1).sum()),
    )


@dataclass(frozen=True)
class Table:
    """The lists, and what was found on the way.

    Attributes:
        lists: One row a list.
        users: Users with a list.
        codes: (users,) each user's code as read, ascending.
        days: ISO days, or the labels of the day column, in order.
        bad_times: Rows with a time that cannot be read.
    """

    lists: Lists
    users: int
    codes: Int
    days: tuple[str, ...]
    bad_times: int


def list_table(
    rows: Columns,
    order: Int | None,
    identity: Identity,
    timezone: str,
    names: Mapping[str, list[str]],
) -> Table:
    """The table of lists.

    Args:
        rows: Data rows, with the column ``list``.
        order: Sorts the rows by list; None if they are sorted.
        identity: The lists.
        timezone: Of days.
        names: Column of names -> texts by code.
    """
    sorted_list = rows["list"] if order is None else rows["list"][order]
    starts = np.flatnonzero(np.r_[True, sorted_list[1:] != sorted_list[:-1]])
    starts = starts[: identity.lists]

    def smallest(name: str) -> Int:
        column = rows[name] if order is None else rows[name][order]
        return smallest_known(column, starts)

    users, user, codes = 0, None, np.empty(0, dtype=np.int32)
    if identity.user is not None:
        codes, inverse = np.unique(identity.user, return_inverse=True)
        user, users = inverse.astype(np.int32), codes.size
    time, bad = None, 0
    day: Int | None = None
    days: tuple[str, ...] = ()
    if "t" in rows:
        t = rows["t"] if order is None else rows["t"][order]
        bad = int((t == BAD_TIME).sum())
        time = _earliest(t, starts)
        day, days = _days(time, timezone)
    if "day_name" in rows:
        day, days = _named_days(smallest("day_name"), names["day_name"])
    context = smallest("ctx") if "ctx" in rows else None
    segments = {}
    for name, texts in names.items():
        if name.startswith("s_") and name in rows:
            segments[name] = (tuple(texts), smallest(name))
    return Table(Lists(user, context, day, time, segments), users, codes, days, bad)


def _earliest(t: Int, starts: Int) -> Int:
    """The earliest time of each run; NO_TIME where there is none."""
    if not starts.size:
        return np.empty(0, dtype=np.int64)
    known = np.where(t > BAD_TIME, t, LATEST)
    found = np.minimum.reduceat(known, starts)
    found[found == LATEST] = NO_TIME
    return found


def _days(time: Int, timezone: str) -> tuple[Int, tuple[str, ...]]:
    day = np.full(time.size, -1, dtype=np.int32)
    known = time > NO_TIME
    found, places = np.unique(
        local_days(time[known].astype(np.int64), timezone), return_inverse=True
    )
    day[known] = places
    return day, tuple(iso_day(int(one)) for one in found)


def _named_days(codes: Int, names: list[str]) -> tuple[Int, tuple[str, ...]]:
    """Days of a day column: dates in their order, numbers in theirs, other labels by text."""
    present = sorted({_day_label(names[code]) for code in np.unique(codes[codes >= 0])})
    if all(_is_number(label) for label in present):
        present.sort(key=lambda label: (float(label), label))
    place = {label: i for i, label in enumerate(present)}
    of_code = np.array([place.get(_day_label(name), -1) for name in names], dtype=np.int32)
    found = np.where(codes >= 0, of_code[codes] if of_code.size else -1, -1).astype(np.int32)
    return found, tuple(present)


def _day_label(name: str) -> str:
    """A date without the time of day that some exports write after it."""
    try:
        return date.fromisoformat(name[:10]).isoformat()
    except ValueError:
        return name


def _is_number(label: str) -> bool:
    try:
        return float(label) == float(label)
    except ValueError:
        return False


def suspected_bots(
    table: Table, list_of_slot: Int, clicked: Bool, *, slots_shown: bool
) -> Bool | None:
    """Which users click nearly everything, or see lists faster than people do."""
    user = table.lists.user
    if user is None:
        return None
    lists = np.bincount(user, minlength=table.users)
    bots = np.zeros(table.users, dtype=bool)
    if slots_shown:
        of = user[list_of_slot]
        shown = np.bincount(of, minlength=table.users)
        clicks = np.bincount(of[clicked], minlength=table.users)
        bots |= (lists >= BOT_LISTS) & (shown > 0) & (clicks >= BOT_SHARE * shown)
    if table.lists.time is not None:
        known = table.lists.time > NO_TIME
        who, at = user[known], table.lists.time[known]
        order = np.lexsort([at, who])
        who, at = who[order], at[order]
        ahead = FAST_LISTS - 1
        fast = (who[ahead:] == who[:-ahead]) & (at[ahead:] - at[:-ahead] <= FAST_WINDOW)
        bots[who[ahead:][fast]] = True
    return bots
