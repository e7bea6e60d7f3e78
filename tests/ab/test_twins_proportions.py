"""Proportions, margins, corrections, strata and splits against slower or other routes."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from analysis.ab.proportions import (
    Counts,
    fisher,
    pearson,
    restricted_ratio_z,
    restricted_z,
    score,
    score_ratio,
    z_pooled,
)
from analysis.ab.segments import cochran, interaction, mantel_haenszel, post_stratified
from analysis.ab.split import allocation, check_split, exact_binomial, sequential_split
from analysis.core import Moments
from analysis.core.corrections import adjust_p_values
from tests.ab.made import bounds, compared_counts

TABLES = [
    (37, 412, 21, 398),
    (12, 50, 3, 60),
    (0, 40, 7, 45),
    (5, 5, 1, 6),
    (1, 900, 4, 700),
    (300, 1000, 340, 1100),
    (999, 1000, 995, 1000),
    (12_345, 400_000, 12_001, 401_000),
]
Table = tuple[int, int, int, int]


@pytest.mark.parametrize("table", TABLES)
def test_the_pooled_z_test_is_statsmodels(table: Table) -> None:
    x1, n1, x0, n0 = table
    z, p = proportions_ztest([x1, x0], [n1, n0])
    found = compared_counts(*table)["detail"]
    assert found["z_pooled"] == pytest.approx(z, rel=1e-9)
    assert found["p_pooled_z"] == pytest.approx(p, rel=1e-9)
    _, larger = proportions_ztest([x1, x0], [n1, n0], alternative="larger")
    assert found["p_one_sided_greater"] == pytest.approx(larger, rel=1e-9)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("name", "method"),
    [("wald", "wald"), ("newcombe", "newcomb"), ("agresti_caffo", "agresti-caffo")],
)
def test_intervals_of_a_difference_are_statsmodels(table: Table, name: str, method: str) -> None:
    twin = confint_proportions_2indep(*table, method=method, alpha=0.1)
    found = compared_counts(*table, alpha=0.1)["detail"][name]
    assert bounds(found) == pytest.approx(twin, rel=1e-8, abs=1e-14)


@pytest.mark.parametrize("table", TABLES)
def test_fisher_is_scipy_s(table: Table) -> None:
    x1, n1, x0, n0 = table
    twin = stats.fisher_exact(np.array([[x1, n1 - x1], [x0, n0 - x0]])).pvalue
    found = fisher(Counts(*table))
    assert found is not None
    assert found[0] == pytest.approx(twin, rel=1e-6)
    assert found[1] == pytest.approx(math.log10(twin), rel=1e-6, abs=1e-9)


def test_fisher_s_far_tail_keeps_its_logarithm() -> None:
    """5000 of 5000 against 0 of 5000: both extreme tables, 2 / C(10000, 5000)."""
    found = fisher(Counts(5000, 5000, 0, 5000))
    assert found is not None
    assert found[0] == 5e-324
    exact = math.log10(2) - math.log10(math.comb(10_000, 5_000))
    assert found[1] == pytest.approx(exact, rel=1e-10)


def likelihood(counts: Counts, rate1: float, rate0: float) -> float:
    """Log likelihood of two binomials."""

    def part(x: int, n: int, p: float) -> float:
        successes = x * math.log(p) if x else 0.0
        return successes + ((n - x) * math.log1p(-p) if n - x else 0.0)

    return part(counts.x1, counts.n1, rate1) + part(counts.x0, counts.n0, rate0)


def restricted(counts: Counts, rate1: Callable[[float], float], low: float, high: float) -> float:
    """The control's rate that maximises the likelihood under H0: grid, then Brent."""
    edge = 1e-13 * (high - low)
    grid = np.linspace(low + edge, high - edge, 4001)
    at = int(np.argmax([likelihood(counts, rate1(p), p) for p in grid]))
    around = (float(grid[max(at - 1, 0)]), float(grid[min(at + 1, grid.size - 1)]))
    best = optimize.minimize_scalar(
        lambda p: -likelihood(counts, rate1(p), p), bounds=around, options={"xatol": 1e-14}
    )
    return float(best.x)


def slow_z(counts: Counts, d0: float) -> float:
    """Score statistic of a difference by brute force."""
    rate0 = restricted(counts, lambda p: p + d0, max(0.0, -d0), min(1.0, 1.0 - d0))
    rate1 = rate0 + d0
    variance = rate1 * (1 - rate1) / counts.n1 + rate0 * (1 - rate0) / counts.n0
    return (counts.difference - d0) / math.sqrt(variance)


