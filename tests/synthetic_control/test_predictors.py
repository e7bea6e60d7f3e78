"""Predictors and V: the published fits, the searches, invariances."""

import numpy as np
import pytest

from analysis.core import StudyError
from analysis.synthetic_control.estimators.predictors import (
    Matched,
    Specification,
    _halton,
    predictors,
    weigher,
)
from analysis.synthetic_control.weights import simplex
from tests.synthetic_control.panels import (
    basque,
    germany,
    prop99,
    prop99_predictors,
    random_panel,
)


def named(units, pool, weights, least=5e-3) -> dict[str, float]:
    return {units[unit]: w for unit, w in zip(pool, weights, strict=True) if w > least}


def ratio(found: Matched) -> float:
    assert found.mspe_ratio is not None
    return found.mspe_ratio


@pytest.mark.parametrize("search", ["local", "wide"])
def test_proposition_99(search) -> None:
    """Abadie, Diamond, Hainmueller (2010), table 2: .334 .234 .199 .164 .069, by a worse V."""
    panel = prop99()
    packs = panel.columns["PacksPerCapita"]
    treated, pool = panel.units.index("California"), panel.others("California")
    specification = Specification(prop99_predictors(), packs[:19], search)
    found = predictors(specification, packs[:19], packs[19:], treated, pool)
    weights = named(panel.units, pool, found.weights)
    published = {"Utah": 0.334, "Nevada": 0.234, "Montana": 0.199, "Colorado": 0.164}
    assert weights == pytest.approx({**published, "Connecticut": 0.069}, abs=0.005)
    assert weights == pytest.approx(
        {
            "Utah": 0.3351,
            "Nevada": 0.2356,
            "Montana": 0.2019,
            "Colorado": 0.1595,
            "Connecticut": 0.0679,
        },
        abs=5e-5,
    )
    assert found.v_loss == pytest.approx(3.076663, abs=5e-7)
    assert found.mspe_ratio == pytest.approx(129.0, abs=0.05)
    assert found.pre_mspe == pytest.approx(found.v_loss)
    assert found.v.sum() == pytest.approx(1)
    # Table 1 of the paper: real and synthetic California, and the mean of the donors.
    assert found.balance[:, 0] == pytest.approx(
        [10.08, 89.42, 0.1735, 24.28, 127.1, 120.2, 90.1], rel=1e-3
    )
    assert found.balance[:, 1] == pytest.approx(
        [9.86, 89.41, 0.174, 24.20, 127.03, 120.43, 91.62], rel=0.01
    )


def test_proposition_99_placebos_are_less_odd() -> None:
    """Georgia comes next with 93; not all 38 are fitted here."""
    panel = prop99()
    packs = panel.columns["PacksPerCapita"]
    pool = panel.others("California")
    specification = Specification(prop99_predictors(), packs[:19], "local")
    ratios = {}
    for state in ("Georgia", "Virginia", "Missouri"):
        target = panel.units.index(state)
        rest = pool[pool != target]
        found = predictors(specification, packs[:19], packs[19:], target, rest)
        ratios[state] = ratio(found)
    assert ratios["Georgia"] == pytest.approx(93, abs=0.5)
    assert max(ratios.values()) == ratios["Georgia"] < 129


@pytest.mark.parametrize("search", ["local", "wide"])
def test_a_placebo_chooses_its_own_v_unless_one_is_given(search) -> None:
    panel = random_panel(4, 12, 9)
    rest = np.array([1, 2, 4, 5, 6, 7, 8])
    for specification in (
        Specification(panel[:3], panel[:8], search),
        Specification(panel[:3], panel[:8], search, panel[3:6]),
        Specification(panel[:3], panel[:8], v=np.array([1.0, 2.0, 3.0])),
    ):
        found = predictors(specification, panel[:8], panel[8:], 3, rest)
        assert np.array_equal(weigher(specification)(3, rest), found.weights)


