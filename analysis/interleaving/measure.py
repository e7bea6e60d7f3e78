"""Everything that is measured on one log of lists: all blocks, before any verdict."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.interleaving.aggregated import (
    named_sums,
    paired_delta,
    paired_t,
    sign_summary,
    sums_of,
)
from analysis.interleaving.balance import (
    Drift,
    daily_slots,
    mean_reciprocal_positions,
    position_chi2,
    position_table,
    share_drift,
    slot_counts,
)
from analysis.interleaving.competitive import Competition, competition
from analysis.interleaving.counterfactual import direction, rank_weighted
from analysis.interleaving.credit_blocks import credit_blocks, empty_credit_blocks, user_blocks
from analysis.interleaving.examination import ETAS, Examination, choose, discount, power, usable
from analysis.interleaving.first_pick import (
    FirstPicks,
    by_day,
    first_pick_block,
    first_picks,
    sticky,
)
from analysis.interleaving.harvest import harvest, sightings
from analysis.interleaving.inference import Block
from analysis.interleaving.looks import path
from analysis.interleaving.outcomes import wilson_of
from analysis.interleaving.place import by_day_and_position, same_position
from analysis.interleaving.planning import planning_numbers
from analysis.interleaving.purchases import purchase_block
from analysis.interleaving.several import pair_blocks
from analysis.interleaving.shuffled import randomised, relative_ctr, shuffled_rows
from analysis.interleaving.slots import Duel, depth, duel, labelled, units_of
from analysis.interleaving.stratified import mantel_haenszel, pooled
from analysis.interleaving.users import effective_users
from analysis.interleaving.weighted import position_weighted, waterfall
from analysis.logs.list_log import SHARED, ListLog
from analysis.study import Interleaving

NO_DRIFT = Drift(found=False)
NO_CURVE = Examination("none", None)
SHAPES_WITH_SLOTS = ("long", "json", "joined")
ENOUGH_IN_SCOPE = 50


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
        credited, effective = _aggregated(log, lens, content)
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
    _balance(log, picks, drift, content)
    if len(log.rankers) == 2:
        scope, credited, ranks = _two(log, lens, curve, drift, content, placed=placed)
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


def _balance(log: ListLog, picks: FirstPicks | None, drift: Drift, content: Block) -> None:
    """Who starts, who fills which position, and how that moves over days."""
    names, m = log.rankers, len(log.rankers)
    table = position_table(log) if picks is not None else {}
    hits = position_table(log, clicks=True) if picks is not None else {}
    found = first_pick_block(picks, placed=True) if picks is not None else None
    if found is not None and picks is not None:
        found |= {
            "position_table": table,
            "slots": dict(zip(names, slot_counts(log), strict=True)),
            "mean_reciprocal_position": dict(
                zip(names, mean_reciprocal_positions(table, m), strict=True)
            ),
            "first_pick_by_day": by_day(log, picks),
        }
    content["balance"] = found
    content["position_model_chi2"] = position_chi2(table) if picks is not None else None
    content["share_drift"] = {
        "found": drift.found,
        "low": drift.low,
        "high": drift.high,
        "p": drift.p,
        "by_day": _shares_by_day(log) if picks is not None else [],
    }
    content["ctr_by_position"] = [
        {
            "position": int(position),
            "ranker": names[k],
            "slots": n,
            "clicks": (c := hits.get(position, [0] * m)[k]),
            "ctr": c / n,
            "ci95": wilson_of(c, n, 0.025),
        }
        for position, row in table.items()
        for k, n in enumerate(row)
        if n
    ]


def _shares_by_day(log: ListLog) -> list[Block]:
    table = daily_slots(log)
    if table is None:
        return []
    return [
        {"day": day, "slots": dict(zip(log.rankers, row.astype(int).tolist(), strict=True))}
        for day, row in zip(log.days, table, strict=True)
        if row.sum()
    ]


def _two(
    log: ListLog,
    lens: Interleaving,
    curve: Examination,
    drift: Drift,
    content: Block,
    *,
    placed: bool,
) -> tuple[str, int, int]:
    """The blocks of two rankers; headline scope, credited units, direction by ranks."""
    marked = labelled(log)
    held = duel(log, which=marked)
    content |= credit_blocks(held, lens.alpha)
    raw = [int(one.sum()) for one in held.unit_credits]
    content["raw_clicks"] = dict(zip(log.rankers, raw, strict=True))
    content["raw_click_share_candidate"] = raw[1] / sum(raw) if sum(raw) else None
    looks = path(held, log.table.day, log.days, lens.alpha, lens.t_star)
    content |= looks or {"path": None}
    scope = "all"
    direction_by_ranks = 0
    content |= {"competitive_only": None, "rankers_agree_share": None}
    if placed:
        content |= _section_six(log, held, lens, drift)
        _weighted(held, curve, lens, content)
        direction_by_ranks = _counterfactual(log, curve, lens, content)
    # A draft by shared slots, or a column, needs no positions; ranks do.
    if log.shape in SHAPES_WITH_SLOTS:
        rivalry = competition(log)
        content["rankers_agree_share"] = rivalry.agree_share
        scope = _scope(log, lens, drift, rivalry, content, int(marked.sum()), placed=placed)
    in_scope = content if scope == "all" else content["competitive_only"]
    content["planning"] = planning_numbers(in_scope, content, held, log)
    a, b = held.unit_credits
    return scope, int(((a + b) > 0).sum()), direction_by_ranks


def _section_six(log: ListLog, held: Duel, lens: Interleaving, drift: Drift) -> Block:
    """Same-position comparison by the strata that fit, and its contrasts."""
    marked = labelled(log)
    n = held.cells.by_stratum(held.cells.slots)
    c = held.cells.by_stratum(held.cells.clicks)
    by_position = same_position(log, marked, (0, 1), lens.alpha, by_day=False, cells=held.cells)
    found: Block = {
        "position_stratified": by_position,
        "position_only_stratified": None,
        "day_position_stratified": None,
        "mantel_haenszel_rr_day_position": None,
    }
    found |= pooled(n, c, (log.rankers[0], log.rankers[1]))
    if log.table.day is not None and log.days:
        found["mantel_haenszel_rr_day_position"] = mantel_haenszel(
            *by_day_and_position(log), lens.alpha
        )
    if drift.found:
        daily = same_position(log, marked, (0, 1), lens.alpha, by_day=True)
        found |= {"position_stratified": daily, "day_position_stratified": daily}
        found["position_only_stratified"] = by_position
    return found


def _weighted(held: Duel, curve: Examination, lens: Interleaving, content: Block) -> None:
    """Section 8: rates under each curve, and the waterfall."""
    positions = held.cells.strata

    def under(theta: Any) -> Block | None:
        return position_weighted(held.cells, theta, lens.alpha) if usable(theta) else None

    content["position_weighted_known_theta"] = under(curve.given)
    content["position_weighted_estimated_theta"] = under(curve.estimated)
    content["position_weighted_dcg"] = under(discount(positions))
    content["examination_band"] = {f"{eta:g}": under(power(eta, positions)) for eta in ETAS}
    own = curve.source if curve.source == "given" else "estimated"
    named = {"given": "known", "estimated": "estimated"}[own]
    in_use = content[f"position_weighted_{named}_theta"] if curve.theta is not None else None
    content["bias_waterfall"] = waterfall(
        content["raw_click_share_candidate"],
        list(content["pooled_ctr"].values()),
        in_use["coec"] if in_use else None,
        content["position_stratified"],
    )


def _counterfactual(log: ListLog, curve: Examination, lens: Interleaving, content: Block) -> int:
    """Section 9 under the curve in use, or else position ** -1, and over the band."""
    positions = depth(log)
    band = [rank_weighted(log, power(eta, positions)) for eta in ETAS]
    for eta, one in zip(ETAS, band, strict=True):
        content["examination_band"][f"{eta:g}"]["counterfactual_rank_weighted"] = one
    middle = band[1]
    given = usable(curve.given)
    assert curve.theta is None or curve.theta.size == positions
    found = rank_weighted(log, curve.theta) if usable(curve.theta) else middle  # type: ignore[arg-type]
    if found is not None:
        found = found | {"theta_source": curve.source if usable(curve.theta) else "eta_1"}
    content["counterfactual_rank_weighted"] = found
    return direction(found, [], lens.alpha) if given else direction(middle, band, lens.alpha)


def _scope(
    log: ListLog,
    lens: Interleaving,
    drift: Drift,
    rivalry: Competition,
    content: Block,
    count: int,
    *,
    placed: bool,
) -> str:
    """Section 10.1: the blocks on competitive slots, and whether they make the headline."""
    found: Block = {"evidence": rivalry.evidence, "n_team_slots": count}
    content["competitive_only"] = found
    if rivalry.slots is None:
        content["competitive_only"] = None
        return "all"
    found["n_competitive_slots"] = int(rivalry.slots.sum())
    if not found["n_competitive_slots"]:
        return "all"
    held = duel(log, which=rivalry.slots)
    found |= credit_blocks(held, lens.alpha)
    if placed:
        found["position_stratified"] = same_position(
            log, rivalry.slots, (0, 1), lens.alpha, by_day=drift.found, cells=held.cells
        )
        found |= pooled(
            held.cells.by_stratum(held.cells.slots),
            held.cells.by_stratum(held.cells.clicks),
            (log.rankers[0], log.rankers[1]),
        )
    if lens.credit_scope != "auto":
        return lens.credit_scope
    a, b = held.unit_credits
    return "competitive" if int(((a + b) > 0).sum()) >= ENOUGH_IN_SCOPE else "all"


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


def _aggregated(log: ListLog, lens: Interleaving, content: Block) -> tuple[int, float | None]:
    """Section 14; units with credit, and effective units."""
    totals = log.totals
    assert totals is not None
    content |= empty_credit_blocks()
    credited, effective = 0, None
    if totals.wins is not None and totals.losses is not None:
        ties = totals.ties or 0
        content["sign_summary"] = sign_summary(totals.wins, totals.losses, ties, lens.alpha)
        content["totals"] = {
            "unit": totals.unit,
            "wins": totals.wins,
            "losses": totals.losses,
            "ties": totals.ties,
        }
        credited = totals.wins + totals.losses
        effective = float(credited + ties)
    sums = named_sums(totals.sums)
    if totals.x is not None and totals.y is not None and totals.x.size:
        lists = totals.n if totals.n is not None else np.ones(totals.x.size)
        sums = sums_of(totals.x, totals.y, lists)
        content |= _user_sums(log, lens)
        credited = int((totals.x + totals.y > 0).sum())
        effective = effective_users(lists)[0] if totals.n is not None else float(totals.x.size)
        content["effective_users"] = effective
    if sums is not None:
        content["paired_t"] = paired_t(sums, lens.alpha)
        if "lists" in sums and "xlists" in sums:
            content["paired_delta_test"] = paired_delta(sums, lens.alpha)
        if effective is None:
            effective, credited = sums["n"], int(sums["n"])
    content["effective_users"] = effective
    return credited, effective


def _user_sums(log: ListLog, lens: Interleaving) -> Block:
    totals = log.totals
    assert totals is not None
    assert totals.x is not None
    assert totals.y is not None
    found = user_blocks(totals.y, totals.x, lens.alpha)
    raw = [float(totals.y.sum()), float(totals.x.sum())]
    whole = [int(one) if one == int(one) else one for one in raw]
    names = log.rankers if len(log.rankers) == 2 else ("control", "candidate")
    found["raw_clicks"] = dict(zip(names, whole, strict=True))
    found["raw_click_share_candidate"] = raw[1] / sum(raw) if sum(raw) else None
    return found
