"""All blocks that compare two rankers on one log."""

from typing import Any

from analysis.interleaving.balance import Drift
from analysis.interleaving.competitive import Competition, competition
from analysis.interleaving.counterfactual import direction, rank_weighted
from analysis.interleaving.credit_blocks import credit_blocks
from analysis.interleaving.examination import ETAS, Examination, discount, power, usable
from analysis.interleaving.inference import Block
from analysis.interleaving.looks import path
from analysis.interleaving.place import by_day_and_position, same_position
from analysis.interleaving.slots import Duel, depth, duel, labelled
from analysis.interleaving.stratified import mantel_haenszel, pooled
from analysis.interleaving.weighted import position_weighted, waterfall
from analysis.logs.list_log import ListLog
from analysis.study import Interleaving

SHAPES_WITH_SLOTS = ("long", "json", "joined")
ENOUGH_IN_SCOPE = 50


def two_rankers(
    log: ListLog,
    lens: Interleaving,
    curve: Examination,
    drift: Drift,
    content: Block,
    *,
    placed: bool,
) -> tuple[str, int, int]:
    """The blocks of two rankers, added to the content.

    Args:
        log: The log.
        lens: The study's section.
        curve: The examination curve in use.
        drift: Whether shares of slots move over days.
        content: The blocks so far.
        placed: Whether shown slots and their positions are known.

    Returns:
        Which slots credit the headline, units with credit, and the direction by ranks.
    """
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
