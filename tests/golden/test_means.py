"""Two means: hand-checked numbers of a small example and published ones."""

import pytest

from analysis.ab.means import mann_whitney, student, welch
from analysis.core import Moments
from tests.ab.made import bounds, compared_values, values

TREATMENT = values(12.1, 9.8, 11.4, 13.0, 10.7, 12.6)
CONTROL = values(9.9, 10.4, 8.7, 11.2, 9.5)


def test_a_small_example_by_welch_student_and_mann_whitney() -> None:
    """Example M, computed in closed form and by scipy."""
    found = compared_values(TREATMENT, CONTROL)
    welch_detail = found["detail"]["welch"]
    assert found["difference"] == pytest.approx(1.66, rel=1e-9)
    assert welch_detail["se"] == pytest.approx(0.6480226333, rel=1e-9)
    assert welch_detail["t"] == pytest.approx(2.561638922, rel=1e-9)
    assert welch_detail["df"] == pytest.approx(8.979224847, rel=1e-9)
    assert found["p_value"] == pytest.approx(0.03065878791, rel=1e-9)
    assert found["difference_low"] == pytest.approx(0.1935537788, rel=1e-9)
    assert found["difference_high"] == pytest.approx(3.126446221, rel=1e-9)
    assert found["detail"]["student"]["t"] == pytest.approx(2.498844906, rel=1e-9)
    assert found["detail"]["student"]["p"] == pytest.approx(0.0339260658, rel=1e-9)
    assert found["detail"]["mann_whitney"]["u"] == 26
    assert found["detail"]["mann_whitney"]["p"] == pytest.approx(0.05523425372, rel=1e-9)


def test_deviations_of_the_small_example() -> None:
    assert Moments.of(y=TREATMENT).variance("y") ** 0.5 == pytest.approx(1.208304597, rel=1e-9)
    assert Moments.of(y=CONTROL).variance("y") ** 0.5 == pytest.approx(0.9396807969, rel=1e-9)


def test_lift_of_the_small_example_by_every_interval() -> None:
    found = compared_values(TREATMENT, CONTROL)
    assert found["lift"] == pytest.approx(0.1670020121, rel=1e-9)
    assert found["lift_low"] == pytest.approx(0.0183290371, rel=1e-8)
    assert found["lift_high"] == pytest.approx(0.3372357897, rel=1e-9)
    expected = {
        "fieller_t": (0.0183290371, 0.3372357897),
        "fieller_z": (0.0372048094, 0.3129356624),
        "delta_t": (0.008643229622, 0.3253607945),
        "logdelta_z": (0.03759934004, 0.3125429476),
        "logdelta_t": (0.01872968516, 0.3368548262),
    }
    for name, ends in expected.items():
        assert bounds(found["detail"]["lift"][name]) == pytest.approx(ends, rel=1e-8), name


def test_a_negative_baseline_keeps_the_sign_of_the_difference() -> None:
    """Section on lifts: -8.2 ... against -10.1 ...: a rise is a positive lift."""
    found = compared_values(values(-8.2, -7.1, -9.0, -7.7), values(-10.1, -9.4, -11.2, -10.6))
    assert found["difference"] == pytest.approx(2.325, rel=1e-9)
    assert found["p_value"] == pytest.approx(0.005757138716, rel=1e-9)
    assert found["lift"] == pytest.approx(0.2251815981, rel=1e-9)
    assert found["lift_low"] == pytest.approx(0.0997667106, rel=1e-8)
    assert found["lift_high"] == pytest.approx(0.3378006786, rel=1e-9)


# R's ToothGrowth: length of odontoblasts by supplement, doses 0.5, 1 and 2 in turn.
VC = values(
    *(4.2, 11.5, 7.3, 5.8, 6.4, 10, 11.2, 11.2, 5.2, 7),
    *(16.5, 16.5, 15.2, 17.3, 22.5, 17.3, 13.6, 14.5, 18.8, 15.5),
    *(23.6, 18.5, 33.9, 25.5, 26.4, 32.5, 26.7, 21.5, 23.3, 29.5),
)
OJ = values(
    *(15.2, 21.5, 17.6, 9.7, 14.5, 10, 8.2, 9.4, 16.5, 9.7),
    *(19.7, 23.3, 23.6, 26.4, 20, 25.2, 25.8, 21.2, 14.5, 27.3),
    *(25.5, 26.4, 22.4, 24.5, 24.8, 30.9, 26.4, 27.3, 29.4, 23),
)


def test_tooth_growth() -> None:
    """R 4, datasets::ToothGrowth (Crampton 1947): t.test and wilcox.test, len ~ supp."""
    found = compared_values(OJ, VC)
    assert found["detail"]["welch"]["t"] == pytest.approx(1.9152682687, rel=1e-10)
    assert found["detail"]["welch"]["df"] == pytest.approx(55.3094326826, rel=1e-10)
    assert found["p_value"] == pytest.approx(0.0606345078809, rel=1e-10)
    assert found["difference_low"] == pytest.approx(-0.171015618367, rel=1e-9)
    assert found["difference_high"] == pytest.approx(7.57101561837, rel=1e-10)
    assert found["detail"]["student"]["p"] == pytest.approx(0.0603933712241, rel=1e-10)
    assert found["detail"]["mann_whitney"]["p"] == pytest.approx(0.0644906721338, rel=1e-10)


def test_student_s_sleep_data_as_in_student_and_welch() -> None:
    """R 4, datasets::sleep (Student 1908): t.test(extra ~ group) gives p = 0.07939."""
    one = values(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
    nil = values(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
    effect = welch(Moments.of(y=one), Moments.of(y=nil))
    assert effect.statistic == pytest.approx(1.8608, abs=5e-5)
    assert effect.df == pytest.approx(17.776, abs=5e-4)
    assert effect.p_value() == pytest.approx(0.07939, abs=5e-6)


SPRAYS = {
    "A": values(10, 7, 20, 14, 14, 12, 10, 23, 17, 20, 14, 13),
    "B": values(11, 17, 21, 11, 16, 14, 17, 17, 19, 21, 7, 13),
    "C": values(0, 1, 7, 2, 3, 1, 2, 1, 3, 0, 1, 4),
    "D": values(3, 5, 12, 6, 4, 3, 5, 5, 5, 5, 2, 4),
    "E": values(3, 5, 3, 5, 3, 6, 1, 1, 3, 2, 6, 4),
    "F": values(11, 9, 15, 22, 15, 16, 13, 10, 26, 26, 24, 13),
}


def test_all_pairs_of_sprays_corrected_by_holm() -> None:
    """R 4, datasets::InsectSprays (Beall 1942): Holm over all pairwise Welch tests."""
    from itertools import combinations

    from analysis.core.corrections import adjust_p_values

    pairs = list(combinations(SPRAYS, 2))
    p_values = [welch(Moments.of(y=SPRAYS[b]), Moments.of(y=SPRAYS[a])).p_value() for a, b in pairs]
    adjusted = adjust_p_values(p_values, "holm")
    assert adjusted[pairs.index(("C", "D"))] == pytest.approx(0.0343784074635, rel=1e-9)


def test_student_and_mann_whitney_say_nothing_where_all_values_tie() -> None:
    ones = values(1, 1, 1)
    assert student(Moments.of(y=ones), Moments.of(y=ones)) is None
    assert mann_whitney(ones, ones) == (4.5, None)
