"""Degenerate inputs: a status and what stands, never an exception or a made-up number."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ab.results import Rules, family, guard
from analysis.core import Moments
from analysis.logs import Cell
from analysis.study import ABOptions, Metric
from tests.ab.made import (
    PRIMARY,
    C,
    T,
    cell,
    compared,
    compared_counts,
    compared_values,
    reading,
    strange_numbers,
    values,
)

HEADLINE = ("difference_low", "difference_high", "lift_low", "lift_high", "p_value", "p_log10")
EMPTY = Cell(Moments.empty(("y",)))


def nothing_else(found: dict[str, Any], *stands: str) -> None:
    """Only the named headline numbers stand; nothing anywhere is no JSON number."""
    numbers = {"control_value", "treatment_value", "difference", "lift", *HEADLINE}
    known = {name for name in numbers if found[name] is not None}
    assert known == set(stands)
    assert found["p_adjusted"] is None
    assert found["significant"] is False
    assert found["reading"] == "no_clear_change"
    assert strange_numbers(found) == []


def test_an_empty_arm_leaves_everything_null() -> None:
    found = compared(EMPTY, cell(y=values(4, 5, 6)), recorded={T: False, C: True})
    assert found["status"] == "empty_arm"
    nothing_else(found)
    assert (found["n_control"], found["n_treatment"]) == (3, 0)


def test_one_unit_gives_a_difference_but_no_test() -> None:
    found = compared_values(values(10), values(2, 4))
    assert found["status"] == "too_few_units"
    assert found["difference"] == 7
    nothing_else(found, "control_value", "treatment_value", "difference", "lift")


@pytest.mark.parametrize("kind", ["proportion", "ratio"])
def test_one_unit_of_any_kind_gives_a_difference_but_no_test(kind: str) -> None:
    if kind == "proportion":
        found = compared_counts(1, 1, 3, 10)
    else:
        found = compared(
            cell(y=values(3), d=values(4)),
            cell(y=values(1, 2), d=values(4, 4)),
            ratio=True,
        )
    assert found["status"] == "too_few_units"
    assert found["difference"] == pytest.approx(0.7 if kind == "proportion" else 0.375)
    nothing_else(found, "control_value", "treatment_value", "difference", "lift")


def test_a_metric_recorded_in_one_arm_only_keeps_the_one_value() -> None:
    found = compared(EMPTY, cell(y=values(1, 2, 3)), recorded={T: True, C: True})
    assert found["status"] == "one_arm_only"
    assert found["control_value"] == 2
    nothing_else(found, "control_value")


@pytest.mark.parametrize(
    ("table", "status"), [((0, 30, 0, 45), "no_events"), ((30, 30, 45, 45), "all_events")]
)
def test_no_event_or_only_events_have_an_interval_but_no_p(
    table: tuple[int, int, int, int], status: str
) -> None:
    found = compared_counts(*table)
    assert found["status"] == status
    assert found["difference"] == 0
    assert found["p_value"] is None
    assert found["significant"] is False
    assert found["difference_low"] < 0 < found["difference_high"]
    assert strange_numbers(found) == []


def test_two_constants_that_differ_are_not_significant() -> None:
    """Trap 10."""
    found = compared_values(values(8, 8, 8), values(3, 3, 3))
    assert found["status"] == "no_variance"
    assert found["difference"] == 5
    nothing_else(found, "control_value", "treatment_value", "difference", "lift")


@pytest.mark.parametrize("constants", [(0.1, 0.1), (0.1, 0.3), (1e9 + 0.1, 1e9 + 0.2), (7.7, 1e-9)])
@pytest.mark.parametrize("n", [2, 7, 1000])
def test_constants_that_are_no_binary_fraction_do_not_vary_either(
    constants: tuple[float, float], n: int
) -> None:
    found = compared_values(np.full(n, constants[0]), np.full(n + 3, constants[1]))
    assert found["status"] == "no_variance"
    assert found["p_value"] is None


@pytest.mark.parametrize(("price", "other"), [(2.0, 3.0), (9.99, 9.99), (9.99, 10.99), (0.3, 0.1)])
def test_a_fixed_price_in_each_arm_is_no_variance_either(price: float, other: float) -> None:
    """Revenue per purchase at one price: the numerator is the denominator times a constant."""
    rng = np.random.default_rng(2)
    d1, d0 = rng.integers(1, 30, 200).astype(float), rng.integers(1, 30, 300).astype(float)
    found = compared(cell(y=price * d1, d=d1), cell(y=other * d0, d=d0), ratio=True)
    assert found["status"] == "no_variance"
    assert found["difference"] == pytest.approx(price - other, abs=1e-12)
    assert found["p_value"] is None


def test_a_ratio_without_any_denominator_is_null() -> None:
    found = compared(
        cell(y=values(1, 2, 0), d=values(0, 0, 0)),
        cell(y=values(1, 2), d=values(4, 4)),
        ratio=True,
    )
    assert found["status"] == "zero_denominator"
    assert found["p_value"] is None
    assert found["difference"] is None
    assert strange_numbers(found) == []


def test_one_constant_arm_is_compared_with_the_other_arm_s_df() -> None:
    found = compared_values(values(4, 6.5, 5, 7, 8.5, 6), values(6, 6, 6, 6))
    assert found["status"] == "ok"
    assert found["difference"] == pytest.approx(0.1666666667, rel=1e-9)
    assert found["detail"]["welch"]["df"] == pytest.approx(5, rel=1e-12)
    assert found["p_value"] == pytest.approx(0.8052761841, rel=1e-9)
    assert found["difference_low"] == pytest.approx(-1.481537629, rel=1e-9)
    assert found["difference_high"] == pytest.approx(1.814870962, rel=1e-9)


def test_a_moment_that_is_not_finite_is_said_to_be_so() -> None:
    with np.errstate(over="ignore"):
        one = cell(y=values(1e200, 2e200, 3e200))
    found = compared(one, cell(y=values(1, 2, 3)))
    assert found["status"] == "not_finite"
    assert found["p_value"] is None
    assert strange_numbers(found) == []


def test_rescaled_values_stay_finite_and_come_back_in_their_own_unit() -> None:
    """1, 2, 1e308 divided by a power of two, as the log does above 1e150."""
    scale = 2.0**600
    one, nil = values(1, 2, 1e308), values(6e307, 7e307, 5e307)
    found = compared(cell(y=one / scale), cell(y=nil / scale), scale=scale, metric=PRIMARY, mde=0.1)
    assert found["status"] == "ok"
    assert found["treatment_value"] == pytest.approx(1e308 / 3, rel=1e-12)
    assert strange_numbers(found) == []
    small = compared(cell(y=one / 1e300), cell(y=nil / 1e300))
    assert found["p_value"] == pytest.approx(small["p_value"], rel=1e-9)
    assert found["lift_high"] == pytest.approx(small["lift_high"], rel=1e-9)
    assert found["detail"]["welch"]["se"] == pytest.approx(
        small["detail"]["welch"]["se"] * 1e300, rel=1e-9
    )


def of_size(size: float, kind: str) -> dict[str, Any]:
    """A comparison of values about nine times `size`."""
    rng = np.random.default_rng(8)
    cells = []
    for effect in (0.8, 0.0):
        noise = rng.normal(0, 1, (2, 40))
        d = rng.integers(1, 9, 40).astype(float)
        y = 9 + effect + noise[0]
        extra = {}
        if kind == "ratio":
            y, extra = y * d, {"d": d}
        if kind == "cuped":
            extra = {"x": (y + noise[1]) * size}
        cells.append(cell(y=y * size, **extra))
    return compared(
        *cells,
        ratio=kind == "ratio",
        covariate="pre" if kind == "cuped" else None,
        metric=Metric(name="g", role="guardrail", margin=0.05),
    )


@pytest.mark.parametrize("size", [1e-170, 1e-100, 1e-60, 1e60, 1e100, 1e149])
@pytest.mark.parametrize("kind", ["mean", "ratio", "cuped"])
def test_huge_and_tiny_values_give_the_p_of_usual_ones(size: float, kind: str) -> None:
    found, usual = of_size(size, kind), of_size(1.0, kind)
    assert strange_numbers(found) == []
    # Squares leave the range of a double beyond 1e154 and below 1e-154.
    if 1e-150 < size < 1e145:
        assert found["status"] == "ok"
        assert found["lift_status"] == "ok"
        for name in ("p_value", "lift", "lift_low", "lift_high", "p_noninferior"):
            assert found[name] == pytest.approx(usual[name], rel=1e-9), name


@pytest.mark.parametrize(
    ("control", "status"),
    [(values(-3, 3, -1, 1), "zero_baseline"), (values(-3, 3, -1, 1.2), "unbounded")],
)
def test_a_lift_over_nothing_has_no_number_and_a_status(control: np.ndarray, status: str) -> None:
    found = compared_values(values(5, 6, 7, 9), control)
    assert found["status"] == "ok"
    assert found["lift_status"] == status
    assert found["lift_low"] is None
    assert found["lift_high"] is None
    assert (found["lift"] is None) == (status == "zero_baseline")
    assert found["difference_low"] is not None


def test_no_conversion_in_control_has_a_low_bound_of_the_lift_only() -> None:
    found = compared_counts(40, 400, 0, 400)
    assert found["lift_status"] == "zero_baseline"
    assert found["lift"] is None
    assert found["lift_high"] is None
    assert found["reading"] == "better"


def test_no_conversion_in_treatment_is_a_lift_of_minus_one() -> None:
    found = compared_counts(0, 400, 40, 400)
    assert found["lift"] == -1
    assert found["lift_low"] == -1
    assert found["lift_high"] < 0


def test_three_against_three_units_are_computed() -> None:
    found = compared_values(values(3, 5, 4), values(1, 2, 2))
    assert found["status"] == "ok"
    assert found["p_value"] is not None


def test_a_covariate_that_does_not_vary_adjusts_nothing() -> None:
    one, nil = values(3, 5, 4, 8), values(1, 2, 2.5)
    found = compared(cell(y=one, x=np.full(4, 0.7)), cell(y=nil, x=np.full(3, 0.7)), covariate="x")
    plain = compared(cell(y=one), cell(y=nil))
    assert found["theta"] == 0
    assert found["p_value"] == pytest.approx(plain["p_value"], rel=1e-9)
    assert found["variance_reduction"] == pytest.approx(0, abs=1e-12)


def test_a_covariate_that_nobody_has_adjusts_nothing() -> None:
    """Every covariate blank: the units still count."""
    one, nil = values(3, 5, 4, 8), values(1, 2, 2.5)
    empty = Moments.empty(("y", "x"))
    found = compared(Cell(empty, Moments.of(y=one)), Cell(empty, Moments.of(y=nil)), covariate="x")
    plain = compared(cell(y=one), cell(y=nil))
    assert found["n_treatment"] == 4
    assert found["p_value"] == pytest.approx(plain["p_value"], rel=1e-9)


def test_a_covariate_equal_to_the_metric_leaves_nothing_to_test() -> None:
    """All variance goes: what is left is rounding, and rounding must not be significant."""
    rng = np.random.default_rng(1)
    one, nil = rng.normal(5.4, 2, 300), rng.normal(5, 2, 300)
    found = compared(cell(y=one, x=one), cell(y=nil, x=nil), covariate="x")
    assert strange_numbers(found) == []
    if found["test"] == "cuped":
        assert found["p_value"] is None


SMALL = st.lists(st.sampled_from([0.0, 1.0, 0.1, -2.5, 1e6, 1e-9]), min_size=0, max_size=6)


@pytest.mark.parametrize("kind", ["mean", "proportion", "ratio", "cuped", "cuped ratio"])
@pytest.mark.parametrize("role", ["primary", "guardrail"])
@given(
    one=SMALL, nil=SMALL, seed=st.integers(0, 99), scale=st.sampled_from(["relative", "absolute"])
)
@settings(max_examples=60)
def test_no_small_input_raises_or_yields_a_number_that_is_none(
    kind: str, role: str, one: list[float], nil: list[float], seed: int, scale: str
) -> None:
    rng = np.random.default_rng(seed)
    cells = []
    for column in (one, nil):
        y = np.array(column)
        extra = {}
        if kind == "proportion":
            y = (y > 0.5).astype(float)
        if "ratio" in kind:
            extra["d"] = rng.integers(0, 2, y.size).astype(float)
        if "cuped" in kind:
            extra["x"] = rng.integers(0, 3, y.size).astype(float)
        if kind == "cuped ratio":
            extra["xd"] = rng.integers(0, 2, y.size).astype(float)
        cells.append(cell(y=y, **extra))
    metric = Metric(name="m", role=role, margin=0.1, margin_scale=scale)
    options = ABOptions(compare="all_pairs")
    found_reading = reading(
        cells[0],
        cells[1],
        options=options,
        proportion=kind == "proportion",
        ratio="ratio" in kind,
        covariate="pre" if "cuped" in kind else None,
    )
    rules = Rules(0.05, "holm", options, mde=0.02)
    (found,) = family([found_reading], [metric], rules)
    if role == "guardrail":
        guard(found, found_reading, metric, rules, 1)
        assert found["p_noninferior"] is None or 0 < found["p_noninferior"] <= 1
    assert strange_numbers(found) == []
    assert (found["p_value"] is None) == (found["status"] != "ok")
    if found["p_value"] is not None:
        assert 0 < found["p_value"] <= 1
        assert found["p_log10"] == pytest.approx(math.log10(found["p_value"]), abs=1e-6)
        assert found["n_control"] >= 2
        assert found["n_treatment"] >= 2
