"""Every method switch moves the headline to the variant that it names, and only there."""

from typing import Any

import pytest
from scipy import stats

from analysis.core import Moments
from analysis.study import ABOptions, Metric
from tests.ab.made import C, T, bounds, cell, compared, compared_counts, compared_values
from tests.golden.test_means import CONTROL, TREATMENT
from tests.golden.test_ratios import (
    CONTROL_CLUSTERS,
    CONTROL_D,
    CONTROL_Y,
    TREATMENT_CLUSTERS,
    TREATMENT_D,
    TREATMENT_Y,
    X_CONTROL,
    X_TREATMENT,
    clustered,
)


def ends(found: dict[str, Any], name: str) -> tuple[float, float]:
    return found[f"{name}_low"], found[f"{name}_high"]


def ratio(**options: Any) -> dict[str, Any]:
    return compared(
        cell(y=TREATMENT_Y, d=TREATMENT_D),
        cell(y=CONTROL_Y, d=CONTROL_D),
        ratio=True,
        options=ABOptions(**options),
    )


def test_z_instead_of_t_moves_p_and_both_intervals() -> None:
    found = ratio(critical_value="z")
    delta = found["detail"]["delta"]
    assert found["p_value"] == delta["p_z"]
    assert ends(found, "difference") == bounds(delta["interval_z"])
    assert ends(found, "lift") == bounds(found["detail"]["lift"]["fieller_z"])
    mean = compared_values(TREATMENT, CONTROL, options=ABOptions(critical_value="z"))
    assert mean["p_value"] == pytest.approx(2 * stats.norm.sf(2.561638922), rel=1e-8)
    assert ends(mean, "lift") == bounds(mean["detail"]["lift"]["fieller_z"])


@pytest.mark.parametrize(
    ("option", "variant"),
    [("fieller", "fieller_t"), ("delta", "delta_t"), ("log_delta", "logdelta_t")],
)
def test_the_lift_s_interval_is_the_chosen_one(option: str, variant: str) -> None:
    for found in (
        ratio(relative_interval=option),
        compared_values(TREATMENT, CONTROL, options=ABOptions(relative_interval=option)),
    ):
        assert ends(found, "lift") == pytest.approx(bounds(found["detail"]["lift"][variant]))


@pytest.mark.parametrize(
    ("option", "variant"),
    [("auto", "score_ratio"), ("fieller", "fieller_z"), ("log_delta", "logdelta_z")],
)
def test_the_lift_s_interval_of_a_rate_is_the_chosen_one(option: str, variant: str) -> None:
    found = compared_counts(37, 412, 21, 398, options=ABOptions(relative_interval=option))
    detail = found["detail"]
    expected = detail[variant] if variant in detail else detail["lift"][variant]
    assert ends(found, "lift") == bounds(expected)


@pytest.mark.parametrize("option", ["score", "newcombe", "agresti_caffo", "wald"])
def test_the_difference_s_interval_of_a_rate_is_the_chosen_one(option: str) -> None:
    found = compared_counts(37, 412, 21, 398, options=ABOptions(proportion_interval=option))
    assert ends(found, "difference") == bounds(found["detail"][option])
    # auto: the score ratio beside the score interval, else Fieller.
    detail = found["detail"]
    lift = detail["score_ratio"] if option == "score" else detail["lift"]["fieller_z"]
    assert ends(found, "lift") == bounds(lift)


def test_fisher_decides_where_it_is_asked_for() -> None:
    found = compared_counts(37, 412, 21, 398, options=ABOptions(proportion_test="fisher"))
    assert found["p_value"] == found["detail"]["p_fisher"]
    assert found["test"] == "fisher"


@pytest.mark.parametrize("option", ["delta", "cr1", "cr0"])
def test_cluster_errors_are_the_chosen_ones(option: str) -> None:
    parts = {T: clustered(TREATMENT_CLUSTERS), C: clustered(CONTROL_CLUSTERS)}
    found = compared(
        cell(y=parts[T][0], d=parts[T][1]),
        cell(y=parts[C][0], d=parts[C][1]),
        ratio=True,
        proportion=True,
        members={arm: Moments.of(y=one[2]) for arm, one in parts.items()},
        options=ABOptions(cluster_se=option),
    )
    detail = found["detail"]
    se = detail["delta"]["se"] if option == "delta" else detail["cluster"][f"{option}_se"]
    df = detail["delta"]["df"]
    half = stats.t.isf(0.025, df) * se
    low, high = ends(found, "difference")
    assert (high - low) / 2 == pytest.approx(half, rel=1e-9)
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(found["difference"] / se, df), rel=1e-9)


def test_the_base_of_an_adjusted_lift_is_the_chosen_one() -> None:
    both = {}
    for base in ("raw", "adjusted"):
        found = compared(
            cell(y=TREATMENT_D, x=X_TREATMENT),
            cell(y=CONTROL_D, x=X_CONTROL),
            covariate="pre",
            options=ABOptions(adjusted_lift_base=base),
        )
        cuped = found["detail"]["cuped"]
        assert found["lift"] == cuped[f"lift_over_{base}_control"]
        assert found["p_value"] == cuped["p"]
        both[base] = found
    assert both["raw"]["difference"] == both["adjusted"]["difference"]
    assert both["raw"]["lift"] != both["adjusted"]["lift"]


GROWS = {
    "difference", "se", "low", "high", "control_adjusted", "treatment_adjusted", "se_hc2",
    "one_sided_bound",
}  # fmt: skip
LIFTS = {"lift", "fieller_t", "logdelta"}


def test_a_detail_in_another_scale_comes_back_in_metric_units() -> None:
    """Every number of a detail is either free of the unit or grows with it."""
    factor = 2.0**20
    metric = Metric(name="g", role="guardrail", margin=0.1)
    arrays = {
        T: {"y": TREATMENT_D, "x": X_TREATMENT},
        C: {"y": CONTROL_D, "x": X_CONTROL},
    }
    cells = (cell(**arrays[T]), cell(**arrays[C]))
    plain = compared(*cells, covariate="pre", arrays=arrays, metric=metric, mde=0.1)
    scaled = compared(*cells, covariate="pre", arrays=arrays, metric=metric, mde=0.1, scale=factor)

    def walk(one: Any, other: Any, path: str) -> None:
        if isinstance(one, dict):
            assert set(one) == set(other)
            for key in one:
                walk(one[key], other[key], f"{path}.{key}")
        elif isinstance(one, float) and one:
            ratio_ = other / one
            assert ratio_ in (1.0, factor), path
            parts = path.split(".")
            if "detail" in parts:
                grows = parts[-1] in GROWS and not LIFTS & set(parts)
                assert (ratio_ == factor) == grows, path
        else:
            assert one == other, path

    walk(plain, scaled, "")
    for name in ("difference", "control_value", "difference_low", "mde_now"):
        assert scaled[name] == factor * plain[name]
    for name in ("p_value", "lift", "lift_low", "theta", "p_noninferior", "units_needed"):
        assert scaled.get(name) == plain.get(name)
