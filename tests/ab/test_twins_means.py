"""Means, ratios, CUPED and clusters against scipy, statsmodels and tea-tasting."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import tea_tasting as tt
from numpy.typing import NDArray
from scipy import optimize, stats

from analysis.ab.cuped import adjust, ancova, lin
from analysis.ab.effect import Effect, fieller
from analysis.ab.means import mann_whitney, student, welch
from analysis.ab.ratios import ratio_effect
from analysis.ab.reading import Arms
from analysis.core import Floats, Moments
from analysis.core.tails import student_quantile
from analysis.logs import Cell
from tests.ab.made import C, T, bounds, cell, compared, compared_values

SEEDS = range(6)


def two_arms(seed: int) -> tuple[Floats, Floats]:
    """Unequal sizes, means and spreads; skewed in every other seed."""
    rng = np.random.default_rng(seed)
    n1, n0 = (int(n) for n in rng.integers(3, 400, 2))
    if seed % 2:
        return rng.lognormal(1, 0.9, n1), rng.lognormal(1.1, 0.7, n0)
    return rng.normal(5, 2, n1), rng.normal(5.3, 0.6, n0)


@pytest.mark.parametrize("seed", SEEDS)
def test_welch_is_scipy_s(seed: int) -> None:
    one, nil = two_arms(seed)
    twin = stats.ttest_ind(one, nil, equal_var=False)
    effect = welch(Moments.of(y=one), Moments.of(y=nil))
    assert effect.statistic == pytest.approx(twin.statistic, rel=1e-9)
    assert effect.df == pytest.approx(twin.df, rel=1e-9)
    assert effect.p_value() == pytest.approx(twin.pvalue, rel=1e-8)
    interval = effect.interval(0.1)
    other = twin.confidence_interval(0.9)
    assert (interval.low, interval.high) == pytest.approx((other.low, other.high), rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_student_is_scipy_s(seed: int) -> None:
    one, nil = two_arms(seed)
    twin = stats.ttest_ind(one, nil)
    found = student(Moments.of(y=one), Moments.of(y=nil))
    assert found == pytest.approx((twin.statistic, twin.pvalue), rel=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ties", [False, True])
def test_mann_whitney_is_scipy_s(seed: int, ties: bool) -> None:
    one, nil = two_arms(seed)
    if ties:
        one, nil = np.round(one), np.round(nil)
    twin = stats.mannwhitneyu(one, nil, method="asymptotic", use_continuity=True)
    assert mann_whitney(one, nil) == pytest.approx((twin.statistic, twin.pvalue), rel=1e-9)


def users(seed: int, n: int, lift: float) -> dict[str, Floats]:
    """Clicks over views, before and after, of users who differ in how active they are."""
    rng = np.random.default_rng(seed)
    active = rng.gamma(1.5, 1.0, n)
    rate = rng.beta(2, 18, n)
    views, before = rng.poisson(6 * active), rng.poisson(6 * active)
    return {
        "y": rng.binomial(views, np.minimum(rate * (1 + lift), 1)).astype(float),
        "d": views.astype(float),
        "x": rng.binomial(before, rate).astype(float),
        "xd": before.astype(float),
    }


def tea(one: dict[str, Floats], nil: dict[str, Floats], metric: Any) -> Any:
    """tea-tasting's reading of the same two arms."""
    frame = pd.concat(
        [pd.DataFrame(nil).assign(variant=0), pd.DataFrame(one).assign(variant=1)],
        ignore_index=True,
    )
    return tt.Experiment(metric=metric).analyze(frame)["metric"]