def slow_ratio_z(counts: Counts, rho: float) -> float:
    """Score statistic of a ratio by brute force."""
    rate0 = restricted(counts, lambda p: rho * p, 0.0, min(1.0, 1 / rho))
    rate1 = rho * rate0
    variance = rate1 * (1 - rate1) / counts.n1 + rho**2 * rate0 * (1 - rate0) / counts.n0
    return (counts.p1 - rho * counts.p0) / math.sqrt(variance)


@pytest.mark.parametrize("table", TABLES[:6])
@pytest.mark.parametrize("d0", [-0.3, -0.021, 0.0004, 0.05, 0.4])
def test_restricted_rates_of_a_difference_maximise_the_likelihood(table: Table, d0: float) -> None:
    counts = Counts(*table)
    assert restricted_z(counts, d0) == pytest.approx(slow_z(counts, d0), rel=1e-6)


@pytest.mark.parametrize("table", TABLES[:6])
@pytest.mark.parametrize("rho", [0.2, 0.9, 1.001, 3.0])
def test_restricted_rates_of_a_ratio_maximise_the_likelihood(table: Table, rho: float) -> None:
    counts = Counts(*table)
    assert restricted_ratio_z(counts, rho) == pytest.approx(slow_ratio_z(counts, rho), rel=1e-6)


@pytest.mark.parametrize("table", TABLES[:6])
def test_score_bounds_are_where_the_slow_test_turns(table: Table) -> None:
    """At the bounds the brute-force statistic is the normal quantile itself."""
    counts = Counts(*table)
    z = stats.norm.isf(0.025)
    low, high = score(counts, 0.05).low, score(counts, 0.05).high
    assert low is not None
    assert high is not None
    if low > -1 + 1e-9:
        assert slow_z(counts, low) == pytest.approx(z, rel=1e-5)
    if high < 1 - 1e-9:
        assert slow_z(counts, high) == pytest.approx(-z, rel=1e-5)
    lift = score_ratio(counts, 0.05)
    if counts.x1:
        assert lift.low is not None
        assert slow_ratio_z(counts, 1 + lift.low) == pytest.approx(z, rel=1e-5)
    else:
        assert lift.low == -1
    assert lift.high is not None
    assert slow_ratio_z(counts, 1 + lift.high) == pytest.approx(-z, rel=1e-5)


@pytest.mark.parametrize(
    "table",
    [
        *TABLES,
        (1000, 10**6, 900, 10**6),
        (10, 10**7, 30, 10**7),
        (100, 10**8, 80, 10**8),
        (6, 10**9, 15, 10**9),
        (10**8 - 80, 10**8, 10**8 - 100, 10**8),
        (50, 1000, 40, 10**8),
        (0, 10**7, 12, 10**7),
    ],
)
def test_at_no_difference_the_score_test_is_the_pooled_test_at_any_rate(table: Table) -> None:
    counts = Counts(*table)
    pooled = z_pooled(counts)
    assert restricted_z(counts, 0.0) == pytest.approx(pooled, rel=1e-7)
    assert restricted_ratio_z(counts, 1.0) == pytest.approx(pooled, rel=1e-7)


def test_a_score_interval_holds_every_difference_that_its_test_keeps() -> None:
    counts = Counts(*TABLES[0])
    interval = score(counts, 0.05)
    assert interval.low is not None
    assert interval.high is not None
    z = stats.norm.isf(0.025)
    for d0 in np.linspace(-0.2, 0.3, 501):
        statistic = restricted_z(counts, float(d0))
        assert statistic is not None
        assert (abs(statistic) <= z) == (interval.low <= d0 <= interval.high)


