"""Mistakes that interleaving tools make, each a test by name."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.core.tails import normal_quantile
from analysis.interleaving.counterfactual import rank_weighted
from analysis.interleaving.slots import keep_lists
from analysis.logs.list_log import ListLog, Purchases
from tests.interleaving.made import NINE, codes, of_arrays, of_lists, read, simulated, study


def alternating(
    seed: int, better: float, *, lists: int = 3000, better_ranks: bool = False
) -> ListLog:
    """Strict alternation, the control always on top; both rankers' ranks are logged."""
    log = simulated(seed, lists=lists, users=600, better=better, first_control=1.0, ranks=True)
    if better_ranks:
        # The control hides what is clicked most: the candidate ranks its own slots higher.
        k = log.slots.position
        assert k is not None
        own = np.where(log.slots.ranker == 1, np.maximum(k - 1, 1), k + 1)
        log = replace(log, slots=replace(log.slots, ranks=(k, own)))
    return log


def test_one_ranker_always_first_names_no_winner_however_small_p() -> None:
    """Trap 1."""
    result = read(alternating(1, 0.0))
    verdict = result.verdict
    assert result.content["impression_level"]["sign_test_p"] < 1e-20
    assert verdict["winner"] is None
    assert verdict["decision"] == "do_not_use"
    assert verdict["reason"] == "first_pick_fixed"
    assert verdict["naive_would_say"] == "old"
    assert verdict["valid_experiment"] is False
    assert "fair coin" in verdict["headline"]
    found = result.content["counterfactual_rank_weighted"]
    assert found["effect_clicks_per_impression"] == 0
    assert found["p"] == 1
    assert verdict["direction_from_counterfactual"] is None


def test_a_fixed_first_pick_may_give_a_direction_from_ranks_but_no_winner() -> None:
    """Trap 2."""
    verdict = read(alternating(2, 0.5, better_ranks=True)).verdict
    assert verdict["naive_would_say"] == "old"
    assert verdict["winner"] is None
    assert verdict["status"] == "direction_only"
    assert verdict["direction_from_counterfactual"] == "new"
    assert verdict["decision"] == "do_not_use"


def test_an_uneven_coin_rejects_naively_but_not_at_the_same_position() -> None:
    """Trap 3."""
    result = read(simulated(3, lists=6000, users=1500, first_control=0.8))
    assert result.content["impression_level"]["sign_test_p"] < 1e-6
    assert result.content["position_stratified"]["jackknife"]["p"] > 0.05
    assert result.verdict["valid_experiment"] is False
    assert result.verdict["winner"] is None
    assert result.verdict["headline_test"] == "position_jackknife"
    assert "first_pick_biased" in codes(result)


def test_an_uneven_coin_is_mended_when_the_candidate_is_truly_better() -> None:
    result = read(simulated(4, lists=9000, users=2000, first_control=0.8, better=0.35))
    assert result.verdict["status"] == "corrected_winner"
    assert result.verdict["winner"] == "new"
    assert result.verdict["naive_would_say"] != "new"
    assert result.verdict["decision"] == "ship"
    assert result.verdict["corrected"] is True


def test_one_user_copied_a_hundredfold_makes_no_winner() -> None:
    """Trap 4."""
    base = simulated(5, lists=400, users=100)
    made = [("heavy", "n* o n* o")] * 1500 + [("heavy", "o n* n* o")] * 1500
    rows = base.slots
    assert base.table.user is not None
    heavy = of_lists(made)
    assert rows.position is not None
    assert heavy.slots.position is not None
    log = of_arrays(
        np.concatenate([rows.list, heavy.slots.list + base.lists]),
        np.concatenate([rows.position, heavy.slots.position]),
        np.concatenate([rows.ranker, heavy.slots.ranker]),
        np.concatenate([rows.clicked, heavy.slots.clicked]),
        user=np.concatenate([base.table.user, np.full(3000, base.users)]),
    )
    result = read(log)
    assert result.content["impression_level"]["sign_test_p"] < 1e-100
    assert result.content["user_sqrt_t"]["p"] > 0.05
    assert result.verdict["winner"] is None
    assert result.verdict["reason"] == "too_few_effective_users"


