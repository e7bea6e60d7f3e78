"""What may not change: scale, common series, order; and that p and interval are one test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.core import Floats
from analysis.synthetic_control.inference import interval
from tests.synthetic_control.panels import random_panel
from tests.synthetic_control.test_traps import measured

KEYS = ("classic", "demeaned", "indexed", "sdid")


def _panel(seed: int, periods: int, units: int, effect: float) -> Floats:
    values = random_panel(seed, periods, units) + 80
    values[:, 0] = values[:, 1:3].mean(axis=1) + np.random.default_rng(seed).normal(0, 0.5, periods)
    values[periods - 4 :, 0] += effect
    return values


PANELS = st.builds(
    _panel,
    st.integers(0, 5_000),
    st.integers(14, 30),
    st.integers(4, 24),
    st.sampled_from([0.0, 0.5, 3.0, -3.0]),
)


def pre(values: Floats) -> int:
    return int(values.shape[0]) - 4


@given(values=PANELS, key=st.sampled_from(KEYS), power=st.integers(-8, 9))
@settings(max_examples=60)
def test_at_any_scale_weights_ranks_and_lift_are_the_same(
    values: Floats, key: str, power: int
) -> None:
    scale = 10.0**power
    one, two = (measured(x, key, pre(values)) for x in (values, values * scale))
    np.testing.assert_allclose(two.weights.weights, one.weights.weights, atol=1e-6)
    assert two.own.att * two.unit == pytest.approx(one.own.att * one.unit * scale, rel=1e-6)
    for name in ("rank_t", "rank_ratio", "rank_att", "p_value", "n_units", "k"):
        assert two.content[name] == one.content[name]
    for name in ("lift", "lift_low", "lift_high", "t", "rmspe_ratio", "rmspe_pre_over_sd"):
        told = one.content[name]
        assert two.content[name] == (
            None if told is None else pytest.approx(told, rel=1e-6, abs=1e-9)
        )
    if one.conformal is not None and two.conformal is not None:
        assert two.conformal.p_zero_effect == one.conformal.p_zero_effect


@given(values=PANELS, seed=st.integers(0, 100))
@settings(max_examples=40)
def test_a_series_common_to_all_units_changes_no_classic_gap(values: Floats, seed: int) -> None:
    common = np.random.default_rng(seed).normal(0, 10, (values.shape[0], 1))
    one, two = (measured(x, "classic", pre(values)) for x in (values, values + common))
    np.testing.assert_allclose(two.own.gaps, one.own.gaps, atol=1e-9)
    np.testing.assert_allclose(two.weights.weights, one.weights.weights, atol=1e-8)


@given(values=PANELS, key=st.sampled_from(("demeaned", "sdid")), seed=st.integers(0, 100))
@settings(max_examples=40)
def test_a_constant_a_unit_changes_nothing_where_there_is_an_intercept(
    values: Floats, key: str, seed: int
) -> None:
    levels = np.random.default_rng(seed).normal(0, 50, values.shape[1])
    one, two = (measured(x, key, pre(values)) for x in (values, values + levels))
    np.testing.assert_allclose(two.own.gaps, one.own.gaps, atol=1e-7)
    assert two.content["p_value"] == one.content["p_value"]


@given(values=PANELS, key=st.sampled_from(KEYS), seed=st.integers(0, 100))
@settings(max_examples=40)
def test_the_order_of_donors_changes_nothing(values: Floats, key: str, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(np.arange(1, values.shape[1]))
    one = measured(values, key, pre(values))
    two = measured(values[:, [0, *order]], key, pre(values))
    np.testing.assert_allclose(two.own.gaps, one.own.gaps, atol=1e-8)
    assert (two.ranks.t, two.ranks.ratio, two.ranks.n) == (
        one.ranks.t,
        one.ranks.ratio,
        one.ranks.n,
    )


@given(values=PANELS, key=st.sampled_from(KEYS))
@settings(max_examples=60)
def test_p_is_at_most_alpha_exactly_when_the_interval_leaves_out_zero(
    values: Floats, key: str
) -> None:
    statistic = "att" if key == "sdid" else "t"
    found = measured(values, key, pre(values), statistic=statistic)
    place = found.place
    assert place is not None
    assert 1 <= place <= found.ranks.n
    for alpha in (0.01, 0.05, 0.10, 0.20, 0.5):
        one = interval(found.own, found.others, alpha, statistic)
        p = place / found.ranks.n
        if one.low is None or one.high is None:
            # No interval at this level: nothing may be rejected at it either.
            assert one.status == "unbounded"
            assert not p <= alpha
            continue
        assert one.low <= found.own.att <= one.high
        assert (p <= alpha) == (one.low > 0 or one.high < 0), (p, alpha, one)


@given(values=PANELS, key=st.sampled_from(("classic", "demeaned", "indexed")))
@settings(max_examples=40)
def test_bounds_of_effect_lift_and_sum_tell_one_story(values: Floats, key: str) -> None:
    content = measured(values, key, pre(values), alpha=0.2).content
    if content["att_low"] is None:
        assert content["lift_low"] is None
        return
    assert content["lift_low"] <= content["lift"] <= content["lift_high"]
    for end in ("low", "high"):
        assert np.sign(content[f"att_{end}"]) == np.sign(content[f"lift_{end}"])
        assert content[f"cumulative_{end}"] == pytest.approx(4 * content[f"att_{end}"], rel=1e-12)
    last = content["gaps"][-1]
    assert last["cumulative_low"] == pytest.approx(content["cumulative_low"], rel=1e-9, abs=1e-9)
    assert last["cumulative_high"] == pytest.approx(content["cumulative_high"], rel=1e-9, abs=1e-9)
