"""Day by day: each metric as it stood at the end of every look day."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.ab.compare import read
from analysis.ab.intervals import difference_interval, lift_interval
from analysis.ab.reading import Pair, Reading
from analysis.ab.results import lift_of
from analysis.core import Moments
from analysis.core.plain import plain
from analysis.core.tails import normal_two_sided
from analysis.logs.ab_log import Cell
from analysis.study import Metric


def read_daily(metric: Metric, pairs: Sequence[Pair], *, final: bool) -> list[dict[str, Any]]:
    """Cumulative results: one entry a treatment and look.

    Args:
        metric: The metric.
        pairs: One a treatment.
        final: The planned horizon is reached; before it an interval is no decision.
    """
    entries = []
    for pair in pairs:
        looks = pair.table.daily
        for look, (day, cells) in enumerate(looks, start=1):
            reading = _at(pair, cells)
            if reading is None:
                continue
            last = look == len(looks)
            entries.append(_entry(metric, pair, reading, look, day, decides=final and last))
    return entries


def _at(pair: Pair, cells: Mapping[str, Moments]) -> Reading | None:
    one, nil = cells.get(pair.treatment), cells.get(pair.control)
    if one is None or nil is None or min(one.n, nil.n) < 1:
        return None
    return read(pair, Cell(one), Cell(nil))


def _entry(
    metric: Metric, pair: Pair, reading: Reading, look: int, day: str, *, decides: bool
) -> dict[str, Any]:
    difference = difference_interval(reading, pair.alpha, pair.options)
    lift, _ = lift_interval(reading, pair.alpha, pair.options)
    p_fixed = None
    if reading.effect is not None and reading.effect.var_difference > 0:
        p_fixed = normal_two_sided(reading.effect.statistic)
    size = reading.scale
    entry = {
        "metric": metric.name,
        "treatment": pair.treatment,
        "control": pair.control,
        "look": look,
        "day": day,
        "n_control": reading.n0,
        "n_treatment": reading.n1,
        "difference": _times(reading.difference, size),
        "difference_low": _times(difference.low, size),
        "difference_high": _times(difference.high, size),
        "lift": lift_of(reading),
        "lift_low": lift.low,
        "lift_high": lift.high,
        "p_fixed": p_fixed,
        "not_a_decision": not decides,
    }
    found: dict[str, Any] = plain(entry)
    return found


def first_look_rejecting(entries: Sequence[Mapping[str, Any]], alpha: float) -> int:
    """The first look whose fixed p is below alpha; 0 = never."""
    for entry in entries:
        if entry["p_fixed"] is not None and entry["p_fixed"] < alpha:
            return int(entry["look"])
    return 0


def _times(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale
