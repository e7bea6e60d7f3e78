"""The structural forecast: golden numbers, a plain integral, far tails, invariances."""

import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.core import LogError
from analysis.synthetic_control.estimators.bsts import LEVEL_STEPS, NOISES, bsts
from tests.synthetic_control.panels import random_panel

T = np.arange(60)
X = 100 + 5 * np.sin(T / 5) + 0.05 * T
Y = 1.2 * X + (((7 * T**2 + 3 * T) % 13) - 6) / 6 + np.where(T >= 45, 3.0, 0.0)


def by_hand(series, covariates, n_pre, n_post, alpha, season=None, finer=1):
    """Twin: node by node, with solves and densities as printed; bounds by plain bisection."""
    total = series.size
    before, after = np.arange(n_pre), np.arange(total - n_post, total)
    z = (series - series[:n_pre].mean()) / series[:n_pre].std(ddof=1)
    x = (covariates - covariates[:n_pre].mean(axis=0)) / covariates[:n_pre].std(axis=0, ddof=1)
    fixed = 25 + x @ x.T
    if season:
        d = np.array(
            [[float(t % season == q) - 1 / season for q in range(season)] for t in range(total)]
        )
        fixed = fixed + d @ d.T
    walk = np.minimum.outer(np.arange(total), np.arange(total))
    logs, means, sds = [], [], []
    for a in np.geomspace(0.002, 0.3, 24 * finer):
        for b in np.geomspace(0.05, 1.5, 24 * finer):
            k = fixed + a**2 * walk + b**2 * np.eye(total)
            own, crossed = k[np.ix_(before, before)], k[np.ix_(after, before)]
            _, size = np.linalg.slogdet(own)
            solved = np.linalg.solve(own, np.column_stack([z[:n_pre], crossed.T]))
            log = -0.5 * (z[:n_pre] @ solved[:, 0] + size)
            log += -32 * np.log(a) - 32 * 0.01**2 / (2 * a**2)
            log += -50 * np.log(b) - 50 * 0.2 / (2 * b**2)
            left = k[np.ix_(after, after)] - crossed @ solved[:, 1:]
            logs.append(log)
            means.append((crossed @ solved[:, 0]).mean())
            sds.append(np.sqrt(left.mean()))
    shares = np.exp(np.array(logs) - max(logs))
    shares /= shares.sum()
    nodes = np.array(means), np.array(sds)

    def root(share):
        low, high = -100.0, 100.0
        for _ in range(200):
            middle = (low + high) / 2
            if shares @ stats.norm.cdf(middle, *nodes) < share:
                low = middle
            else:
                high = middle
        return low

    scale, centre = series[:n_pre].std(ddof=1), series[:n_pre].mean()
    observed = series[after].mean()
    z_observed = (observed - centre) / scale
    tail = min(
        shares @ stats.norm.cdf(z_observed, *nodes),
        shares @ stats.norm.sf(z_observed, *nodes),
    )
    bounds = [observed - (centre + scale * root(share)) for share in (1 - alpha / 2, alpha / 2)]
    return observed - (centre + scale * (shares @ nodes[0])), *bounds, tail


def test_a_step_of_three() -> None:
    found = bsts(Y, X[:, None], 45, 15, 0.05)
    assert found.effect == pytest.approx(2.953714, abs=5e-7)
    assert (found.low, found.high) == pytest.approx((1.953221, 3.953897), abs=5e-7)
    assert found.tail_probability == pytest.approx(2.4e-8, abs=5e-10)
    assert found.p_value == 2 * found.tail_probability
    assert found.n_covariates == 1


def test_a_step_of_three_under_a_week() -> None:
    found = bsts(Y + 2 * np.sin(2 * np.pi * T / 7), X[:, None], 45, 15, 0.05, season=7)
    assert found.effect == pytest.approx(2.956591, abs=5e-7)
    assert (found.low, found.high) == pytest.approx((1.870445, 4.042329), abs=5e-7)


@pytest.mark.parametrize("season", [None, 7])
def test_the_integral_is_that_of_a_plain_loop(season) -> None:
    panel = random_panel(3, 60, 5)
    expected = by_hand(panel[:, 0], panel[:, 1:], 45, 12, 0.1, season)
    found = bsts(panel[:, 0], panel[:, 1:], 45, 12, 0.1, season)
    assert (found.effect, found.low, found.high) == pytest.approx(expected[:3], abs=1e-8)
    assert found.tail_probability == pytest.approx(expected[3], rel=1e-7)


def test_a_grid_three_times_as_fine_gives_the_same_to_a_hundredth() -> None:
    expected = by_hand(Y, X[:, None], 45, 15, 0.05, finer=3)
    found = bsts(Y, X[:, None], 45, 15, 0.05)
    assert (found.effect, found.low, found.high) == pytest.approx(expected[:3], abs=0.01)


