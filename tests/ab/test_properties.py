"""What must hold for any data: one p, two scales, one word; and no number that moves alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.ab.reading import Reading
from analysis.ab.results import Rules, family
from analysis.core import Floats
from analysis.core.corrections import adjust_p_values, interval_alpha
from analysis.logs import Cell
from analysis.study import ABOptions, Metric
from tests.ab.made import PRIMARY, cell, compared, compared_counts, counted, reading

ALPHAS = st.sampled_from([0.001, 0.01, 0.049, 0.05, 0.1, 0.2, 0.37, 0.5])
CORRECTIONS = ("none", "bonferroni", "holm", "hochberg", "bh", "by")


def column(rng: np.random.Generator, n: int, shape: str, mean: float) -> Floats:
    """Values of one arm: symmetric, skewed or mostly zeros."""
    if shape == "normal":
        return rng.normal(mean, 2, n)
    if shape == "skewed":
        return rng.lognormal(0, 1, n) * (0.2 + abs(mean))
    return rng.binomial(1, 0.3, n) * rng.exponential(1 + abs(mean), n)


@st.composite
def arms_of(draw: Callable[..., Any], kind: str) -> tuple[Cell, Cell]:
    """Two arms of a kind, of any size from 4 to 120 units, with a small or large effect."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    shape = draw(st.sampled_from(["normal", "skewed", "zeros"]))
    base, effect = draw(st.sampled_from([0.5, 3.0, -4.0])), draw(st.sampled_from([0.0, 0.4, 1.5]))
    cells = []
    for extra in (effect, 0.0):
        n = draw(st.integers(4, 120))
        y = column(rng, n, shape, base + extra)
        if kind == "mean":
            cells.append(cell(y=y))
        elif kind == "cuped":
            cells.append(cell(y=y, x=0.6 * y + rng.normal(0, 1, n)))
        else:
            d = rng.integers(0, 9, n).astype(float)
            d[:2] = 3.0
            y = d * y / 4 + rng.normal(0, 0.3, n)
            if kind == "ratio":
                cells.append(cell(y=y, d=d))
            else:
                xd = rng.integers(1, 9, n).astype(float)
                cells.append(cell(y=y, d=d, x=y / 2 + rng.normal(0, 1, n), xd=xd))
    return cells[0], cells[1]


KINDS: dict[str, dict[str, Any]] = {
    "mean": {},
    "cuped": {"covariate": "pre"},
    "ratio": {"ratio": True},
    "cuped ratio": {"ratio": True, "covariate": "pre"},
}
TABLES = st.tuples(st.integers(2, 400), st.integers(2, 400)).flatmap(
    lambda n: st.tuples(st.integers(0, n[0]), st.just(n[0]), st.integers(0, n[1]), st.just(n[1]))
)


def excludes(low: float | None, high: float | None) -> bool:
    """Wholly on one side of 0."""
    return (low is not None and low > 0) or (high is not None and high < 0)


def agree(found: dict[str, Any]) -> None:
    """p, both intervals and the word say the same; a bound of 0 says nothing against it."""
    word, significant = found["reading"], found["significant"]
    assert word == "no_clear_change" or significant
    for low, high in (
        (found["difference_low"], found["difference_high"]),
        (found["lift_low"], found["lift_high"]),
    ):
        if low is None and high is None:
            continue
        if not significant:
            assert not excludes(low, high)
        elif found["difference"] > 0:
            assert low is not None
            assert low >= 0
            assert high is None or high > 0
        else:
            assert high is not None
            assert high <= 0
            assert low is None or low < 0


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), alpha=ALPHAS)
def test_p_and_both_intervals_agree_at_every_alpha(kind: str, data: Any, alpha: float) -> None:
    """Trap 7, for Welch, delta and CUPED: exactly, without any matching."""
    one, nil = data.draw(arms_of(kind))
    found = compared(one, nil, alpha=alpha, **KINDS[kind])
    assume(found["p_value"] is not None)
    assume(abs(found["p_value"] / alpha - 1) > 1e-6)
    assert found["interval_note"] is None
    rejected = found["p_value"] < alpha
    assert rejected == excludes(found["difference_low"], found["difference_high"])
    if found["lift_low"] is not None:
        assert rejected == excludes(found["lift_low"], found["lift_high"])
    else:
        assert found["lift_status"] in ("unbounded", "zero_baseline")
    agree(found)


