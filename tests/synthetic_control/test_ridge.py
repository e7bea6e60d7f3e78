"""Ridge-augmented weights: golden numbers, twins, the rule that chooses the penalty."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Regression

from analysis.synthetic_control.estimators.ridge import ridge, weigher
from analysis.synthetic_control.weights import simplex
from tests.synthetic_control.panels import formula, prop99, random_panel

BEFORE, AFTER = formula()[:40], formula()[40:]
POOL = np.arange(1, 24)


def att(after, weights) -> float:
    return float((after[:, 0] - after[:, 1:] @ weights).mean())


def test_proposition_99() -> None:
    panel = prop99()
    treated, pool = panel.units.index("California"), panel.others("California")
    packs = panel.columns["PacksPerCapita"]
    found = ridge(packs[:19], treated, pool)
    effect = (packs[19:, treated] - packs[19:, pool] @ found.weights).mean()
    assert found.lambda_ == pytest.approx(429.8376, abs=5e-5)
    assert effect == pytest.approx(-15.95257, abs=5e-6)


def test_proposition_99_demeaned_fits_perfectly_and_so_proves_nothing() -> None:
    panel = prop99()
    treated, pool = panel.units.index("California"), panel.others("California")
    packs = panel.columns["PacksPerCapita"] - panel.columns["PacksPerCapita"][:19].mean(axis=0)
    found = ridge(packs[:19], treated, pool)
    effect = (packs[19:, treated] - packs[19:, pool] @ found.weights).mean()
    assert found.lambda_ == pytest.approx(4.33e-4, abs=5e-7)
    assert effect == pytest.approx(-14.9, abs=0.05)
    assert found.l2_imbalance == pytest.approx(2e-5, rel=0.01)


def test_panel_by_formula_with_the_penalty_chosen() -> None:
    found = ridge(BEFORE, 0, POOL)
    assert found.lambda_ == found.lambda_grid[0] == pytest.approx(35030.56, abs=5e-3)
    assert att(AFTER, found.weights) == pytest.approx(2.838625, abs=5e-7)


def test_panel_by_formula_with_a_penalty_given() -> None:
    found = ridge(BEFORE, 0, POOL, lambda_=100.0)
    assert att(AFTER, found.weights) == pytest.approx(2.860803, abs=5e-7)
    assert found.l2_imbalance / np.sqrt(40) == pytest.approx(0.467071, abs=5e-7)
    assert found.min_weight == pytest.approx(-0.023451, abs=5e-7)
    means = BEFORE.mean(axis=0)
    demeaned = ridge(BEFORE - means, 0, POOL, lambda_=10.0)
    assert att(AFTER - means, demeaned.weights) == pytest.approx(2.977750, abs=5e-7)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("penalty", [1e-3, 1.0, 1e3])
def test_the_correction_is_a_ridge_regression_of_what_the_classic_weights_miss(seed, penalty):
    """Twin: scikit-learn."""
    panel = random_panel(seed, 15, 9 if seed % 2 else 30)
    pool = np.arange(1, panel.shape[1])
    classic = simplex(panel[:, pool] - panel[:, [0]]).weights
    centre = panel[:, pool].mean(axis=1)
    donors = panel[:, pool] - centre[:, None]
    left = panel[:, 0] - centre - donors @ classic
    twin = Regression(alpha=penalty, fit_intercept=False, tol=1e-14, solver="svd")
    expected = classic + twin.fit(donors, left).coef_
    found = ridge(panel, 0, pool, lambda_=penalty)
    assert found.weights == pytest.approx(expected, abs=1e-9)
    assert found.sum_weights == pytest.approx(1, abs=1e-11)
    assert found.negative_weight_sum == pytest.approx(expected[expected < 0].sum(), abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_penalty_is_the_largest_within_one_error_and_the_last_period_is_no_fold(seed) -> None:
    """Twin: the rule written out, fold by fold and penalty by penalty."""
    panel = random_panel(seed, 12, 7)
    pool = np.arange(1, 7)
    centre = panel[:, pool].mean(axis=1)
    donors, aim = panel[:, pool] - centre[:, None], panel[:, 0] - centre
    largest = np.linalg.svd(donors)[1][0] ** 2
    grid = [largest * 1e-8 ** (i / 20) for i in range(21)]
    errors = np.zeros((11, 21))
    for fold in range(11):
        inside = [t for t in range(12) if t != fold]
        rest, goal = donors[inside], aim[inside]
        classic = simplex(rest - goal[:, None]).weights
        for i, penalty in enumerate(grid):
            bent = np.linalg.inv(rest @ rest.T + penalty * np.eye(11))
            weights = classic + rest.T @ bent @ (goal - rest @ classic)
            errors[fold, i] = (aim[fold] - donors[fold] @ weights) ** 2
    mean, spread = errors.mean(axis=0), errors.std(axis=0, ddof=1) / np.sqrt(11)
    best = mean.argmin()
    expected = next(
        one for one, error in zip(grid, mean, strict=True) if error <= mean[best] + spread[best]
    )
    found = ridge(panel, 0, pool)
    assert found.lambda_grid == pytest.approx(grid, rel=1e-12)
    assert found.cv_error[:15] == pytest.approx(mean[:15], rel=1e-6)
    assert found.lambda_ == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1e3, 1e9])
def test_the_scale_of_the_values_changes_no_weight(scale) -> None:
    plain, scaled = ridge(BEFORE, 0, POOL), ridge(BEFORE * scale, 0, POOL)
    assert scaled.weights == pytest.approx(plain.weights, abs=1e-9)
    assert scaled.lambda_ == pytest.approx(plain.lambda_ * scale**2, rel=1e-9)


def test_a_common_series_changes_no_weight() -> None:
    common = 1e3 * np.sin(np.arange(40))[:, None]
    assert ridge(BEFORE + common, 0, POOL).weights == pytest.approx(
        ridge(BEFORE, 0, POOL).weights, abs=1e-9
    )


def test_the_order_of_donors_does_not_matter() -> None:
    order = np.random.default_rng(0).permutation(23)
    assert ridge(BEFORE, 0, POOL[order]).weights == pytest.approx(
        ridge(BEFORE, 0, POOL).weights[order], abs=1e-9
    )


def test_a_placebo_chooses_its_own_penalty_unless_one_is_given() -> None:
    pool = POOL[POOL != 5]
    assert np.array_equal(weigher(BEFORE)(5, pool), ridge(BEFORE, 5, pool).weights)
    assert np.array_equal(weigher(BEFORE, 2.0)(5, pool), ridge(BEFORE, 5, pool, 2.0).weights)


def test_an_exact_combination_is_found_and_needs_no_correction() -> None:
    panel = random_panel(3, 20, 6)
    panel[:, 0] = panel[:, 1:] @ [0.1, 0.2, 0.3, 0.4, 0]
    found = ridge(panel, 0, np.arange(1, 6))
    assert found.weights == pytest.approx([0.1, 0.2, 0.3, 0.4, 0], abs=1e-9)
    assert np.isfinite(found.cv_error).all()


def test_one_donor_and_donors_alike_give_plain_weights() -> None:
    panel = np.column_stack([np.arange(6.0), np.ones(6), np.ones(6)])
    assert ridge(panel, 0, np.array([1])).weights == pytest.approx([1])
    assert ridge(panel, 0, np.array([1, 2])).sum_weights == pytest.approx(1)
