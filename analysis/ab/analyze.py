"""The A/B lens: from a log and a study to split, metrics, days, segments and a verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis.ab import notices
from analysis.ab.compare import read
from analysis.ab.daily import first_look_rejecting, read_daily
from analysis.ab.metric_content import metric_content
from analysis.ab.plan import arms_content, horizon, mixed_share
from analysis.ab.reading import Measured, Pair, cell_of
from analysis.ab.results import Rules, family, guard, mde_now, units_needed
from analysis.ab.segments import read_segments
from analysis.ab.split import ALARM
from analysis.ab.split_content import read_split
from analysis.ab.summing_up import sum_up
from analysis.core import Notice
from analysis.logs.ab_log import ABLog, Cell, MetricTable
from analysis.study import AB, Metric, Study

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Result:
    """What the A/B lens found.

    Attributes:
        content: The ``ab`` part of the readout.
        notices: What its reader must know.
        verdict: The lens's verdict.
    """

    content: dict[str, Any]
    notices: tuple[Notice, ...]
    verdict: dict[str, Any]


def analyze(log: ABLog, study: Study, progress: Progress | None = None) -> Result:
    """Split, metrics, daily and segment results, notices and verdict of a study's [ab].

    Args:
        log: The log as moments.
        study: The study, resolved against the log.
        progress: Called with what is being done and the share done.
    """
    ab = study.ab or AB()
    found: list[Notice] = [*notices.of_roles(study.metrics)]
    srm = read_split(log, ab, found)
    reached, planned = horizon(log, ab)
    found += notices.of_horizon(reached=reached, planned=planned)
    rules = Rules(ab.alpha, ab.correction, ab.options, final=reached, mde=ab.mde)
    measured = []
    tables = log.tables(study.metrics)
    for i, metric in enumerate(study.metrics):
        if progress:
            progress(f"Comparing {metric.name}", i / len(study.metrics))
        measured.append(_measure(log, next(tables), metric, ab, found))
    results = _families(measured, rules)
    for one in measured:
        found += _guardrails(one, results[one.metric.name], measured, rules)
        for result in results[one.metric.name]:
            found += notices.of_result(one.metric, result)
    segments = _segments(log, measured, rules, found)
    daily = [
        entry
        for one in measured
        for entry in read_daily(one.metric, _by_moments(one), final=reached)
    ]
    content = {
        "arms": arms_content(log, ab),
        "units": log.accounting.units | {"mixed_share": mixed_share(log)},
        "srm": srm,
        "horizon": {"reached": reached, "planned": planned, "design": ab.design},
        "first_time": log.first_time,
        "last_time": log.last_time,
        "metrics": [metric_content(one, results[one.metric.name], ab.options) for one in measured],
        "daily": daily,
        "first_look_rejecting": _first_looks(daily, ab.alpha),
        "segments": segments,
    }
    unique = tuple(dict.fromkeys(found))
    verdict = sum_up(content, (*log.notices, *unique), ab)
    return Result(content, unique, verdict)


def check(log: ABLog, study: Study) -> tuple[dict[str, Any], tuple[Notice, ...]]:
    """What the lens would use: arms, split and horizon, and the notices so far; no result."""
    ab = study.ab or AB()
    found: list[Notice] = [*notices.of_roles(study.metrics)]
    srm = read_split(log, ab, found)
    reached, planned = horizon(log, ab)
    found += notices.of_horizon(reached=reached, planned=planned)
    content = {
        "arms": arms_content(log, ab),
        "units": log.accounting.units | {"mixed_share": mixed_share(log)},
        "srm": srm,
        "horizon": {"reached": reached, "planned": planned, "design": ab.design},
        "first_time": log.first_time,
        "last_time": log.last_time,
        "power": _power(log, study, ab),
    }
    return content, tuple(dict.fromkeys(found))


def _power(log: ABLog, study: Study, ab: AB) -> list[dict[str, Any]]:
    """What the log could show of each primary metric, before its result is looked at."""
    rules = Rules(ab.alpha, ab.correction, ab.options, mde=ab.mde)
    rows = []
    for metric in study.metrics:
        if metric.role != "primary":
            continue
        table = log.metric(metric)
        for treatment in log.arms[1:]:
            pair = replace(_pair(log, table, ab, treatment, log.arms[0]), values=None)
            reading = read(pair, cell_of(table, treatment), cell_of(table, log.arms[0]))
            least, control = mde_now(reading, rules), abs(reading.control or 0.0)
            row: dict[str, Any] = {"metric": metric.name, "treatment": treatment}
            row |= {"mde_lift": None, "units_needed": None}
            if least is not None and control:
                row["mde_lift"] = least / (control * reading.scale)
                if ab.mde is not None:
                    row["units_needed"] = units_needed(reading, ab.mde * control, ab.alpha)
            rows.append(row)
    return rows


def _measure(
    log: ABLog, table: MetricTable, metric: Metric, ab: AB, found: list[Notice]
) -> Measured:
    """A metric's table and one reading a treatment."""
    found += table.notices
    found += notices.of_table(metric, table)
    control = log.arms[0]
    chosen = [(treatment, control) for treatment in log.arms[1:]]
    pairs = tuple(_pair(log, table, ab, one, nil) for one, nil in chosen)
    readings = tuple(
        read(pair, cell_of(table, pair.treatment), cell_of(table, pair.control)) for pair in pairs
    )
    refused = any(one.level == "stop" for one in table.notices)
    for pair, reading in zip(pairs, readings, strict=True):
        if not refused:
            found += notices.of_reading(metric, pair, reading)
        p = _before(pair)
        if p is not None and p < ALARM:
            found.append(notices.of_imbalance(metric, table.covariate or "", p))
    return Measured(metric, table, pairs, readings)


