"""The same numbers by another road: scipy, statsmodels, brute force."""

import math
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.interleaving.competitive import competition
from analysis.interleaving.harvest import harvest, sightings
from analysis.interleaving.inference import chi_square, sign_test
from analysis.interleaving.looks import log_e_value, path
from analysis.interleaving.outcomes import Outcomes, bootstrap_interval, delta_interval, wilson_of
from analysis.interleaving.sign_flip import sign_flip
from analysis.interleaving.slots import cells_of, duel, keep_lists, labelled
from analysis.interleaving.stratified import stratified
from analysis.interleaving.users import signed_rank, square_root_t
from analysis.logs.list_log import ListLog
from tests.interleaving.made import of_arrays, read, simulated

COUNT = st.integers(0, 400)


@given(COUNT, COUNT)
def test_the_sign_test_is_the_binomial_test(wins: int, losses: int) -> None:
    expected = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert sign_test(wins, losses) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("wins, losses", [(50, 700), (2, 900), (480, 520), (20_000, 21_000)])
def test_the_sign_test_keeps_its_digits_far_out(wins: int, losses: int) -> None:
    """By whole numbers, without rounding."""
    n, term, total = wins + losses, 1, 0
    for k in range(wins + 1):
        total += term
        term = term * (n - k) // (k + 1)
    assert sign_test(wins, losses) == pytest.approx(float(Fraction(2 * total, 2**n)), rel=1e-9)


@given(st.lists(st.integers(-4, 4), min_size=30, max_size=80))
def test_signed_ranks_are_scipys(taus: list[int]) -> None:
    tau = np.array(taus, dtype=float)
    if np.count_nonzero(tau) < 14:
        assert signed_rank(tau)[1] is None
        return
    options: Any = {"zero_method": "wilcox", "correction": False, "method": "asymptotic"}
    expected = stats.wilcoxon(tau, **options)
    assert signed_rank(tau)[1] == pytest.approx(expected.pvalue, rel=1e-9)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=11))
def test_the_sign_flip_test_counts_every_sign(taus: list[int]) -> None:
    tau = np.array(taus, dtype=float)
    signs = np.array(list(product((-1, 1), repeat=tau.size)))
    expected = (np.abs(signs @ tau) >= abs(tau.sum())).mean()
    assert sign_flip(tau) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [60, 500, 1500])
def test_the_sign_flip_test_by_convolution_far_into_the_tail(n: int) -> None:
    rng = np.random.default_rng(n)
    tau = rng.integers(-3, 7, n).astype(float)
    law = np.ones(1)
    for one in np.abs(tau[tau != 0]).astype(int):
        step = np.zeros(2 * one + 1)
        step[[0, -1]] = 0.5
        law = np.convolve(law, step)
    reach = (law.size - 1) // 2
    observed = int(abs(tau.sum()))
    expected = law[reach + observed :].sum() + law[: reach - observed + 1].sum()
    assert sign_flip(tau) == pytest.approx(expected, rel=1e-8)


def test_a_sign_flip_test_of_fractions_draws_signs() -> None:
    tau = np.array([0.5, -0.25, 0.75, 0.5, 1.25, -0.5, 0.25, 0.5])
    signs = np.array(list(product((-1, 1), repeat=tau.size)))
    expected = (np.abs(signs @ tau) >= abs(tau.sum()) - 1e-12).mean()
    assert sign_flip(tau) == pytest.approx(expected, abs=0.01)


def test_one_heavy_user_does_not_widen_the_window_beyond_reach() -> None:
    tau = np.array([1000.0] + [1.0] * 9)
    assert sign_flip(tau) == pytest.approx(2 / 2**10, rel=1e-9)
    tau[-1] = -1
    assert sign_flip(tau) == pytest.approx(2 * 10 / 2**10, rel=1e-9)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=40))
def test_the_headline_is_a_t_test_of_scaled_differences(pairs: list[tuple[int, int]]) -> None:
    a, b = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    x = ((b - a) / np.sqrt(np.maximum(a + b, 1)))[a + b > 0]
    found = square_root_t(a, b)
    if x.size < 2:
        assert found["p"] is None
    elif np.ptp(x) > 1e-9:
        assert found["p"] == pytest.approx(stats.ttest_1samp(x, 0).pvalue, rel=1e-8)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_interval_of_delta_is_that_of_the_scores(w: int, lost: int, tied: int) -> None:
    scores = np.array([0.5] * w + [-0.5] * lost + [0.0] * tied)
    found = delta_interval(Outcomes(w, lost, tied, 3), 0.025)
    if scores.size < 2 or np.ptp(scores) == 0:
        assert found is None or found == (0.0, 0.0)
        return
    half = stats.norm.isf(0.025) * scores.std(ddof=1) / math.sqrt(scores.size)
    assert found == pytest.approx((scores.mean() - half, scores.mean() + half), abs=1e-12)