@given(TABLES, ALPHAS)
@settings(max_examples=300)
def test_pooled_z_and_both_score_intervals_agree_at_every_alpha(
    table: tuple[int, int, int, int], alpha: float
) -> None:
    """Trap 7, for proportions: difference and ratio invert one test."""
    found = compared_counts(*table, alpha=alpha, options=ABOptions(proportion_test="z_pooled"))
    assume(found["p_value"] is not None)
    assume(abs(found["p_value"] / alpha - 1) > 1e-6)
    rejected = found["p_value"] < alpha
    assert found["interval_note"] is None
    assert rejected == excludes(found["difference_low"], found["difference_high"])
    if found["lift_low"] is not None or found["lift_high"] is not None:
        assert rejected == excludes(found["lift_low"], found["lift_high"])


@given(
    TABLES,
    ALPHAS,
    st.sampled_from(["auto", "z_pooled", "fisher"]),
    st.sampled_from(["score", "newcombe", "agresti_caffo", "wald"]),
    st.sampled_from(["auto", "fieller", "log_delta", "delta"]),
)
@settings(max_examples=400)
def test_any_choice_of_test_and_interval_says_one_thing(
    table: tuple[int, int, int, int], alpha: float, test: str, interval: str, relative: str
) -> None:
    options = ABOptions(
        proportion_test=test, proportion_interval=interval, relative_interval=relative
    )
    found = compared_counts(*table, alpha=alpha, options=options)
    if found["p_value"] is None:
        assert found["significant"] is False
        assert found["reading"] == "no_clear_change"
    else:
        assert found["significant"] == (found["p_value"] <= alpha)
        agree(found)


@pytest.mark.parametrize("relative", ["log_delta", "delta"])
@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=40)
def test_other_lift_intervals_say_what_p_says(kind: str, relative: str, data: Any) -> None:
    one, nil = data.draw(arms_of(kind))
    found = compared(one, nil, options=ABOptions(relative_interval=relative), **KINDS[kind])
    assume(found["p_value"] is not None)
    agree(found)


@st.composite
def families(draw: Callable[..., Any]) -> list[Reading]:
    """Comparisons of several kinds, some without a p-value."""
    found = []
    for _ in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from([*KINDS, "proportion", "none"]))
        if kind == "proportion":
            x1, n1, x0, n0 = draw(TABLES)
            found.append(reading(counted(x1, n1), counted(x0, n0), proportion=True))
        elif kind == "none":
            found.append(reading(cell(y=np.ones(3)), cell(y=np.ones(4))))
        else:
            found.append(reading(*draw(arms_of(kind)), **KINDS[kind]))
    return found


@pytest.mark.parametrize("correction", CORRECTIONS)
@given(readings=families(), alpha=ALPHAS)
@settings(max_examples=60)
def test_a_corrected_family_says_one_thing_a_row(
    correction: str, readings: list[Reading], alpha: float
) -> None:
    """The agreement rule: word, colour and both intervals follow the adjusted p."""
    rules = Rules(alpha, correction, ABOptions())
    for one, found in zip(
        readings, family(readings, [PRIMARY] * len(readings), rules), strict=True
    ):
        assert (found["p_adjusted"] is None) == (one.p is None)
        assert found["p_value"] == one.p
        if one.p is None:
            assert found["significant"] is False
        else:
            assert found["p_adjusted"] >= one.p
            assert found["significant"] == (found["p_adjusted"] <= alpha)
            agree(found)