def basque_specification(search="local", order=None) -> Specification:
    panel = basque()
    schooling = ("illiterate", "primary", "medium", "high", "post_high")
    sectors = (
        *("agriculture", "energy", "industry", "construction"),
        *("services_venta", "services_nonventa"),
    )
    rows = [panel.mean(name, range(1964, 1970)) for name in (*schooling, "investment")]
    rows.append(panel.mean("gdp", range(1960, 1970)))
    rows += [panel.mean(name, (1961, 1963, 1965, 1967, 1969)) for name in sectors]
    rows.append(panel.mean("population_density", [1969]))
    values = np.array(rows)
    return Specification(
        values if order is None else values[order], panel.rows("gdp", 1960, 1969), search
    )


def basque_fit(specification, pool=None):
    panel = basque()
    name = "Basque Country (Pais Vasco)"
    treated = panel.units.index(name)
    pool = panel.others(name) if pool is None else pool
    gdp = panel.columns["gdp"]
    return named(
        panel.units,
        pool,
        (found := predictors(specification, gdp[:15], gdp[15:], treated, pool)).weights,
    ), found


def test_basque_country() -> None:
    """Abadie, Gardeazabal (2003): Cataluna .851, Madrid .149."""
    weights, found = basque_fit(basque_specification())
    assert weights == pytest.approx({"Cataluna": 0.851, "Madrid (Comunidad De)": 0.149}, abs=5e-4)
    assert found.v_loss == pytest.approx(0.0088645, abs=5e-8)


def test_basque_country_has_a_better_v_with_other_weights() -> None:
    weights, found = basque_fit(basque_specification("wide"))
    assert found.v_loss == pytest.approx(0.0042861, abs=5e-8)
    assert weights == pytest.approx(
        {"Baleares (Islas)": 0.219, "Cataluna": 0.633, "Madrid (Comunidad De)": 0.148}, abs=5e-4
    )


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_predictors_keeps_the_published_weights(seed) -> None:
    order = np.random.default_rng(seed).permutation(14)
    weights, found = basque_fit(basque_specification(order=order))
    assert weights == pytest.approx({"Cataluna": 0.851, "Madrid (Comunidad De)": 0.149}, abs=5e-4)
    assert found.v_loss == pytest.approx(0.0088645, abs=5e-8)


def test_any_order_of_donors_keeps_the_weights() -> None:
    panel = basque()
    pool = np.random.default_rng(1).permutation(panel.others("Basque Country (Pais Vasco)"))
    weights, found = basque_fit(basque_specification(), pool)
    assert weights == pytest.approx({"Cataluna": 0.851, "Madrid (Comunidad De)": 0.149}, abs=5e-4)
    assert found.v_loss == pytest.approx(0.0088645, abs=5e-8)


def german_specification(search) -> Specification:
    panel = germany()
    late, early = range(1981, 1991), range(1971, 1981)
    names = ("gdp", "trade", "inflation", "industry")
    main = [panel.mean(name, late) for name in names]
    main += [panel.mean("schooling", (1980, 1985)), panel.mean("invest80", [1980])]
    training = [panel.mean(name, early) for name in names]
    training += [panel.mean("schooling", (1970, 1975)), panel.mean("invest70", [1980])]
    return Specification(np.array(main), panel.rows("gdp", 1981, 1990), search, np.array(training))


def test_german_reunification_by_cross_validation() -> None:
    """Abadie, Diamond, Hainmueller (2015), table 1: .42 .22 .16 .11 .09."""
    panel = germany()
    treated, pool = panel.units.index("West Germany"), panel.others("West Germany")
    before, after = panel.rows("gdp", 1960, 1989), panel.rows("gdp", 1991, 2003)
    found = predictors(german_specification("wide"), before, after, treated, pool)
    assert named(panel.units, pool, found.weights) == pytest.approx(
        {"Austria": 0.42, "USA": 0.22, "Japan": 0.16, "Switzerland": 0.11, "Netherlands": 0.09},
        abs=0.0101,
    )
    assert found.v_loss == pytest.approx(4580.4, abs=0.05)
    local = predictors(german_specification("local"), before, after, treated, pool)
    assert local.v_loss == pytest.approx(4928, abs=0.5)


