"""Small examples worked by hand, to ten digits."""

import math
from typing import Any

import numpy as np
import pytest

from analysis.core.corrections import adjust_p_values
from analysis.core.tails import chi_square_upper, normal_two_sided
from analysis.interleaving.aggregated import paired_delta, paired_t, sign_summary, sums_of
from analysis.interleaving.bridge import PastPair, bridge, bridge_notices, predicted
from analysis.interleaving.competitive import competition
from analysis.interleaving.counterfactual import rank_weighted
from analysis.interleaving.first_pick import FirstPicks, clustered_z
from analysis.interleaving.harvest import harvest, sightings
from analysis.interleaving.inference import chi_square, sign_test
from analysis.interleaving.looks import e_value, half_width
from analysis.interleaving.purchases import purchase_block
from analysis.interleaving.shuffled import curve
from analysis.interleaving.slots import Cells, cells_of, labelled
from analysis.interleaving.stratified import mantel_haenszel, stratified
from analysis.interleaving.users import signed_rank
from analysis.logs.list_log import Purchases, Totals
from tests.interleaving.made import NINE, codes, of_arrays, of_lists, of_totals, read

INVERSE = (1.0, 1 / 2, 1 / 3, 1 / 4)


def near(value: Any) -> Any:
    """Ten digits."""
    return pytest.approx(value, rel=2e-9, abs=6e-11)


@pytest.fixture(scope="module")
def nine() -> dict[str, Any]:
    """Nine lists of four slots, read with theta = 1/position."""
    return read(of_lists(NINE), examination=INVERSE).content


def test_nine_lists_by_list(nine: dict[str, Any]) -> None:
    lists = nine["impression_level"]
    counted = [lists[k] for k in ("wins", "losses", "ties_with_clicks", "ties_no_click")]
    assert counted == [3, 2, 2, 2]
    assert nine["shared_clicks"] == 1
    assert nine["raw_clicks"] == {"old": 5, "new": 8}
    assert lists["delta_ab_clicked_impressions"] == near(0.0714285714)
    assert lists["delta_ab_ci95"] == near([-0.2618319647, 0.4046891076])
    assert lists["delta_ab_all_impressions"] == near(0.0555555556)
    assert lists["delta_ab_rescaled"] == near(0.1428571429)
    assert lists["sign_test_p"] == 1
    for end, boot in zip(lists["delta_ab_ci95"], lists["delta_ab_ci95_bootstrap"], strict=True):
        assert boot == pytest.approx(end, abs=0.08)


def test_nine_lists_by_user(nine: dict[str, Any]) -> None:
    level = nine["user_level"]
    assert (level["wins"], level["losses"]) == (3, 2)
    assert level["delta_ab"] == near(0.1)
    assert level["net_preference"] == near(0.2)
    assert level["win_rate_wilson95"] == near([0.2307242813, 0.8823792258])
    assert level["mean_credit_diff_per_user"] == near(0.6)
    assert level["se"] == near(0.6782329983)
    assert level["t"] == near(0.8846517369)
    assert level["t_test_p"] == near(0.4263172079)
    assert level["ci95"] == near([-1.283076688, 2.483076688])
    root = nine["user_sqrt_t"]
    assert root["n_users"] == 5
    assert root["mean"] == near(0.2845299462)
    assert root["t"] == near(0.6419881464)
    assert root["p"] == near(0.5558237051)
    share = nine["credit_share_clustered"]
    assert share["share"] == near(0.6153846154)
    assert share["se"] == near(0.1161030584)
    assert share["p"] == near(0.3765658461)
    equal = nine["user_equal_weight_share"]
    assert equal["share"] == near(0.5666666667)
    assert equal["se"] == near(0.1775606313)
    assert equal["p"] == near(0.7263811694)
    assert nine["user_sign_flip_p"] == near(0.5625)
    assert nine["effective_users"] == near(4.764705882)
    assert nine["top_user_impression_share"] == near(2 / 9)


def test_nine_lists_name_no_winner() -> None:
    result = read(of_lists(NINE))
    assert result.verdict["winner"] is None
    assert result.verdict["reason"] == "too_few_effective_users"
    assert result.verdict["decision"] == "keep_running"
    assert "too_few_effective_users" in codes(result)