@pytest.mark.parametrize("correction", ["none", "bonferroni", "bh", "by"])
@given(readings=families(), alpha=ALPHAS)
@settings(max_examples=60)
def test_one_step_and_false_discovery_intervals_need_no_matching(
    correction: str, readings: list[Reading], alpha: float
) -> None:
    """Trap 17: they exclude 0 exactly for the rejected."""
    plain = [one for one in readings if one.test in ("welch", "cuped", "delta", "z_pooled")]
    assume(plain)
    found = family(plain, [PRIMARY] * len(plain), Rules(alpha, correction, ABOptions()))
    assume(all(abs(one["p_adjusted"] / alpha - 1) > 1e-6 for one in found))
    for one in found:
        assert one["interval_note"] is None
        low, high = one["difference_low"], one["difference_high"]
        assert excludes(low, high) == one["significant"]


@given(
    st.lists(st.one_of(st.none(), st.floats(1e-12, 1)), max_size=30),
    st.sampled_from(CORRECTIONS),
    st.randoms(use_true_random=False),
)
def test_shuffled_p_values_give_shuffled_adjusted_values(
    p_values: list[float | None], correction: str, random: Any
) -> None:
    """Trap 16; and a null keeps its place and takes no part."""
    adjusted = adjust_p_values(p_values, correction)
    order = list(range(len(p_values)))
    random.shuffle(order)
    shuffled = adjust_p_values([p_values[i] for i in order], correction)
    assert list(shuffled) == [adjusted[i] for i in order]
    assert [p is None for p in adjusted] == [p is None for p in p_values]
    known = [p for p in p_values if p is not None]
    assert [p for p in adjusted if p is not None] == list(adjust_p_values(known, correction))
    for before, after in zip(p_values, adjusted, strict=True):
        assert before is None or (after is not None and before <= after <= 1)


@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=25), ALPHAS)
def test_corrections_are_ordered_by_how_much_they_reject(p: list[float], alpha: float) -> None:
    def rejected(correction: str) -> set[int]:
        adjusted = adjust_p_values(p, correction)
        return {i for i, one in enumerate(adjusted) if one is not None and one <= alpha}

    assert rejected("bonferroni") <= rejected("holm") <= rejected("hochberg") <= rejected("bh")
    assert rejected("by") <= rejected("bh") <= rejected("none")
    assert interval_alpha(p, "holm", alpha) <= interval_alpha(p, "bh", alpha) <= alpha * (1 + 1e-12)


@pytest.mark.parametrize("kind", [*KINDS, "proportion"])
@given(data=st.data())
@settings(max_examples=60)
def test_swapping_the_arms_flips_the_sign_and_keeps_p(kind: str, data: Any) -> None:
    if kind == "proportion":
        x1, n1, x0, n0 = data.draw(TABLES)
        there, back = compared_counts(x1, n1, x0, n0), compared_counts(x0, n0, x1, n1)
    else:
        one, nil = data.draw(arms_of(kind))
        there, back = compared(one, nil, **KINDS[kind]), compared(nil, one, **KINDS[kind])
    assert there["status"] == back["status"]
    assert back["difference"] == pytest.approx(-there["difference"], rel=1e-9, abs=1e-12)
    if there["p_value"] is None:
        assert back["p_value"] is None
        return
    assert back["p_value"] == pytest.approx(there["p_value"], rel=1e-7)
    width = there["difference_high"] - there["difference_low"]
    assert back["difference_low"] == pytest.approx(-there["difference_high"], abs=1e-8 * width)
    assert back["difference_high"] == pytest.approx(-there["difference_low"], abs=1e-8 * width)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), factor=st.sampled_from([1e-6, 0.37, 12.5, 1e9]))