@pytest.mark.slow
def test_german_reunification_ranks_first_of_seventeen() -> None:
    panel = germany()
    specification = german_specification("wide")
    before, after = panel.rows("gdp", 1960, 1989), panel.rows("gdp", 1991, 2003)
    pool = panel.others("West Germany")
    treated = panel.units.index("West Germany")
    own = ratio(predictors(specification, before, after, treated, pool))
    others = [
        ratio(predictors(specification, before, after, unit, pool[pool != unit])) for unit in pool
    ]
    assert own > max(others)


@pytest.mark.parametrize("seed", range(6))
def test_two_predictors_are_searched_as_well_as_by_a_dense_grid(seed) -> None:
    """Twin: V of two predictors is one number; brute force over it."""
    panel = random_panel(seed, 10, 8)
    rng = np.random.default_rng(seed + 100)
    values, pool = rng.normal(size=(2, 8)) + panel[:2], np.arange(1, 8)
    wide = predictors(Specification(values, panel[:8], "wide"), panel[:8], panel[8:], 0, pool)
    scaled = values / values.std(axis=1, ddof=1, keepdims=True)
    apart, misses = scaled[:, 1:] - scaled[:, :1], panel[:8, 1:] - panel[:8, [0]]
    losses = []
    for balance in np.linspace(-8, 8, 801):
        importance = np.exp(np.array([[min(balance, 0)], [-max(balance, 0)]]) / 2)
        losses.append(np.mean((misses @ simplex(apart * importance).weights) ** 2))
    assert wide.v_loss <= min(losses) * (1 + 1e-3)


@pytest.mark.parametrize("seed", range(6))
def test_the_wide_search_never_has_a_larger_loss_than_the_local_one(seed) -> None:
    panel = random_panel(seed, 12, 9)
    values = np.random.default_rng(seed).normal(size=(4, 9)) + panel[:4]
    pool = np.arange(1, 9)
    fits = {
        search: predictors(Specification(values, panel[:8], search), panel[:8], panel[8:], 0, pool)
        for search in ("local", "wide")
    }
    assert fits["wide"].v_loss <= fits["local"].v_loss


def test_weights_given_v_are_optimal_and_v_loss_is_theirs() -> None:
    """Twin: the weights given V by the certified solver, the loss by hand."""
    panel = random_panel(4, 12, 9)
    values, v = panel[:3] ** 2, np.array([5.0, 0.0, 2.5])
    pool = np.arange(1, 9)
    found = predictors(Specification(values, panel[4:8], v=v), panel[:8], panel[8:], 0, pool)
    scaled = values / values.std(axis=1, ddof=1, keepdims=True)
    twin = simplex((scaled[:, 1:] - scaled[:, :1]) * np.sqrt(v)[:, None]).weights
    gaps = panel[:, 0] - panel[:, 1:] @ found.weights
    spread = (scaled[:, 1:] @ found.weights - scaled[:, 0]) ** 2 @ v
    assert spread == pytest.approx((scaled[:, 1:] @ twin - scaled[:, 0]) ** 2 @ v, abs=1e-10)
    assert found.v == pytest.approx([2 / 3, 0, 1 / 3])
    assert found.v_loss == pytest.approx(np.mean(gaps[4:8] ** 2))
    assert found.pre_mspe == pytest.approx(np.mean(gaps[:8] ** 2))
    assert found.post_mspe == pytest.approx(np.mean(gaps[8:] ** 2))
    assert ratio(found) == pytest.approx(found.post_mspe / found.pre_mspe)


def test_post_values_move_no_weight() -> None:
    panel = random_panel(4, 12, 9)
    specification, pool = Specification(panel[:3], panel[:8]), np.arange(1, 9)
    plain = predictors(specification, panel[:8], panel[8:], 0, pool)
    moved = predictors(specification, panel[:8], panel[8:] * 100, 0, pool)
    assert np.array_equal(plain.weights, moved.weights)