def test_a_sticky_coin_is_judged_by_user() -> None:
    """Trap 5."""
    logs = (simulated(seed, lists=5000, users=60, sticky=True) for seed in range(20))
    results = (read(log) for log in logs)
    result = next(one for one in results if one.content["balance"]["first_pick_binom_p"] < 1e-4)
    balance = result.content["balance"]
    assert balance["first_pick_binom_p"] < 1e-4
    assert balance["first_pick_user_clustered_p"] > 0.001
    assert balance["sticky_first_pick"] is True
    assert "first_pick_sticky" in codes(result)
    assert result.verdict["valid_experiment"] is True
    assert result.verdict["row"] == 7


def ramp(seed: int = 0) -> ListLog:
    """The candidate's share grows while the site's click rate falls; the candidate is better."""
    rng = np.random.default_rng(seed)
    days, of_day = 4, 2500
    day = np.repeat(np.arange(days), of_day)
    share = np.array([0.2, 0.4, 0.6, 0.8])[day]
    rate = np.array([0.5, 0.3, 0.15, 0.06])[day]
    lists = day.size
    ranker = (rng.random((lists, 2)) < share[:, None]).astype(int)
    first = rng.random(lists) < 0.5
    # One slot of each ranker at least, so that the first pick stays even.
    both = rng.random(lists) < 0.5
    ranker[both, 0] = np.where(first[both], 0, 1)
    ranker[both, 1] = np.where(first[both], 1, 0)
    clicked = rng.random((lists, 2)) < rate[:, None] * np.where(ranker == 1, 1.25, 1.0)
    return of_arrays(
        np.repeat(np.arange(lists), 2),
        np.tile([1, 2], lists),
        ranker.reshape(-1),
        clicked.reshape(-1),
        user=np.unique(rng.integers(0, 3000, lists), return_inverse=True)[1],
        day=day,
        days=tuple(f"2026-03-{k + 1:02d}" for k in range(days)),
    )


def test_a_ramp_on_a_falling_site_is_read_day_by_position() -> None:
    """Trap 6."""
    result = read(ramp())
    content = result.content
    assert content["pooled_ratio"] < 1
    assert content["position_stratified"]["lift"] > 0
    assert content["position_only_stratified"]["lift"] < content["position_stratified"]["lift"]
    assert content["mantel_haenszel_rr_day_position"]["rr"] > 1
    assert result.verdict["headline_test"] == "day_position_jackknife"
    assert result.verdict["winner"] == "new"
    assert result.verdict["pooled_would_say"] == "old"
    assert "share_drift" in codes(result)


def test_weighted_credit_is_a_rate_of_slots() -> None:
    """Trap 7: more unclicked slots of a ranker lower its rate."""
    curve = (1.0, 0.5, 0.4, 0.3, 0.2)
    before = read(of_lists(NINE), examination=curve).content["position_weighted_known_theta"]
    longer = [(user, f"{slots} n") for user, slots in NINE]
    after = read(of_lists(longer), examination=curve).content["position_weighted_known_theta"]
    for rule in ("coec", "ips_slot_mean"):
        assert after[rule]["rate_candidate"] < before[rule]["rate_candidate"]
        assert after[rule]["rate_control"] == before[rule]["rate_control"]


def test_no_curve_where_none_is_identified() -> None:
    """Trap 8."""
    fixed = simulated(6)
    position = fixed.slots.position
    assert position is not None
    log = replace(fixed, slots=replace(fixed.slots, item=position))
    result = read(log)
    assert result.content["propensity_estimated"] == {"identified": False}
    assert result.content["theta_source"] == "none"
    assert result.content["position_weighted_estimated_theta"] is None
    assert result.content["bias_waterfall"]["equal_examination"] is None
    assert "theta_not_identified" in codes(result)


def test_no_position_bias_no_correction() -> None:
    """Trap 8: shuffled rows without a difference."""
    rng = np.random.default_rng(0)
    base = simulated(7, item=True)
    flat = replace(
        base.slots,
        clicked=rng.random(base.slots.list.size) < 0.2,
        randomized=np.ones(base.slots.list.size, bool),
    )
    result = read(replace(base, slots=flat))
    assert result.content["randomised_rows"]["pooled"]["position_bias_detected"] is False
    assert result.content["theta_source"] == "none"
    assert "position_bias_not_detected" in codes(result)


def test_both_kinds_of_ties_and_both_scales_are_there() -> None:
    """Trap 9."""
    lists = read(of_lists(NINE)).content["impression_level"]
    assert {"ties_with_clicks", "ties_no_click"} <= set(lists)
    assert lists["delta_ab_rescaled"] == 2 * lists["delta_ab_clicked_impressions"]
    assert lists["n_clicked_impressions"] == 7
    assert lists["n_impressions"] == 9