@settings(max_examples=40)
def test_another_unit_of_measurement_moves_no_p_and_no_lift(
    kind: str, data: Any, factor: float
) -> None:
    one, nil = data.draw(arms_of(kind))

    def times(cell_: Cell) -> Cell:
        moments = cell_.observed
        by = np.array([factor if name in ("y", "x") else 1.0 for name in moments.columns])
        return Cell(
            replace(
                moments,
                shift=moments.shift * by,
                total=moments.total * by,
                cross=moments.cross * np.outer(by, by),
            )
        )

    there = compared(one, nil, **KINDS[kind])
    back = compared(times(one), times(nil), **KINDS[kind])
    assume(there["p_value"] is not None)
    assert back["p_value"] == pytest.approx(there["p_value"], rel=1e-7)
    assert back["difference"] == pytest.approx(factor * there["difference"], rel=1e-9)
    for name in ("lift", "lift_low", "lift_high"):
        if there[name] is None:
            assert back[name] is None
        else:
            assert back[name] == pytest.approx(there[name], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("kind", ["mean", "cuped"])
@given(data=st.data(), step=st.sampled_from([-1e6, -3.0, 10.0, 1e8]))
@settings(max_examples=40)
def test_adding_a_constant_to_every_unit_moves_no_p(kind: str, data: Any, step: float) -> None:
    one, nil = data.draw(arms_of(kind))

    def plus(cell_: Cell) -> Cell:
        return Cell(replace(cell_.observed, shift=cell_.observed.shift + step))

    there = compared(one, nil, **KINDS[kind])
    back = compared(plus(one), plus(nil), **KINDS[kind])
    assume(there["p_value"] is not None and there["p_value"] < 0.99)
    assert back["p_value"] == pytest.approx(there["p_value"], rel=1e-5)
    assert back["difference"] == pytest.approx(there["difference"], rel=1e-5, abs=1e-7)


WORDS = {"better": "worse", "worse": "better", "no_clear_change": "no_clear_change"}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=40)
def test_better_lower_flips_the_word_and_no_number(kind: str, data: Any) -> None:
    """Trap 27."""
    one, nil = data.draw(arms_of(kind))
    up = compared(one, nil, metric=Metric(name="m", role="primary"), **KINDS[kind])
    down = compared(
        one, nil, metric=Metric(name="m", role="primary", better="lower"), **KINDS[kind]
    )
    words = (up.pop("reading"), down.pop("reading"))
    assert words[1] == WORDS[words[0]]
    for found in (up, down):
        if "raw" in found:
            found["raw"].pop("reading")
    assert up == down


@given(data=st.data(), alpha=ALPHAS, margin=st.sampled_from([0.0, 0.02, 0.3]))
@settings(max_examples=80)
def test_safe_means_that_the_one_sided_bound_stays_within_an_absolute_margin(
    data: Any, alpha: float, margin: float
) -> None:
    one, nil = data.draw(arms_of("mean"))
    metric = Metric(
        name="g", role="guardrail", better="lower", margin=margin, margin_scale="absolute"
    )
    found = compared(one, nil, alpha=alpha, metric=metric)
    assume(found["p_noninferior"] is not None)
    assume(abs(found["p_noninferior"] / alpha - 1) > 1e-6)
    bound = found["detail"]["noninferiority"]["one_sided_bound"]
    assert (found["guardrail"] == "safe") == (bound < margin)
    assert not (found["guardrail"] == "breached" and found["p_noninferior"] < 0.5)


@given(data=st.data(), margin=st.sampled_from([0.0, 0.05, 0.4]), worse_up=st.booleans())
@settings(max_examples=80)
def test_a_margin_of_control_is_the_test_of_treatment_against_so_many_times_control(
    data: Any, margin: float, worse_up: bool
) -> None:
    """Trap 13: m1 - s m0 by Welch on the scaled control, not D against a fixed number."""
    from scipy import stats

    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    one, nil = rng.normal(9, 3, 40), rng.normal(8, 4, 25) * data.draw(st.sampled_from([1.0, -1.0]))
    metric = Metric(
        name="g", role="guardrail", better="lower" if worse_up else "higher", margin=margin
    )
    found = compared(cell(y=one), cell(y=nil), metric=metric)
    s = 1 + (1 if worse_up else -1) * margin * np.sign(nil.mean())
    twin = stats.ttest_ind(
        one, s * nil, equal_var=False, alternative="less" if worse_up else "greater"
    )
    assert found["p_noninferior"] == pytest.approx(twin.pvalue, rel=1e-8)
