"""Simulated lists hold what was planted: drafts, coins, clicks and the truth about rankers."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.simulate import LIST_KINDS, ListPlan, list_log, list_truth, template
from analysis.simulate.list_clicks import drawn, examination, expected
from analysis.simulate.list_drafts import SHARED, competitive_pair, team_draft
from analysis.simulate.list_log import draw_lists
from analysis.simulate.list_plan import ClickModel, Coin
from analysis.simulate.list_scenarios import PLAYLISTS, RECOMMENDER_LISTS, SEARCH_LISTS
from analysis.simulate.list_world import world

SMALL = ListPlan({"a": 1.0, "b": 0.5}, slots=4, depth=6, pool=9, queries=10, users=300)


def frame(plan: ListPlan, seed: int) -> pd.DataFrame:
    return list_log(plan, seed).to_pandas()


def test_the_same_seed_gives_the_same_log_and_another_seed_another() -> None:
    assert list_log(SMALL, 3).equals(list_log(SMALL, 3))
    assert not list_log(SMALL, 3).equals(list_log(SMALL, 4))


def test_every_list_has_all_positions_no_item_twice_and_its_users_rows_in_order() -> None:
    log = frame(SMALL, 1)
    for _, one in log.groupby("request_id"):
        assert one["position"].tolist() == [1, 2, 3, 4]
        assert one["item_id"].is_unique
        assert one[["ts", "user_id", "query", "device"]].nunique().max() == 1
    assert log["ts"].is_monotonic_increasing
    assert log.groupby("user_id")["device"].nunique().max() == 1


def test_a_slot_holds_the_best_item_of_its_ranker_that_is_not_shown_above() -> None:
    for _, one in frame(SMALL, 2).groupby("request_id"):
        for slot, row in enumerate(one.itertuples()):
            above = one.iloc[:slot]
            rank = getattr(row, f"rank_{row.model}")
            better = (above[f"rank_{row.model}"] < rank).sum()
            assert better == rank - 1


def test_two_rankers_that_agree_share_the_slot_in_a_competitive_pair() -> None:
    """p q r s against q p r t: the worked example of the specification, both coins."""
    order = np.array([[[0, 1, 2, 3]], [[1, 0, 2, 4]]])
    items, labels = competitive_pair(order, np.array([0, 0]), np.array([0, 1]), 5)
    assert items.tolist() == [[0, 1, 2, 3, 4], [1, 0, 2, 4, 3]]
    assert labels.tolist() == [[0, 1, SHARED, 0, 1], [1, 0, SHARED, 1, 0]]


def test_a_team_draft_of_x_y_and_y_z_makes_two_lists_only() -> None:
    order = np.array([[[0, 1, 2]], [[1, 2, 0]]])
    pickers = np.array([[first, 1 - first, second] for first, second in product((0, 1), (0, 1))])
    items, _ = team_draft(order, np.zeros(4, dtype=int), pickers)
    assert {tuple(one) for one in items.tolist()} == {(0, 1, 2), (1, 0, 2)}


def starts(log: pd.DataFrame, control: str) -> pd.Series:
    return log[log["position"] == 1].set_index("request_id")["model"] == control


@pytest.mark.parametrize(("coin", "chance"), [("fair", 0.5), ("biased", 0.8)])
def test_who_starts_follows_the_coin(coin: Coin, chance: float) -> None:
    log = frame(replace(SMALL, users=2_000, coin=coin, control_first=0.8), 5)
    found = starts(log, "a")
    assert stats.binomtest(int(found.sum()), len(found), chance).pvalue > 1e-4


def test_alternating_control_always_starts_and_then_they_take_turns() -> None:
    log = frame(replace(SMALL, coin="alternating"), 6)
    by_place = log.groupby("position")["model"].unique()
    assert [one.tolist() for one in by_place] == [["a"], ["b"], ["a"], ["b"]]


def test_a_sticky_coin_is_drawn_once_a_user() -> None:
    log = frame(replace(SMALL, coin="sticky"), 7)
    first = log[log["position"] == 1].groupby("user_id")["model"]
    assert first.nunique().max() == 1
    assert 0.35 < (first.first() == "a").mean() < 0.65


def test_a_ramp_gives_the_candidate_more_slots_by_the_day() -> None:
    log = frame(replace(SMALL, users=4_000, coin="ramp", ramp=(0.1, 0.6), days=6), 8)
    share = (log["model"] == "b").groupby(log["ts"].dt.date).mean()
    assert share.to_numpy() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], abs=0.04)


@pytest.mark.parametrize("model", ("position", "cascade"))
def test_drawn_clicks_come_as_often_as_expected(model: ClickModel) -> None:
    plan = replace(SMALL, clicks=model)
    relevance = np.array([0.4, 0.1, 0.5, 0.25])
    clicks = drawn(plan, np.tile(relevance, (200_000, 1)), np.random.default_rng(1))
    wanted = expected(plan, relevance)
    error = np.sqrt(wanted * (1 - wanted) / 200_000)
    assert (abs(clicks.mean(axis=0) - wanted) < 4.5 * error).all()


def test_the_cascade_by_hand() -> None:
    plan = replace(SMALL, clicks="cascade", patience=0.9, onward=0.2, slots=3)
    found = expected(plan, np.array([0.5, 0.4, 0.3]))
    second = 0.5 * 0.2 + 0.5 * 0.9
    assert found == pytest.approx([0.5, second * 0.4, second * (0.4 * 0.2 + 0.6 * 0.9) * 0.3])


def test_examination_falls_with_the_place_and_starts_at_one() -> None:
    assert examination(SMALL) == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])


def test_mirrored_rankers_differ_and_are_exactly_equal() -> None:
    plan = replace(SMALL, likeness="mirrored", taste=0.3, rankers={"a": 1.0, "b": 1.0})
    truth = list_truth(plan)
    assert (world(plan).order[0] != world(plan).order[1]).any()
    assert truth.lift == pytest.approx(0, abs=1e-12)
    assert truth.share == pytest.approx(0.5, abs=1e-12)
    assert truth.better is None


@pytest.mark.parametrize("model", ("position", "cascade"))
def test_the_truth_is_the_mean_of_many_runs(model: ClickModel) -> None:
    plan = replace(SMALL, clicks=model, users=60_000, taste=0.3, last_rate=0.5)
    made = world(plan)
    lists = draw_lists(plan, made, np.random.default_rng(3))
    truth = list_truth(plan)
    for at, name in enumerate(plan.names):
        credit = (lists.clicked & (lists.ranker == at)).sum(axis=1)
        error = credit.std() / math.sqrt(credit.size)
        # Lists of one user share a taste: allow for it.
        assert abs(credit.mean() - truth.credit[name]) < 7 * error


def test_less_noise_ranks_better_and_the_named_kinds_say_so() -> None:
    for name, plan in LIST_KINDS.items():
        truth = list_truth(plan)
        noise = list(plan.rankers.values())
        assert truth.better is None or truth.alone[truth.better] == max(truth.alone.values()), name
        assert (truth.better is None) == (len(set(noise)) == 1), name
    assert list_truth(LIST_KINDS["lists_better"]).lift == pytest.approx(0.05, abs=0.005)


def test_heavy_users_hold_most_lists() -> None:
    lists = frame(LIST_KINDS["lists_heavy_users"], 1).groupby("user_id")["request_id"].nunique()
    top = lists.sort_values().tail(len(lists) // 100).sum() / lists.sum()
    plain = frame(LIST_KINDS["lists_equal"], 1).groupby("user_id")["request_id"].nunique()
    assert top > 2 * plain.sort_values().tail(len(plain) // 100).sum() / plain.sum()


def raw_share(log: pd.DataFrame, candidate: str) -> float:
    clicks = log[log["clicked"] == 1]
    return float((clicks["model"] == candidate).mean())


def same_position_share(log: pd.DataFrame, control: str, candidate: str) -> float:
    """Share of clicks at equal positions, by the weights of Mantel and Haenszel."""
    cells = log.groupby(["position", "model"])["clicked"].agg(["mean", "count"]).unstack()
    a, b = cells["count"][control], cells["count"][candidate]
    weight = a * b / (a + b)
    rates = [float((weight * cells["mean"][name]).sum()) for name in (control, candidate)]
    return rates[1] / sum(rates)


def test_in_the_recommender_sample_the_raw_chart_names_the_wrong_ranker() -> None:
    truth = list_truth(RECOMMENDER_LISTS)
    log = frame(RECOMMENDER_LISTS, 22).drop_duplicates()
    assert truth.better == "two_tower"
    assert raw_share(log, "two_tower") < 0.47
    assert same_position_share(log, "legacy", "two_tower") == pytest.approx(truth.share, abs=0.02)


def test_in_the_search_sample_the_better_ranker_never_starts_and_loses_the_raw_count() -> None:
    truth = list_truth(SEARCH_LISTS)
    log = frame(SEARCH_LISTS, 23)
    assert truth.better == "learned"
    assert starts(log, "legacy").all()
    assert raw_share(log, "learned") < 0.45


def test_in_the_playlist_sample_raw_and_corrected_agree_with_the_truth() -> None:
    truth = list_truth(PLAYLISTS)
    log = frame(PLAYLISTS, 21)
    assert truth.better == "fresh"
    assert raw_share(log, "fresh") == pytest.approx(truth.share, abs=0.02)
    assert same_position_share(log, "current", "fresh") == pytest.approx(truth.share, abs=0.02)


def test_repeats_are_exact_copies_of_rows() -> None:
    log = frame(replace(SMALL, repeats=0.02, users=2_000), 9)
    twice = log.duplicated()
    assert stats.binomtest(int(twice.sum()), len(log) - int(twice.sum()), 0.02).pvalue > 1e-4


def test_the_example_log_has_every_column_of_a_list_log() -> None:
    header, *rows = template("interleaving").splitlines()
    assert header == (
        "request_id,ts,user_id,query,position,item_id,model,clicked,rank_legacy,rank_new,device"
    )
    assert 500 < len(rows) < 5_000
