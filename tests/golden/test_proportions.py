"""Two proportions: hand-checked numbers of small tables and published ones."""

import pytest

from analysis.ab.proportions import Counts, fisher, pearson, wilson
from analysis.study import ABOptions
from tests.ab.made import bounds, compared_counts


def test_twelve_of_fifty_against_three_of_sixty() -> None:
    found = compared_counts(12, 50, 3, 60)
    assert found["detail"]["z_pooled"] == pytest.approx(2.891366458960, rel=1e-12)
    assert found["p_value"] == pytest.approx(0.003835705673, rel=1e-9)
    ends = (found["difference_low"], found["difference_high"])
    assert ends == pytest.approx((0.0649090355, 0.3313528511), rel=1e-8)
    lift_ends = (found["lift_low"], found["lift_high"])
    assert lift_ends == pytest.approx((0.5589100866, 14.25058382), rel=1e-9)


def test_a_table_by_every_test_and_interval() -> None:
    """Example P: 37 of 412 against 21 of 398."""
    found = compared_counts(37, 412, 21, 398)
    detail = found["detail"]
    assert found["difference"] == pytest.approx(0.03704200615, rel=1e-9)
    assert detail["z_pooled"] == pytest.approx(2.044109873, rel=1e-9)
    assert found["p_value"] == detail["p_pooled_z"] == pytest.approx(0.04094269401, rel=1e-9)
    assert detail["p_one_sided_greater"] == pytest.approx(0.04094269401 / 2, rel=1e-9)
    assert detail["p_fisher"] == pytest.approx(0.04198800702, rel=1e-8)
    expected = {
        "wald": (0.001763893848, 0.07232011845),
        "newcombe": (0.001287366298, 0.07334549815),
        "agresti_caffo": (0.001113068638, 0.07246181059),
        "score": (0.0015725159689, 0.0737112071859),
        "pooled_se": (0.001524836098, 0.0725591762),
        "score_ratio": (0.0215935947945, 1.84349789992),
    }
    for name, ends in expected.items():
        assert bounds(detail[name]) == pytest.approx(ends, rel=1e-8), name
    assert found["lift"] == pytest.approx(0.7020342117, rel=1e-9)
    lifts = {
        "fieller_z": (0.02650563746, 2.091027042),
        "delta_t": (-0.1800936875, 1.584162111),
        "logdelta_z": (0.01445883683, 1.85563135),
    }
    for name, ends in lifts.items():
        assert bounds(detail["lift"][name]) == pytest.approx(ends, rel=1e-8), name


def test_at_small_counts_fisher_decides_and_the_interval_follows() -> None:
    found = compared_counts(4, 25, 0, 25)
    detail = found["detail"]
    assert detail["p_pooled_z"] == pytest.approx(0.03705621856, rel=1e-9)
    assert found["p_value"] == pytest.approx(0.1098567086, rel=1e-8)
    assert found["test"] == "fisher"
    assert bounds(detail["score"]) == pytest.approx((0.01624569436, 0.3465362161), rel=1e-8)
    assert bounds(detail["newcombe"]) == pytest.approx((-0.004163181331, 0.3465362161), rel=1e-8)
    assert found["reading"] == "no_clear_change"
    assert found["difference_low"] == 0
    assert found["difference_high"] == pytest.approx(0.3465362161, rel=1e-8)
    assert found["interval_note"] == "matched_to_test"
    assert found["lift_status"] == "zero_baseline"
    assert found["lift"] is None


def test_asked_for_the_pooled_z_test_decides_at_small_counts_too() -> None:
    found = compared_counts(4, 25, 0, 25, options=ABOptions(proportion_test="z_pooled"))
    assert found["p_value"] == pytest.approx(0.03705621856, rel=1e-9)
    assert found["significant"] is True
    assert found["difference_low"] == pytest.approx(0.01624569436, rel=1e-8)
    assert found["interval_note"] is None


def test_no_event_anywhere_has_an_interval_but_no_p() -> None:
    found = compared_counts(0, 30, 0, 45)
    assert found["status"] == "no_events"
    assert found["p_value"] is None
    assert found["difference"] == 0
    newcombe = bounds(found["detail"]["newcombe"])
    assert newcombe == pytest.approx((-0.07865159873, 0.1135133932), rel=1e-8)
    assert found["difference_low"] < 0 < found["difference_high"]
    assert (found["difference_low"], found["difference_high"]) == bounds(found["detail"]["score"])


def test_wilson_limits_are_exact_at_the_ends() -> None:
    assert wilson(0, 17, 0.05).low == 0.0
    assert wilson(17, 17, 0.05).high == 1.0


def test_newcombe_s_own_example() -> None:
    """Newcombe (1998), Stat. Med. 17, 873-890, table II (a), method 10: 56/70 - 48/80.

    The hybrid score interval is 0.0524 to 0.3339.
    """
    found = compared_counts(56, 70, 48, 80)
    assert bounds(found["detail"]["newcombe"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_lady_tasting_tea() -> None:
    """Fisher (1935), The Design of Experiments: 3 1 | 1 3, two-sided p = 0.4857."""
    found = fisher(Counts(3, 4, 1, 4))
    assert found is not None
    assert found[0] == pytest.approx(0.485714285714, rel=1e-11)


def test_gender_and_party() -> None:
    """Agresti (2007), Introduction to Categorical Data Analysis, p. 39: a 2 x 3 table."""
    rows = ((762, 327, 468), (484, 239, 477))
    from analysis.ab.split import allocation

    tested = allocation({"women": rows[0], "men": rows[1]})
    assert tested is not None
    assert tested[0] == pytest.approx(30.0701490958, rel=1e-11)
    assert tested[1] == pytest.approx(2.95358918321e-07, rel=1e-11)


def test_smokers_in_four_groups_of_patients() -> None:
    """Fleiss (1981), Statistical Methods for Rates and Proportions, p. 139."""
    tested = pearson([83, 90, 129, 70], [86, 93, 136, 82])
    assert tested is not None
    statistic, df, p = tested
    assert df == 3
    assert statistic == pytest.approx(12.6004112971, rel=1e-11)
    assert p == pytest.approx(0.00558547666163, rel=1e-11)
