"""Mistakes that experiment tools make, each a test by name."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.ab.effect import Effect, fieller
from analysis.ab.results import Rules, family
from analysis.ab.split import check_split
from analysis.ab.summing_up import bounds as oriented
from analysis.core import Moments
from analysis.core.corrections import adjust_p_values
from analysis.core.tails import normal_two_sided
from analysis.study import ABOptions, Metric
from analysis.verdict import Guard, decide
from tests.ab.made import (
    PRIMARY,
    C,
    T,
    bounds,
    cell,
    compared,
    compared_counts,
    compared_values,
    counted,
    reading,
    values,
)

GOOD = {"lift_low": 0.004, "lift_high": 0.031, "significant": True, "p_value": 0.01}


def test_nine_to_one_as_planned_is_no_mismatch() -> None:
    """Trap 5: the split is tested against the configured weights."""
    planned = check_split([900, 100], [9, 1])
    assert planned is not None
    assert planned.p == 1
    equal = check_split([900, 100], [1, 1])
    assert equal is not None
    assert equal.p < 1e-100


@pytest.mark.parametrize("low", [0.004, -0.031])
def test_a_fixed_interval_before_the_horizon_neither_ships_nor_rolls_back(low: float) -> None:
    """Trap 6."""
    primary = oriented({"better": "higher"}, GOOD | {"lift_low": low, "lift_high": low + 0.02})
    safe = Guard(-0.01, 0.01, 0.05, 1e-9)
    broken = Guard(-0.3, -0.2, 0.05, 1.0)
    for guard in (safe, broken):
        found = decide([primary], [guard], horizon_reached=False)
        assert found.decision == "keep_running"


def test_a_lift_has_the_sign_of_its_difference_when_control_is_negative() -> None:
    """Trap 8."""
    rng = np.random.default_rng(0)
    nil = rng.normal(-50, 3, 200)
    for step in (5.0, -5.0):
        found = compared_values(nil + step + rng.normal(0, 1, 200), nil)
        sign = np.sign(step)
        assert np.sign(found["difference"]) == np.sign(found["lift"]) == sign
        assert np.sign(found["lift_low"]) == np.sign(found["lift_high"]) == sign
        assert found["lift_low"] < found["lift"] < found["lift_high"]


def test_values_near_a_billion_with_a_spread_of_a_tenth_have_the_right_error() -> None:
    """Trap 9, first half: against scipy on the same values without their offset."""
    rng = np.random.default_rng(1)
    # Multiples of 2^-20 survive the offset exactly.
    one, nil = (np.round(rng.normal(m, 0.1, 500) * 2**20) / 2**20 for m in (0.02, 0.0))
    found = compared_values(1e9 + one, 1e9 + nil)
    twin = stats.ttest_ind(one, nil, equal_var=False)
    assert found["detail"]["welch"]["t"] == pytest.approx(twin.statistic, rel=1e-9)
    assert found["p_value"] == pytest.approx(twin.pvalue, rel=1e-9)


def test_a_statistic_of_37_has_a_p_value() -> None:
    """Trap 9, second half."""
    assert normal_two_sided(37) > 0
    found = compared_counts(9000, 10_000, 1000, 10_000)
    assert 0 < found["p_value"] < 1e-300
    assert found["p_log10"] < -1000


def test_two_different_constants_are_not_significant() -> None:
    """Trap 10."""
    assert compared_values(values(8, 8, 8), values(3, 3, 3))["significant"] is False
    ratio = compared(
        cell(y=values(4, 8, 2), d=values(2, 4, 1)), cell(y=values(3, 6), d=values(1, 2)), ratio=True
    )
    assert ratio["significant"] is False
    assert ratio["status"] == "no_variance"


def test_wald_is_not_the_headline_at_none_of_n() -> None:
    """Trap 11: Wald's interval has no width there."""
    found = compared_counts(0, 200, 0, 200)
    assert bounds(found["detail"]["wald"]) == (0, 0)
    assert found["difference_low"] < 0 < found["difference_high"]


@pytest.mark.parametrize("p", [None, 0.05, 0.4, 1.0])
def test_a_guardrail_that_is_not_shown_to_be_safe_does_not_ship(p: float | None) -> None:
    """Trap 12: neither without a p nor with an interval around 0."""
    primary = oriented({"better": "higher"}, GOOD)
    guard = Guard(-0.03, 0.03, 0.02, p)
    assert decide([primary], [guard], horizon_reached=True).decision == "iterate"
    assert decide([primary], [Guard(-0.03, 0.03, 0.02, 0.049)], horizon_reached=True) == decide(
        [primary], [], horizon_reached=True
    )