def test_nine_lists_balance(nine: dict[str, Any]) -> None:
    balance = nine["balance"]
    assert balance["n_impressions_with_team"] == 9
    assert balance["control_first"] == 5
    assert balance["first_pick_binom_p"] == 1
    assert balance["first_pick_user_clustered_z"] == near(1)
    assert balance["first_pick_user_clustered_p"] == near(0.3173105079)
    assert balance["sticky_first_pick"] is False
    assert balance["position_table"] == {"1": [5, 4], "2": [4, 5], "3": [3, 5], "4": [6, 3]}
    assert balance["mean_reciprocal_position"] == near({"old": 0.5277777778, "new": 0.5245098039})


def test_nine_lists_at_the_same_position(nine: dict[str, Any]) -> None:
    same = nine["position_stratified"]
    assert same["rate_control"] == near(0.3155258765)
    assert same["rate_candidate"] == near(0.4774624374)
    assert same["lift"] == near(0.5132275132)
    assert same["log_ratio"] == near(0.4142447958)
    assert same["se"] == near(0.489738278)
    assert same["p"] == near(0.3976368006)
    assert same["jackknife"]["se"] == near(0.572377418)
    assert same["jackknife"]["p"] == near(0.5092936916)
    assert same["jackknife"]["lift_ci95"] == near([-0.6911593049, 6.414364566])


def test_nine_lists_without_each_user() -> None:
    from analysis.interleaving.stratified import _without_each

    log = of_lists(NINE)
    cells = cells_of(log, labelled(log))
    n, c = cells.by_stratum(cells.slots), cells.by_stratum(cells.clicks)
    left_out = _without_each(cells, n, c, np.ones(cells.unit.size, dtype=bool))
    expected = [0.0416726964, 0.6931471806, 0.3031862590, 0.8034952377, 0.2436220827]
    assert left_out.tolist() == near(expected)


def test_nine_lists_weighted_by_position(nine: dict[str, Any]) -> None:
    coec = nine["position_weighted_known_theta"]["coec"]
    assert coec["rate_control"] == near(0.5263157895)
    assert coec["rate_candidate"] == near(0.8971962617)
    assert coec["diff_se"] == near(0.3672797797)
    assert coec["lift"] == near(0.7046728972)
    assert coec["share"] == near(0.6302695232)
    assert coec["p"] == near(0.2665316415)
    ips = nine["position_weighted_known_theta"]["ips_slot_mean"]
    assert (ips["rate_control"], ips["rate_candidate"]) == near((0.5, 1.0))
    assert ips["diff_se"] == near(0.5772392723)
    assert ips["lift"] == near(1.0)
    assert ips["p"] == near(0.3687214811)
    assert nine["bias_waterfall"] == near(
        {
            "raw": 0.6153846154,
            "equal_slots": 0.6288209607,
            "equal_examination": 0.6302695232,
            "same_position": 0.6021052632,
        }
    )


def test_a_sixth_user_with_a_click_on_a_shared_slot_only() -> None:
    content = read(of_lists((*NINE, ("fay", "s*"))), examination=INVERSE).content
    assert content["shared_clicks"] == 2
    assert content["impression_level"]["ties_no_click"] == 3
    level = content["user_level"]
    assert level["ties_no_click"] == 1
    assert level["n_users"] == 6
    assert level["net_preference"] == near(0.1666666667)
    assert level["mean_credit_diff_per_user"] == near(0.5)
    assert level["t_test_p"] == near(0.4149542701)
    assert content["user_sqrt_t"]["p"] == near(0.5558237051)
    same = content["position_stratified"]
    assert same["se"] == near(0.4798435554)
    assert same["jackknife"]["se"] == near(0.572377418)
    assert same["jackknife"]["n_users"] == 5
    coec = content["position_weighted_known_theta"]["coec"]
    assert coec["diff_se"] == near(0.3598592212)


def test_competitive_slots_and_rank_weights() -> None:
    """Control list a b c d, candidate list b d a c; shown a, b, d, c."""
    ranks = (np.array([1, 2, 4, 3]), np.array([3, 1, 2, 4]))
    one = of_lists([("ann", "o* n n* o")], ranks=ranks)
    found = competition(one)
    assert found.evidence == "ranks"
    assert found.slots is not None
    assert found.slots.tolist() == [True, False, True, False]
    first = rank_weighted(one, np.array(INVERSE))
    assert first is not None
    assert first["effect_clicks_per_impression"] == near(0.0833333333)
    assert first["baseline"] == near(1.75)
    twice = tuple(np.concatenate([rank, rank]) for rank in ranks)
    pair = of_lists([("ann", "o* n n* o"), ("bob", "o n n o")], ranks=twice)
    both = rank_weighted(pair, np.array(INVERSE))
    assert both is not None
    assert both["effect_clicks_per_impression"] == near(0.0416666667)
    assert both["se"] == near(0.0416666667)
    assert both["p"] == near(0.3173105079)
    assert both["baseline"] == near(0.875)
    assert both["relative"] == near(0.0476190476)