def test_a_click_on_a_shared_slot_gives_no_credit() -> None:
    """Trap 10."""
    unclicked = [(user, slots.replace("s*", "s")) for user, slots in NINE]
    one, two = read(of_lists(NINE)).content, read(of_lists(unclicked)).content
    assert (one["shared_clicks"], two["shared_clicks"]) == (1, 0)
    for name in ("impression_level", "user_level", "user_sqrt_t", "position_stratified"):
        assert one[name] == two[name]


def three(seed: int, better: tuple[float, float, float], lists: int = 6000) -> ListLog:
    """Three rankers by team draft, one slot each."""
    rng = np.random.default_rng(seed)
    order = np.argsort(rng.random((lists, 3)), axis=1)
    chance = 0.35 / np.arange(1, 4) * (1 + np.array(better)[order])
    return of_arrays(
        np.repeat(np.arange(lists), 3),
        np.tile([1, 2, 3], lists),
        order.reshape(-1),
        (rng.random((lists, 3)) < chance).reshape(-1),
        user=np.unique(rng.integers(0, 1500, lists), return_inverse=True)[1],
        rankers=("old", "new", "third"),
    )


def test_two_that_cannot_be_told_apart_have_no_winner_among_them() -> None:
    """Trap 12."""
    result = read(three(1, (0.0, 0.4, 0.4)))
    verdict = result.verdict
    assert len(result.content["pairs"]) == 3
    assert verdict["winner"] is None
    assert verdict["losers"] == ["old"]
    assert verdict["not_separated"] == ["new", "third"]
    assert verdict["decision"] == "iterate"
    assert "cannot be told apart" in verdict["headline"]


def test_one_that_beats_every_other_is_named() -> None:
    verdict = read(three(2, (0.0, 0.5, 0.1))).verdict
    assert verdict["winner"] == "new"
    assert verdict["decision"] == "ship"
    assert set(verdict["losers"]) == {"old", "third"}
    back = read(three(3, (0.5, 0.0, 0.0))).verdict
    assert back["winner"] == "old"
    assert back["decision"] == "roll_back"


def bought(values: dict[int, float]) -> ListLog:
    """Even purchases of 10 by either ranker's slots, and some of other values by event."""
    base = simulated(8, lists=1200, users=400)
    assert base.table.user is not None
    events = np.arange(0, base.slots.list.size, 8)
    value = np.full(events.size, 10.0)
    for event, other in values.items():
        value[event] = other
    purchases = Purchases(
        value, base.table.user[base.slots.list[events]], np.arange(events.size + 1), events
    )
    return replace(base, purchases=purchases)


def test_one_giant_purchase_makes_no_money_winner() -> None:
    """Trap 13."""
    result = read(bought({5: 1e6}), outcome="purchase_value")
    verdict = result.verdict
    assert verdict["value_winner"] is None
    assert verdict["winner"] is None
    assert "value_concentrated" in codes(result)
    assert result.content["purchases"]["top_event_value_share"] > 0.9
    plain = read(bought({}), outcome="purchase_count").content["purchases"]["last"]
    giant = result.content["purchases"]["last"]
    assert plain["count"] == giant["count"]


def test_a_purchase_without_an_exposure_credits_nobody() -> None:
    log = bought({})
    assert log.purchases is not None
    none = replace(
        log.purchases, start=np.zeros_like(log.purchases.start), exposure=np.zeros(0, int)
    )
    result = read(replace(log, purchases=none))
    mine = result.content["purchases"]["last"]
    assert mine["attributed_purchases"] == 0
    assert mine["count"]["total"] == {"old": 0, "new": 0}
    assert "unattributed_purchases" in codes(result)


def test_a_small_p_on_some_day_is_no_anytime_winner() -> None:
    """Trap 14."""
    logs = (simulated(seed, lists=1500, users=500, days=10) for seed in range(200))
    results = (read(log, monitoring="anytime") for log in logs)
    result = next(
        one
        for one in results
        if one.content["min_naive_p"] < 0.05 and not one.content["ever_significant_anytime"]
    )
    assert result.content["min_naive_p"] < 0.05
    assert result.verdict["winner"] is None
    strong = read(simulated(1, lists=6000, users=2000, better=0.6, days=10), monitoring="anytime")
    assert strong.verdict["winner"] == "new"
    assert strong.content["ever_significant_anytime"]


