"""Simulated logs hold what was planted, and the same seed gives the same log."""

import time
from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from analysis.simulate import KINDS, ab_log, mean_for_share
from analysis.simulate.experiment import DAY, Experiment, share
from analysis.simulate.scenarios import CHECKOUT, ONBOARDING, SEARCH_RANKER

CLEAN = replace(CHECKOUT, units=40_000, mixed=0.0, repeats=0.0, blank_units=0.0)


def by_unit(log: pa.Table, event: str, *, before: bool = False) -> pd.DataFrame:
    """Events and their value by unit, with zeros, counted by plain SQL."""
    with duckdb.connect() as connection:
        connection.register("log", log)
        return connection.execute(
            f"""
            with first as (
                select user_id, min(ts) as t0, min(variant) as arm from log
                where event = 'exposure' group by user_id)
            select arm, first.user_id, count(log.ts) as events, coalesce(sum(value), 0) as total
            from first left join log on log.user_id = first.user_id
                and log.event = '{event}' and log.ts {"<" if before else ">="} t0
            group by all order by first.user_id"""
        ).df()


def test_the_same_seed_gives_the_same_log_and_another_seed_another() -> None:
    plan = replace(CHECKOUT, units=500)
    assert ab_log(plan, 3).equals(ab_log(plan, 3))
    assert not ab_log(plan, 3).equals(ab_log(plan, 4))


def test_rows_come_in_order_of_time_and_events_stay_inside_their_periods() -> None:
    log = ab_log(CLEAN, 1).to_pandas()
    assert log["ts"].is_monotonic_increasing
    first = log[log["event"] == "exposure"].groupby("user_id")["ts"].min()
    seconds = (log["ts"] - log["user_id"].map(first)).dt.total_seconds()
    assert seconds.max() < CLEAN.window_days * DAY
    assert seconds.min() >= -CLEAN.pre_days * DAY
    assert log["event_id"].is_unique
    assert set(log.loc[log["variant"].notna(), "event"]) == {"exposure"}


@pytest.mark.parametrize("arm", ("control", "treatment"))
@pytest.mark.parametrize("event", ("purchase", "support_contact"))
def test_the_planted_share_of_units_is_found(arm: str, event: str) -> None:
    table = ab_log(CLEAN, 2)
    units = by_unit(table, event)
    found = units.loc[units["arm"] == arm, "events"] > 0
    planted = share(CLEAN.event(event).mean[arm], CLEAN.shape)
    assert stats.binomtest(int(found.sum()), found.size, planted).pvalue > 1e-4


def test_the_planted_lift_of_values_is_found() -> None:
    """11 % slower pages: mean over page loads, error by unit, within 4 standard errors."""
    units = by_unit(ab_log(CLEAN, 5), "page_load")
    means, errors = [], []
    for arm in ("control", "treatment"):
        one = units[units["arm"] == arm]
        mean = one["total"].sum() / one["events"].sum()
        rest = (one["total"] - mean * one["events"]) / one["events"].mean()
        means.append(mean)
        errors.append(rest.std() / np.sqrt(len(one)))
    for found, error, planted in zip(means, errors, (900.0, 999.0), strict=True):
        assert abs(found - planted) < 4 * error
    assert errors[0] < 9


def test_the_past_predicts_the_outcome_so_that_cuped_helps() -> None:
    table = ab_log(CLEAN, 6)
    after, before = by_unit(table, "page_load"), by_unit(table, "page_load", before=True)
    assert np.corrcoef(after["events"], before["events"])[0, 1] > 0.4


def test_a_smaller_shape_makes_heavier_users() -> None:
    def top_percent(plan: Experiment) -> float:
        events = by_unit(ab_log(plan, 7), "page_load")["events"].sort_values()
        return float(events.tail(len(events) // 100).sum() / events.sum())

    assert top_percent(KINDS["heavy_users"]) > 3 * top_percent(KINDS["aa"])


def split_p(plan: Experiment, seed: int) -> float:
    log = ab_log(plan, seed).to_pandas()
    arms = log[log["event"] == "exposure"].groupby("user_id")["variant"].first().value_counts()
    return float(stats.chisquare(arms.to_numpy()).pvalue)


def test_units_lost_in_one_arm_break_the_split_and_no_loss_does_not() -> None:
    assert split_p(ONBOARDING, 12) < 1e-4
    assert split_p(replace(ONBOARDING, lost={}), 12) > 0.01
    assert split_p(SEARCH_RANKER, 16) > 0.01


def test_lost_units_are_the_quiet_ones_so_the_naive_effect_is_false() -> None:
    """Nothing is planted in onboarding; yet more of the units that are left finish a task."""
    units = by_unit(ab_log(replace(ONBOARDING, units=40_000), 1), "task_done")
    rate = (units["events"] > 0).groupby(units["arm"]).mean()
    assert rate["treatment"] > rate["control"] * 1.03


def test_planted_faults_are_there_in_the_planted_shares() -> None:
    plan = replace(CHECKOUT, units=30_000, mixed=0.01, repeats=0.01, blank_units=0.01)
    log = ab_log(plan, 8).to_pandas()
    twice = log["event_id"].duplicated()
    arms = log[log["event"] == "exposure"].groupby("user_id")["variant"].nunique()
    assert stats.binomtest(int(twice.sum()), len(log) - int(twice.sum()), 0.01).pvalue > 1e-4
    assert stats.binomtest(int((arms > 1).sum()), len(arms), 0.01).pvalue > 1e-4
    assert abs(log["user_id"].isna().mean() - 0.01) < 0.001
    same = log[log["event_id"].isin(log.loc[twice, "event_id"])].drop_duplicates()
    assert len(same) == int(twice.sum())


def test_the_share_and_its_mean_are_each_others_inverse() -> None:
    for wanted in (0.001, 0.24, 0.9):
        assert share(mean_for_share(wanted, 0.7), 0.7) == pytest.approx(wanted, rel=1e-12)


def test_the_closed_form_share_agrees_with_the_negative_binomial() -> None:
    assert share(0.31, 1.5) == pytest.approx(
        1 - stats.nbinom.pmf(0, 1.5, 1.5 / (1.5 + 0.31)), rel=1e-12
    )


@pytest.mark.timing
def test_a_million_events_take_seconds() -> None:
    begin = time.perf_counter()
    table = ab_log(replace(KINDS["ab"], units=145_000), 1)
    assert table.num_rows > 1_000_000
    assert time.perf_counter() - begin < 5
