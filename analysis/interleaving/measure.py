"""Everything that is measured on one log of lists: all blocks, before any verdict."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.interleaving.balance import Drift, daily_slots, share_drift
from analysis.interleaving.credit_blocks import empty_credit_blocks
from analysis.interleaving.draw import draw_blocks
from analysis.interleaving.examination import Examination, choose
from analysis.interleaving.first_pick import FirstPicks, first_picks, sticky
from analysis.interleaving.harvest import harvest, sightings
from analysis.interleaving.inference import Block
from analysis.interleaving.purchases import purchase_block
from analysis.interleaving.several import pair_blocks
from analysis.interleaving.shuffled import randomised, relative_ctr, shuffled_rows
from analysis.interleaving.slots import depth, units_of
from analysis.interleaving.sums import sums_measured
from analysis.interleaving.two_rankers import SHAPES_WITH_SLOTS, two_rankers
from analysis.interleaving.users import effective_users
from analysis.logs.list_log import SHARED, ListLog
from analysis.study import Interleaving

NO_DRIFT = Drift(found=False)
NO_CURVE = Examination("none", None)


@dataclass(frozen=True)
class Measured:
    """All blocks of one log, and what the verdict asks of it.

    Attributes:
        log: The log.
        content: The blocks by their names in the readout.
        placed: Whether shown slots and their positions are known.
        credited: Units with any credit.
        effective: Effective units.
        scope: Which slots credit the headline: ``all`` or ``competitive``.
        picks: Who starts the lists; None where nobody knows.
        drift: Whether shares move over days.
        examination: The curve in use.
        direction: What ranks alone say: 1 candidate, -1 control, 0 nothing.
        guessed_shuffle: Whether rows were taken as shuffled without being told.
    """

    log: ListLog
    content: Block
    placed: bool
    credited: int
    effective: float | None
    scope: str = "all"
    picks: FirstPicks | None = None
    drift: Drift = NO_DRIFT
    examination: Examination = NO_CURVE
    direction: int = 0
    guessed_shuffle: bool = False


def measure(log: ListLog, lens: Interleaving) -> Measured:
    """All blocks of a log; those that it cannot support are None."""
    placed = log.shape in SHAPES_WITH_SLOTS and log.slots.position is not None
    unit, units = units_of(log)
    effective, top = effective_users(np.bincount(unit, minlength=units))
    slots = log.slots
    content: Block = {
        "rankers": list(log.rankers),
        "shape": log.shape,
        "effective_users": effective,
        "top_user_impression_share": top,
        "shared_clicks": int((slots.clicked & (slots.ranker == SHARED)).sum())
        if log.rankers
        else 0,
    }
    curve, guessed = _examination(log, lens, content)
    if log.totals is not None:
        credited, effective = sums_measured(log, lens, content)
        return Measured(log, content, placed, credited, effective)
    if log.shape == "position" or not log.rankers:
        return Measured(
            log, content, placed, 0, effective, examination=curve, guessed_shuffle=guessed
        )
    picks = first_picks(log) if placed else None
    drift = NO_DRIFT
    if picks is not None and len(log.rankers) > 1:
        daily = daily_slots(log)
        drift = NO_DRIFT if sticky(picks) else share_drift(daily)
    draw_blocks(log, picks, drift, content)
    if len(log.rankers) == 2:
        scope, credited, ranks = two_rankers(log, lens, curve, drift, content, placed=placed)
    else:
        scope, ranks = "all", 0
        credited = _several(log, lens, drift, content, placed=placed)
    content["purchases"] = purchase_block(log, lens.value_cap, lens.alpha)
    return Measured(
        log, content, placed, credited, effective, scope, picks, drift, curve, ranks, guessed
    )


def _examination(log: ListLog, lens: Interleaving, content: Block) -> tuple[Examination, bool]:
    """Position curves from shuffled rows and from the harvest, and the one in use."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("propensity_estimated", "loglinear_all_rows", "randomised_rows")
    )
    content |= nothing | {"ranked_rows_confounded_ctr": None}
    if log.slots.position is None or log.shape in ("events", "aggregated") or not log.lists:
        content["theta_source"] = "none"
        return NO_CURVE, False
    which, guessed = shuffled_rows(log, lens.positions_randomised)
    pooled_curve = None
    if which is not None:
        content["randomised_rows"] = randomised(log, which, lens.alpha)
        pooled_curve = content["randomised_rows"]["pooled"]
        if not which.all():
            content["ranked_rows_confounded_ctr"] = relative_ctr(log, ~which)
    seen = sightings(log)
    if seen is not None:
        content["propensity_estimated"] = harvest(seen)
        if which is not None:
            content["loglinear_all_rows"] = content["propensity_estimated"]
    curve = choose(lens.examination, depth(log), pooled_curve, content["propensity_estimated"])
    content["theta_source"] = curve.source
    return curve, guessed


def _several(
    log: ListLog, lens: Interleaving, drift: Drift, content: Block, *, placed: bool
) -> int:
    """Section 12, or what one ranker alone allows; units with credit."""
    slots = log.slots
    clicked = slots.clicked & (slots.ranker >= 0)
    credited = np.bincount(slots.ranker[clicked], minlength=len(log.rankers))
    unit, units = units_of(log)
    by_list = np.bincount(slots.list[clicked], minlength=log.lists)
    content |= empty_credit_blocks()
    content["impression_level"] = {
        "n_impressions": log.lists,
        "n_clicked_impressions": int((by_list > 0).sum()),
    }
    named = dict(zip(log.rankers, [int(one) for one in credited], strict=True))
    content |= {"raw_clicks": named, "credits": named, "raw_click_share_candidate": None}
    if log.table.user is not None:
        content["user_level"] = {"n_users": log.users}
    if len(log.rankers) > 2:
        content["pairs"] = pair_blocks(log, lens, placed=placed, by_day=drift.found)
        if placed:
            table = content["balance"]["position_table"]
            content["position_by_model"] = {
                name: [
                    table.get(str(k), [0] * len(log.rankers))[m] for k in range(1, depth(log) + 1)
                ]
                for m, name in enumerate(log.rankers)
            }
    return int(np.unique(unit[by_list > 0]).size) if units else 0
