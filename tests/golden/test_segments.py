"""Segments and strata: hand-checked small examples and the Titanic."""

import pytest

from analysis.ab.proportions import Counts
from analysis.ab.reading import Pair
from analysis.ab.results import Rules
from analysis.ab.segments import mantel_haenszel, read_segments
from analysis.ab.split import allocation
from analysis.study import ABOptions
from tests.ab.made import PRIMARY, C, T, counted, reading, table, with_segments

LEVELS = {
    "a": {C: (10, 11, 9, 12), T: (12, 15, 11, 14, 13)},
    "b": {C: (9, 10, 8, 9, 11), T: (9, 8, 10, 9)},
    "c": {C: (17, 18, 20, 16), T: (20, 22, 19)},
}
RULES = Rules(0.05, "holm", ABOptions())


def test_three_levels_of_a_mean() -> None:
    made = with_segments(LEVELS)
    pair = Pair(T, C, made, ABOptions(), 0.05)
    whole = reading(made.arms[T], made.arms[C])
    (entry,) = read_segments(PRIMARY, [pair], {T: whole}, {}, RULES)
    differences = [level["difference"] for level in entry["levels"]]
    errors = [level["se"] for level in entry["levels"]]
    assert differences == pytest.approx([2.5, -0.4, 2.58333333], rel=1e-8)
    assert errors == pytest.approx([0.957427108, 0.653197265, 1.22757666], rel=1e-8)
    assert entry["cochran_q"] == pytest.approx(8.62573912, rel=1e-8)
    assert entry["cochran_p"] == pytest.approx(0.01339505647, rel=1e-9)
    assert entry["interaction_f"] == pytest.approx(3.268240637, rel=1e-9)
    assert entry["interaction_p"] == pytest.approx(0.06027388562, rel=1e-9)
    assert entry["post_stratified"]["difference"] == pytest.approx(1.479333333, rel=1e-9)
    assert entry["post_stratified"]["se"] == pytest.approx(0.5405926789, rel=1e-9)
    assert entry["sign_reversal"] is False


def test_a_pooled_effect_with_the_wrong_sign() -> None:
    """Monday 48/800 v 8/200, Tuesday 60/200 v 208/800: better on both days, worse pooled."""
    days = {
        "Monday": {T: counted(48, 800), C: counted(8, 200)},
        "Tuesday": {T: counted(60, 200), C: counted(208, 800)},
    }
    arms = {T: counted(108, 1000), C: counted(216, 1000)}
    made = table(arms, proportion=True, segments={"day": days})
    pair = Pair(T, C, made, ABOptions(), 0.05)
    whole = reading(arms[T], arms[C], proportion=True)
    exposed = {"day": {"Monday": {T: 800, C: 200}, "Tuesday": {T: 200, C: 800}}}
    (entry,) = read_segments(PRIMARY, [pair], {T: whole}, exposed, RULES)
    assert whole.difference == pytest.approx(-0.108, rel=1e-12)
    assert [level["difference"] for level in entry["levels"]] == pytest.approx([0.02, 0.04])
    assert entry["post_stratified"]["difference"] == pytest.approx(0.03, rel=1e-12)
    assert entry["post_stratified"]["se"] == pytest.approx(0.0197040605, rel=1e-8)
    assert entry["mantel_haenszel"]["odds_ratio"] == pytest.approx(1.273224044, rel=1e-9)
    assert entry["mantel_haenszel"]["chi2"] == pytest.approx(2.310568583, rel=1e-9)
    assert entry["mantel_haenszel"]["p"] == pytest.approx(0.128497039, rel=1e-8)
    assert entry["allocation_chi2"] == pytest.approx(720, rel=1e-12)
    assert entry["sign_reversal"] is True


def test_women_and_men_on_the_titanic_by_class() -> None:
    """R 4, datasets::Titanic (Dawson 1995): survivors by sex in strata of class.

    mantelhaen.test(correct = FALSE): common odds ratio 10.8065, chi-square 362.673.
    """
    women = {"1st": (141, 145), "2nd": (93, 106), "3rd": (90, 196), "Crew": (20, 23)}
    men = {"1st": (62, 180), "2nd": (25, 179), "3rd": (88, 510), "Crew": (192, 862)}
    strata = [Counts(*women[one], *men[one]) for one in women]
    found = mantel_haenszel(strata)
    assert found["odds_ratio"] == pytest.approx(10.806530476, rel=1e-10)
    assert found["chi2"] == pytest.approx(362.672980754, rel=1e-11)
    assert found["p"] == pytest.approx(7.37150194237e-81, rel=1e-9)


def test_units_by_arm_and_stratum_that_fit_have_no_drift() -> None:
    tested = allocation({"Monday": (300, 300), "Tuesday": (200, 200)})
    assert tested == (0.0, 1.0)
