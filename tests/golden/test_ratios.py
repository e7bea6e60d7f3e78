"""Ratios of sums, ratios with a covariate, and clusters: hand-checked small examples."""

import numpy as np
import pytest

from analysis.ab.ratios import ratio
from analysis.core import Floats, Moments
from analysis.study import ABOptions
from tests.ab.made import C, T, bounds, cell, compared, reading, values

TREATMENT_Y = values(3, 0, 5, 2, 7, 1)
TREATMENT_D = values(20, 6, 31, 14, 40, 9)
CONTROL_Y = values(2, 1, 4, 0, 3)
CONTROL_D = values(22, 10, 35, 5, 28)


def test_a_ratio_of_sums_by_the_delta_method() -> None:
    """Example R: clicks over views of six and five users."""
    found = compared(cell(y=TREATMENT_Y, d=TREATMENT_D), cell(y=CONTROL_Y, d=CONTROL_D), ratio=True)
    delta = found["detail"]["delta"]
    assert found["treatment_value"] == pytest.approx(0.15, rel=1e-12)
    assert found["control_value"] == pytest.approx(0.1, rel=1e-12)
    assert delta["se_treatment"] == pytest.approx(0.01311805372, rel=1e-9)
    assert delta["se_control"] == pytest.approx(0.008514693183, rel=1e-9)
    assert delta["se"] == pytest.approx(0.01563916025, rel=1e-9)
    assert delta["df"] == pytest.approx(8.266455229, rel=1e-9)
    assert found["p_value"] == delta["p_t"] == pytest.approx(0.01213756441, rel=1e-9)
    assert delta["p_z"] == pytest.approx(0.001388155383, rel=1e-9)
    assert bounds(delta["interval_t"]) == pytest.approx((0.01413737533, 0.08586262467), rel=1e-9)
    assert bounds(delta["interval_z"]) == pytest.approx((0.01934780916, 0.08065219084), rel=1e-9)
    assert (found["difference_low"], found["difference_high"]) == bounds(delta["interval_t"])
    assert found["lift"] == pytest.approx(0.5, rel=1e-12)
    expected = {
        "fieller_t": (0.127261991, 0.9916422457),
        "fieller_z": (0.1764967834, 0.9094485737),
        "delta_t": (0.08015784304, 0.919842157),
        "logdelta_t": (0.1377436288, 0.9775984176),
    }
    for name, ends in expected.items():
        assert bounds(found["detail"]["lift"][name]) == pytest.approx(ends, rel=1e-8), name
    assert found["lift_low"] == pytest.approx(0.127261991, rel=1e-8)


def test_a_ratio_of_sums_is_not_the_mean_of_ratios() -> None:
    assert np.mean(TREATMENT_Y / TREATMENT_D) == pytest.approx(0.1233764294, rel=1e-9)
    found = ratio(Moments.of(y=TREATMENT_Y, d=TREATMENT_D))
    assert found is not None
    assert found.value == pytest.approx(0.15, rel=1e-12)


def test_the_error_of_a_ratio_is_weighted_least_squares_with_hc1() -> None:
    """y on d through the origin, weights 1/d: the same estimate, its HC1 error."""
    slope = TREATMENT_Y.sum() / TREATMENT_D.sum()
    residual = TREATMENT_Y - slope * TREATMENT_D
    n = TREATMENT_Y.size
    hc1 = np.sqrt(n / (n - 1) * (residual**2).sum()) / TREATMENT_D.sum()
    found = ratio(Moments.of(y=TREATMENT_Y, d=TREATMENT_D))
    assert found is not None
    assert found.se == pytest.approx(hc1, rel=1e-12)


X_TREATMENT = values(18, 9, 27, 15, 33, 8)
X_CONTROL = values(20, 12, 33, 7, 25)


def test_a_mean_with_its_covariate_taken_out() -> None:
    """Example C: the denominators of example R with a covariate known before."""
    arrays = {
        T: {"y": TREATMENT_D, "x": X_TREATMENT},
        C: {"y": CONTROL_D, "x": X_CONTROL},
    }
    found = compared(
        cell(y=TREATMENT_D, x=X_TREATMENT),
        cell(y=CONTROL_D, x=X_CONTROL),
        covariate="pre",
        arrays=arrays,
    )
    cuped = found["detail"]["cuped"]
    assert found["theta"] == cuped["theta"] == pytest.approx(1.259153543, rel=1e-9)
    assert cuped["treatment_adjusted"] == pytest.approx(20.61049869, rel=1e-9)
    assert cuped["control_adjusted"] == pytest.approx(19.26740157, rel=1e-9)
    assert found["difference"] == pytest.approx(1.343097113, rel=1e-9)
    assert cuped["se"] == pytest.approx(0.9413959379, rel=1e-9)
    assert cuped["df"] == pytest.approx(8.999376004, rel=1e-9)
    assert found["p_value"] == pytest.approx(0.1874226254, rel=1e-9)
    assert found["difference_low"] == pytest.approx(-0.7865109601, rel=1e-9)
    assert found["difference_high"] == pytest.approx(3.472705186, rel=1e-9)
    assert found["variance_reduction"] == pytest.approx(0.9852377627, rel=1e-9)
    assert found["lift"] == cuped["lift_over_raw_control"] == pytest.approx(0.06715485564, rel=1e-9)
    assert cuped["lift_se_over_raw_control"] == pytest.approx(0.04645633517, rel=0.05)
    assert bounds(cuped["fieller_t"]) == pytest.approx((-0.05089496946, 0.221878457), rel=1e-8)
    assert (found["lift_low"], found["lift_high"]) == bounds(cuped["fieller_t"])
    assert cuped["lift_over_adjusted_control"] == pytest.approx(0.06970826386, rel=1e-9)
    assert bounds(cuped["logdelta"]) == pytest.approx((-0.03846774509, 0.1900544822), rel=1e-9)
    assert cuped["ancova"]["difference"] == pytest.approx(1.347624565, rel=1e-9)
    assert cuped["ancova"]["se"] == pytest.approx(1.021007534, rel=1e-9)
    assert cuped["lin"]["difference"] == pytest.approx(1.337031197, rel=1e-9)
    assert cuped["lin"]["se_hc2"] == pytest.approx(0.9604642712, rel=1e-9)


