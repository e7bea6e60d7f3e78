"""The log of one run of planned lists, one row a shown slot, drawn in whole arrays."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.simulate.experiment import DAY
from analysis.simulate.list_clicks import drawn
from analysis.simulate.list_drafts import SHARED, competitive_pair, team_draft
from analysis.simulate.list_plan import ListPlan
from analysis.simulate.list_world import World, world
from analysis.simulate.log import HOURS

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Lists:
    """Some lists as they were shown; arrays of one entry a list, or (lists, slots).

    Attributes:
        user: Who saw it.
        day: Day of the test, from 0.
        second: When, in seconds of the epoch.
        query: What was asked.
        item: The item in each slot, by its place in the query's pool.
        ranker: Who put it there; SHARED where nobody has credit.
        clicked: Whether it was clicked.
    """

    user: Ints
    day: Ints
    second: Ints
    query: Ints
    item: Ints
    ranker: Ints
    clicked: NDArray[np.bool_]


def draw_lists(plan: ListPlan, made: World, random: np.random.Generator) -> Lists:
    """One run of a plan in its world, in order of time."""
    activity = random.gamma(plan.shape, 1.0 / plan.shape, size=plan.users)
    count = 1 + random.poisson(np.maximum(plan.lists_per_user - 1, 0) * activity)
    user = np.repeat(np.arange(plan.users), count)
    day = random.integers(0, plan.days, size=user.size)
    hour = random.choice(24, size=user.size, p=HOURS / HOURS.sum())
    begin = int(datetime.fromisoformat(plan.start).replace(tzinfo=UTC).timestamp())
    second = begin + day * DAY + hour * 3_600 + random.integers(0, 3_600, size=user.size)
    order = np.argsort(second, kind="stable")
    user, day, second = user[order], day[order], second[order]
    query = random.integers(0, plan.queries, size=user.size)
    item, ranker = _merged(plan, made, user, day, query, random)
    clicked = drawn(plan, _relevance(plan, made, user, day, query, item, random), random)
    return Lists(user, day, second, query, item, ranker, clicked)


def _merged(
    plan: ListPlan, made: World, user: Ints, day: Ints, query: Ints, random: np.random.Generator
) -> tuple[Ints, Ints]:
    if plan.draft == "competitive":
        first = _orders(plan, user, 1, random)[:, 0, 0]
        return competitive_pair(made.order, query, first, plan.slots)
    if plan.coin == "ramp":
        share = np.array([plan.candidate_share(one) for one in range(plan.days)])[day]
        picked = random.random((user.size, plan.slots)) < share[:, None]
        return team_draft(made.order, query, picked.astype(np.int64))
    rounds = -(-plan.slots // len(plan.names))
    orders = _orders(plan, user, rounds, random)
    pickers = orders.reshape(user.size, -1)[:, : plan.slots]
    return team_draft(made.order, query, pickers)


def _orders(plan: ListPlan, user: Ints, rounds: int, random: np.random.Generator) -> Ints:
    """Who picks in which order, of shape (lists, rounds, rankers)."""
    many = len(plan.names)
    if plan.coin == "alternating":
        return np.broadcast_to(np.arange(many), (user.size, rounds, many))
    if plan.coin == "sticky":
        own = np.argsort(random.random((plan.users, many)), axis=1)
        return np.broadcast_to(own[user][:, None, :], (user.size, rounds, many))
    if plan.coin == "biased":
        second = random.random((user.size, rounds)) >= plan.control_first
        return np.stack([second, ~second], axis=2).astype(np.int64)
    return np.argsort(random.random((user.size, rounds, many)), axis=2)


def _relevance(
    plan: ListPlan,
    made: World,
    user: Ints,
    day: Ints,
    query: Ints,
    item: Ints,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Each slot's relevance to the one who sees it, of shape (lists, slots)."""
    side = np.where(random.random(plan.users) < 0.5, 1.0, -1.0) * plan.taste
    rate = np.array([plan.rate(one) for one in range(plan.days)])[day]
    own = made.relevance[query[:, None], item]
    leaning = made.leaning[query[:, None], item]
    relevance: NDArray[np.float64] = own * (1 + side[user][:, None] * leaning) * rate[:, None]
    return relevance


def list_log(plan: ListPlan, seed: int) -> pa.Table:
    """The log of one run of a plan, in order of time.

    Args:
        plan: What is planted.
        seed: The same plan and seed give the same rows.

    Returns:
        A table of one row a slot: request_id, ts, user_id, query, position, item_id, model
        (null where both rankers agree on a shared slot), clicked, one rank_<ranker> for each
        ranker (null: not in its list), device.
    """
    made = world(plan)
    random = np.random.default_rng(seed)
    lists = draw_lists(plan, made, random)
    weights = np.array(list(plan.devices.values()))
    device = random.choice(weights.size, size=plan.users, p=weights / weights.sum())
    number = random.permutation(plan.users)
    row = np.repeat(np.arange(lists.user.size), plan.slots)
    slot = np.tile(np.arange(plan.slots), lists.user.size)
    # A repeat arrives a few rows after its twin, as a client's retry does.
    twice = np.flatnonzero(random.random(row.size) < plan.repeats)
    arrival = np.argsort(np.concatenate([np.arange(row.size), twice + 5.5]), kind="stable")
    at = np.concatenate([np.arange(row.size), twice])[arrival]
    row, slot = row[at], slot[at]
    query, item = lists.query[row], lists.item[row, slot]
    ranker = lists.ranker[row, slot]
    columns = {
        "request_id": _ids("r", row + 1, lists.user.size),
        "ts": pa.array(lists.second[row] * 1_000_000, pa.timestamp("us", tz="UTC")),
        "user_id": _ids("u", number[lists.user[row]] + 1, plan.users),
        "query": _ids("q", query + 1, plan.queries),
        "position": pa.array(slot + 1),
        "item_id": _ids("i", query * plan.pool + item + 1, plan.queries * plan.pool),
        "model": pa.array(list(plan.names)).take(pa.array(ranker, mask=ranker == SHARED)),
        "clicked": pa.array(lists.clicked[row, slot].astype(np.int64)),
    }
    for place, name in enumerate(plan.names):
        rank = made.rank[place, query, item]
        columns[f"rank_{name}"] = pa.array(rank, mask=rank == 0)
    columns["device"] = pa.array(list(plan.devices)).take(pa.array(device[lists.user[row]]))
    return pa.table(columns)


def _ids(letter: str, numbers: Ints, most: int) -> pa.Array:
    """Ids such as u0017, all of one length."""
    import pyarrow.compute as pc

    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), len(str(most)), "0")
    return pc.binary_join_element_wise(letter, digits, "")
