"""Logs of lists made by hand, as the interleaving lens reads them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.interleaving import Result, analyze
from analysis.logs.accounting import Accounting
from analysis.logs.list_log import ListLog, Lists, Purchases, Slots, Totals
from analysis.study import Interleaving, Study

RANKERS = ("old", "new")
LETTERS = {"o": 0, "n": 1, "t": 2, "f": 3, "s": -1, "u": -2}

# Section 20.1 of the method: nine lists of four slots, five users.
NINE = (
    ("ann", "o* n n* o"),
    ("ann", "n* o o n*"),
    ("bob", "o n s* o"),
    ("bob", "n o* n o"),
    ("cat", "o n* n o"),
    ("dan", "n* o* o* n"),
    ("dan", "o n o n"),
    ("eve", "n* o n* o"),
    ("eve", "o* n* n o"),
)


@dataclass(frozen=True)
class Made:
    """One list: who saw it, its slots from the top ("o* n s"), and its day."""

    user: str
    slots: str
    day: int = -1


def accounting(rows: int) -> Accounting:
    """An account without losses."""
    return Accounting("0" * 64, rows, rows, (), (), {}, {}, {}, "csv")


def of_lists(
    lists: Sequence[tuple[str, str] | Made],
    *,
    rankers: tuple[str, ...] = RANKERS,
    users: bool = True,
    items: Sequence[Sequence[int]] | None = None,
    **parts: Any,
) -> ListLog:
    """A log of lists written as text.

    Args:
        lists: Users and slots.
        rankers: Control first.
        users: Whether the log has user ids.
        items: Item codes of each list.
        parts: Further columns of slots (ranks, competitive, ...).
    """
    made = [one if isinstance(one, Made) else Made(*one) for one in lists]
    rows = [
        (i, k + 1, LETTERS[slot[0]], slot.endswith("*"))
        for i, one in enumerate(made)
        for k, slot in enumerate(one.slots.split())
    ]
    names = sorted({one.user for one in made})
    days = sorted({one.day for one in made if one.day >= 0})
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return of_arrays(
        columns[0],
        columns[1],
        columns[2],
        columns[3].astype(bool),
        user=np.array([names.index(one.user) for one in made]) if users else None,
        day=np.array([days.index(one.day) if one.day >= 0 else -1 for one in made])
        if days
        else None,
        days=tuple(f"2026-03-{day:02d}" for day in days),
        rankers=rankers,
        item=np.array([code for one in items for code in one]) if items else None,
        **parts,
    )


def of_arrays(
    of: np.ndarray,
    position: np.ndarray | None,
    ranker: np.ndarray,
    clicked: np.ndarray,
    *,
    user: np.ndarray | None,
    rankers: tuple[str, ...] = RANKERS,
    day: np.ndarray | None = None,
    days: tuple[str, ...] = (),
    context: np.ndarray | None = None,
    segments: Mapping[str, Any] | None = None,
    shape: str = "long",
    bots: np.ndarray | None = None,
    purchases: Purchases | None = None,
    has: Mapping[str, bool] | None = None,
    lists: int | None = None,
    **slots: Any,
) -> ListLog:
    """A log from its arrays, sorted by list and position."""
    count = lists if lists is not None else (len(user) if user is not None else int(of.max()) + 1)
    return ListLog(
        rankers=rankers,
        users=int(user.max()) + 1 if user is not None and len(user) else 0,
        lists=count,
        days=days,
        shape=shape,
        slots=Slots(of, position, ranker, clicked, **slots),
        table=Lists(user, context, day, None, dict(segments or {})),
        bots=bots,
        purchases=purchases,
        totals=None,
        counts={"rows_in_file": int(of.size)},
        has=dict(has or {"impression_id": True, "user_id": user is not None}),
        accounting=accounting(int(of.size)),
        notices=(),
    )


def of_totals(totals: Totals) -> ListLog:
    """A log that holds sums only."""
    nothing = np.zeros(0, dtype=np.int32)
    log = of_arrays(nothing, None, nothing, nothing.astype(bool), user=None, lists=0)
    return replace(log, shape="aggregated", totals=totals)


def study(**lens: Any) -> Study:
    """A study with an interleaving section."""
    return Study(name="s", interleaving=Interleaving(**lens))


def read(log: ListLog, **lens: Any) -> Result:
    """What the lens says of a log."""
    result = analyze(log, study(**lens))
    assert strange_numbers(result.content) == []
    assert strange_numbers(result.verdict) == []
    return result


def codes(result: Result) -> list[str]:
    """The codes of its notices."""
    return [one.code for one in result.notices]


def strange_numbers(found: Any, path: str = "") -> list[str]:
    """Where a result holds a number that JSON cannot, one of numpy's own, or a p of 0."""
    if isinstance(found, Mapping):
        bad = [
            f"{path}.{key} = 0"
            for key, one in found.items()
            if (key == "p" or key.endswith("_p")) and one == 0 and not isinstance(one, bool)
        ]
        inner = [at for key, one in found.items() for at in strange_numbers(one, f"{path}.{key}")]
        return bad + inner
    if isinstance(found, list | tuple):
        return [at for i, one in enumerate(found) for at in strange_numbers(one, f"{path}[{i}]")]
    if found is None or isinstance(found, str | bool):
        return []
    if type(found) in (int, float) and math.isfinite(found):
        return []
    return [f"{path} = {found!r} ({type(found).__name__})"]


