"""Non-inferiority: hand-checked small examples."""

import pytest

from analysis.ab.proportions import Counts
from analysis.ab.safety import absolute_margin
from analysis.study import Metric
from tests.ab.made import compared_counts, compared_values, values
from tests.golden.test_means import CONTROL, TREATMENT


def guardrail(better: str, margin: float, scale: str = "relative") -> Metric:
    return Metric(
        name="Guardrail", role="guardrail", better=better, margin=margin, margin_scale=scale
    )


def test_a_relative_margin_where_a_fall_is_harm() -> None:
    found = compared_values(TREATMENT, CONTROL, metric=guardrail("higher", 0.05))
    proof = found["detail"]["noninferiority"]
    assert proof["t"] == pytest.approx(3.399001309, rel=1e-9)
    assert found["p_noninferior"] == pytest.approx(0.003997910107, rel=1e-9)
    assert proof["p_fixed_margin"] == pytest.approx(0.004423595118, rel=1e-9)
    assert proof["one_sided_bound"] == pytest.approx(0.4717883402, rel=1e-9)
    assert found["guardrail"] == "safe"
    assert proof["passes"] is True


def test_a_relative_margin_where_a_rise_is_harm() -> None:
    found = compared_values(TREATMENT, CONTROL, metric=guardrail("lower", 0.3))
    proof = found["detail"]["noninferiority"]
    assert proof["t"] == pytest.approx(-1.796044246, rel=1e-9)
    assert found["p_noninferior"] == pytest.approx(0.05379114901, rel=1e-9)
    assert proof["p_fixed_margin"] == pytest.approx(0.03591564255, rel=1e-9)
    assert proof["one_sided_bound"] == pytest.approx(2.84821166, rel=1e-9)
    assert found["guardrail"] == "unproven"
    assert proof["passes"] is False


def test_a_relative_margin_around_a_negative_baseline() -> None:
    found = compared_values(
        values(-8.2, -7.1, -9.0, -7.7),
        values(-10.1, -9.4, -11.2, -10.6),
        metric=guardrail("higher", 0.1),
    )
    assert found["detail"]["noninferiority"]["t"] == pytest.approx(5.776161546, rel=1e-9)
    assert found["p_noninferior"] == pytest.approx(0.0005919904825, rel=1e-9)


def test_rates_against_an_absolute_margin_where_a_fall_is_harm() -> None:
    found = compared_counts(181, 200, 186, 200, metric=guardrail("higher", 0.05, "absolute"))
    proof = found["detail"]["noninferiority"]
    assert proof["farrington_manning"]["z"] == pytest.approx(0.8960936538, rel=1e-9)
    assert found["p_noninferior"] == pytest.approx(0.1851013731, rel=1e-9)
    assert proof["wald"]["p"] == pytest.approx(0.1815121895, rel=1e-9)


def test_rates_against_an_absolute_margin_where_a_rise_is_harm() -> None:
    found = compared_counts(30, 400, 24, 400, metric=guardrail("lower", 0.03, "absolute"))
    proof = found["detail"]["noninferiority"]
    assert proof["farrington_manning"]["z"] == pytest.approx(-0.8383516421, rel=1e-9)
    assert found["p_noninferior"] == pytest.approx(0.2009166201, rel=1e-9)
    assert proof["wald"]["p"] == pytest.approx(0.1988015133, rel=1e-9)


def test_a_margin_of_nothing_is_the_pooled_test_one_sided() -> None:
    """At a margin of 0 the score test of non-inferiority is the pooled z test."""
    counts = Counts(30, 400, 24, 400)
    proof = absolute_margin(counts.effect(), 0.0, worse_up=True, alpha=0.05, counts=counts)
    found = compared_counts(30, 400, 24, 400)
    assert proof is not None
    assert proof.t == pytest.approx(found["detail"]["z_pooled"], rel=1e-12)
    assert 1 - proof.p == pytest.approx(found["detail"]["p_one_sided_greater"], rel=1e-12)
