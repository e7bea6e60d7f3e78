"""Clusters as the randomised units: their sums are the rows of every moment."""

from dataclasses import dataclass

import numpy as np

from analysis.core import Floats, Moments
from analysis.logs.ab_log import Cap, Cell, MetricTable
from analysis.logs.arrays import MetricArrays, UnitArrays
from analysis.logs.column_store import Array
from analysis.logs.daily import value_of
from analysis.logs.moments import means_by, moments_by, prefix_sums
from analysis.logs.sql.times import iso_day


@dataclass(frozen=True)
class _Sums:
    """Sums over the members of each cluster that has any."""

    arm: Array
    columns: dict[str, Floats]


def cluster_table(units: UnitArrays, metric: MetricArrays, cap: Cap | None) -> MetricTable:
    """Moments whose rows are clusters: y = sum over members, d = members or their denominators.

    Args:
        units: Members that are analysed and have the metric.
        metric: Their columns, y already capped.
        cap: The cap that was applied.

    Source:
        Deng, Knoblich, Lu (2018), KDD, section 3; Donner (1986), Int. Stat. Rev. 54
        (ANOVA estimator of the intraclass correlation).
    """
    assert units.cluster is not None
    arms = len(units.arms)
    d = metric.d if metric.d is not None else np.ones(units.arm.size)
    members = {"y": metric.y, "d": d} | _covariates(metric)
    whole = _sums(units.cluster, units.clusters, units.arm, members)
    shift = means_by(whole.arm, arms, whole.columns)
    cells = moments_by(whole.arm, arms, whole.columns, shift, np.arange(arms))
    return MetricTable(
        ratio=True,
        proportion=metric.proportion and metric.d is None,
        covariate=metric.covariate,
        scale=metric.scale,
        arms={arm: Cell(cells[i]) for i, arm in enumerate(units.arms)},
        segments=_segments(units, members, shift),
        daily=_daily(units, metric, members, shift, cap),
        missing=0,
        cap=cap,
        largest={
            arm: _largest(whole.columns["y"][whole.arm == i]) for i, arm in enumerate(units.arms)
        },
        members=_members(units, metric) if metric.d is None else None,
        between=_between(units, whole) if metric.d is None else None,
        values=lambda: {
            arm: {name: column[whole.arm == i] for name, column in whole.columns.items()}
            for i, arm in enumerate(units.arms)
        },
    )


def _covariates(metric: MetricArrays) -> dict[str, Floats]:
    """Covariates of members, blanks at their mean; a mean's denominator is the member."""
    if metric.x is None:
        return {}
    found = {"x": metric.x, "xd": metric.xd if metric.xd is not None else np.ones(metric.x.size)}
    for name, column in found.items():
        blank = np.isnan(column)
        if blank.any():
            mean = float(column[~blank].mean()) if not blank.all() else 0.0
            found[name] = np.where(blank, mean, column)
    return found


def _sums(cluster: Array, size: int, arm: Array, members: dict[str, Floats]) -> _Sums:
    n = np.bincount(cluster, minlength=size)
    some = n > 0
    arm_of = np.zeros(size, dtype=np.int64)
    arm_of[cluster] = arm
    columns = {
        name: np.bincount(cluster, weights=column, minlength=size)[some].astype(float)
        for name, column in members.items()
    }
    return _Sums(arm_of[some], columns)


def _segments(
    units: UnitArrays, members: dict[str, Floats], shift: Floats
) -> dict[str, dict[str, dict[str, Cell]]]:
    """Clusters' sums over their members of each level."""
    assert units.cluster is not None
    found: dict[str, dict[str, dict[str, Cell]]] = {}
    for name, levels in units.segments.items():
        found[name] = {}
        for i, level in enumerate(levels.names):
            mine = levels.code == i
            part = {column: values[mine] for column, values in members.items()}
            sums = _sums(units.cluster[mine], units.clusters, units.arm[mine], part)
            cut = moments_by(
                sums.arm, len(units.arms), sums.columns, shift, np.arange(len(units.arms))
            )
            found[name][level] = {arm: Cell(cut[k]) for k, arm in enumerate(units.arms) if cut[k].n}
    return found


def _daily(
    units: UnitArrays,
    metric: MetricArrays,
    members: dict[str, Floats],
    shift: Floats,
    cap: Cap | None,
) -> tuple[tuple[str, dict[str, Moments]], ...]:
    """Moments of the clusters seen so far; a cluster grows with its members."""
    entry = metric.entry if metric.entry is not None else units.entry
    if entry is None or not units.days or units.cluster is None:
        return ()
    size, arms = units.clusters, len(units.arms)
    arm_of = np.zeros(size, dtype=np.int64)
    arm_of[units.cluster] = units.arm
    grows = {"y"} | ({"d"} if metric.d is not None else set())
    rows = _growth(units, metric, cap) if metric.steps is not None else None
    current = {name: np.zeros(size) for name in members}
    seen = np.zeros(size, dtype=bool)
    found = []
    for day in units.days:
        entering = entry == day
        seen[units.cluster[entering]] = True
        for name, column in members.items():
            if rows is None or name not in grows:
                current[name] += np.bincount(
                    units.cluster[entering], weights=column[entering], minlength=size
                )
        if rows is not None:
            today = rows[1] == day
            for name, change in rows[2].items():
                current[name] += np.bincount(rows[0][today], weights=change[today], minlength=size)
        part = {name: column[seen] for name, column in current.items()}
        cut = moments_by(arm_of[seen], arms, part, shift, np.arange(arms))
        found.append((iso_day(day), dict(zip(units.arms, cut, strict=True))))
    return tuple(found)


def _growth(
    units: UnitArrays, metric: MetricArrays, cap: Cap | None
) -> tuple[Array, Array, dict[str, Floats]]:
    """Cluster, day and change of each step of a member."""
    assert metric.steps is not None
    assert units.cluster is not None
    parts: dict[str, list[Array]] = {"cluster": [], "day": [], "y": [], "d": []}
    for steps in metric.steps():
        deltas = [steps.y] + ([steps.d] if steps.d is not None else [])
        before, after = prefix_sums(steps.ix, list(deltas))
        parts["cluster"].append(units.cluster[steps.ix])
        parts["day"].append(steps.day)
        parts["y"].append(value_of(after[0], metric, cap) - value_of(before[0], metric, cap))
        if steps.d is not None:
            parts["d"].append(after[1] - before[1])
    none = [np.zeros(0, dtype=np.int64)]
    cluster, day = (np.concatenate(parts.pop(name) or none) for name in ("cluster", "day"))
    return cluster, day, {name: np.concatenate(found) for name, found in parts.items() if found}


def _members(units: UnitArrays, metric: MetricArrays) -> dict[str, Moments]:
    arms = len(units.arms)
    column = {"y": metric.y}
    shift = means_by(units.arm, arms, column)
    cut = moments_by(units.arm, arms, column, shift, np.arange(arms))
    return dict(zip(units.arms, cut, strict=True))


def _between(units: UnitArrays, whole: _Sums) -> dict[str, tuple[float, float]]:
    """Squares between clusters and of their sizes, by arm."""
    found = {}
    for i, arm in enumerate(units.arms):
        mine = whole.arm == i
        y, n = whole.columns["y"][mine], whole.columns["d"][mine]
        total = float(n.sum())
        mean = float(y.sum()) / total if total else 0.0
        found[arm] = (float((n * (y / n - mean) ** 2).sum()), float((n**2).sum()))
    return found


def _largest(y: Floats) -> tuple[float, float]:
    return (float(y.max()), float(y.sum())) if y.size else (0.0, 0.0)
