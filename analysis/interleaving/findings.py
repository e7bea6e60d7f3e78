"""Which notices a log of lists earns."""

from collections.abc import Iterator

import numpy as np

from analysis.core import Notice, wording
from analysis.interleaving.balance import ALARM
from analysis.interleaving.first_pick import coin_p, fixed_first, starts, sticky
from analysis.interleaving.measure import Measured
from analysis.interleaving.notices import notice, percent
from analysis.interleaving.rules import ENOUGH_CREDITED, Ruling, enough
from analysis.interleaving.slots import depth
from analysis.logs.list_log import SHARED
from analysis.study import Interleaving

AGREE = 0.90
CONCENTRATED = 0.05


def findings(found: Measured, ruling: Ruling, lens: Interleaving) -> list[Notice]:
    """All notices of one log, those that stop first."""
    parts = (
        _of_log(found, ruling),
        _of_draw(found, ruling),
        _of_amount(found, ruling),
        _of_tests(found, ruling),
        _of_positions(found),
        _of_rankers(found),
        _of_purchases(found, lens),
        _of_use(found),
    )
    order = {"stop": 0, "warn": 1, "note": 2}
    return sorted((one for part in parts for one in part), key=lambda one: order[one.level])


def _of_log(found: Measured, ruling: Ruling) -> Iterator[Notice]:
    """What the log lacks altogether."""
    log = found.log
    if ruling.case.reason == "one_ranker":
        yield notice("one_ranker", ranker=log.rankers[0])
    if ruling.case.reason in ("no_clicks", "no_purchases"):
        yield notice(ruling.case.reason)
    if ruling.case.reason == "purchases_need_two":
        yield notice("purchases_need_two", n=str(len(log.rankers)))
    if ruling.case.reason in ("no_list_or_user_id", "no_ranker_column"):
        yield notice(ruling.case.reason)
        return
    if log.shape == "events":
        yield notice("no_impression_rows")
    elif log.totals is None and log.slots.position is None:
        yield notice(
            "missing_column",
            column="the position",
            what="balance, the same-position comparison and position weights",
        )
    if log.totals is None and log.table.user is None and log.lists:
        yield notice("no_user_id")
    shared = log.slots.ranker == SHARED
    if shared.any():
        clicks = int((shared & log.slots.clicked).sum())
        yield notice(
            "shared_slots", n=wording.count(int(shared.sum())), clicks=wording.count(clicks)
        )
    if len(log.rankers) > 2:
        yield notice("more_than_two_rankers", n=str(len(log.rankers)))


def _of_draw(found: Measured, ruling: Ruling) -> Iterator[Notice]:
    """Was the draw fair, and constant?"""
    picks, log = found.picks, found.log
    if picks is None or not picks.of.size or len(log.rankers) < 2:
        return
    counts = starts(picks)
    top = int(np.argmax(counts))
    share = percent(counts[top] / sum(counts))
    p = coin_p(picks)
    if fixed_first(picks) is not None:
        yield notice("first_pick_fixed", ranker=log.rankers[top], share=share)
    else:
        if p is not None and p < ALARM:
            yield notice(
                "first_pick_biased",
                None if ruling.case.allowed else "stop",
                ranker=log.rankers[top],
                share=share,
                p=wording.p_value(p),
            )
        if sticky(picks):
            yield notice("first_pick_sticky")
    drift = found.drift
    if drift.found and drift.low is not None and drift.high is not None:
        who = log.rankers[1] if len(log.rankers) == 2 else "a ranker"
        yield notice(
            "share_drift",
            None if ruling.case.allowed or ruling.case.row == 4 else "stop",
            ranker=who,
            low=percent(drift.low),
            high=percent(drift.high),
        )


def _of_amount(found: Measured, ruling: Ruling) -> Iterator[Notice]:
    """Is there enough evidence?"""
    if ruling.case.row in (1, 2):
        return
    thin = enough(found)
    if thin == "too_few_effective_users":
        top = found.content["top_user_impression_share"]
        yield notice(
            thin,
            n=f"{found.effective or 0:.1f}",
            share=percent(top) if top is not None else "an unknown share",
        )
    if thin and found.credited < ENOUGH_CREDITED:
        units = "users" if found.log.table.user is not None else "lists"
        yield notice("too_few_decided", n=str(found.credited), units=units)