def test_a_ramp() -> None:
    n = np.array([[100, 20], [20, 100]])
    c = np.array([[10, 1], [3, 8]])
    cells = Cells(np.array([0, 1]), np.array([0, 1]), n, c, 2, 2)
    found = stratified(cells, ["1", "2"], 0.05)
    assert found["rate_control"] == near(0.075)
    assert found["rate_candidate"] == near(0.115)
    rr = mantel_haenszel(n, c, 0.05)
    assert rr["rr"] == near(1.5333333333)
    assert rr["var_ln_rr"] == near(0.2857971014)
    assert rr["ci95"] == near((0.5377547789, 4.372087805))
    assert (c.sum(axis=1) / n.sum(axis=1)).tolist() == near([0.0916666667, 0.0916666667])


def test_theta_of_shuffled_rows() -> None:
    found = curve(np.array([200, 200, 200]), np.array([60, 36, 24]), 0.05)
    assert found["theta"] == near({"1": 1.0, "2": 0.6, "3": 0.4})
    assert found["ci95"]["2"] == near((0.4170373284, 0.8632320789))
    assert found["ci95"]["3"] == near((0.2599708572, 0.6154536001))
    assert found["ci95"]["1"] == (1.0, 1.0)
    assert found["equal_ctr_chi2"] == near(21.0)
    assert found["equal_ctr_p"] == near(2.753644935e-05)
    assert found["position_bias_detected"]


def sighted(rows: list[tuple[int, int, int, int]]) -> Any:
    """Item, position, slots, clicks."""
    item = np.repeat([r[0] for r in rows], [r[2] for r in rows])
    position = np.repeat([r[1] for r in rows], [r[2] for r in rows])
    clicked = np.concatenate([np.arange(r[2]) < r[3] for r in rows])
    log = of_arrays(
        np.arange(item.size), position, np.zeros(item.size, int), clicked, user=None, item=item
    )
    seen = sightings(log)
    assert seen is not None
    return harvest(seen)


def test_theta_harvested() -> None:
    found = sighted([(0, 1, 100, 20), (0, 2, 50, 6), (1, 1, 50, 5), (1, 2, 100, 4)])
    assert found["identified"]
    assert found["theta_loglinear"] == near([1.0, 0.5237390776])
    assert found["theta_adjacent_chain"] == near([1.0, 0.5333333333])
    assert found["ctr_by_position_relative"] == near([1.0, 0.4])
    assert sighted([(0, 1, 100, 20), (1, 2, 100, 4)]) == {"identified": False}


def test_small_tests() -> None:
    tau = np.array([3, -1, 2, 2, -2, 1, 1, 4, -3, 5, 1, -1, 2, 1], dtype=float)
    positive, p = signed_rank(tau)
    assert positive == 78
    assert p == near(0.1053931357)
    assert adjust_p_values([0.03, 0.012, 0.04], "holm") == near([0.06, 0.036, 0.06])
    assert e_value(3, 2) == near(0.5333333333)
    assert e_value(15, 5) == near(3.220600521)
    assert sign_test(15, 5) == near(0.0413894653)
    assert e_value(30, 10) == near(31.63690639)
    assert sign_test(30, 10) == near(0.0022214338)
    rho2 = (-2 * math.log(0.05) + math.log(-2 * math.log(0.05) + 1)) / 1000
    assert rho2 == near(0.0079361546)
    assert half_width(400, 1.2, 0.05, 1000) == near(0.1874267455)
    tested = chi_square(np.array([[12.0, 10, 8], [9, 11, 10], [9, 9, 12]]))
    assert tested is not None
    assert tested == near((1.6, 4))
    assert chi_square_upper(*tested) == near(0.8087921354)


def test_clustered_z() -> None:
    """Users 1.5, -0.5 and 1 lists off an even share."""
    unit = np.array([0, 0, 0, 1, 2, 2])
    ranker = np.array([0, 0, 0, 1, 0, 0])
    z = clustered_z(FirstPicks(np.arange(6), ranker, unit, by_user=True, rankers=2))
    assert z is not None
    assert z == pytest.approx(1.06904497, abs=5e-9)
    assert normal_two_sided(z) == near(0.2850494074)


