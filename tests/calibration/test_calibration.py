"""Simulated experiments: error rates are what they say, and planted effects are found.

The short form runs with every test; `make calibrate` runs many more experiments and
holds them to narrower bands.
"""

import numpy as np
import pytest
from scipy import stats

from analysis.ab.proportions import Counts
from analysis.ab.results import safety
from analysis.ab.safety import absolute_margin
from analysis.ab.split import ALARM, check_split, sequential_split
from analysis.core import Floats
from analysis.core.corrections import adjust_p_values
from analysis.study import Metric
from tests.calibration.runs import (
    ALPHA,
    FULL,
    RUNS,
    Draw,
    Outcome,
    calibrated,
    collect,
    conversions,
    readings,
    run,
    within,
)

pytestmark = pytest.mark.calibration


def normal(mean: float, n: int, spread: float = 3.0) -> Draw:
    return lambda rng, runs: {"y": rng.normal(mean, spread, (runs, n))}


def log_normal(factor: float, n: int) -> Draw:
    return lambda rng, runs: {"y": factor * rng.lognormal(0, 1, (runs, n))}


def heavy_users(factor: float, n: int) -> Draw:
    """Clicks over views; a few users view far more than others, and each has an own rate."""

    def draw(rng: np.random.Generator, runs: int) -> dict[str, Floats]:
        views = 1.0 + rng.poisson(rng.lognormal(1.5, 1.0, (runs, n)))
        rate = np.minimum(factor * rng.beta(2, 18, (runs, n)), 1)
        return {"y": rng.binomial(views.astype(int), rate).astype(float), "d": views}

    return draw


def clusters(effect: float, n: int) -> Draw:
    """Sums and sizes of organisations of very unequal size whose members are alike."""

    def draw(rng: np.random.Generator, runs: int) -> dict[str, Floats]:
        size = 1.0 + rng.geometric(0.08, (runs, n))
        own = rng.normal(10 + effect, 2, (runs, n))
        return {"y": size * own + rng.normal(0, 4, (runs, n)) * np.sqrt(size), "d": size}

    return draw


def with_past(effect: float, n: int) -> Draw:
    def draw(rng: np.random.Generator, runs: int) -> dict[str, Floats]:
        own = rng.gamma(4, 2.5, (runs, n))
        return {
            "y": own + effect + rng.normal(0, 2, (runs, n)),
            "x": own + rng.normal(0, 2, (runs, n)),
        }

    return draw


def ratio_with_past(factor: float, n: int) -> Draw:
    def draw(rng: np.random.Generator, runs: int) -> dict[str, Floats]:
        activity, rate = rng.gamma(2, 3, (runs, n)), rng.beta(3, 12, (runs, n))
        views, before = 1 + rng.poisson(activity), 1 + rng.poisson(activity)
        return {
            "y": rng.binomial(views, np.minimum(factor * rate, 1)).astype(float),
            "d": views.astype(float),
            "x": rng.binomial(before, rate).astype(float),
            "xd": before.astype(float),
        }

    return draw


NULL: dict[str, tuple[int, Draw, Draw, dict[str, object]]] = {
    "normal": (11, normal(10, 60), normal(10, 90), {}),
    "unequal spreads": (12, normal(10, 40, 6.0), normal(10, 160, 1.5), {}),
    "log-normal": (13, log_normal(1, 400), log_normal(1, 400), {}),
    "ratio with heavy users": (15, heavy_users(1, 500), heavy_users(1, 500), {"ratio": True}),
    "clusters of unequal size": (16, clusters(0, 150), clusters(0, 170), {"ratio": True}),
    "CUPED mean": (17, with_past(0, 200), with_past(0, 260), {"covariate": "pre"}),
    "CUPED ratio": (
        18,
        ratio_with_past(1, 300),
        ratio_with_past(1, 300),
        {"ratio": True, "covariate": "pre"},
    ),
}


@pytest.mark.parametrize("name", NULL)
def test_no_effect_is_found_as_often_as_alpha_says_on_either_side(name: str) -> None:
    seed, one, nil, how = NULL[name]
    calibrated(run(seed, one, nil, **how))