def _of_tests(found: Measured, ruling: Ruling) -> Iterator[Notice]:
    """Do the tests exist, and agree?"""
    content = found.content
    if ruling.reason == "tests_disagree":
        yield notice("tests_disagree")
    if ruling.reason == "anytime_not_crossed":
        yield notice("anytime_not_crossed")
    root, level = content.get("user_sqrt_t"), content.get("user_level") or {}
    if root and root["n_users"] >= 2 and root["p"] is None:
        yield notice("zero_variance", quantity="The preference of users with credit")
    elif level.get("n_users", 0) >= 2 and "se" in level and level["t_test_p"] is None:
        yield notice("zero_variance", quantity="The difference in clicks a user")
    if root and root["n_users"] >= 2 and root["wilcoxon_p"] is None:
        yield notice("few_for_wilcoxon")


def _of_positions(found: Measured) -> Iterator[Notice]:
    """What is known of position bias, and what the same-position comparison leaves out."""
    content, log, curve = found.content, found.log, found.examination
    if curve.too_short is not None:
        yield notice("theta_too_short", n=str(curve.too_short), k=str(depth(log)))
    shuffled, harvested = content.get("randomised_rows"), content.get("propensity_estimated")
    if found.guessed_shuffle:
        yield notice("positions_taken_as_shuffled")
    if shuffled is not None:
        if content.get("ranked_rows_confounded_ctr") is not None:
            yield notice("ranked_theta_confounded")
        pooled = shuffled["pooled"]
        if pooled["position_bias_detected"] is False:
            yield notice("position_bias_not_detected", p=wording.p_value(pooled["equal_ctr_p"]))
    elif harvested is not None and not harvested["identified"]:
        yield notice("theta_not_identified")
    elif harvested is not None and not _complete(harvested["theta_loglinear"]):
        yield notice("theta_at_the_edge")
    if content.get("position_weighted_dcg"):
        yield notice("dcg_not_examination")
    same = content.get("position_stratified")
    if same and same.get("strata_without_overlap"):
        yield notice(
            "strata_without_overlap",
            n=wording.count(len(same["strata_without_overlap"])),
            share=percent(same["overlap_share"]),
        )


def _complete(theta: list[float | None] | None) -> bool:
    return theta is not None and all(one is not None and one > 0 for one in theta)


def _of_rankers(found: Measured) -> Iterator[Notice]:
    """Do rankers differ enough to be told apart?"""
    share = found.content.get("rankers_agree_share")
    if share is not None and share > AGREE:
        yield notice("rankers_agree", share=percent(share))
    for one in found.content.get("pairs") or []:
        alike = one.get("rankers_agree_share")
        if alike is not None and alike > AGREE:
            a, b = one["pair"]
            yield notice("clone_rankers", a=a, b=b, share=percent(alike))


def _of_purchases(found: Measured, lens: Interleaving) -> Iterator[Notice]:
    """What stands out among the purchases."""
    purchases = found.content.get("purchases")
    if not purchases:
        return
    mine = purchases[lens.attribution]
    lost, kept = mine["unattributed"], mine["attributed_purchases"]
    if lost:
        yield notice(
            "unattributed_purchases",
            n=wording.count(lost),
            total=wording.count(lost + kept),
            days=f"{lens.window_days:g}",
        )
    top = purchases["top_event_value_share"]
    if top is not None and top >= CONCENTRATED and kept > 1:
        yield notice(
            "value_concentrated",
            value=wording.number(purchases["top_event_value"]),
            share=percent(top),
        )
    value, capped = (mine[name].get("t_test_p") for name in ("value", "value_capped"))
    if value is not None and capped is not None:
        sides = [
            0 if p >= lens.alpha else (1 if mine[name]["mean_diff_per_user"] > 0 else -1)
            for name, p in (("value", value), ("value_capped", capped))
        ]
        if sides[0] != sides[1]:
            yield notice("cap_changes_result")


def _of_use(found: Measured) -> Iterator[Notice]:
    """What interleaving cannot say."""
    if len(found.log.rankers) >= 2 and found.log.shape != "position":
        yield notice("not_an_ab_lift")
        yield notice("no_session_guardrails")
        yield notice("set_level_rankers")
