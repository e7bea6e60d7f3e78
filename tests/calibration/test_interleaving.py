"""Simulated lists: equal rankers are seldom called different, and a planted one is found.

Queries, orders and clicks come from `analysis.simulate`, with heavy users and personal taste;
so both click models are here, and what the uncorrected count would have said stands beside.
"""

from dataclasses import replace

import pytest

from analysis.simulate import LIST_KINDS, ListPlan, list_truth
from analysis.simulate.list_plan import ClickModel
from tests.calibration.list_runs import RUNS, read_runs
from tests.calibration.runs import within

pytestmark = pytest.mark.calibration


def small(plan: ListPlan) -> ListPlan:
    """The same with few and heavy users."""
    return replace(plan, users=400, slots=6, queries=100, shape=0.3)


IDENTICAL = small(LIST_KINDS["lists_identical"])
# Different rankers that are exactly equal: here taste can mislead a count of lists.
EQUAL = replace(small(LIST_KINDS["lists_equal"]), taste=0.4)
BIASED = replace(EQUAL, coin="biased", control_first=0.8)

NULLS: dict[str, ListPlan] = {
    "identical": IDENTICAL,
    "identical, cascade": replace(IDENTICAL, clicks="cascade"),
    "equal": EQUAL,
    "equal, cascade": replace(EQUAL, clicks="cascade"),
    "equal, competitive pairs": replace(EQUAL, draft="competitive"),
    "equal, sticky coin": replace(EQUAL, coin="sticky"),
    "equal, biased coin": BIASED,
    "equal, biased coin, cascade": replace(BIASED, clicks="cascade"),
}


@pytest.mark.parametrize("name", NULLS)
def test_equal_rankers_are_called_different_as_often_as_alpha_says(name: str) -> None:
    """3 to 7.5 %, each side at least 1 %; the short form within chance of 5 %."""
    assert list_truth(NULLS[name]).better is None
    found = read_runs(NULLS[name], seed=1)
    assert within(found.rejected(), 0.03, 0.075, rate=0.05, runs=RUNS), found.rejected()
    for tail in found.tails():
        assert within(tail, 0.01, 0.065, rate=0.025, runs=RUNS), found.tails()
    # A test may be significant and a second one veto its winner; never the other way round.
    assert found.named("legacy") + found.named("new") <= found.rejected() + 1e-9


@pytest.mark.parametrize("clicks", ("position", "cascade"))
def test_a_biased_coin_fools_the_uncorrected_count_and_not_the_verdict(clicks: ClickModel) -> None:
    found = read_runs(NULLS[f"equal, biased coin{', cascade' * (clicks == 'cascade')}"], seed=2)
    assert found.naive_named() > 0.5
    assert within(found.rejected(), 0.03, 0.075, rate=0.05, runs=RUNS), found.rejected()
    assert set(found.status) <= {"no_winner", "corrected_winner"}


@pytest.mark.parametrize("draft", ("team", "competitive"))
def test_five_per_cent_more_clicks_are_found(draft: str) -> None:
    """A thousand users with sixteen lists each; the wrong ranker is never named."""
    plan = replace(LIST_KINDS["lists_better"], lists_per_user=16.0)
    plan = replace(plan, draft="competitive") if draft == "competitive" else plan
    assert list_truth(plan).lift == pytest.approx(0.05, abs=0.005)
    found = read_runs(plan, seed=3, runs=RUNS // 4)
    assert within(found.named("new"), 0.85, 1.0, rate=0.9, runs=RUNS // 4), found.named("new")
    assert found.named("legacy") == 0


def test_a_ramp_on_a_falling_site_hides_a_better_ranker_from_the_raw_count_only() -> None:
    plan = replace(LIST_KINDS["lists_ramp"], lists_per_user=16.0)
    found = read_runs(plan, seed=4, runs=RUNS // 4)
    assert found.naive.count("legacy") == len(found.naive)
    assert found.named("new") > 0.7
    assert found.named("legacy") == 0


@pytest.mark.parametrize("name", ("identical", "equal", "equal, cascade"))
def test_one_ranker_always_on_top_never_has_a_winner(name: str) -> None:
    found = read_runs(replace(NULLS[name], coin="alternating"), seed=5, runs=RUNS // 2)
    assert set(found.reasons) == {"first_pick_fixed"}
    assert set(found.winners) == {None}
    assert found.naive_named() > 0.9