def test_two_percent_that_convert_are_told_apart_as_often_as_alpha_says() -> None:
    """Arms of any size from 15,000 to 40,000, so that counts do not pile up on a few p-values."""
    calibrated(conversions(14, 0.02, 0.02))


def power(outcome: Outcome, effect: float) -> float:
    """The power that the spread of the estimates themselves gives."""
    se = float(outcome.difference.std(ddof=1))
    z = stats.norm.isf(ALPHA / 2)
    return float(stats.norm.sf(z - abs(effect) / se) + stats.norm.sf(z + abs(effect) / se))


PLANTED: dict[str, tuple[int, Draw, Draw, float, float, dict[str, object]]] = {
    "normal": (21, normal(11, 150), normal(10, 150), 1.0, 0.1, {}),
    "log-normal": (
        22,
        log_normal(1.1, 2500),
        log_normal(1, 2500),
        0.1 * float(np.exp(0.5)),
        0.1,
        {},
    ),
    "clusters": (24, clusters(-1, 80), clusters(0, 80), -1.0, -0.1, {"ratio": True}),
    "CUPED mean": (25, with_past(0.6, 300), with_past(0, 300), 0.6, 0.06, {"covariate": "pre"}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_effect_is_found_and_covered(name: str) -> None:
    seed, one, nil, effect, lift, how = PLANTED[name]
    outcome = run(seed, one, nil, **how)
    expected = power(outcome, effect)
    assert 0.4 < expected < 0.99
    assert within(outcome.rejected(), expected - 0.02, expected + 0.02, rate=expected)
    assert within(outcome.covers(effect), 0.94, 0.96, rate=0.95), outcome.covers(effect)
    assert within(outcome.lift_covers(lift), 0.94, 0.96, rate=0.95), outcome.lift_covers(lift)
    error = float(outcome.difference.std(ddof=1)) / np.sqrt(RUNS)
    assert abs(float(outcome.difference.mean()) - effect) < 4 * error


def test_a_planted_rate_is_found_and_covered() -> None:
    outcome = conversions(23, 0.0225, 0.02, sizes=(20_000, 20_001))
    se = np.sqrt((0.0225 * 0.9775 + 0.02 * 0.98) / 20_000)
    expected = float(stats.norm.sf(stats.norm.isf(ALPHA / 2) - 0.0025 / se))
    assert within(outcome.rejected(), expected - 0.02, expected + 0.02, rate=expected)
    assert within(outcome.covers(0.0025), 0.94, 0.96, rate=0.95)
    assert within(outcome.lift_covers(0.125), 0.94, 0.96, rate=0.95)


def test_events_taken_as_independent_cry_wolf_on_heavy_users() -> None:
    """Trap 1: the binomial error over events rejects a true null about one time in five."""
    rng = np.random.default_rng(31)
    draw = heavy_users(1, 500)
    arms = [draw(rng, 1000) for _ in range(2)]
    x, n = (np.array([arm[name].sum(axis=1) for arm in arms]) for name in ("y", "d"))
    pooled = x.sum(axis=0) / n.sum(axis=0)
    z = (x[0] / n[0] - x[1] / n[1]) / np.sqrt(pooled * (1 - pooled) * (1 / n).sum(axis=0))
    naive = float((2 * stats.norm.sf(np.abs(z)) < ALPHA).mean())
    assert 0.15 < naive < 0.30


def test_cuped_narrows_what_the_past_explains() -> None:
    raw = run(41, *(lambda rng, runs: {"y": with_past(0, 250)(rng, runs)["y"]},) * 2)
    adjusted = run(41, with_past(0, 250), with_past(0, 250), covariate="pre")
    width = [float((one.high - one.low).mean()) for one in (raw, adjusted)]
    # var y = 25 + 4; its covariate explains (25 / 29)^2 of it.
    assert (width[1] / width[0]) ** 2 == pytest.approx(1 - (25 / 29) ** 2, rel=0.05)


def test_a_fair_split_raises_no_alarm() -> None:
    rng = np.random.default_rng(51)
    runs = 20_000 if FULL else 300
    alarms = 0
    for n in rng.binomial(9_000, 2 / 3, runs):
        split = check_split([int(n), 9_000 - int(n)], [2, 1])
        assert split is not None
        alarms += split.alarm_p < ALARM
    assert within(alarms / runs, 0.0, 0.002, rate=0.001, runs=runs)


def test_a_lost_tenth_of_an_arm_raises_an_alarm() -> None:
    rng = np.random.default_rng(52)
    alarms = 0
    for _ in range(100):
        split = check_split([5_000, int(rng.binomial(5_000, 0.9))], [1, 1])
        assert split is not None
        alarms += split.alarm_p < ALARM
    assert alarms > 95


def test_thirty_looks_at_a_fair_split_raise_no_alarm() -> None:
    rng = np.random.default_rng(53)
    runs = 10_000 if FULL else 800
    days = rng.multinomial(200, [0.5, 0.5], (runs, 30)).cumsum(axis=1)
    found = [sequential_split(looks.tolist(), [1, 1], 100.0)[-1][1] for looks in days]
    assert within(float((np.array(found) < ALARM).mean()), 0.0, 0.002, rate=0.001, runs=runs)


@pytest.mark.parametrize(
    ("better", "mean"),
    [("lower", 10.5), ("higher", 9.5)],
)
def test_harm_of_exactly_a_relative_margin_passes_one_time_in_twenty(
    better: str, mean: float
) -> None:
    metric = Metric(name="g", role="guardrail", better=better, margin=0.05)
    passes = [
        (proof := safety(one, metric, ALPHA)) is not None and proof.p < ALPHA
        for one in readings(61, normal(mean, 150), normal(10, 200))
    ]
    assert within(float(np.mean(passes)), 0.04, 0.06, rate=0.05)


def test_harm_of_exactly_an_absolute_margin_of_a_rate_passes_one_time_in_twenty() -> None:
    rng = np.random.default_rng(62)
    x1, x0 = rng.binomial(1903, 0.12, RUNS), rng.binomial(1801, 0.10, RUNS)
    passes = []
    for a, c in zip(x1.tolist(), x0.tolist(), strict=True):
        counts = Counts(a, 1903, c, 1801)
        proof = absolute_margin(counts.effect(), 0.02, worse_up=True, alpha=ALPHA, counts=counts)
        assert proof is not None
        passes.append(proof.p < ALPHA)
    assert within(float(np.mean(passes)), 0.04, 0.06, rate=0.05)


def test_no_harm_at_all_passes_as_often_as_the_margin_allows() -> None:
    metric = Metric(name="g", role="guardrail", better="lower", margin=0.1)
    found = list(readings(63, normal(10, 150), normal(10, 150)))
    passes = [
        (proof := safety(one, metric, ALPHA)) is not None and proof.p < ALPHA for one in found
    ]
    outcome = collect(iter(found))
    se = 3 * np.sqrt((1 + 1.1**2) / 150)
    expected = float(stats.norm.sf(stats.norm.isf(ALPHA) - 1.0 / se))
    assert within(float(np.mean(passes)), expected - 0.02, expected + 0.02, rate=expected)
    assert within(outcome.rejected(), 0.04, 0.06, rate=0.05)


@pytest.mark.parametrize("correction", ["bonferroni", "holm", "hochberg"])
def test_a_family_of_nulls_is_rejected_anywhere_in_one_of_twenty(correction: str) -> None:
    rng = np.random.default_rng(71)
    p = rng.random((RUNS, 6))
    wrong = [
        any(one is not None and one <= ALPHA for one in adjust_p_values(row, correction))
        for row in p.tolist()
    ]
    assert within(float(np.mean(wrong)), 0.04, 0.06, rate=0.05)


def test_one_in_twenty_of_what_the_discovery_rate_rejects_is_false() -> None:
    """Half of ten hypotheses true: the expected share of false rejections is alpha / 2."""
    rng = np.random.default_rng(72)
    z = rng.normal(0, 1, (RUNS, 10)) + np.repeat([0.0, 3.0], 5)
    shares = []
    for row in (2 * stats.norm.sf(np.abs(z))).tolist():
        rejected = [p is not None and p <= ALPHA for p in adjust_p_values(row, "bh")]
        shares.append(sum(rejected[:5]) / max(1, sum(rejected)))
    assert float(np.mean(shares)) == pytest.approx(0.025, abs=0.004 if FULL else 0.012)