@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1e3, 1e9])
def test_the_scale_of_predictors_and_outcome_changes_no_weight(scale) -> None:
    panel = random_panel(7, 12, 9)
    pool = np.arange(1, 9)
    plain = predictors(Specification(panel[:3], panel[:8]), panel[:8], panel[8:], 0, pool)
    units = panel[:3] * np.array([[scale], [1.0], [1 / scale]])
    scaled = predictors(
        Specification(units, panel[:8] * scale), panel[:8] * scale, panel[8:] * scale, 0, pool
    )
    assert scaled.weights == pytest.approx(plain.weights, abs=1e-6)
    assert scaled.v_loss == pytest.approx(plain.v_loss * scale**2, rel=1e-6)


def test_a_predictor_that_does_not_vary_is_left_out() -> None:
    panel = random_panel(7, 12, 9)
    pool = np.arange(1, 9)
    plain = predictors(Specification(panel[:3], panel[:8]), panel[:8], panel[8:], 0, pool)
    more = np.vstack([panel[:3], np.full(9, 7.0)])
    found = predictors(Specification(more, panel[:8]), panel[:8], panel[8:], 0, pool)
    assert np.array_equal(found.weights, plain.weights)
    assert found.v[-1] == 0
    with pytest.raises(StudyError) as error:
        predictors(Specification(more[3:], panel[:8]), panel[:8], panel[8:], 0, pool)
    assert error.value.code == "predictors_constant"


def test_a_predictor_without_a_value_is_named() -> None:
    panel = random_panel(7, 12, 9)
    values = panel[:3].copy()
    values[1, 4] = np.nan
    specification = Specification(values, panel[:8])
    with pytest.raises(StudyError) as error:
        predictors(specification, panel[:8], panel[8:], 0, np.arange(1, 9))
    assert error.value.code == "predictor_missing"
    assert error.value.where == "synthetic_control.predictors[2]"
    # Without the unit that lacks it there is a fit.
    rest = np.array([1, 2, 3, 5, 6, 7, 8])
    assert predictors(specification, panel[:8], panel[8:], 0, rest).weights.size == 7


@pytest.mark.parametrize("v", [[1.0, 2.0], [0.0, 0.0, 0.0], [1.0, -1.0, 1.0], [1, 1, np.nan]])
def test_v_by_hand_has_one_number_a_predictor(v) -> None:
    panel = random_panel(7, 12, 9)
    with pytest.raises(StudyError) as error:
        predictors(
            Specification(panel[:3], panel[:8], v=np.array(v)),
            panel[:8],
            panel[8:],
            0,
            np.arange(1, 9),
        )
    assert error.value.code == "v_custom"


def test_a_treated_unit_within_the_hull_of_the_predictors_is_matched_exactly() -> None:
    """Few predictors, many donors: many weights match, one is found, nothing crashes."""
    panel = random_panel(9, 12, 40)
    panel[:, 0] = panel[:, 1:].mean(axis=1)
    found = predictors(
        Specification(panel[:2], panel[:8]), panel[:8], panel[8:], 0, np.arange(1, 40)
    )
    assert found.balance[:, 1] == pytest.approx(found.balance[:, 0], rel=1e-6)
    copied = np.column_stack([panel, panel[:, 0]])
    perfect = predictors(
        Specification(copied[:6], copied[:8]), copied[:8], copied[8:], 0, np.arange(1, 41)
    )
    assert np.isfinite(perfect.weights).all()


def test_halton_points_are_the_radical_inverses() -> None:
    """Halton (1960): 1/2 1/4 3/4 1/8 in base 2; 1/3 2/3 1/9 4/9 in base 3."""
    points = _halton(4, 3)
    assert points[:, 0] == pytest.approx([1 / 2, 1 / 4, 3 / 4, 1 / 8])
    assert points[:, 1] == pytest.approx([1 / 3, 2 / 3, 1 / 9, 4 / 9])
    assert points[:, 2] == pytest.approx([1 / 5, 2 / 5, 3 / 5, 4 / 5])