def test_a_relative_margin_knows_that_control_is_uncertain_too() -> None:
    """Trap 13: the statistic is (m1 - s m0) over its own error."""
    one, nil = values(12, 9, 14, 10, 11), values(10, 13, 8, 12, 9, 11)
    metric = Metric(name="g", role="guardrail", better="higher", margin=0.2)
    proof = compared_values(one, nil, metric=metric)["detail"]["noninferiority"]
    v1, v0 = one.var(ddof=1) / 5, nil.var(ddof=1) / 6
    gap = one.mean() - 0.8 * nil.mean()
    assert proof["t"] == pytest.approx(gap / np.sqrt(v1 + 0.64 * v0), rel=1e-12)
    assert proof["t"] != pytest.approx(gap / np.sqrt(v1 + v0), rel=1e-3)


def test_the_slope_of_one_treatment_ignores_the_other() -> None:
    """Trap 14: theta is pooled over the two compared arms, and over no third."""
    from analysis.ab.analyze import analyze
    from analysis.study import Study
    from tests.ab.made import log, table

    rng = np.random.default_rng(3)
    arrays = {}
    for arm, slope in (("control", 1.0), ("t1", 1.0), ("t2", -7.0)):
        x = rng.normal(10, 2, 300)
        arrays[arm] = {"y": slope * x + rng.normal(0, 1, 300), "x": x}
    arms = {arm: cell(**columns) for arm, columns in arrays.items()}
    study = Study.parse(
        {"ab": {"control": "control"}, "metrics": [{"name": "m", "kind": "mean", "column": "m"}]}
    )
    made = log({"m": table(arms, covariate="x", arrays=arrays)}, dict.fromkeys(arms, 300))
    rows = analyze(made, study).content["metrics"][0]["comparisons"]
    y, x = (np.concatenate([arrays[arm][name] for arm in ("control", "t1")]) for name in ("y", "x"))
    assert rows[0]["theta"] == pytest.approx(np.cov(y, x)[0, 1] / x.var(ddof=1), rel=1e-9)
    assert rows[0]["theta"] == pytest.approx(1, abs=0.1)
    assert rows[1]["theta"] < 0


def test_theta_keeps_the_difference_between_the_arms() -> None:
    """Trap 14: one slope over both arms together, arm means not removed first."""
    one, nil = (
        cell(y=values(5, 6, 8), x=values(1, 2, 3)),
        cell(y=values(1, 1, 2), x=values(2, 3, 4)),
    )
    y, x = np.array([5, 6, 8, 1, 1, 2.0]), np.array([1, 2, 3, 2, 3, 4.0])
    found = compared(one, nil, covariate="x")
    assert found["theta"] == pytest.approx(np.cov(y, x)[0, 1] / x.var(ddof=1), rel=1e-12)


def test_a_lift_under_cuped_divides_by_raw_control_and_keeps_their_covariance() -> None:
    """Trap 15."""
    rng = np.random.default_rng(6)
    x1, x0 = rng.normal(20, 5, 400), rng.normal(19, 5, 400)
    y1, y0 = x1 + rng.normal(1, 2, 400), x0 + rng.normal(0, 2, 400)
    found = compared(cell(y=y1, x=x1), cell(y=y0, x=x0), covariate="pre")
    assert found["control_value"] == pytest.approx(y0.mean(), rel=1e-12)
    assert found["lift"] == pytest.approx(found["difference"] / y0.mean(), rel=1e-12)
    theta = found["theta"]
    v_ab = -np.cov(y0 - theta * x0, y0)[0, 1] / 400
    se, df = found["detail"]["cuped"]["se"], found["detail"]["cuped"]["df"]
    v_bb = y0.var(ddof=1) / 400
    effect = Effect(found["difference"], y0.mean(), se**2, v_bb, v_ab, df)
    interval, _ = fieller(effect, float(stats.t.isf(0.025, df)))
    assert (found["lift_low"], found["lift_high"]) == pytest.approx(
        (interval.low, interval.high), rel=1e-9
    )


def test_p_values_are_not_adjusted_twice() -> None:
    """Trap 16."""
    once = adjust_p_values([0.01, 0.02, 0.3], "holm")
    with pytest.raises(TypeError):
        adjust_p_values(once, "holm")