def test_the_bootstrap_agrees_with_the_normal_interval() -> None:
    found = Outcomes(900, 700, 400, 1000)
    assert bootstrap_interval(found) == pytest.approx(delta_interval(found, 0.025), abs=0.006)


@given(st.integers(0, 50), st.integers(1, 50))
def test_wilsons_interval_is_scipys(hits: int, more: int) -> None:
    ends = stats.binomtest(hits, hits + more).proportion_ci(method="wilson")
    assert wilson_of(hits, hits + more, 0.025) == pytest.approx((ends.low, ends.high), abs=1e-12)


@given(st.lists(st.tuples(*[st.integers(1, 60)] * 3), min_size=2, max_size=6))
def test_pearsons_chi_square_is_scipys(rows: list[tuple[int, int, int]]) -> None:
    table = np.array(rows, dtype=float)
    expected = stats.chi2_contingency(table, correction=False)
    assert chi_square(table) == pytest.approx((expected.statistic, expected.dof), abs=1e-9)


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_e_value_is_the_mean_likelihood_ratio(w: int, lost: int) -> None:
    p = (np.arange(200_000) + 0.5) / 200_000
    ratio = np.mean(np.exp(w * np.log(2 * p) + lost * np.log(2 * (1 - p))))
    assert math.exp(log_e_value(w, lost)) == pytest.approx(ratio, rel=1e-6)


def brute(log: ListLog) -> tuple[float, list[float], float]:
    """Log ratio, its jackknife and linearised error, slot by slot."""
    slots, user = log.slots, log.table.user
    assert slots.position is not None
    assert user is not None
    who = user[slots.list]
    at = slots.position

    def ratio(keep: Any) -> float:
        rates = np.zeros(2)
        for k in np.unique(at):
            here = keep & (at == k)
            n = [int((here & (slots.ranker == m)).sum()) for m in (0, 1)]
            if min(n) == 0:
                continue
            weight = n[0] * n[1] / sum(n)
            for m in (0, 1):
                rates[m] += weight * slots.clicked[here & (slots.ranker == m)].mean()
        return math.log(rates[1] / rates[0])

    everyone = np.ones(who.size, dtype=bool)
    whole = ratio(everyone)
    left_out = [ratio(who != u) for u in range(log.users)]
    step = 1e-6

    # The linearised error: each user's derivative of the log ratio by the user's weight.
    def weighted(u: int, more: float) -> float:
        w = np.where(who == u, 1 + more, 1.0)
        n = np.zeros((2, 9))
        c = np.zeros((2, 9))
        np.add.at(n, (slots.ranker, at), 1.0)
        np.add.at(c, (slots.ranker, at), w * slots.clicked)
        down = np.zeros((2, 9))
        np.add.at(down, (slots.ranker, at), w)
        fixed = np.where(n.min(axis=0) > 0, n.prod(axis=0) / np.maximum(n.sum(axis=0), 1), 0)
        rates = (fixed * c / np.maximum(down, 1e-9)).sum(axis=1)
        return math.log(rates[1] / rates[0])

    g = [(weighted(u, step) - weighted(u, -step)) / (2 * step) for u in range(log.users)]
    n = log.users
    return whole, left_out, math.sqrt(n / (n - 1) * float(np.square(g).sum()))


@pytest.mark.parametrize("seed", range(3))
def test_the_jackknife_leaves_out_one_user_at_a_time(seed: int) -> None:
    log = simulated(seed, lists=90, users=25, better=0.2, heavy=True)
    whole, left_out, linear = brute(log)
    found = stratified(cells_of(log, labelled(log)), ["1", "2", "3", "4"], 0.05)
    away = np.array(left_out) - np.mean(left_out)
    n = len(left_out)
    assert found["log_ratio"] == pytest.approx(whole, abs=1e-12)
    assert found["jackknife"]["se"] == pytest.approx(
        math.sqrt((n - 1) / n * float(away @ away)), rel=1e-9
    )
    assert found["se"] == pytest.approx(linear, rel=1e-5)


def test_sparse_and_dense_cells_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    log = simulated(3, lists=500, users=200, days=6)
    for by_day in (False, True):
        found = []
        for limit in (0, 10**9):
            monkeypatch.setattr("analysis.interleaving.slots.DENSE", limit)
            cells = cells_of(log, labelled(log), by_day=by_day)
            found.append([cells.unit, cells.stratum, cells.slots, cells.clicks])
        for one, other in zip(*found, strict=True):
            assert np.array_equal(one, other)