def test_a_significant_headline_waits_for_its_anytime_bound() -> None:
    logs = (simulated(seed, lists=2500, users=900, better=0.12, days=5) for seed in range(60))
    won = (log for log in logs if read(log).verdict["winner"])
    looked = (read(log, monitoring="anytime") for log in won)
    waiting = next(one for one in looked if one.verdict["winner"] is None)
    assert waiting.verdict["reason"] == "anytime_not_crossed"
    assert "anytime_not_crossed" in codes(waiting)


def test_a_missing_column_is_a_named_loss() -> None:
    """Trap 16."""
    full = simulated(9)
    unplaced = read(replace(full, slots=replace(full.slots, position=None)))
    assert unplaced.content["user_sqrt_t"]["p"] is not None
    assert "missing_column" in codes(unplaced)
    assert unplaced.verdict["valid_experiment"] is None
    alone = read(replace(full, table=replace(full.table, user=None), users=0))
    assert "no_user_id" in codes(alone)
    assert alone.content["user_level"] is None
    assert alone.verdict["headline_test"] == "impression_sign_test"


def test_a_user_without_a_click_changes_the_t_test_but_not_the_headline() -> None:
    """Trap 17."""
    one = read(of_lists(NINE)).content
    two = read(of_lists((*NINE, ("gil", "o n o n")))).content
    assert two["user_level"]["n_users"] == one["user_level"]["n_users"] + 1
    for name in ("net_preference", "t_test_p"):
        assert two["user_level"][name] != one["user_level"][name]
    assert two["user_sqrt_t"] == one["user_sqrt_t"]


def test_a_position_of_one_ranker_only_leaves_the_lift_as_it_is() -> None:
    """Trap 18."""
    longer = [(user, f"{slots} o") for user, slots in NINE]
    clicked = [(user, f"{slots} o*") for user, slots in NINE]
    one, two = (read(of_lists(x)).content["position_stratified"] for x in (longer, clicked))
    assert one["lift"] == two["lift"]
    assert one["strata_without_overlap"] == ["5"]
    assert one["overlap_share"] < 1


def swapped(log: ListLog) -> ListLog:
    """Control and candidate in each other's place."""
    ranker = np.where(log.slots.ranker >= 0, 1 - log.slots.ranker, log.slots.ranker)
    return replace(log, slots=replace(log.slots, ranker=ranker), rankers=log.rankers[::-1])


def test_swapped_roles_change_signs_and_leave_p() -> None:
    """Trap 19."""
    log = simulated(10, better=0.2, days=5)
    one, two = read(log).content, read(swapped(log)).content
    for path in (
        ("user_level", "t_test_p"),
        ("user_sqrt_t", "p"),
        ("user_sqrt_t", "wilcoxon_p"),
        ("user_level", "sign_test_p"),
        ("impression_level", "sign_test_p"),
        ("credit_share_clustered", "p"),
        ("user_equal_weight_share", "p"),
        ("position_stratified", "p"),
    ):
        assert two[path[0]][path[1]] == pytest.approx(one[path[0]][path[1]], abs=1e-12)
    assert two["user_sign_flip_p"] == pytest.approx(one["user_sign_flip_p"], abs=1e-12)
    same, other = one["position_stratified"], two["position_stratified"]
    assert other["log_ratio"] == pytest.approx(-same["log_ratio"], abs=1e-12)
    assert other["jackknife"]["p"] == pytest.approx(same["jackknife"]["p"], abs=1e-12)
    tau = one["user_level"]["mean_credit_diff_per_user"]
    assert two["user_level"]["mean_credit_diff_per_user"] == -tau
    assert read(swapped(log)).verdict["winner"] == read(log).verdict["winner"]


