"""Exact weights: general solvers and brute force as twins, hard panels, and the certificate."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

import analysis.synthetic_control.many as many
from analysis.core import Floats
from analysis.synthetic_control import weights as exact
from analysis.synthetic_control.many import DIRECT, Solver
from analysis.synthetic_control.weights import SolverError, Weights, check, simplex, unique
from tests.synthetic_control.panels import formula, prop99, random_panel


def objective(misses: Floats, weights: Floats, ridge: float = 0.0) -> float:
    """||Z w||² + ridge ||w||², as it is written."""
    return float(np.sum((misses @ weights) ** 2) + ridge * np.sum(weights**2))


def by_faces(misses: Floats, ridge: float = 0.0) -> Floats:
    """Brute force: the best interior point of every face of the simplex that is feasible."""
    donors = misses.shape[1]
    products = misses.T @ misses + ridge * np.eye(donors)
    best, least = np.full(donors, np.nan), np.inf
    for size in range(1, donors + 1):
        for face in itertools.combinations(range(donors), size):
            system = np.zeros((size + 1, size + 1))
            system[:size, :size] = 2 * products[np.ix_(face, face)]
            system[:size, size] = system[size, :size] = 1.0
            aim = np.append(np.zeros(size), 1.0)
            inside = np.linalg.lstsq(system, aim, rcond=None)[0][:size]
            if inside.min() < -1e-12 or abs(inside.sum() - 1) > 1e-9:
                continue
            weights = np.zeros(donors)
            weights[list(face)] = inside
            found = objective(misses, weights, ridge)
            if found < least:
                best, least = weights, found
    return best


def by_programming(misses: Floats, ridge: float = 0.0) -> Floats:
    """A general solver at its tightest, on a problem of unit size."""
    scale = float(np.sqrt(np.mean(misses**2)))
    z, rho = misses / scale, ridge / scale**2
    donors = z.shape[1]
    found = minimize(
        lambda w: objective(z, w, rho),
        np.full(donors, 1 / donors),
        jac=lambda w: 2 * (z.T @ (z @ w)) + 2 * rho * w,
        bounds=[(0, 1)] * donors,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-16, "maxiter": 2000},
    )
    weights = np.clip(found.x, 0, None)
    return weights / weights.sum()


def misses_of(seed: int, rows: int, donors: int) -> Floats:
    panel = random_panel(seed, rows, donors + 1)
    return panel[:, 1:] - panel[:, :1]


def test_the_worked_example() -> None:
    treated = np.array([14.0, 16, 17, 14])
    donors = np.array([[10.0, 20], [12, 22], [14, 20], [12, 18]])
    found = simplex(donors - treated[:, None])
    assert found.weights[0] == pytest.approx(81 / 136, rel=1e-14)
    assert found.objective == pytest.approx(35 / 68, rel=1e-13)


@pytest.mark.parametrize("ridge", (0.0, 3.0))
@pytest.mark.parametrize("seed", range(6))
def test_weights_are_the_best_of_all_faces_of_the_simplex(seed: int, ridge: float) -> None:
    misses = misses_of(seed, 9, 6)
    found, twin = simplex(misses, ridge), by_faces(misses, ridge)
    np.testing.assert_allclose(found.weights, twin, atol=1e-9)
    assert found.objective == pytest.approx(objective(misses, twin, ridge), rel=1e-10)
    assert found.duality_gap <= 1e-9


@pytest.mark.parametrize("ridge", (0.0, 5.0))
@pytest.mark.parametrize(("seed", "rows", "donors"), ((1, 20, 12), (2, 30, 25), (3, 12, 40)))
def test_no_general_solver_finds_a_better_fit(
    seed: int, rows: int, donors: int, ridge: float
) -> None:
    misses = misses_of(seed, rows, donors)
    found = simplex(misses, ridge)
    twin = objective(misses, by_programming(misses, ridge), ridge)
    assert found.objective <= twin * (1 + 1e-9) + 1e-12
    assert found.objective == pytest.approx(twin, rel=1e-4, abs=1e-9)


def test_proposition_99_at_every_scale() -> None:
    """Where a general solver stops early at 1e-4, 1e3 and 1e6 and says that it succeeded."""
    panel = prop99()
    packs = panel.columns["PacksPerCapita"][:19]
    here, pool = panel.units.index("California"), panel.others("California")
    plain = simplex(packs[:, pool] - packs[:, [here]])
    assert plain.objective == pytest.approx(52.12957, abs=5e-6)
    for scale in (1e-8, 1e-4, 1e3, 1e6, 1e9):
        found = simplex(scale * (packs[:, pool] - packs[:, [here]]))
        np.testing.assert_allclose(found.weights, plain.weights, atol=1e-9)
        assert found.objective == pytest.approx(scale**2 * plain.objective, rel=1e-9)
        assert found.duality_gap <= 1e-9


@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(2, 30),
    donors=st.integers(1, 40),
    ridge=st.sampled_from([0.0, 1e-6, 0.1, 100.0]),
    power=st.integers(-8, 9),
)
@settings(max_examples=120)
def test_weights_of_any_panel_are_certified_whatever_its_scale(
    seed: int, rows: int, donors: int, ridge: float, power: int
) -> None:
    misses = misses_of(seed, rows, donors) * 10.0**power
    found = simplex(misses, ridge * 100.0**power)
    assert found.weights.min() >= 0
    assert abs(found.weights.sum() - 1) <= 1e-12
    assert found.duality_gap <= 1e-6
    told = objective(misses, found.weights, ridge * 100.0**power)
    assert found.objective == pytest.approx(told, rel=1e-9, abs=1e-12 * np.sum(misses**2))


def hard(name: str) -> Floats:
    """(periods, units) of more than 64 units, each hard in its own way."""
    panel = random_panel(5, 60, 120)
    rng = np.random.default_rng(11)
    if name == "duplicates":
        panel[:, 60:] = panel[:, :60]
        panel[:, 0] += rng.normal(0, 0.3, 60)
    elif name == "near duplicates":
        panel[:, 60:] = panel[:, :60] * (1 + 1e-9)
    elif name == "nearly perfect fits":
        mixing = rng.dirichlet(np.ones(6), size=30)
        panel[:, :30] = panel[:, 30:36] @ mixing.T + 1e-7 * rng.normal(size=(60, 30))
    elif name == "perfect fits":
        panel[:, :30] = panel[:, 30:36] @ rng.dirichlet(np.ones(6), size=30).T
    elif name == "large levels":
        panel += 1e7
    elif name == "few periods":
        panel = panel[:8]
    elif name == "one far away":
        panel[:, 3] += 1e4
    elif name == "a level apart":
        panel *= np.exp(rng.normal(0, 2, 120))
    return panel


HARD = (
    "plain", "duplicates", "near duplicates", "nearly perfect fits", "perfect fits",
    "large levels", "few periods", "one far away", "a level apart",
)  # fmt: skip


@pytest.mark.parametrize("ridge", (0.0, 2.0))
@pytest.mark.parametrize("name", HARD)
def test_many_problems_at_once_have_the_weights_of_one_at_a_time(name: str, ridge: float) -> None:
    """Working sets against the whole problem, on pools above the size that is solved whole."""
    panel = hard(name)
    units = np.arange(panel.shape[1])
    problems = [(i, units[units != i]) for i in range(0, panel.shape[1], 7)]
    assert all(pool.size > DIRECT for _, pool in problems)
    found = Solver(panel, ridge).solve_all(problems)
    for (target, pool), one in zip(problems, found, strict=True):
        misses = panel[:, pool] - panel[:, [target]]
        twin = simplex(misses, ridge)
        assert one.weights.min() >= 0
        assert abs(one.weights.sum() - 1) <= 1e-12
        assert one.duality_gap <= 1e-6
        # The fit is the same; the weights too, wherever only one set of them fits best.
        scale = float(np.mean(np.sum(misses**2, axis=0)))
        told = objective(misses, one.weights, ridge)
        assert told <= twin.objective * (1 + 1e-8) + 1e-11 * scale
        if ridge > 0 or (unique(misses, twin.weights) and twin.objective > 1e-6 * scale):
            np.testing.assert_allclose(one.weights, twin.weights, atol=2e-6)
        counterfactual = np.abs(misses @ (one.weights - twin.weights)).max()
        assert counterfactual <= 2e-5 * np.sqrt(scale / misses.shape[0])


def test_a_pool_that_leaves_units_out_gives_them_no_weight() -> None:
    panel = random_panel(3, 50, 150)
    pool = np.arange(1, 150, 2)
    found = Solver(panel).solve(0, pool)
    twin = simplex(panel[:, pool] - panel[:, [0]])
    assert found.weights.shape == pool.shape
    np.testing.assert_allclose(found.weights, twin.weights, atol=1e-8)


def test_the_order_of_problems_and_units_changes_no_weight() -> None:
    panel = random_panel(4, 40, 100)
    units = np.arange(100)
    problems = [(i, units[units != i]) for i in (0, 50, 99)]
    plain = Solver(panel).solve_all(problems)
    back = Solver(panel).solve_all(problems[::-1])[::-1]
    turned = Solver(panel[:, ::-1].copy()).solve_all([(99 - i, 99 - pool) for i, pool in problems])
    for one, other, third in zip(plain, back, turned, strict=True):
        np.testing.assert_allclose(other.weights, one.weights, atol=1e-10)
        np.testing.assert_allclose(third.weights, one.weights, atol=1e-8)


def test_one_donor_gets_everything() -> None:
    found = simplex(np.array([[3.0], [-1.0]]))
    assert found.weights.tolist() == [1.0]
    assert found.objective == pytest.approx(10, rel=1e-15)


def test_two_sets_of_weights_that_fit_alike_are_told() -> None:
    values = random_panel(9, 20, 6)
    misses = values[:, 1:] - values[:, :1]
    best = simplex(misses).weights
    assert unique(misses, best)
    carrier = int(best.argmax())
    twice = np.column_stack([misses, misses[:, carrier]])
    assert not unique(twice, simplex(twice).weights)


def test_weights_of_few_periods_and_many_donors_that_fit_perfectly_are_not_unique() -> None:
    misses = np.vstack([np.eye(4)[:2] - 0.25, -np.eye(4)[:2] + 0.25]) @ np.ones((4, 6))
    misses = misses + np.array([[1, -1, 2, -2, 3, -3.0]])
    assert not unique(misses, simplex(misses).weights)


def test_a_solver_that_stops_early_raises_and_never_gives_a_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    misses = misses_of(1, 20, 10)

    def uniform(*_: object, **__: object) -> tuple[Floats, float]:
        return np.ones(10), 0.0

    monkeypatch.setattr(exact, "nnls", uniform)
    with pytest.raises(SolverError, match="duality gap"):
        simplex(misses)


def test_a_working_set_that_stops_early_raises_too(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = random_panel(2, 40, 90)
    monkeypatch.setattr(many, "ROUNDS", 1)
    monkeypatch.setattr(many, "FIRST", 2)
    with pytest.raises(SolverError, match="duality gap"):
        Solver(panel).solve(0, np.arange(1, 90))


@pytest.mark.parametrize(
    "spoil",
    (
        lambda w: w * 1.0001,
        lambda w: np.append(w[:-1], -1e-12),
        lambda w: np.full_like(w, np.nan),
    ),
)
def test_weights_that_do_not_sum_to_one_or_are_negative_are_refused(
    spoil: Callable[[Floats], Floats],
) -> None:
    good = np.array([0.25, 0.75, 0.0])
    check(Weights(good, 1.0, 0.0))
    with pytest.raises(SolverError):
        check(Weights(spoil(good), 1.0, 0.0))


def test_the_formula_panel_has_the_same_weights_by_brute_force_on_its_carriers() -> None:
    values = formula()[:40]
    misses = values[:, 1:] - values[:, :1]
    found = simplex(misses)
    carriers = np.flatnonzero(found.weights > 0)
    assert carriers.size == 8
    np.testing.assert_allclose(found.weights[carriers], by_faces(misses[:, carriers]), atol=1e-10)
