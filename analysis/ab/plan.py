"""What a study planned, held against its log: arms, shares, horizon and defaults."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from analysis.logs.ab_log import ABLog, MetricTable
from analysis.study import AB, Metric, Study


def resolve(study: Study, log: ABLog) -> Study:
    """The study with what the log decided written out: columns, arms, shares, windows."""
    ab = study.ab or AB()
    shares = weights(log.arms, ab)
    roles = {one.name for one in fields(study.columns)}
    chosen: dict[str, Any] = {
        role: tuple(column) if role == "segments" else column
        for role, column in log.accounting.columns.items()
        if role in roles and column
    }
    tables = log.tables([metric for metric in study.metrics if not metric.kind])
    kinds = tuple(
        metric if metric.kind else replace(metric, kind=kind_of(metric, next(tables)))
        for metric in study.metrics
    )
    return replace(
        study,
        columns=replace(study.columns, **chosen),
        metrics=kinds,
        ab=replace(
            ab,
            control=log.arms[0] if log.arms else ab.control,
            treatments=log.arms[1:],
            allocation={
                arm: share / sum(shares) for arm, share in zip(log.arms, shares, strict=True)
            },
            pre_days=ab.pre_days if ab.pre_days is not None else ab.window_days,
            segments=tuple(log.exposed_by_segment),
        ),
    )


def weights(arms: Sequence[str], ab: AB) -> list[float]:
    """Planned shares of the arms, relative to their sum; equal where none are planned."""
    if ab.allocation is None:
        return [1.0] * len(arms)
    return [ab.allocation[arm] for arm in arms]


def horizon(log: ABLog, ab: AB) -> tuple[bool, bool]:
    """Whether the planned horizon is reached, and whether one was planned at all."""
    checks = []
    if ab.horizon_units is not None:
        checks.append(sum(randomised(log).values()) >= ab.horizon_units)
    end = ab.horizon_end or (ab.end if not checks else None)
    if end is not None and log.last_time is not None:
        checks.append(_instant(log.last_time) >= _instant(end))
    return all(checks), bool(checks)


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def randomised(log: ABLog) -> dict[str, int]:
    """Counts of what was randomised: clusters where they are mapped, else units."""
    return log.clusters if log.clusters is not None else log.units


def mixed_share(log: ABLog) -> float:
    """Share of units seen in several arms, of those and the units kept."""
    kept = sum(randomised(log).values())
    total = log.mixed_units + kept
    return log.mixed_units / total if total else 0.0


def arms_content(log: ABLog, ab: AB) -> list[dict[str, Any]]:
    """The arms as the readout has them."""
    shares = weights(log.arms, ab)
    return [
        {
            "name": arm,
            "n": log.units.get(arm, 0),
            "complete_units": log.complete_units.get(arm, 0),
            "weight": share / sum(shares),
            "clusters": log.clusters.get(arm, 0) if log.clusters is not None else None,
        }
        for arm, share in zip(log.arms, shares, strict=True)
    ]


def kind_of(metric: Metric, table: MetricTable) -> str:
    """The metric's kind: the study's, or what its column turned out to hold."""
    if metric.kind is not None:
        return metric.kind
    return "proportion" if table.proportion else "mean"
