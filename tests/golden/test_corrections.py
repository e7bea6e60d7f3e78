"""Adjusted p-values of a small family, and the intervals that match them."""

import pytest

from analysis.core.corrections import adjust_p_values, interval_alpha
from analysis.core.tails import normal_quantile

FAMILY = [0.004, 0.011, 0.02, 0.02, 0.041, 0.3]
ADJUSTED = {
    "bonferroni": [0.024, 0.066, 0.12, 0.12, 0.246, 1],
    "holm": [0.024, 0.055, 0.08, 0.08, 0.082, 0.3],
    "hochberg": [0.024, 0.055, 0.06, 0.06, 0.082, 0.3],
    "bh": [0.024, 0.03, 0.03, 0.03, 0.0492, 0.3],
    "by": [0.0588, 0.0735, 0.0735, 0.0735, 0.12054, 0.735],
}


@pytest.mark.parametrize("correction", ADJUSTED)
def test_six_p_values_by_each_correction(correction: str) -> None:
    """As R's p.adjust gives them."""
    assert adjust_p_values(FAMILY, correction) == pytest.approx(ADJUSTED[correction], rel=1e-10)


def test_levels_of_the_matching_intervals() -> None:
    bonferroni = normal_quantile(interval_alpha(FAMILY, "bonferroni", 0.05) / 2)
    false_coverage = normal_quantile(interval_alpha(FAMILY, "bh", 0.05) / 2)
    assert bonferroni == pytest.approx(2.638257273, rel=1e-9)
    assert false_coverage == pytest.approx(2.036834132, rel=1e-9)
    assert interval_alpha(FAMILY, "holm", 0.05) == interval_alpha(FAMILY, "bonferroni", 0.05)


# Benjamini, Hochberg (1995), JRSS B 57, section 2.2: fifteen p-values of Neuhaus et al.
NEUHAUS = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
]


def test_fifteen_p_values_of_a_heart_trial() -> None:
    """Bonferroni rejects three, the false discovery rate four, as the paper says."""

    def rejected(correction: str) -> int:
        adjusted = adjust_p_values(NEUHAUS, correction)
        return sum(p is not None and p <= 0.05 for p in adjusted)

    assert rejected("bonferroni") == 3
    assert rejected("bh") == 4