def test_the_tail_keeps_its_digits_far_out() -> None:
    """Twin: the sum of survival functions; far beyond what 1 - cdf can hold."""
    tails = [
        bsts(Y + np.where(T >= 45, more, 0.0), X[:, None], 45, 15, 0.05).tail_probability
        for more in (0.0, 3.0, 9.0, 27.0)
    ]
    assert all(0 < later < earlier for earlier, later in itertools.pairwise(tails))
    assert tails[1] < 1e-17
    up = bsts(Y + np.where(T >= 45, 5.0, 0.0), X[:, None], 45, 15, 0.05)
    down = bsts(-(Y + np.where(T >= 45, 5.0, 0.0)), X[:, None], 45, 15, 0.05)
    assert down.tail_probability == pytest.approx(up.tail_probability, rel=1e-8)
    expected = by_hand(Y + np.where(T >= 45, 3.0, 0.0), X[:, None], 45, 15, 0.05)[3]
    assert tails[1] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("step", np.linspace(-5, 1, 25))
def test_the_interval_leaves_out_zero_exactly_when_p_is_at_most_alpha(step, alpha) -> None:
    found = bsts(Y + np.where(T >= 45, step, 0.0), X[:, None], 45, 15, alpha)
    assert (found.low > 0 or found.high < 0) == (found.p_value <= alpha)
    assert found.low < found.effect < found.high
    assert 0 < found.p_value <= 1


def test_at_the_bound_p_is_alpha() -> None:
    """Take the lower bound off the post values: the new lower bound is 0, and p is alpha."""
    low = bsts(Y, X[:, None], 45, 15, 0.05).low
    moved = bsts(Y - np.where(T >= 45, low, 0.0), X[:, None], 45, 15, 0.05)
    assert moved.low == pytest.approx(0, abs=1e-9)
    assert moved.p_value == pytest.approx(0.05, rel=1e-9)


def test_each_post_period_has_a_prediction_and_their_mean_is_the_forecast() -> None:
    found = bsts(Y, X[:, None], 45, 15, 0.05)
    assert len(found.prediction) == 15
    assert all(one.low < one.mean < one.high for one in found.prediction)
    mean = np.mean([one.mean for one in found.prediction])
    assert Y[45:].mean() - mean == pytest.approx(found.effect, abs=1e-9)
    # One post-period alone: its prediction is the forecast, with the same bounds.
    single = bsts(Y[:46], X[:46, None], 45, 1, 0.05)
    assert Y[45] - single.prediction[0].high == pytest.approx(single.low, abs=1e-9)
    assert Y[45] - single.prediction[0].low == pytest.approx(single.high, abs=1e-9)
    wide = [one.high - one.low for one in bsts(Y, X[:, None][:, :0], 45, 15, 0.05).prediction]
    assert wide == sorted(wide)


def test_without_a_covariate_it_is_a_forecast() -> None:
    found = bsts(Y, np.empty((60, 0)), 45, 15, 0.05)
    assert found.n_covariates == 0
    assert np.isfinite([found.effect, found.low, found.high]).all()


def test_a_covariate_that_does_not_vary_is_left_out() -> None:
    both = np.column_stack([X, np.where(T >= 45, 7.0, 5.0)])
    found, plain = bsts(Y, both, 45, 15, 0.05), bsts(Y, X[:, None], 45, 15, 0.05)
    assert found.n_covariates == 1
    assert (found.effect, found.low) == pytest.approx((plain.effect, plain.low), rel=1e-11)


def test_a_series_that_does_not_vary_is_refused() -> None:
    with pytest.raises(LogError) as error:
        bsts(np.full(60, 3.0), X[:, None], 45, 15, 0.05)
    assert error.value.code == "constant_series"


def test_periods_between_the_windows_are_not_looked_at() -> None:
    odd = Y.copy()
    odd[45:50] = 1e6
    assert bsts(odd, X[:, None], 45, 10, 0.05) == bsts(Y, X[:, None], 45, 10, 0.05)


@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1e3, 1e9])
def test_scale_and_level_only_scale_the_effect(scale) -> None:
    plain = bsts(Y, X[:, None], 45, 15, 0.05)
    scaled = bsts((Y - 30) * scale, X[:, None] * 1e3 / scale, 45, 15, 0.05)
    assert (scaled.effect, scaled.low, scaled.high) == pytest.approx(
        (plain.effect * scale, plain.low * scale, plain.high * scale), rel=1e-6
    )
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-6)


def test_the_order_of_covariates_does_not_matter() -> None:
    panel = random_panel(3, 60, 8)
    order = np.random.default_rng(0).permutation(7)
    plain = bsts(panel[:, 0], panel[:, 1:], 45, 15, 0.05)
    other = bsts(panel[:, 0], panel[:, 1:][:, order], 45, 15, 0.05)
    assert other.effect == pytest.approx(plain.effect, abs=1e-9)
    assert other.p_value == pytest.approx(plain.p_value, rel=1e-7)


def test_an_exact_combination_and_more_covariates_than_periods_give_numbers() -> None:
    panel = random_panel(5, 40, 60)
    panel[:, 0] = panel[:, 1:4].mean(axis=1)
    found = bsts(panel[:, 0], panel[:, 1:], 12, 20, 0.05)
    assert np.isfinite([found.effect, found.low, found.high, found.p_value]).all()
    assert found.low < 0 < found.high


def test_the_grid_is_that_of_the_documents() -> None:
    assert (LEVEL_STEPS[0], LEVEL_STEPS[-1], LEVEL_STEPS.size) == pytest.approx((0.002, 0.3, 24))
    assert (NOISES[0], NOISES[-1], NOISES.size) == pytest.approx((0.05, 1.5, 24))