def test_log_linear_theta_is_a_poisson_regression() -> None:
    """statsmodels, with one effect an item and an offset of slots."""
    rng = np.random.default_rng(5)
    rows = []
    for one in range(12):
        for k in rng.choice(5, 3, replace=False):
            shown = int(rng.integers(40, 200))
            rows.append((one, k, shown, rng.binomial(shown, 0.4 / (1 + k) * rng.random())))
    item, position, n, c = (np.array(column) for column in zip(*rows, strict=True))
    log = of_arrays(
        np.arange(int(n.sum())),
        np.repeat(position + 1, n),
        np.zeros(int(n.sum()), int),
        np.concatenate([np.arange(a) < b for a, b in zip(n, c, strict=True)]),
        user=None,
        item=np.repeat(item, n),
    )
    seen = sightings(log)
    assert seen is not None
    theta = harvest(seen)["theta_loglinear"]
    design = np.zeros((item.size, 12 + 4))
    design[np.arange(item.size), item] = 1
    below = position > 0
    design[np.flatnonzero(below), 11 + position[below]] = 1
    fit = sm.GLM(c, design, family=sm.families.Poisson(), offset=np.log(n)).fit(tol=1e-14)
    assert theta == pytest.approx([1.0, *np.exp(fit.params[12:])], rel=1e-8)


def test_theta_is_not_made_up_where_clicks_do_not_join_positions() -> None:
    """Joined by showings, but nothing that moved was clicked lower down."""
    log = of_arrays(
        np.arange(40),
        np.repeat([1, 2, 2], [10, 10, 20]),
        np.zeros(40, int),
        np.repeat([True, False, True], [10, 10, 20]),
        user=None,
        item=np.repeat([0, 0, 1], [10, 10, 20]),
    )
    seen = sightings(log)
    assert seen is not None
    found = harvest(seen)
    assert found["identified"]
    assert found["theta_loglinear"] == [1.0, 0.0]


def drafted(seed: int) -> tuple[ListLog, list[bool]]:
    """A team draft of two random orders; which slots the other would have filled alike."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(6), rng.permutation(6)]
    shown: list[int] = []
    labels, alike = [], []
    while len(shown) < 5:
        for m in rng.permutation(2):
            tops = [next(int(x) for x in order if x not in shown) for order in orders]
            labels.append(int(m))
            alike.append(tops[0] == tops[1])
            shown.append(tops[m])
    item = np.array(shown)
    ranks = tuple(np.argsort(order)[item] + 1 for order in orders)
    n = item.size
    log = of_arrays(
        np.zeros(n, int),
        np.arange(1, n + 1),
        np.array(labels),
        np.zeros(n, bool),
        user=np.zeros(1, int),
        ranks=ranks,
    )
    return log, alike


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_competitive_slots_are_those_where_the_next_items_differ(seed: int) -> None:
    log, alike = drafted(seed)
    found = competition(log).slots
    assert found is not None
    assert found.tolist() == [not one for one in alike]


def test_the_path_is_each_day_s_log_by_itself() -> None:
    log = simulated(6, lists=600, users=150, better=0.1, days=5)
    held = duel(log)
    day = log.table.day
    assert day is not None
    found = path(held, day, log.days, 0.05, 1000)
    assert found is not None
    for k, look in enumerate(found["path"]):
        part = duel(keep_lists(log, day <= k))
        a, b = part.unit_credits
        tau = (b - a).astype(float)
        assert look["users"] == tau.size
        assert look["mean"] == pytest.approx(tau.mean(), abs=1e-12)
        middle = (look["cs_low"] + look["cs_high"]) / 2
        assert middle == pytest.approx(tau.mean(), abs=1e-12)
        assert look["wins"] == int((part.candidate > part.control).sum())


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_codes_of_users_lists_and_items_carry_no_meaning(seed: int) -> None:
    log = simulated(seed, lists=120, users=40, item=True, ranks=True, days=3)
    rng = np.random.default_rng(seed)
    lists, slots, table = rng.permutation(log.lists), log.slots, log.table
    assert slots.position is not None
    assert slots.item is not None
    assert slots.ranks is not None
    assert table.user is not None
    assert table.day is not None
    order = np.lexsort((slots.position, lists[slots.list]))
    place = np.argsort(lists)
    shuffled = of_arrays(
        lists[slots.list][order],
        slots.position[order],
        slots.ranker[order],
        slots.clicked[order],
        user=rng.permutation(log.users)[table.user][place],
        day=table.day[place],
        days=log.days,
        item=rng.permutation(int(slots.item.max()) + 1)[slots.item][order],
        ranks=tuple(rank[order] for rank in slots.ranks),
    )
    one, two = read(log), read(shuffled)
    assert one.verdict["status"] == two.verdict["status"]
    alike(one.content, two.content)


def alike(one: Any, two: Any) -> None:
    """Equal to 1e-9, whatever the order of sums."""
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        for key in one:
            alike(one[key], two[key])
    elif isinstance(one, list):
        assert len(one) == len(two)
        for a, b in zip(one, two, strict=True):
            alike(a, b)
    elif isinstance(one, float):
        assert two == pytest.approx(one, rel=1e-9, abs=1e-11)
    else:
        assert one == two