def test_bots_that_change_the_verdict_stop_it() -> None:
    log = simulated(11, lists=1600, users=300)
    made = [(f"bot{k % 60}", "n* o n* o") for k in range(1200)]
    robots = of_lists(made)
    rows = log.slots
    assert log.table.user is not None
    assert robots.table.user is not None
    assert rows.position is not None
    assert robots.slots.position is not None
    both = of_arrays(
        np.concatenate([rows.list, robots.slots.list + log.lists]),
        np.concatenate([rows.position, robots.slots.position]),
        np.concatenate([rows.ranker, robots.slots.ranker]),
        np.concatenate([rows.clicked, robots.slots.clicked]),
        user=np.concatenate([log.table.user, robots.table.user + log.users]),
        bots=np.arange(log.users + 60) >= log.users,
    )
    # The robots' lists all start with the candidate: even that out.
    even = np.where(both.slots.list >= log.lists + 600, 1 - both.slots.ranker, both.slots.ranker)
    hits = both.slots.clicked.copy()
    late = both.slots.list >= log.lists + 600
    hits[late] = (even == 1)[late]
    result = read(replace(both, slots=replace(both.slots, ranker=even, clicked=hits)))
    assert result.content["suspected_bot_users"] == 60
    assert result.content["user_level"]["n_users"] == log.users
    with_bots = result.content["after_cleaning_with_bot"]
    assert with_bots["user_level"]["n_users"] == log.users + 60
    assert "bots_change_verdict" in codes(result)
    assert result.verdict["winner"] is None
    assert result.verdict["reason"] == "bots_change_verdict"


def test_identical_rankers_weigh_exactly_nothing_by_rank() -> None:
    log = simulated(12, ranks=True)
    found = rank_weighted(log, np.array([1.0, 0.5, 0.25, 0.125]))
    assert found is not None
    assert found["effect_clicks_per_impression"] == 0


def test_segments_hold_all_blocks_and_a_corrected_p() -> None:
    log = simulated(13, lists=4000, users=1500, better=0.3)
    device = np.arange(log.lists) % 2
    table = replace(log.table, segments={"device": (("phone", "web"), device)})
    result = read(replace(log, table=table))
    (entry,) = result.content["segments"]
    assert [one["level"] for one in entry["levels"]] == ["phone", "web"]
    alone = read(keep_lists(log, device == 0)).content
    phone = entry["levels"][0]
    assert phone["user_sqrt_t"] == alone["user_sqrt_t"]
    assert phone["position_stratified"] == alone["position_stratified"]
    assert phone["headline_p_holm"] >= phone["headline_p"]


def test_another_alpha_gives_its_own_intervals() -> None:
    log = simulated(14)
    content = read(log, alpha=0.1).content
    level = content["user_level"]
    assert level["ci_alpha"][0] > level["ci95"][0]
    same = content["position_stratified"]
    assert same["lift_ci_alpha"][1] < same["lift_ci95"][1]
    assert same["jackknife"]["lift_ci_alpha"][1] < same["jackknife"]["lift_ci95"][1]
    assert "ci_alpha" not in read(log).content["user_level"]
    assert normal_quantile(0.05) < normal_quantile(0.025)


def test_nothing_is_changed_in_the_log() -> None:
    log = simulated(15, item=True, ranks=True, days=3)
    kept = copy.deepcopy(log.slots)
    read(log)
    for name in ("list", "position", "ranker", "clicked", "item"):
        assert np.array_equal(getattr(kept, name), getattr(log.slots, name))
    assert study().interleaving is not None


def degenerate() -> dict[str, Any]:
    """Logs at the edge of what can be read."""
    base = simulated(16, lists=300, users=80)
    slots = base.slots
    nobody = replace(slots, clicked=np.zeros_like(slots.clicked))
    everybody = replace(slots, clicked=np.ones_like(slots.clicked))
    only = replace(slots, clicked=slots.clicked & (slots.ranker == 1))
    return {
        "no clicks": replace(base, slots=nobody),
        "all clicked": replace(base, slots=everybody),
        "one ranker clicked": replace(base, slots=only),
        "one user": of_lists([("ann", slots) for _, slots in NINE]),
        "one list": of_lists([("ann", "o* n")]),
        "no users": of_lists(NINE, users=False),
        "one slot a list": of_lists([(str(i), "o*" if i % 2 else "n*") for i in range(80)]),
        "all the same": of_lists([(str(i), "n* o") for i in range(80)]),
        "all even": of_lists([(str(i), "n* o*" if i % 2 else "o* n*") for i in range(80)]),
        "only shared": of_lists([("ann", "s s*"), ("bob", "s*")]),
        "unknown labels": of_lists([("ann", "u u*"), ("bob", "o n*")]),
        "events": replace(
            of_lists([(str(i), "n*" if i % 3 else "o*") for i in range(90)]), shape="events"
        ),
        "one ranker": replace(of_lists([("ann", "o o*")]), rankers=("old",)),
        "no ranker": replace(of_lists([("ann", "u u*")]), rankers=()),
        "positions": replace(
            of_lists([("ann", "u u*")], users=False), rankers=(), shape="position"
        ),
        "nothing": keep_lists(base, np.zeros(base.lists, dtype=bool)),
        "three quiet": replace(three(1, (0, 0, 0), 60), days=()),
    }


