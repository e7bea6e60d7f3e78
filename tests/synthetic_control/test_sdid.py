"""Synthetic difference in differences: golden numbers, twins, invariances."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from analysis.synthetic_control.estimators.sdid import sdid
from tests.synthetic_control.panels import formula, prop99, random_panel

BEFORE, AFTER = formula()[:40], formula()[40:]
POOL = np.arange(1, 24)


def test_proposition_99() -> None:
    """Arkhangelsky et al. (2021), table 1: -15.6 and -27.3; their error by draws is 8.4."""
    panel = prop99()
    treated, pool = panel.units.index("California"), panel.others("California")
    packs = panel.columns["PacksPerCapita"]
    found = sdid(packs[:19], packs[19:], treated, pool)
    assert found.att == pytest.approx(-15.605398, abs=5e-7)
    assert found.did == pytest.approx(-27.349111, abs=5e-7)
    assert found.sigma == pytest.approx(5.494401, abs=5e-7)
    assert found.zeta_omega == pytest.approx(10.226233, abs=5e-7)
    assert found.zeta_lambda == pytest.approx(5.494401e-6, abs=5e-13)
    years = {panel.years[place]: weight for place, weight in enumerate(found.lambda_) if weight > 0}
    assert years == pytest.approx({1986: 0.366471, 1987: 0.206453, 1988: 0.427076}, abs=5e-7)
    assert found.se_placebo == pytest.approx(9.3712, abs=5e-5)
    assert found.rank == 2
    assert found.p_rank == pytest.approx(2 / 39)
    assert found.placebo_atts.shape == (38,)
    assert found.duality_gap <= 1e-9


def test_panel_by_formula() -> None:
    found = sdid(BEFORE, AFTER, 0, POOL)
    assert found.att == pytest.approx(3.465546, abs=5e-7)
    assert found.did == pytest.approx(3.556444, abs=5e-7)
    assert found.sigma == pytest.approx(1.394206, abs=5e-7)
    assert found.zeta_omega == pytest.approx(2.594909, abs=5e-7)
    weights = {place: weight for place, weight in enumerate(found.lambda_) if weight > 1e-9}
    assert weights == pytest.approx({12: 0.181594, 38: 0.707718, 39: 0.110688}, abs=5e-7)
    assert found.se_placebo == pytest.approx(1.035176, abs=5e-7)
    assert found.rank == 1


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_those_of_a_general_solver_with_an_intercept(seed) -> None:
    """Twin: algorithm 1 as printed, intercepts and all, by sequential quadratic programming."""
    panel = random_panel(seed, 14, 6)
    before, after, pool = panel[:10], panel[10:], np.arange(1, 6)
    found = sdid(before, after, 0, pool)

    def solve(rows, aim, penalty):
        size = rows.shape[1]

        def loss(x):
            return np.sum((x[0] + rows @ x[1:] - aim) ** 2) + penalty * np.sum(x[1:] ** 2)

        start = np.append(0.0, np.full(size, 1 / size))
        sure: Any = {"type": "eq", "fun": lambda x: x[1:].sum() - 1}
        bounds: Any = [(None, None)] + [(0, 1)] * size
        options: Any = {"ftol": 1e-15, "maxiter": 2000}
        return minimize(
            loss, start, method="SLSQP", bounds=bounds, constraints=[sure], options=options
        ).x[1:]

    omega = solve(before[:, pool], before[:, 0], found.zeta_omega**2 * 10)
    periods = solve(before[:, pool].T, after[:, pool].mean(axis=0), found.zeta_lambda**2 * 5)
    assert found.omega == pytest.approx(omega, abs=1e-4)
    gaps = panel[:, 0] - panel[:, pool] @ omega
    assert found.att == pytest.approx(gaps[10:].mean() - periods @ gaps[:10], abs=1e-3)


def test_difference_in_differences_is_a_regression_on_unit_and_period() -> None:
    """Twin: two-way fixed effects."""
    panel = random_panel(3, 12, 5)
    periods, units = panel.shape
    design = []
    for t in range(periods):
        for j in range(units):
            unit, period = np.eye(units)[j], np.eye(periods)[t][1:]
            design.append([*unit, *period, float(j == 0 and t >= 8)])
    effect = np.linalg.lstsq(np.array(design), panel.ravel())[0][-1]
    assert sdid(panel[:8], panel[8:], 0, np.arange(1, 5)).did == pytest.approx(effect, abs=1e-9)


def test_the_error_has_no_seed_and_each_placebo_leaves_the_treated_out() -> None:
    first, second = sdid(BEFORE, AFTER, 0, POOL), sdid(BEFORE, AFTER, 0, POOL)
    assert np.array_equal(first.placebo_atts, second.placebo_atts)
    moved = AFTER.copy()
    moved[:, 0] += 1e6
    assert np.array_equal(sdid(BEFORE, moved, 0, POOL).placebo_atts, first.placebo_atts)
    assert first.se_placebo == pytest.approx(np.std(first.placebo_atts))


def test_post_values_of_the_treated_move_no_weight() -> None:
    moved = AFTER + np.where(np.arange(24) == 0, 1e6, 0)
    plain, other = sdid(BEFORE, AFTER, 0, POOL), sdid(BEFORE, moved, 0, POOL)
    assert np.array_equal(plain.omega, other.omega)
    assert np.array_equal(plain.lambda_, other.lambda_)
    assert other.att == pytest.approx(plain.att + 1e6)


def test_the_number_of_treated_units_enters_the_penalty() -> None:
    one, four = sdid(BEFORE, AFTER, 0, POOL), sdid(BEFORE, AFTER, 0, POOL, n_treated=4)
    assert four.zeta_omega == pytest.approx(one.zeta_omega * 4**0.25)


def test_without_two_donors_or_with_more_treated_than_donors_there_is_no_rank() -> None:
    for found in (
        sdid(BEFORE, AFTER, 0, np.array([3])),
        sdid(BEFORE, AFTER, 0, np.array([3, 4]), n_treated=3),
    ):
        assert (found.rank, found.p_rank, found.se_placebo) == (None, None, None)
        assert found.placebo_atts.size == 0
        assert np.isfinite(found.att)


def test_eight_donors_cannot_give_a_p_value_below_a_ninth() -> None:
    lifted = AFTER + np.where(np.arange(24) == 0, 1e3, 0)
    assert sdid(BEFORE, lifted, 0, np.arange(1, 9)).p_rank == pytest.approx(1 / 9)


def test_ties_count_against_the_treated() -> None:
    """A donor that is the treated unit's twin makes an effect of the same size."""
    panel = np.column_stack([formula(), formula()[:, 0]])
    pool = np.arange(1, 25)
    found = sdid(panel[:40], panel[40:], 0, pool)
    twin = sdid(panel[:40], panel[40:], 24, np.arange(1, 24))
    assert found.placebo_atts[-1] == pytest.approx(twin.att, abs=0.05)
    assert found.rank is not None
    assert found.rank >= 2
    assert found.p_rank == pytest.approx(found.rank / 25)


