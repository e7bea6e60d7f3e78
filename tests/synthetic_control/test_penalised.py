"""Penalised weights: golden numbers, two twins, the rule that chooses the penalty."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.synthetic_control.estimators import penalised as module
from analysis.synthetic_control.estimators.penalised import GRID, penalised, weigher
from analysis.synthetic_control.weights import SolverError, simplex
from tests.synthetic_control.panels import formula, prop99, random_panel

BEFORE, AFTER = formula()[:40], formula()[40:]
POOL = np.arange(1, 24)


def objective(before, target, pool, weights, penalty) -> float:
    misses = before[:, pool] - before[:, [target]]
    return float(np.sum((misses @ weights) ** 2) + penalty * weights @ np.sum(misses**2, axis=0))


def by_bisection(before, target, pool, penalty):
    """Twin: least squares alone, on a path of ever nearer donors, to the slope the penalty asks."""
    misses = before[:, pool] - before[:, [target]]
    distances = np.sum(misses**2, axis=0)
    rate = 1 / distances.max()

    def weights(tau):
        row = np.sqrt(rate) * (distances - tau)
        return simplex(np.vstack([misses, row])).weights

    low = distances.min() - penalty / (2 * rate)
    high = float(distances @ simplex(misses).weights)
    for _ in range(200):
        tau = (low + high) / 2
        slope = 2 * rate * (distances @ weights(tau) - tau)
        if abs(slope - penalty) <= 1e-10 * penalty:
            break
        low, high = (tau, high) if slope > penalty else (low, tau)
    return weights((low + high) / 2)


def test_panel_by_formula() -> None:
    some = penalised(BEFORE, AFTER, 0, POOL, lambda_=0.1)
    named = {int(POOL[place]): weight for place, weight in enumerate(some.weights) if weight > 0}
    assert named == pytest.approx(
        {16: 0.5381, 15: 0.2673, 8: 0.0799, 19: 0.0585, 12: 0.0562}, abs=5e-5
    )
    assert float((AFTER[:, 0] - AFTER[:, 1:] @ some.weights).mean()) == pytest.approx(
        2.968214, abs=5e-7
    )
    much = penalised(BEFORE, AFTER, 0, POOL, lambda_=1.0)
    named = {int(POOL[place]): weight for place, weight in enumerate(much.weights) if weight > 0}
    assert named == pytest.approx({16: 0.70578, 15: 0.29422}, abs=5e-6)


def test_panel_by_formula_in_whole_fractions() -> None:
    """Twin: at penalty 1 two donors have a weight, so it is the root of a line, exactly."""
    rows = [[Fraction(str(cell)) for cell in row] for row in formula().tolist()]
    near, far = ([row[unit] - row[0] for row in rows[:40]] for unit in (15, 16))
    apart = [b - a for a, b in zip(near, far, strict=True)]
    slope = 2 * sum(a * b for a, b in zip(near, apart, strict=True))
    slope += sum(b * b for b in far) - sum(a * a for a in near)
    weight = -slope / (2 * sum(a * a for a in apart))
    gaps = [row[0] - weight * row[16] - (1 - weight) * row[15] for row in rows[40:]]
    found = penalised(BEFORE, AFTER, 0, POOL, lambda_=1.0)
    assert found.weights[15] == pytest.approx(float(weight), rel=1e-12)
    effect = float((AFTER[:, 0] - AFTER[:, 1:] @ found.weights).mean())
    assert effect == pytest.approx(float(sum(gaps) / 12), rel=1e-12)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("penalty", [0.001, 0.1, 3.0])
def test_weights_are_those_of_plain_least_squares_on_the_path(seed, penalty) -> None:
    panel = random_panel(seed, 12, 30 if seed % 2 else 8)
    pool = np.arange(1, panel.shape[1])
    found = penalised(panel, panel, 0, pool, penalty)
    twin = by_bisection(panel, 0, pool, penalty)
    assert found.objective == pytest.approx(objective(panel, 0, pool, twin, penalty), rel=1e-7)
    assert found.weights == pytest.approx(twin, abs=1e-4)
    assert found.objective <= objective(panel, 0, pool, twin, penalty) * (1 + 1e-10)
    assert found.duality_gap <= 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_no_point_of_a_dense_simplex_is_better(seed) -> None:
    """Twin: brute force over three donors."""
    panel = random_panel(seed, 6, 4)
    pool, penalty = np.arange(1, 4), 0.05
    found = penalised(panel, panel, 0, pool, penalty)
    steps = np.linspace(0, 1, 201)
    best = min(
        objective(panel, 0, pool, np.array([a, b, 1 - a - b]), penalty)
        for a in steps
        for b in steps[steps <= 1 - a + 1e-12]
    )
    assert found.objective == objective(panel, 0, pool, found.weights, penalty) or (
        found.objective == pytest.approx(objective(panel, 0, pool, found.weights, penalty))
    )
    assert found.objective <= best * (1 + 1e-12)
    assert found.objective == pytest.approx(best, rel=2e-2)


def test_a_large_penalty_takes_the_nearest_donor_and_a_small_one_is_classic() -> None:
    far = penalised(BEFORE, AFTER, 0, POOL, lambda_=1e6)
    assert far.weights[far.nearest_donor] == 1
    assert far.nearest_donor == np.argmin(np.sum((BEFORE[:, 1:] - BEFORE[:, [0]]) ** 2, axis=0))
    near = penalised(BEFORE, AFTER, 0, POOL, lambda_=1e-9)
    classic = simplex(BEFORE[:, POOL] - BEFORE[:, [0]]).weights
    assert near.weights == pytest.approx(classic, abs=1e-5)


def by_the_rule(before, after, pool) -> float:
    """Twin: every donor fitted by the others with each penalty, from scratch."""
    errors = []
    for penalty in GRID:
        gaps = []
        for donor in pool:
            rest = pool[pool != donor]
            weights = penalised(before, after, donor, rest, penalty).weights
            gaps.append(np.mean((after[:, donor] - after[:, rest] @ weights) ** 2))
        errors.append(np.mean(gaps))
    return GRID[int(np.argmin(errors))]


@pytest.mark.parametrize("seed", range(3))
def test_the_penalty_is_chosen_by_the_donors_alone_for_the_treated_and_each_placebo(seed) -> None:
    panel = random_panel(seed, 14, 9)
    before, after, pool = panel[:9], panel[9:], np.arange(1, 9)
    weigh = weigher(before, after)
    for target, units in [(0, pool)] + [(one, pool[pool != one]) for one in pool[:4]]:
        penalty = by_the_rule(before, after, units)
        assert penalised(before, after, target, units).lambda_ == penalty
        expected = penalised(before, after, target, units, penalty).weights
        assert np.array_equal(weigh(target, units), expected)


def test_proposition_99_chooses_the_same_for_placebos_as_from_scratch() -> None:
    panel = prop99()
    packs = panel.columns["PacksPerCapita"]
    treated, pool = panel.units.index("California"), panel.others("California")
    weigh = weigher(packs[:19], packs[19:])
    assert weigh(treated, pool).sum() == pytest.approx(1)
    for donor in pool[::9]:
        rest = pool[pool != donor]
        alone = penalised(packs[:19], packs[19:], donor, rest)
        assert alone.lambda_ == by_the_rule(packs[:19], packs[19:], rest)
        assert np.array_equal(weigh(donor, rest), alone.weights)


def test_post_values_of_the_treated_move_nothing() -> None:
    moved = AFTER + np.where(np.arange(24) == 0, 1e6, 0)
    plain, other = penalised(BEFORE, AFTER, 0, POOL), penalised(BEFORE, moved, 0, POOL)
    assert plain.lambda_ == other.lambda_
    assert np.array_equal(plain.weights, other.weights)


def test_a_penalty_given_is_kept_for_placebos() -> None:
    pool = POOL[POOL != 5]
    assert np.array_equal(
        weigher(BEFORE, AFTER, 0.3)(5, pool), penalised(BEFORE, AFTER, 5, pool, 0.3).weights
    )


@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1e3, 1e9])
def test_the_scale_of_the_values_changes_no_weight(scale) -> None:
    plain = penalised(BEFORE, AFTER, 0, POOL)
    scaled = penalised(BEFORE * scale, AFTER * scale, 0, POOL)
    assert scaled.lambda_ == plain.lambda_
    assert scaled.weights == pytest.approx(plain.weights, abs=1e-9)
    assert scaled.objective == pytest.approx(plain.objective * scale**2, rel=1e-9)


def test_a_common_series_changes_no_weight() -> None:
    common = 1e3 * np.sin(np.arange(40))[:, None]
    assert penalised(BEFORE + common, AFTER, 0, POOL, 0.1).weights == pytest.approx(
        penalised(BEFORE, AFTER, 0, POOL, 0.1).weights, abs=1e-9
    )


def test_the_order_of_donors_does_not_matter_and_idle_donors_can_go() -> None:
    order = np.random.default_rng(0).permutation(23)
    plain = penalised(BEFORE, AFTER, 0, POOL, 0.1)
    assert penalised(BEFORE, AFTER, 0, POOL[order], 0.1).weights == pytest.approx(
        plain.weights[order], abs=1e-9
    )
    busy = plain.weights > 0
    assert penalised(BEFORE, AFTER, 0, POOL[busy], 0.1).weights == pytest.approx(
        plain.weights[busy], abs=1e-9
    )


def test_copies_of_donors_and_more_donors_than_periods_are_solved() -> None:
    panel = random_panel(2, 5, 40)
    panel = np.column_stack([panel, panel[:, 1:]])
    for penalty in GRID:
        found = penalised(panel, panel, 0, np.arange(1, 79), penalty)
        assert found.duality_gap <= 1e-9
        assert found.weights.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_donors_on_a_lattice_are_solved(seed) -> None:
    """Whole numbers: ties, copies and dependent columns everywhere."""
    rng = np.random.default_rng(seed)
    panel = rng.integers(0, 3, size=(4, 25)).astype(float)
    for penalty in (1e-6, 0.01, 1.0):
        found = penalised(panel, panel, 0, np.arange(1, 25), penalty)
        twin = by_bisection(panel, 0, np.arange(1, 25), penalty) if found.objective > 0 else None
        if twin is not None:
            assert found.objective <= objective(panel, 0, np.arange(1, 25), twin, penalty) * (
                1 + 1e-9
            )


def test_an_exact_copy_of_the_treated_takes_all_the_weight() -> None:
    panel = np.column_stack([BEFORE, BEFORE[:, 0]])
    found = penalised(panel, panel, 0, np.arange(1, 25), 0.1)
    assert (found.weights[-1], found.objective, found.nearest_donor) == (1.0, 0.0, 23)


def test_one_donor_and_two() -> None:
    assert penalised(BEFORE, AFTER, 0, np.array([4])).weights == pytest.approx([1])
    assert penalised(BEFORE, AFTER, 0, np.array([4, 9])).weights.sum() == pytest.approx(1)


def test_a_solver_that_stops_early_raises(monkeypatch) -> None:
    monkeypatch.setattr(module, "_settle", lambda g, d, p, weights, support: support)
    with pytest.raises(SolverError, match="duality gap"):
        penalised(BEFORE, AFTER, 0, POOL, 0.1)