@pytest.mark.parametrize("name", list(degenerate()))
@pytest.mark.parametrize("monitoring", ["fixed", "anytime"])
def test_no_log_gives_a_number_that_is_none(name: str, monitoring: str) -> None:
    """Never NaN, infinite or a p of 0; always a decision with a sentence."""
    result = read(degenerate()[name], monitoring=monitoring, alpha=0.1)
    assert result.verdict["decision"] in (
        "keep_running",
        "do_not_use",
        "iterate",
        "ship",
        "roll_back",
    )
    assert result.verdict["headline"]
    assert "{" not in "".join(one.text + one.fix for one in result.notices)


def test_what_degenerate_logs_are_told() -> None:
    logs = degenerate()
    assert read(logs["no clicks"]).verdict["reason"] == "no_clicks"
    assert read(logs["one ranker"]).verdict["reason"] == "one_ranker"
    assert read(logs["positions"]).verdict["status"] == "position_bias_only"
    assert read(logs["all the same"]).verdict["reason"] == "first_pick_fixed"
    assert read(logs["events"]).verdict["valid_experiment"] is None
    assert "no_impression_rows" in codes(read(logs["events"]))
    even = read(logs["all even"]).content
    assert even["user_level"]["t"] == 0
    assert even["user_level"]["t_test_p"] == 1


def test_a_study_of_purchases_needs_purchases_of_two_rankers() -> None:
    verdict = read(simulated(8), outcome="purchase_count").verdict
    assert verdict["reason"] == "no_purchases"
    assert verdict["decision"] == "do_not_use"
    log = three(1, (0.0, 0.0, 0.0), 900)
    assert log.table.user is not None
    purchases = Purchases(np.ones(5), log.table.user[:5], np.arange(6), np.arange(0, 15, 3))
    result = read(replace(log, purchases=purchases), outcome="purchase_value")
    assert result.verdict["reason"] == "purchases_need_two"
    assert "purchases_need_two" in codes(result)


def test_purchases_name_a_winner_where_count_and_t_agree() -> None:
    base = simulated(21, lists=4000, users=1200)
    assert base.table.user is not None
    rng = np.random.default_rng(0)
    chance = np.where(base.slots.ranker == 1, 0.2, 0.1)
    events = np.flatnonzero(rng.random(base.slots.list.size) < chance)
    user = base.table.user[base.slots.list[events]]
    purchases = Purchases(np.full(events.size, 9.0), user, np.arange(events.size + 1), events)
    log = replace(base, purchases=purchases)
    for outcome in ("purchase_count", "purchase_value"):
        verdict = read(log, outcome=outcome).verdict
        assert verdict["winner"] == "new"
        assert verdict["decision"] == "ship"
        assert "purchases" in verdict["headline"]


def test_shuffled_rows_of_a_position_log_give_the_curve_and_nothing_else() -> None:
    rng = np.random.default_rng(2)
    position = np.tile([1, 2, 3], 2000)
    log = of_arrays(
        np.arange(6000),
        position,
        np.full(6000, -1),
        rng.random(6000) < 0.3 / position,
        user=None,
        rankers=(),
        shape="position",
        has={"impression_id": False, "user_id": False},
        propensity=np.full(6000, 1 / 3),
        segments={"campaign": (("a", "b"), np.repeat([0, 1], 3000))},
    )
    result = read(log)
    assert result.verdict["status"] == "position_bias_only"
    assert result.verdict["decision"] == "do_not_use"
    curve = result.content["randomised_rows"]
    assert curve["theta"]["3"] == pytest.approx(1 / 3, abs=0.08)
    assert set(curve["segments"]["campaign"]) == {"a", "b"}
    assert "positions_taken_as_shuffled" in codes(result)
    assert "Position 3" in result.verdict["headline"]
    told = read(log, positions_randomised="no")
    assert told.content["randomised_rows"] is None


def test_a_curve_that_is_too_short_stops_the_winner() -> None:
    log = simulated(22, lists=6000, users=1500, better=0.6)
    assert read(log).verdict["winner"] == "new"
    result = read(log, examination=(1.0, 0.5))
    assert "theta_too_short" in codes(result)
    assert result.verdict["winner"] is None