def _pair(log: ABLog, table: MetricTable, ab: AB, treatment: str, control: str) -> Pair:
    return Pair(
        treatment,
        control,
        table,
        ab.options,
        ab.alpha,
        values=table.values,
        recorded={arm: log.units.get(arm, 0) > 0 for arm in log.arms},
    )


def _before(pair: Pair) -> float | None:
    """The p-value of the arms' difference in the covariate, before exposure."""
    cells = [cell_of(pair.table, arm).observed for arm in (pair.treatment, pair.control)]
    names = {"x": "y", "xd": "d"}
    columns = tuple(name for name in cells[0].columns if name in names)
    if not columns or min(cell.n for cell in cells) < 2:
        return None
    renamed = [
        replace(cell.keeping(columns), columns=tuple(names[name] for name in columns))
        for cell in cells
    ]
    table = replace(pair.table, ratio="xd" in columns, members=None)
    binary = replace(table, proportion=pair.table.proportion and pair.table.covariate == "pre")
    past = read(replace(pair, table=binary, values=None), Cell(renamed[0]), Cell(renamed[1]))
    return past.p


def _families(measured: Sequence[Measured], rules: Rules) -> dict[str, list[dict[str, Any]]]:
    """Comparisons by metric, p-values adjusted over all of the same role."""
    results: dict[str, list[dict[str, Any]]] = {}
    for role in ("primary", "guardrail", "secondary"):
        members = [
            (one.metric, reading)
            for one in measured
            if one.metric.role == role
            for reading in one.readings
        ]
        rows = family([reading for _, reading in members], [m for m, _ in members], rules)
        for (metric, _), row in zip(members, rows, strict=True):
            results.setdefault(metric.name, []).append(row)
    return {one.metric.name: results.get(one.metric.name, []) for one in measured}


def _guardrails(
    one: Measured,
    results: list[dict[str, Any]],
    measured: Sequence[Measured],
    rules: Rules,
) -> list[Notice]:
    """The guardrail's fields of its comparisons, and what must be said of them."""
    if one.metric.role != "guardrail":
        return []
    tests = sum(
        reading.p is not None
        for other in measured
        if other.metric.role == "guardrail"
        for reading in other.readings
    )
    found = []
    for reading, result in zip(one.readings, results, strict=True):
        guard(result, reading, one.metric, rules, tests)
        needed = None
        if one.metric.margin:
            base = 1.0 if one.metric.margin_scale == "absolute" else abs(reading.control or 0)
            target = one.metric.margin * base
            if one.metric.margin_scale == "absolute":
                target /= reading.scale
            needed = units_needed(reading, target, rules.alpha, one_sided=True)
        found += notices.of_guardrail(one.metric, result, needed)
    return found


def _by_moments(one: Measured) -> list[Pair]:
    """The pairs without unit values: days and levels are read from moments alone."""
    return [replace(pair, values=None) for pair in one.pairs]


def _segments(
    log: ABLog, measured: Sequence[Measured], rules: Rules, found: list[Notice]
) -> list[dict[str, Any]]:
    """Every metric by every segment column."""
    entries: list[dict[str, Any]] = []
    for one in measured:
        pairs = _by_moments(one)
        pooled = {
            pair.treatment: reading for pair, reading in zip(one.pairs, one.readings, strict=True)
        }
        mine = read_segments(one.metric, pairs, pooled, log.exposed_by_segment, rules)
        found += notices.of_segments(mine, one.metric, rules.alpha)
        entries += mine
    drifts = {
        (entry["treatment"], entry["column"]): entry["allocation_p"]
        for entry in entries
        if entry["allocation_p"] is not None and entry["allocation_p"] < ALARM
    }
    found += [notices.of_allocation(arm, column, p) for (arm, column), p in drifts.items()]
    return entries


def _first_looks(daily: Sequence[dict[str, Any]], alpha: float) -> list[dict[str, Any]]:
    """For each metric and treatment: the first look whose fixed test rejects."""
    keys = dict.fromkeys((entry["metric"], entry["treatment"]) for entry in daily)
    return [
        {
            "metric": metric,
            "treatment": treatment,
            "fixed": first_look_rejecting(
                [e for e in daily if (e["metric"], e["treatment"]) == (metric, treatment)],
                alpha,
            ),
        }
        for metric, treatment in keys
    ]