@pytest.mark.parametrize(
    ("correction", "method"),
    [
        ("bonferroni", "bonferroni"),
        ("holm", "holm"),
        ("hochberg", "simes-hochberg"),
        ("bh", "fdr_bh"),
        ("by", "fdr_by"),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_adjusted_p_values_are_statsmodels(correction: str, method: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.beta(0.4, 3, int(rng.integers(1, 60)))
    p[rng.random(p.size) < 0.3] = 0.02
    twin = multipletests(p, method=method)[1]
    assert adjust_p_values(p.tolist(), correction) == pytest.approx(twin, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_mantel_haenszel_is_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    strata = []
    for _ in range(6):
        n1, n0 = (int(n) for n in rng.integers(5, 200, 2))
        strata.append(Counts(int(rng.binomial(n1, 0.3)), n1, int(rng.binomial(n0, 0.25)), n0))
    tables = [[[one.x1, one.n1 - one.x1], [one.x0, one.n0 - one.x0]] for one in strata]
    twin = StratifiedTable([np.array(one, dtype=float) for one in tables])
    tested = twin.test_null_odds(correction=False)
    found = mantel_haenszel(strata)
    assert found["odds_ratio"] == pytest.approx(twin.oddsratio_pooled, rel=1e-9)
    assert found["chi2"] == pytest.approx(tested.statistic, rel=1e-9)
    assert found["p"] == pytest.approx(tested.pvalue, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("binary", [False, True])
def test_the_interaction_f_is_statsmodels(seed: int, binary: bool) -> None:
    rng = np.random.default_rng(seed)
    rows = []
    for level in "abcd":
        for arm in ("control", "treatment"):
            n = int(rng.integers(3, 40))
            y = rng.random(n) < 0.4 if binary else 1e6 + rng.normal(ord(level), 2, n)
            rows.append(pd.DataFrame({"y": y.astype(float), "level": level, "arm": arm}))
    frame = pd.concat(rows)
    twin = anova_lm(ols("y ~ arm + level", frame).fit(), ols("y ~ arm * level", frame).fit())
    cells = [
        (
            Moments.of(y=one.loc[one["arm"] == "treatment", "y"].to_numpy()),
            Moments.of(y=one.loc[one["arm"] == "control", "y"].to_numpy()),
        )
        for _, one in frame.groupby("level")
    ]
    found = interaction(cells)
    expected = (twin["F"].iloc[1], twin["Pr(>F)"].iloc[1])
    assert found == pytest.approx(expected, rel=1e-6)


def test_cochran_s_q_is_the_weighted_spread_of_effects() -> None:
    d, v = [0.2, -0.1, 0.6, 0.25], [0.04, 0.01, 0.09, 0.02]
    middle = np.average(d, weights=1 / np.array(v))
    q = sum((one - middle) ** 2 / spread for one, spread in zip(d, v, strict=True))
    assert cochran(d, v) == pytest.approx((q, stats.chi2.sf(q, 3)), rel=1e-10)


def test_the_stratified_effect_weights_levels_by_their_units() -> None:
    found = post_stratified([(1.0, 0.04, 300), (3.0, 0.09, 100)], 0.1)
    assert found["difference"] == pytest.approx(1.5)
    se = math.sqrt(0.75**2 * 0.04 + 0.25**2 * 0.09)
    assert found["se"] == pytest.approx(se)
    assert found["low"] == pytest.approx(1.5 - stats.norm.isf(0.05) * se)


@pytest.mark.parametrize("seed", range(4))
def test_chi_squares_are_scipy_s(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(50, 500, 4)
    x = rng.binomial(n, 0.2)
    twin = stats.chi2_contingency(np.array([x, n - x]), correction=False)
    assert pearson(x.tolist(), n.tolist()) == pytest.approx(
        (twin.statistic, twin.dof, twin.pvalue), rel=1e-9
    )
    counts = rng.integers(5, 300, (5, 2))
    twin = stats.chi2_contingency(counts, correction=False)
    found = allocation({str(i): row.tolist() for i, row in enumerate(counts)})
    assert found == pytest.approx((twin.statistic, twin.pvalue), rel=1e-9)
    weights = rng.uniform(0.5, 3, 4)
    split = check_split(n.tolist(), weights.tolist())
    assert split is not None
    expected = stats.chisquare(n, n.sum() * weights / weights.sum())
    assert (split.chi2, split.p) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)


@pytest.mark.parametrize(
    ("x", "n", "rate"),
    [
        (9, 11, 0.5),
        (0, 30, 0.2),
        (400, 1000, 0.45),
        (17, 17, 0.9),
        (50_300, 100_000, 0.5),
        (52_000, 100_000, 0.5),
        (333_000, 1_000_000, 1 / 3),
        (5_003_000, 10_000_000, 0.5),
        (2, 10_000_000, 1e-6),
    ],
)
def test_the_exact_binomial_is_scipy_s(x: int, n: int, rate: float) -> None:
    assert exact_binomial(x, n, rate) == pytest.approx(stats.binomtest(x, n, rate).pvalue, rel=1e-9)


def test_the_sequential_factor_is_a_ratio_of_two_likelihoods() -> None:
    """Dirichlet-multinomial over multinomial, both by scipy; the p is a running minimum."""
    weights = [0.5, 0.3, 0.2]
    looks = [(20, 10, 9), (60, 20, 18), (75, 60, 40)]
    found = sequential_split(looks, weights, 50.0)
    lowest = 1.0
    for counts, (factor, p) in zip(looks, found, strict=True):
        n = sum(counts)
        slow = stats.dirichlet_multinomial.logpmf(
            counts, 50 * np.array(weights), np.array(n)
        ) - stats.multinomial.logpmf(counts, n, weights)
        lowest = min(lowest, math.exp(-slow))
        assert factor == pytest.approx(slow, abs=1e-9)
        assert p == pytest.approx(lowest, rel=1e-8)
