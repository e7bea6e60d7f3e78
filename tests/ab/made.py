"""Small comparisons and whole logs made by hand, to be read by the A/B lens."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.ab.compare import read
from analysis.ab.reading import Pair, Reading
from analysis.ab.results import Rules, family, guard
from analysis.core import Floats, Moments
from analysis.logs import ABLog, Accounting, Cell, MetricTable
from analysis.study import ABOptions, Metric

Arrays = Mapping[str, Floats]
T, C = "treatment", "control"
PRIMARY = Metric(name="Metric", role="primary")


def values(*numbers: float) -> Floats:
    """A column of numbers."""
    return np.array(numbers, dtype=float)


def cell(**columns: Floats) -> Cell:
    """One arm's units by their columns: y, d, x, xd."""
    return Cell(Moments.of(**columns))


def counted(successes: int, n: int) -> Cell:
    """One arm of a proportion by its counts."""
    return Cell(Moments.of_counts(successes, n))


def table(
    arms: Mapping[str, Cell] | None = None,
    *,
    ratio: bool = False,
    proportion: bool = False,
    covariate: str | None = None,
    scale: float = 1.0,
    segments: dict[str, dict[str, dict[str, Cell]]] | None = None,
    daily: tuple[tuple[str, dict[str, Moments]], ...] = (),
    members: dict[str, Moments] | None = None,
    between: dict[str, tuple[float, float]] | None = None,
    arrays: Mapping[str, Arrays] | None = None,
) -> MetricTable:
    """A metric's table with the parts that a test is about."""
    return MetricTable(
        ratio=ratio,
        proportion=proportion,
        covariate=covariate,
        scale=scale,
        arms=dict(arms or {}),
        segments=segments or {},
        daily=daily,
        missing=0,
        cap=None,
        largest={},
        members=members,
        between=between,
        values=lambda: {arm: dict(columns) for arm, columns in (arrays or {}).items()},
    )


def reading(
    treatment: Cell,
    control: Cell,
    *,
    alpha: float = 0.05,
    options: ABOptions | None = None,
    arrays: Mapping[str, Arrays] | None = None,
    recorded: Mapping[str, bool] | None = None,
    **of_table: Any,
) -> Reading:
    """What one comparison says before correction."""
    options = options or ABOptions()
    made = table({T: treatment, C: control}, arrays=arrays, **of_table)
    pair = Pair(
        T,
        C,
        made,
        options,
        alpha,
        values=made.values if arrays else None,
        recorded=dict(recorded or {T: True, C: True}),
    )
    return read(pair, treatment, control)


def compared(
    treatment: Cell,
    control: Cell,
    *,
    alpha: float = 0.05,
    options: ABOptions | None = None,
    metric: Metric = PRIMARY,
    final: bool = True,
    mde: float | None = None,
    **how: Any,
) -> dict[str, Any]:
    """One finished comparison, alone in its family."""
    options = options or ABOptions()
    one = reading(treatment, control, alpha=alpha, options=options, **how)
    rules = Rules(alpha, "holm", options, final=final, mde=mde)
    found = family([one], [metric], rules)[0]
    if metric.role == "guardrail":
        guard(found, one, metric, rules, 1)
    return found


def compared_values(treatment: Floats, control: Floats, **how: Any) -> dict[str, Any]:
    """A finished comparison of two arrays of unit values, ranks included."""
    arrays = {T: {"y": treatment}, C: {"y": control}}
    return compared(cell(y=treatment), cell(y=control), arrays=arrays, **how)


def compared_counts(x1: int, n1: int, x0: int, n0: int, **how: Any) -> dict[str, Any]:
    """A finished comparison of two proportions, every variant included."""
    arrays = {T: {"y": np.zeros(0)}, C: {"y": np.zeros(0)}}
    return compared(counted(x1, n1), counted(x0, n0), proportion=True, arrays=arrays, **how)


def bounds(interval: Mapping[str, float | None]) -> tuple[float, float]:
    """Both ends of an interval that has both."""
    low, high = interval["low"], interval["high"]
    assert low is not None
    assert high is not None
    return low, high


def strange_numbers(found: Any, path: str = "") -> list[str]:
    """Where a result holds a number that JSON cannot, or one of numpy's own."""
    if isinstance(found, Mapping):
        return [at for key, one in found.items() for at in strange_numbers(one, f"{path}.{key}")]
    if isinstance(found, list | tuple):
        return [at for i, one in enumerate(found) for at in strange_numbers(one, f"{path}[{i}]")]
    if found is None or isinstance(found, str | bool):
        return []
    if type(found) in (int, float) and math.isfinite(found):
        return []
    return [f"{path} = {found!r} ({type(found).__name__})"]


@dataclass(frozen=True)
class Tables:
    """A source of moments that was made beforehand, by metric name."""

    by_metric: Mapping[str, MetricTable]

    def table(self, metric: Metric, *, capped: bool) -> MetricTable:
        """The table of one metric."""
        return self.by_metric[metric.name]


def log(
    by_metric: Mapping[str, MetricTable],
    units: Mapping[str, int],
    *,
    mixed: int = 0,
    exposed_by_day: dict[str, dict[str, int]] | None = None,
    exposed_by_segment: dict[str, dict[str, dict[str, int]]] | None = None,
    last_time: str | None = None,
) -> ABLog:
    """A log of which only the moments exist."""
    rows = sum(units.values())
    accounting = Accounting(
        sha256="0" * 64,
        rows=rows,
        used=rows,
        left_out=(),
        repairs=(),
        columns={},
        guessed={},
        units={"rows_total": rows, "mixed_units": mixed},
        format="csv",
    )
    return ABLog(
        arms=tuple(units),
        units=dict(units),
        clusters=None,
        complete_units=dict(units),
        mixed_units=mixed,
        incomplete_windows=0,
        exposed_by_day=exposed_by_day or {},
        exposed_by_segment=exposed_by_segment or {},
        first_time=None if last_time is None else "2026-01-01T00:00:00Z",
        last_time=last_time,
        days=tuple(exposed_by_day or ()),
        has_pre=False,
        accounting=accounting,
        notices=(),
        source=Tables(by_metric),
    )


def with_segments(
    arms: Mapping[str, Mapping[str, Sequence[float]]], column: str = "level", **how: Any
) -> MetricTable:
    """A table of plain values given as level -> arm -> values."""
    levels = {
        level: {arm: cell(y=values(*ys)) for arm, ys in by_arm.items()}
        for level, by_arm in arms.items()
    }
    names = list(next(iter(arms.values())))
    whole = {
        arm: cell(y=values(*[y for by_arm in arms.values() for y in by_arm[arm]])) for arm in names
    }
    return table(whole, segments={column: levels}, **how)


def renamed(metric: Metric, name: str) -> Metric:
    """The same metric under another name."""
    return replace(metric, name=name)


Made = Callable[[], dict[str, Any]]
