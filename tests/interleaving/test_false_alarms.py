"""Trap 20: equal rankers are called different as often as the level says, on either side."""

from typing import Any

import pytest

from analysis.interleaving.measure import measure
from analysis.interleaving.rules import rule
from analysis.study import Interleaving
from tests.calibration.runs import FULL, within
from tests.interleaving.made import simulated

pytestmark = pytest.mark.calibration

LOGS = 500 if FULL else 80
LENS = Interleaving()
DRAWS: dict[str, dict[str, Any]] = {
    "a fair coin": {"lists": 1500, "users": 300},
    "heavy users": {"lists": 3000, "users": 900, "heavy": True},
    "an uneven coin, mended": {"lists": 1500, "users": 300, "first_control": 0.8},
    "a sticky coin": {"lists": 1500, "users": 300, "sticky": True},
}


@pytest.mark.parametrize("name", DRAWS)
def test_equal_rankers_are_seldom_called_different(name: str) -> None:
    """3 to 7.5 % over 500 logs, each side at least 1 %; short runs within chance of 5 %."""
    sides = [0, 0]
    for seed in range(LOGS):
        ruling = rule(measure(simulated(seed, **DRAWS[name]), LENS), LENS)
        assert ruling.p is not None
        assert ruling.estimate is not None
        if ruling.p < LENS.alpha:
            sides[int(ruling.estimate > 0)] += 1
    assert within(sum(sides) / LOGS, 0.03, 0.075, rate=LENS.alpha, runs=LOGS)
    assert within(min(sides) / LOGS, 0.01, 1.0, rate=LENS.alpha / 2, runs=LOGS)


def test_a_planted_preference_is_found() -> None:
    """A candidate clicked 25 % more often, in most logs of this size, never the other way."""
    found = [
        rule(measure(simulated(seed, lists=3000, users=900, better=0.25), LENS), LENS).winner
        for seed in range(LOGS // 2)
    ]
    assert found.count("new") > 0.8 * len(found)
    assert "old" not in found
