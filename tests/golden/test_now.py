"""What a study could have found: the smallest effect now, and the units for a given one."""

import math

import numpy as np
import pytest

from tests.ab.made import cell, compared, compared_counts
from tests.golden.test_ratios import CONTROL_D, CONTROL_Y, TREATMENT_D, TREATMENT_Y

Z = 1.959963984540054 + 0.8416212335729143


def test_the_smallest_effect_that_this_much_data_finds() -> None:
    """Sd 7 in both arms of 2,000 units: (1.96 + 0.84) * 7 * sqrt(2 / 2000)."""
    half = np.tile([7.0, -7.0], 1000) * math.sqrt(1999 / 2000)
    found = compared(cell(y=20 + half), cell(y=20 + half), mde=0.02)
    assert found["mde_now"] == pytest.approx(Z * 7 * math.sqrt(2 / 2000), rel=1e-9)
    # 2 % of the control value of 20 is 0.4.
    assert found["units_needed"] == math.ceil(4000 * (Z * 7 / 0.4) ** 2 * 2 / 2000)


def test_units_needed_for_a_rate_and_for_a_ratio() -> None:
    rate = compared_counts(100, 2000, 90, 2000, mde=0.1)
    v = 0.05 * 0.95 / 2000 + 0.045 * 0.955 / 2000
    assert rate["mde_now"] == pytest.approx(Z * math.sqrt(v), rel=1e-9)
    assert rate["units_needed"] == math.ceil(4000 * v * (Z / 0.0045) ** 2)
    found = compared(
        cell(y=TREATMENT_Y, d=TREATMENT_D), cell(y=CONTROL_Y, d=CONTROL_D), ratio=True, mde=0.5
    )
    assert found["units_needed"] == math.ceil(11 * (Z * 0.01563916025 / 0.05) ** 2)


def test_without_an_mde_there_is_no_such_number() -> None:
    assert compared_counts(100, 2000, 90, 2000).get("units_needed") is None
