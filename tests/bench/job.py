"""The job that every route does on the same log, and how their answers are compared.

From raw events: the first exposure of each user, users in two arms dropped, events joined inside
7 days from it and 7 days before it, four metrics with their pre-period twins for every exposed
user (zeros included), and by arm the count, means, variances and covariances of their columns.
"""

from collections.abc import Mapping
from typing import Any

WINDOW_DAYS = 7

# What a user did inside the window; each column has a twin "pre_..." from before exposure.
OUTCOMES = ("purchased", "revenue", "page_loads", "latency")
COLUMNS = (*OUTCOMES, *(f"pre_{name}" for name in OUTCOMES))

# One pair for each simple metric; all pairs of the ratio latency / page loads and its twin.
PAIRS = (
    ("purchased", "pre_purchased"),
    ("revenue", "pre_revenue"),
    ("page_loads", "pre_page_loads"),
    ("latency", "page_loads"),
    ("latency", "pre_latency"),
    ("latency", "pre_page_loads"),
    ("page_loads", "pre_latency"),
    ("pre_latency", "pre_page_loads"),
)

Moments = dict[str, dict[str, float]]


def study(log: str) -> dict[str, Any]:
    """The job as a study of Verdict."""
    return {
        "version": 1,
        "name": "Benchmark",
        "log": {"path": log},
        "columns": {
            "unit": "user_id",
            "time": "ts",
            "arm": "variant",
            "event": "event",
            "value": "value",
            "segments": [],
        },
        "metrics": [
            {"name": "Buyers", "kind": "proportion", "event": "purchase", "role": "primary"},
            {"name": "Revenue", "kind": "sum", "event": "purchase"},
            {"name": "Page loads", "kind": "count", "event": "page_load"},
            {
                "name": "Latency",
                "kind": "mean",
                "event": "page_load",
                "better": "lower",
                "role": "guardrail",
                "margin": 0.02,
            },
        ],
        "ab": {
            "control": "control",
            "treatments": ["treatment"],
            "exposure": "exposure",
            "window_days": WINDOW_DAYS,
            "pre_days": WINDOW_DAYS,
            "options": {"exact_repeats": "keep"},
        },
    }


def largest_gap(answer: Mapping[str, Mapping[str, float]], other: Moments) -> float:
    """The largest relative distance of any number of two answers; counts must be equal."""
    if set(answer) != set(other):
        raise ValueError(f"Arms differ: {sorted(answer)} and {sorted(other)}.")
    worst = 0.0
    for arm, numbers in answer.items():
        if set(numbers) != set(other[arm]):
            raise ValueError(f"Numbers differ: {sorted(set(numbers) ^ set(other[arm]))}.")
        if numbers["n"] != other[arm]["n"]:
            raise ValueError(f"Units of {arm}: {numbers['n']} and {other[arm]['n']}.")
        for name, value in numbers.items():
            scale = _scale(name, numbers)
            worst = max(worst, abs(value - other[arm][name]) / scale)
    return worst


def _scale(name: str, numbers: Mapping[str, float]) -> float:
    """What a gap is measured by: a covariance near 0 by the columns' standard deviations."""
    if name.startswith("cov "):
        first, second = name.removeprefix("cov ").split(" x ")
        return float((numbers[f"var {first}"] * numbers[f"var {second}"]) ** 0.5) or 1.0
    return abs(numbers[name]) or 1.0