@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1e3, 1e9])
def test_the_scale_of_the_values_only_scales_the_effect(scale) -> None:
    plain = sdid(BEFORE, AFTER, 0, POOL)
    scaled = sdid(BEFORE * scale, AFTER * scale, 0, POOL)
    assert scaled.omega == pytest.approx(plain.omega, abs=1e-6)
    assert scaled.lambda_ == pytest.approx(plain.lambda_, abs=1e-6)
    assert scaled.att == pytest.approx(plain.att * scale, rel=1e-6)
    assert scaled.rank == plain.rank


def test_a_constant_a_unit_and_a_common_series_change_nothing() -> None:
    rng = np.random.default_rng(0)
    levels, common = rng.normal(0, 1e3, 24), rng.normal(0, 10, 52).cumsum()[:, None]
    moved = formula() + levels
    plain = sdid(BEFORE, AFTER, 0, POOL)
    levelled = sdid(moved[:40], moved[40:], 0, POOL)
    assert levelled.att == pytest.approx(plain.att, abs=1e-6)
    assert levelled.placebo_atts == pytest.approx(plain.placebo_atts, abs=1e-6)
    # A common series moves sigma, so the penalty; given none, it moves nothing.
    assert sdid(BEFORE + common[:40], AFTER + common[40:], 0, POOL).did == pytest.approx(plain.did)


def test_the_order_of_donors_does_not_matter() -> None:
    order = np.random.default_rng(0).permutation(23)
    plain, other = sdid(BEFORE, AFTER, 0, POOL), sdid(BEFORE, AFTER, 0, POOL[order])
    assert other.att == pytest.approx(plain.att, abs=1e-9)
    assert other.placebo_atts == pytest.approx(plain.placebo_atts[order], abs=1e-9)


def test_an_exact_combination_gives_no_effect_and_no_crash() -> None:
    panel = random_panel(5, 20, 6)
    panel[:, 0] = panel[:, 1:] @ [0.2, 0.2, 0.2, 0.2, 0.2]
    found = sdid(panel[:15], panel[15:], 0, np.arange(1, 6))
    assert found.se_placebo is not None
    assert np.isfinite([found.att, found.did, found.se_placebo]).all()
    assert found.did == pytest.approx(0, abs=1e-12)


def test_donors_without_changes_have_no_penalty() -> None:
    flat = np.tile([3.0, 1.0, 2.0], (6, 1))
    found = sdid(flat[:4], flat[4:], 0, np.array([1, 2]))
    assert found.sigma == 0
    assert found.att == pytest.approx(0)