def agree(found: dict[str, Any], twin: Any, *, p: float = 1e-8) -> None:
    assert found["difference"] == pytest.approx(twin.effect_size, rel=1e-9)
    assert found["difference_low"] == pytest.approx(twin.effect_size_ci_lower, rel=1e-9)
    assert found["difference_high"] == pytest.approx(twin.effect_size_ci_upper, rel=1e-9)
    assert found["p_value"] == pytest.approx(twin.pvalue, rel=p)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_ratio_is_tea_tasting_s(seed: int) -> None:
    one, nil = users(seed, 300 + 40 * seed, 0.2), users(100 + seed, 250, 0.0)
    keep = ("y", "d")
    found = compared(
        cell(**{name: one[name] for name in keep}),
        cell(**{name: nil[name] for name in keep}),
        ratio=True,
    )
    agree(found, tea(one, nil, tt.RatioOfMeans("y", "d")))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mean_with_a_covariate_is_tea_tasting_s(seed: int) -> None:
    one, nil = users(seed, 300 + 40 * seed, 0.2), users(100 + seed, 250, 0.0)
    found = compared(cell(y=one["y"], x=one["x"]), cell(y=nil["y"], x=nil["x"]), covariate="pre")
    twin = tea(one, nil, tt.Mean("y", "x"))
    agree(found, twin, p=1e-7)
    over = found["detail"]["cuped"]["lift_over_adjusted_control"]
    assert over == pytest.approx(twin.rel_effect_size, rel=1e-9)
    low, high = bounds(found["detail"]["cuped"]["logdelta"])
    twin_ends = (twin.rel_effect_size_ci_lower, twin.rel_effect_size_ci_upper)
    assert (low, high) == pytest.approx(twin_ends, rel=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_ratio_with_its_past_is_tea_tasting_s(seed: int) -> None:
    one, nil = users(seed, 300 + 40 * seed, 0.2), users(100 + seed, 250, 0.0)
    found = compared(cell(**one), cell(**nil), ratio=True, covariate="pre")
    agree(found, tea(one, nil, tt.RatioOfMeans("y", "d", "x", "xd")), p=1e-7)


def test_a_lift_s_log_interval_is_tea_tasting_s() -> None:
    one, nil = two_arms(1)
    found = compared_values(one, nil)
    twin = tea({"y": one}, {"y": nil}, tt.Mean("y"))
    ends = (twin.rel_effect_size_ci_lower, twin.rel_effect_size_ci_upper)
    assert bounds(found["detail"]["lift"]["logdelta_t"]) == pytest.approx(ends, rel=1e-9)
    assert found["lift"] == pytest.approx(twin.rel_effect_size, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_ancova_and_lin_are_statsmodels_least_squares(seed: int) -> None:
    one, nil = users(seed, 60 + seed, 0.3), users(100 + seed, 55, 0.0)
    y = np.concatenate([one["y"], nil["y"]])
    x = np.concatenate([one["x"], nil["x"]])
    w = np.repeat([1.0, 0.0], [one["y"].size, nil["y"].size])
    centred = x - x.mean()
    plain = sm.OLS(y, np.column_stack([np.ones_like(y), w, centred])).fit()
    free = sm.OLS(y, np.column_stack([np.ones_like(y), w, centred, w * centred])).fit(
        cov_type="HC2"
    )
    found = ancova(Moments.of(y=one["y"], x=one["x"]), Moments.of(y=nil["y"], x=nil["x"]))
    assert found == pytest.approx((plain.params[1], plain.bse[1]), rel=1e-9)
    found = lin((one["y"], one["x"]), (nil["y"], nil["x"]))
    assert found == pytest.approx((free.params[1], free.bse[1]), rel=1e-9)


def by_cluster(seed: int) -> dict[str, tuple[Floats, NDArray[np.int64]]]:
    """Members' values and their cluster, by arm; clusters of unequal size."""
    rng = np.random.default_rng(seed)
    arms = {}
    for arm, clusters in ((T, 21 + seed), (C, 25)):
        sizes = rng.integers(1, 30, clusters)
        own = np.repeat(rng.normal(0, 1, clusters), sizes)
        arms[arm] = (own + rng.normal(3, 2, sizes.sum()), np.repeat(np.arange(clusters), sizes))
    return arms


def cluster_sums(y: Floats, of: NDArray[np.int64]) -> Cell:
    sums: Floats = np.bincount(of, weights=y).astype(float)
    return cell(y=sums, d=np.bincount(of).astype(float))


@pytest.mark.parametrize("seed", SEEDS)
def test_cluster_errors_are_statsmodels_sandwich(seed: int) -> None:
    arms = by_cluster(seed)
    found = compared(
        cluster_sums(*arms[T]),
        cluster_sums(*arms[C]),
        ratio=True,
        members={arm: Moments.of(y=one[0]) for arm, one in arms.items()},
    )["detail"]["cluster"]
    y = np.concatenate([arms[T][0], arms[C][0]])
    w = np.repeat([1.0, 0.0], [arms[T][0].size, arms[C][0].size])
    labels = np.concatenate([arms[T][1], 1000 + arms[C][1]])
    design = np.column_stack([np.ones_like(w), w])
    for key, corrected in (("cr0_se", False), ("cr1_se", True)):
        fitted = sm.OLS(y, design).fit(
            cov_type="cluster", cov_kwds={"groups": labels, "use_correction": corrected}
        )
        assert found[key] == pytest.approx(fitted.bse[1], rel=1e-9), key
    twin = stats.ttest_ind(arms[T][0], arms[C][0], equal_var=False)
    member = twin.confidence_interval(0.95)
    half = (member.high - member.low) / 2 / stats.t.isf(0.025, twin.df)
    assert found["member_se"] == pytest.approx(half, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_intraclass_correlation_is_the_one_of_a_nested_anova(seed: int) -> None:
    """MSB and MSW from statsmodels' sums of squares of clusters within arms."""
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    arms = by_cluster(seed)
    frame = pd.concat(
        [
            pd.DataFrame({"y": y, "arm": arm, "cluster": [f"{arm}{c}" for c in of]})
            for arm, (y, of) in arms.items()
        ]
    )
    rows = anova_lm(ols("y ~ arm", frame).fit(), ols("y ~ cluster", frame).fit())
    clusters = frame["cluster"].nunique()
    between = rows["ss_diff"].iloc[1] / (clusters - 2)
    within = rows["ssr"].iloc[1] / (len(frame) - clusters)
    sizes = frame.groupby(["arm", "cluster"]).size()
    typical = (len(frame) - sum((one**2).sum() / one.sum() for _, one in sizes.groupby("arm"))) / (
        clusters - 2
    )
    expected = (between - within) / (between + (typical - 1) * within)
    spread = {}
    for arm, (y, of) in arms.items():
        n = np.bincount(of)
        means = np.bincount(of, weights=y) / n
        spread[arm] = (float((n * (means - y.mean()) ** 2).sum()), float((n**2).sum()))
    found = compared(
        cluster_sums(*arms[T]),
        cluster_sums(*arms[C]),
        ratio=True,
        members={arm: Moments.of(y=one[0]) for arm, one in arms.items()},
        between=spread,
    )["detail"]["cluster"]
    assert found["icc"] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("seed", range(12))
def test_fieller_bounds_are_where_the_test_of_the_ratio_turns(seed: int) -> None:
    """The bounds are roots in k of (a - k b)^2 = q^2 var(a - k b), found by bisection."""
    rng = np.random.default_rng(seed)
    b = float(rng.normal(0, 4)) + np.sign(rng.normal()) * 8
    v_bb, v_extra = float(rng.uniform(0.01, 4)), float(rng.uniform(0.01, 4))
    v_ab = float(rng.uniform(-1, 1)) * v_bb
    v_aa = v_ab**2 / v_bb + v_extra
    effect = Effect(float(rng.normal(0, 3)), b, v_aa, v_bb, v_ab, 17.0)
    q = student_quantile(0.025, 17.0)

    def excess(k: float) -> float:
        spread = v_aa - 2 * k * v_ab + k * k * v_bb
        return float((effect.difference - k * b) ** 2 - q * q * spread)

    interval, g = fieller(effect, q)
    assert g is not None
    if g >= 1:
        assert interval.low is None
        return
    middle = effect.difference / b
    roots = sorted(
        optimize.brentq(excess, middle, middle + sign * 1e4, xtol=1e-14) for sign in (-1, 1)
    )
    if b < 0:
        roots = [-roots[1], -roots[0]]
    assert (interval.low, interval.high) == pytest.approx(roots, rel=1e-8, abs=1e-11)


@pytest.mark.parametrize("seed", SEEDS)
def test_units_without_a_covariate_count_with_the_observed_mean(seed: int) -> None:
    """The same as writing the mean into the arrays and adjusting those."""
    rng = np.random.default_rng(seed)
    one, nil = users(seed, 90, 0.2), users(100 + seed, 80, 0.0)
    ratio = bool(seed % 2)
    names = ("y", "d", "x", "xd") if ratio else ("y", "x")
    blanks = {T: rng.random(90) < 0.3, C: rng.random(80) < 0.1}
    arms = {T: one, C: nil}
    cells, filled = {}, {}
    means = {
        name: np.concatenate([arms[arm][name][~blanks[arm]] for arm in (T, C)]).mean()
        for name in ("x", "xd")
    }
    for arm, columns in arms.items():
        blank = blanks[arm]
        cells[arm] = Cell(
            Moments.of(**{name: columns[name][~blank] for name in names}),
            Moments.of(**{name: columns[name][blank] for name in names if name[0] != "x"}),
        )
        filled[arm] = Moments.of(
            **{
                name: np.where(blank, means[name], columns[name])
                if name[0] == "x"
                else columns[name]
                for name in names
            }
        )
    whole = Arms.of(cells[T], cells[C])
    assert whole.imputed == blanks[T].sum() + blanks[C].sum()
    found = compared(cells[T], cells[C], ratio=ratio, covariate="pre")
    twin = adjust(filled[T], filled[C])
    assert twin is not None
    assert found["n_treatment"] == 90
    assert found["theta"] == pytest.approx(twin.theta, rel=1e-9)
    assert found["difference"] == pytest.approx(twin.effect.difference, rel=1e-9)
    assert found["p_value"] == pytest.approx(twin.effect.p_value(), rel=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_cuped_is_welch_on_residuals_of_one_pooled_slope(seed: int) -> None:
    """A slow route through arrays: slope by numpy over both arms, then scipy."""
    one, nil = users(seed, 120, 0.2), users(100 + seed, 110, 0.0)
    y, x = np.concatenate([one["y"], nil["y"]]), np.concatenate([one["x"], nil["x"]])
    theta = np.cov(y, x)[0, 1] / x.var(ddof=1)
    adjusted = y - theta * (x - x.mean())
    twin = stats.ttest_ind(adjusted[:120], adjusted[120:], equal_var=False)
    found = compared(cell(y=one["y"], x=one["x"]), cell(y=nil["y"], x=nil["x"]), covariate="pre")
    assert found["theta"] == pytest.approx(theta, rel=1e-9)
    assert found["p_value"] == pytest.approx(twin.pvalue, rel=1e-8)
    assert found["treatment_value"] == pytest.approx(nil["y"].mean() + found["difference"])


def test_the_covariance_of_an_adjusted_lift_is_the_one_of_a_bootstrap() -> None:
    """Lift over the raw control: its Fieller half-width against 4,000 resamples of units."""
    rng = np.random.default_rng(5)
    one, nil = users(3, 1500, 0.3), users(103, 1500, 0.0)
    found = compared(cell(y=one["y"], x=one["x"]), cell(y=nil["y"], x=nil["x"]), covariate="pre")
    lifts = []
    for _ in range(4000):
        i, j = rng.integers(0, 1500, 1500), rng.integers(0, 1500, 1500)
        y1, x1, y0, x0 = one["y"][i], one["x"][i], nil["y"][j], nil["x"][j]
        lifts.append((y1.mean() - y0.mean() - found["theta"] * (x1.mean() - x0.mean())) / y0.mean())
    half = (found["lift_high"] - found["lift_low"]) / 2
    assert half == pytest.approx(1.96 * np.std(lifts), rel=0.05)
    without = Effect(
        found["difference"], found["control_value"], found["detail"]["cuped"]["se"] ** 2, 0, 0, None
    )
    assert abs(half - 1.96 * without.se / without.control) > 0.03 * half


def test_a_ratio_effect_may_be_given_other_errors() -> None:
    from analysis.ab.ratios import ratio

    arms = by_cluster(1)
    one, nil = (ratio(cluster_sums(*arms[arm]).observed) for arm in (T, C))
    assert one is not None
    assert nil is not None
    effect = ratio_effect(one, 22, nil, 25, errors=(0.3, 0.4))
    assert effect.se == pytest.approx(0.5)
    assert effect.covariance == pytest.approx(-0.16)