def test_the_five_numbers_behind_an_adjusted_lift() -> None:
    one = reading(
        cell(y=TREATMENT_D, x=X_TREATMENT), cell(y=CONTROL_D, x=X_CONTROL), covariate="pre"
    )
    assert one.effect is not None
    assert one.effect.covariance == pytest.approx(1.208415354, rel=1e-9)
    assert one.effect.var_control == pytest.approx(30.9, rel=1e-12)
    assert one.effect.control == pytest.approx(CONTROL_D.mean(), rel=1e-12)
    assert one.treatment == pytest.approx(CONTROL_D.mean() + 1.343097113, rel=1e-9)


def test_a_ratio_with_its_own_past_taken_out() -> None:
    """Example CR: example R with the same ratio before exposure."""
    found = compared(
        cell(
            y=TREATMENT_Y,
            d=TREATMENT_D,
            x=values(2, 1, 4, 2, 5, 0),
            xd=values(18, 9, 27, 15, 33, 8),
        ),
        cell(y=CONTROL_Y, d=CONTROL_D, x=values(2, 1, 5, 1, 3), xd=values(20, 12, 33, 7, 25)),
        ratio=True,
        covariate="pre",
    )
    cuped = found["detail"]["cuped"]
    assert found["theta"] == pytest.approx(0.6968447193, rel=1e-9)
    assert cuped["treatment_adjusted"] == pytest.approx(0.148837062, rel=1e-9)
    assert cuped["control_adjusted"] == pytest.approx(0.1013187957, rel=1e-9)
    assert found["difference"] == pytest.approx(0.04751826623, rel=1e-9)
    assert cuped["se"] == pytest.approx(0.01268068811, rel=1e-9)
    assert cuped["p_z"] == pytest.approx(0.0001787525434, rel=1e-9)
    assert bounds(cuped["interval_z"]) == pytest.approx((0.02266457424, 0.07237195822), rel=1e-9)
    assert found["variance_reduction"] == pytest.approx(0.3425559761, rel=1e-9)
    assert found["raw"]["p_value"] == pytest.approx(0.01213756441, rel=1e-9)


def test_a_lift_over_the_adjusted_control_is_one_number_with_its_interval() -> None:
    """The option moves the lift and its interval together."""
    found = compared(
        cell(y=TREATMENT_D, x=X_TREATMENT),
        cell(y=CONTROL_D, x=X_CONTROL),
        covariate="pre",
        options=ABOptions(adjusted_lift_base="adjusted"),
    )
    assert found["lift"] == pytest.approx(0.06970826386, rel=1e-9)
    assert found["lift_low"] < found["lift"] < found["lift_high"]


CONTROL_CLUSTERS = ("1001", "000010", "111", "00100")
TREATMENT_CLUSTERS = ("11011", "001", "1110111", "0001")


def clustered(clusters: tuple[str, ...]) -> tuple[Floats, Floats, Floats]:
    """Cluster sums, cluster sizes and members of an arm."""
    members = values(*[float(digit) for one in clusters for digit in one])
    sums = values(*[one.count("1") for one in clusters])
    return sums, values(*[len(one) for one in clusters]), members


def test_clusters_are_the_units_of_the_test() -> None:
    parts = {T: clustered(TREATMENT_CLUSTERS), C: clustered(CONTROL_CLUSTERS)}
    between = {}
    for arm, (sums, sizes, members) in parts.items():
        gaps = sizes * (sums / sizes - members.mean()) ** 2
        between[arm] = (float(gaps.sum()), float((sizes**2).sum()))
    found = compared(
        cell(y=parts[T][0], d=parts[T][1]),
        cell(y=parts[C][0], d=parts[C][1]),
        ratio=True,
        proportion=True,
        members={arm: Moments.of(y=one[2]) for arm, one in parts.items()},
        between=between,
    )
    cluster = found["detail"]["cluster"]
    assert found["difference"] == pytest.approx(0.2426900585, rel=1e-9)
    assert found["detail"]["delta"]["se"] == pytest.approx(0.2214038344, rel=1e-9)
    assert found["detail"]["delta"]["df"] == pytest.approx(5.987465585, rel=1e-9)
    assert found["p_value"] == pytest.approx(0.3151357028, rel=1e-9)
    assert found["difference_low"] == pytest.approx(-0.2993406437, rel=1e-9)
    assert found["difference_high"] == pytest.approx(0.7847207606, rel=1e-9)
    assert cluster["cr0_se"] == pytest.approx(0.1917413451, rel=1e-9)
    assert cluster["cr1_se"] == pytest.approx(0.2078877847, rel=1e-9)
    assert cluster["member_se"] == pytest.approx(0.1640326809, rel=1e-9)
    assert cluster["design_effect"] == pytest.approx(1.821836966, rel=1e-9)
    assert cluster["icc"] == pytest.approx(0.2540989802, rel=1e-9)
    assert (cluster["clusters_control"], cluster["clusters_treatment"]) == (4, 4)