def test_users_already_summed() -> None:
    x, y = np.array([3.0, 1, 0, 2, 4]), np.array([1.0, 1, 0, 0, 2])
    n = np.array([4.0, 2, 1, 3, 5])
    found = paired_delta(sums_of(x, y, n), 0.05)
    assert found["estimate"] == near(0.4)
    assert found["se"] == near(0.0942809042)
    assert found["p"] == near(0.0132355996)
    assert found["ci95"] == near((0.1382342451, 0.6617657549))
    plain = paired_t(sums_of(x, y, n), 0.05)
    assert plain["estimate"] == near(1.2)
    assert plain["se"] == near(0.4898979486)
    assert plain["p"] == near(0.0704839969)
    content = read(of_totals(Totals("users", x=x, y=y, n=n))).content
    assert content["paired_delta_test"]["p"] == near(0.0132355996)
    sums = {"n": 5.0, "sum_x": 10.0, "sum_y": 4.0, "sum_n": 15.0, "sum_xx": 30.0, "sum_yy": 6.0}
    sums |= {"sum_nn": 55.0, "sum_xy": 12.0, "sum_xn": 40.0, "sum_yn": 16.0}
    told = read(of_totals(Totals("users", sums=sums))).content
    for name in ("paired_delta_test", "paired_t"):
        for field in ("estimate", "se", "p"):
            assert told[name][field] == near(content[name][field])


def test_outcomes_already_summed() -> None:
    found = sign_summary(12, 6, 7, 0.05)
    assert found == near(
        {"net_preference": 0.24, "se": 0.16, "ci_half_width": 0.3135942375, "p": 0.2378845215}
    )
    content = read(of_totals(Totals("lists", 12, 6, 7))).content
    assert content["sign_summary"]["p"] == near(0.2378845215)


def test_attribution() -> None:
    """Exposures old, new, shared; purchases of 30 and 80 in reach, two out of it."""
    log = of_arrays(
        np.arange(3),
        np.ones(3, int),
        np.array([0, 1, -1]),
        np.zeros(3, bool),
        user=np.zeros(3, int),
        purchases=Purchases(
            value=np.array([30.0, 80.0, 5.0, 5.0]),
            user=np.zeros(4, int),
            start=np.array([0, 2, 4, 4, 4]),
            exposure=np.array([0, 1, 1, 2]),
        ),
    )
    found = purchase_block(log, 50.0, 0.05)
    assert found is not None
    for rule in ("last", "fractional"):
        assert found[rule]["attributed_purchases"] == 2
        assert found[rule]["unattributed"] == 2
        assert found[rule]["value_attributed"] == 110
    assert found["last"]["count"]["total"] == {"old": 0, "new": 1}
    assert found["last"]["value"]["total"] == {"old": 0, "new": 30}
    assert found["fractional"]["count"]["total"] == {"old": 0.5, "new": 1}
    assert found["fractional"]["value"]["total"] == {"old": 15, "new": 55}
    assert found["fractional"]["value_capped"]["total"] == {"old": 15, "new": 40}


def test_the_bridge() -> None:
    x, y = [0.04, -0.01, 0.03, 0.0, 0.06], [0.02, 0.01, 0.02, -0.01, 0.03]
    pairs = [PastPair(str(i), a, 0.01, b, 0.02) for i, (a, b) in enumerate(zip(x, y, strict=True))]
    found = bridge(pairs, at=0.05)
    assert found["sign_agreement"] == near(0.6)
    assert found["sign_agreement_both_significant"] == {"n": 0, "share": None}
    assert found["pearson_r"] == near(0.8125037776)
    assert found["ols_slope_ab_on_il"] == near(0.4277108434)
    assert found["deming_slope_ab_on_il"] == near({"value": 0.4375516906, "lambda": 4.0})
    assert found["predicted_ab_lift"] is None
    assert next(one.code for one in bridge_notices(pairs)) == "few_bridge_pairs"
    shown = predicted(np.array(x), np.array(y), 0.05)
    assert shown["value"] == near(0.0251204819)
    assert shown["high"] - shown["value"] == near(0.0384905404)
    assert bridge(pairs * 2, at=0.05)["predicted_ab_lift"] is not None