def test_false_discovery_intervals_exclude_nothing_exactly_for_the_rejected() -> None:
    """Trap 17, on six pooled z tests."""
    tables = [(145, 1000), (131, 1000), (129, 1000), (127, 1000), (112, 1000), (100, 1000)]
    readings = [reading(counted(x, n), counted(95, 1000), proportion=True) for x, n in tables]
    rejected = []
    for correction in ("by", "bonferroni", "bh"):
        rows = family(readings, [PRIMARY] * 6, Rules(0.05, correction, ABOptions()))
        for row in rows:
            excludes = row["difference_low"] > 0 or row["difference_high"] < 0
            assert excludes == row["significant"]
            assert (row["lift_low"] > 0) == row["significant"]
        rejected.append(sum(row["significant"] for row in rows))
    assert rejected == [1, 1, 4]


@pytest.mark.parametrize(("alpha", "label"), [(0.1, "90%"), (0.05, "95%"), (0.01, "99%")])
def test_the_label_of_an_interval_follows_alpha(alpha: float, label: str) -> None:
    """Trap 26."""
    from analysis.ab.summing_up import metric_sentence

    found = compared_counts(300, 1000, 200, 1000, alpha=alpha)
    assert f"({label} CI" in metric_sentence({"name": "Rate"}, found)
    twin = stats.norm.isf(alpha / 2)
    low, high = bounds(found["detail"]["wald"])
    se = np.sqrt(0.3 * 0.7 / 1000 + 0.2 * 0.8 / 1000)
    assert (high - low) / 2 == pytest.approx(twin * se, rel=1e-9)


def test_better_lower_flips_the_words_and_the_margin_s_side_but_no_number() -> None:
    """Trap 27."""
    one, nil = values(12, 9, 14, 10, 11, 13), values(7, 8, 8, 5, 9, 6)
    found: dict[str, dict[str, Any]] = {}
    for better in ("higher", "lower"):
        metric = Metric(name="g", role="guardrail", better=better, margin=0.1)
        found[better] = compared_values(one, nil, metric=metric)
    up, down = found["higher"], found["lower"]
    assert (up["reading"], down["reading"]) == ("better", "worse")
    assert (up["guardrail"], down["guardrail"]) == ("safe", "breached")
    moved = {"reading", "guardrail", "p_noninferior", "detail"}
    assert {k: v for k, v in up.items() if k not in moved} == {
        k: v for k, v in down.items() if k not in moved
    }


def test_a_significant_fall_keeps_its_sign_under_a_noisy_control() -> None:
    """The bound that gives way to the test lies across 0 from the difference.

    Under a high family level the lift's interval is skewed: here the end nearer to 0
    is the wrong one.
    """
    control = Moments.of_summary(400, 10.0, 400 * 3.2**2)
    treatment = Moments.of_summary(400, 3.2, 400 * 0.5**2)
    fall = reading(_cell(treatment), _cell(control))
    strong = reading(counted(500, 1000), counted(300, 1000), proportion=True)
    found = family([strong] * 7 + [fall], [PRIMARY] * 8, Rules(0.05, "holm", ABOptions()))[-1]
    assert found["significant"] is True
    assert found["reading"] == "worse"
    assert found["interval_note"] == "matched_to_test"
    assert found["difference_low"] < found["difference_high"] == 0
    assert found["lift_low"] < found["lift_high"] == 0
    primary = oriented({"better": "higher"}, found)
    assert primary.bad()
    assert not primary.good()


def _cell(moments: Moments) -> Any:
    from analysis.logs import Cell

    return Cell(moments)


def test_units_with_a_denominator_of_zero_stay() -> None:
    """Trap 28."""
    y, d = values(3, 0, 5, 0, 2), values(20, 6, 31, 0, 14)
    with_idle = compared(cell(y=y, d=d), cell(y=y + 1, d=d + 1), ratio=True)
    assert with_idle["n_treatment"] == 5
    without = compared(cell(y=y[d > 0], d=d[d > 0]), cell(y=y + 1, d=d + 1), ratio=True)
    assert with_idle["treatment_value"] == without["treatment_value"]
    one, other = with_idle["detail"]["delta"], without["detail"]["delta"]
    assert one["se_treatment"] != pytest.approx(other["se_treatment"], rel=1e-3)


def test_arms_named_in_the_helpers_are_the_usual_ones() -> None:
    assert (T, C) == ("treatment", "control")
