"""Theta from interleaved lists: the same item was shown at several positions."""

from dataclasses import dataclass

import numpy as np

from analysis.core import Floats
from analysis.interleaving.inference import Block
from analysis.logs.list_log import Int, ListLog

STEPS = 200
CLOSE = 1e-12


@dataclass(frozen=True)
class Sightings:
    """How often each item was shown and clicked at each position.

    Attributes:
        item: (cells,) ascending code from 0, of the item or of context and item.
        position: (cells,) from 0.
        slots, clicks: (cells,)
        items, positions: How many there are.
    """

    item: Int
    position: Int
    slots: Int
    clicks: Int
    items: int
    positions: int

    def at_several(self) -> "Sightings":
        """Only items seen at two positions or more and clicked at least once."""
        places = np.bincount(self.item, minlength=self.items)
        clicks = np.bincount(self.item, weights=self.clicks, minlength=self.items)
        return self.keep(((places >= 2) & (clicks > 0))[self.item])

    def keep(self, which: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> "Sightings":
        """Some of the cells, items coded anew."""
        items, code = np.unique(self.item[which], return_inverse=True)
        parts = (self.position[which], self.slots[which], self.clicks[which])
        return Sightings(code, *parts, items=int(items.size), positions=self.positions)


def sightings(log: ListLog) -> Sightings | None:
    """All shown slots by item and position, or None where the log lacks either."""
    slots = log.slots
    if slots.item is None or slots.position is None or slots.position.size == 0:
        return None
    known = slots.item >= 0
    deep = int(slots.position.max())
    what = slots.item[known].astype(np.int64)
    if log.table.context is not None:
        context = log.table.context[slots.list[known]].astype(np.int64) + 1
        what += context * (int(slots.item.max()) + 1)
    key = ((what * deep + slots.position[known] - 1) << 1) + slots.clicked[known]
    key.sort()
    place = key >> 1
    fresh = np.ones(place.size, dtype=bool)
    fresh[1:] = place[1:] != place[:-1]
    within = (np.cumsum(fresh) - 1) * 2 + (key & 1)
    count = int(fresh.sum())
    two = np.bincount(within, minlength=2 * count).reshape(count, 2)
    distinct = place[fresh]
    item = distinct // deep
    code = np.cumsum(np.diff(item, prepend=item[:1]) != 0) if count else item
    items = int(code[-1]) + 1 if count else 0
    return Sightings(code, distinct % deep, two.sum(axis=1), two[:, 1], items, deep)


def harvest(seen: Sightings) -> Block:
    """Whether theta can be told from the log and, if so, theta by two methods.

    Not identified: no numbers, since any would be those that a fit started from.

    Source:
        Agarwal, Zaitsev, Wang, Li, Najork, Joachims (2019), "Estimating position bias
        without intrusive interventions", WSDM (adjacent chain).
    """
    linked = seen.at_several()
    if not connected(linked):
        return {"identified": False}
    clicks = _sum(seen.position, seen.clicks, seen.positions)
    shown = _sum(seen.position, seen.slots, seen.positions)
    ctr = clicks / np.maximum(shown, 1)
    return {
        "identified": True,
        "theta_loglinear": _named(log_linear(linked)),
        "theta_adjacent_chain": _named(chain(seen)),
        "ctr_by_position_relative": _named(ctr / ctr[0] if ctr[0] > 0 else None),
    }


def _sum(code: Int, counted: Int, size: int) -> Floats:
    return np.bincount(code, weights=counted, minlength=size).astype(float)


def _named(theta: Floats | None) -> list[float | None] | None:
    """A curve as a list; None for a position that has no value."""
    if theta is None:
        return None
    return [float(one) if np.isfinite(one) else None for one in theta]


def connected(linked: Sightings) -> bool:
    """Whether items that moved join all positions, so that theta is identified."""
    return linked.positions == 1 or _joined(linked, directed=False)


def _joined(linked: Sightings, *, directed: bool) -> bool:
    """One component over all positions; directed: from where shown to where clicked."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = linked.positions + linked.items
    item = linked.positions + linked.item
    hit = linked.clicks > 0
    start = np.concatenate([linked.position, item[hit]])
    end = np.concatenate([item, linked.position[hit]])
    graph = coo_array((np.ones(start.size, dtype=np.int8), (start, end)), shape=(size, size))
    _, component = connected_components(graph, directed=directed, connection="strong")
    return bool((component[: linked.positions] == component[0]).all())


def log_linear(linked: Sightings) -> Floats | None:
    """Maximum likelihood of clicks ~ Poisson(slots x theta of position x rate of item).

    Newton's steps on the likelihood with the items' rates taken out, which is concave in
    log theta; a position without clicks has theta 0. None where the maximum lies at no
    finite theta.

    Args:
        linked: Items seen at several positions and clicked; the others say nothing.
    """
    total = _sum(linked.position, linked.clicks, linked.positions)
    live = np.flatnonzero(total > 0)
    theta = np.zeros(linked.positions)
    if linked.positions == 1:
        return np.ones(1)
    if total[0] == 0:
        return None
    theta[0] = 1.0
    place = np.full(linked.positions, -1)
    place[live] = np.arange(live.size)
    some = linked.keep(place[linked.position] >= 0)
    some = Sightings(
        some.item, place[some.position], some.slots, some.clicks, some.items, int(live.size)
    )
    if live.size > 1:
        if not _joined(some, directed=True):
            return None
        theta[live] = _newton(some, total[live])
    return theta


def _newton(some: Sightings, total: Floats) -> Floats:
    """Theta, 1 at the first position, where every position and item has clicks."""
    from scipy.sparse import csr_array

    clicks = _sum(some.item, some.clicks, some.items)
    log_theta = np.zeros(some.positions)
    shape = (some.items, some.positions)

    def expected(at: Floats) -> tuple[float, Floats]:
        """The log-likelihood, and each cell's share of its item's expected clicks."""
        part = some.slots * np.exp(at - at.max())[some.position]
        whole = np.bincount(some.item, weights=part, minlength=some.items)
        value = float(total @ at - clicks @ (np.log(whole) + at.max()))
        return value, part / whole[some.item]

    value, share = expected(log_theta)
    for _ in range(STEPS):
        weighted = clicks[some.item] * share
        mean = np.bincount(some.position, weights=weighted, minlength=some.positions)
        left = csr_array((weighted, (some.item, some.position)), shape=shape)
        right = csr_array((share, (some.item, some.position)), shape=shape)
        curvature = np.diag(mean) - (left.T @ right).toarray()
        step = np.zeros(some.positions)
        step[1:] = np.linalg.solve(curvature[1:, 1:], (total - mean)[1:])
        # Newton's step grows the likelihood unless it is too long.
        size, (tried, share_tried) = 1.0, expected(log_theta + step)
        while tried < value - 1e-9 * abs(value) and size > 1e-6:
            size /= 2
            tried, share_tried = expected(log_theta + size * step)
        log_theta, value, share = log_theta + size * step, tried, share_tried
        if float(np.abs(size * step).max()) < CLOSE:
            break
    return np.exp(log_theta)


def chain(seen: Sightings) -> Floats:
    """Theta by products of click ratios of neighbouring positions; NaN where none exists."""
    later = seen.item * seen.positions + seen.position
    spot = np.searchsorted(later, later + 1)
    spot = np.minimum(spot, later.size - 1)
    joined = (later[spot] == later + 1) & (seen.position + 1 < seen.positions)
    here, there = np.flatnonzero(joined), spot[joined]
    both = seen.slots[here] + seen.slots[there]
    size = seen.positions
    below = np.bincount(
        seen.position[here], weights=seen.slots[there] * seen.clicks[here] / both, minlength=size
    )
    above = np.bincount(
        seen.position[here], weights=seen.slots[here] * seen.clicks[there] / both, minlength=size
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(below > 0, above / below, np.nan)
    theta: Floats = np.concatenate([[1.0], np.cumprod(ratios[:-1])])
    return theta