def simulated(
    seed: int,
    *,
    lists: int = 2000,
    users: int = 400,
    better: float = 0.0,
    first_control: float = 0.5,
    sticky: bool = False,
    heavy: bool = False,
    positions: int = 4,
    days: int = 0,
    item: bool = False,
    ranks: bool = False,
) -> ListLog:
    """Team-drafted lists under a position-based click model.

    Args:
        seed: Of the draws.
        lists, users, positions, days: How many.
        better: The candidate's items are clicked this much more often.
        first_control: Chance that the control starts a list.
        sticky: The starter is drawn once for each user.
        heavy: A tenth of the users see most lists.
        item: Items move freely between positions.
        ranks: Both rankers put all items in the same order.
    """
    rng = np.random.default_rng(seed)
    if heavy:
        weight = np.where(np.arange(users) < users // 10, 30.0, 1.0)
        user = rng.choice(users, lists, p=weight / weight.sum())
    else:
        user = rng.integers(0, users, lists)
    user = np.unique(user, return_inverse=True)[1]
    coin = rng.random(int(user.max()) + 1)[user] if sticky else rng.random(lists)
    first = np.where(coin < first_control, 0, 1)
    rounds = (positions + 1) // 2
    starts = np.where(rng.random((lists, rounds)) < 0.5, 0, 1)
    starts[:, 0] = first
    if first_control in (0.0, 1.0):
        starts[:] = first[:, None]
    pair = np.stack([starts, 1 - starts], axis=2).reshape(lists, -1)[:, :positions]
    theta = 1 / np.arange(1, positions + 1)
    chance = 0.5 * theta * np.where(pair == 1, 1 + better, 1.0)
    clicked = rng.random(pair.shape) < chance
    parts: dict[str, Any] = {}
    if days:
        parts["day"] = np.sort(rng.integers(0, days, lists))
        parts["days"] = tuple(f"2026-03-{k + 1:02d}" for k in range(days))
    if item:
        parts["item"] = np.stack([rng.permutation(positions) for _ in range(lists)]).reshape(-1)
    if ranks:
        rank = np.tile(np.arange(1, positions + 1), lists)
        parts["ranks"] = (rank, rank)
    return of_arrays(
        np.repeat(np.arange(lists), positions),
        np.tile(np.arange(1, positions + 1), lists),
        pair.reshape(-1),
        clicked.reshape(-1),
        user=user,
        **parts,
    )
