"""The A/B lens: from a log and a study to split, metrics, days, segments and a verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import Any

from analysis.ab import notices
from analysis.ab.corrections import adjust_p_values
from analysis.ab.daily import first_look_rejecting, read_daily
from analysis.ab.proportions import pearson
from analysis.ab.reading import Pair, Reading, read
from analysis.ab.results import Rules, family, guard, plain, units_needed
from analysis.ab.segments import read_segments
from analysis.ab.split import Split, allocation, check_slices, check_split, sequential_split
from analysis.ab.summing_up import sum_up
from analysis.core import Moments, Notice
from analysis.logs import ABLog, Cell, MetricTable
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


@dataclass(frozen=True)
class _Measured:
    """One metric with its table and one reading a treatment."""

    metric: Metric
    table: MetricTable
    pairs: tuple[Pair, ...]
    readings: tuple[Reading, ...]


def analyze(log: ABLog, study: Study, progress: Progress | None = None) -> Result:
    """Split, metrics, daily and segment results, notices and verdict of a study's [ab].

    Args:
        log: The log as moments.
        study: The study, resolved against the log.
        progress: Called with what is being done and the share done.
    """
    ab = study.ab or AB()
    found: list[Notice] = [*notices.of_roles(study.metrics)]
    split, srm = _split(log, ab, found)
    reached, planned = horizon(log, ab)
    found += notices.of_horizon(reached=reached, planned=planned)
    rules = Rules(ab.alpha, ab.correction, ab.options, final=reached, mde=ab.mde)
    measured = []
    for i, metric in enumerate(study.metrics):
        if progress:
            progress(f"Comparing {metric.name}", i / len(study.metrics))
        measured.append(_measure(log, metric, ab, found))
    results = _families(measured, rules)
    for one in measured:
        found += _guardrails(one, results[one.metric.name], measured, rules)
        for result in results[one.metric.name]:
            found += notices.of_result(one.metric, result)
    segments = _segments(log, measured, rules, found)
    daily = [
        entry for one in measured for entry in read_daily(one.metric, one.pairs, final=reached)
    ]
    content = {
        "arms": _arms(log, ab),
        "units": log.accounting.units | {"mixed_share": _mixed_share(log)},
        "srm": srm,
        "horizon": {"reached": reached, "planned": planned, "design": ab.design},
        "first_time": log.first_time,
        "last_time": log.last_time,
        "metrics": [_metric(one, results[one.metric.name], rules) for one in measured],
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
    _, srm = _split(log, ab, found)
    reached, planned = horizon(log, ab)
    found += notices.of_horizon(reached=reached, planned=planned)
    content = {
        "arms": _arms(log, ab),
        "units": log.accounting.units | {"mixed_share": _mixed_share(log)},
        "srm": srm,
        "horizon": {"reached": reached, "planned": planned, "design": ab.design},
        "first_time": log.first_time,
        "last_time": log.last_time,
    }
    return content, tuple(dict.fromkeys(found))


def resolve(study: Study, log: ABLog) -> Study:
    """The study with what the log decided written out: columns, arms, shares, windows."""
    ab = study.ab or AB()
    shares = weights(log.arms, ab)
    roles = {one.name for one in fields(study.columns)}
    chosen = {
        role: tuple(column) if role == "segments" else column
        for role, column in log.accounting.columns.items()
        if role in roles and column
    }
    kinds = tuple(
        metric if metric.kind else replace(metric, kind=_kind(metric, log.metric(metric)))
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
        checks.append(sum(_randomised(log).values()) >= ab.horizon_units)
    end = ab.horizon_end or (ab.end if not checks else None)
    if end is not None and log.last_time is not None:
        checks.append(_instant(log.last_time) >= _instant(end))
    return all(checks), bool(checks)


def _instant(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def _randomised(log: ABLog) -> dict[str, int]:
    """Counts of what was randomised: clusters where they are mapped, else units."""
    return log.clusters if log.clusters is not None else log.units


def _mixed_share(log: ABLog) -> float:
    kept = sum(_randomised(log).values())
    total = log.mixed_units + kept
    return log.mixed_units / total if total else 0.0


def _split(log: ABLog, ab: AB, found: list[Notice]) -> tuple[Split | None, dict[str, Any]]:
    """The split test, once, by look and by slice; its notices are added to `found`."""
    shares = weights(log.arms, ab)
    counts = [_randomised(log).get(arm, 0) for arm in log.arms]
    split = check_split(counts, shares, ab.alpha)
    slices = {
        (column, level): [by_arm.get(arm, 0) for arm in log.arms]
        for column, levels in (
            *log.exposed_by_segment.items(),
            ("day", log.exposed_by_day),
        )
        for level, by_arm in levels.items()
    }
    tested = check_slices(slices, shares)
    found += notices.of_split(split, counts)
    found += notices.of_slices(tested)
    found += notices.of_mixed(log.mixed_units, _mixed_share(log))
    found += notices.of_arms(_randomised(log), ab.correction)
    for treatment in log.arms[1:]:
        drift = allocation(
            {
                day: (by_arm.get(log.arms[0], 0), by_arm.get(treatment, 0))
                for day, by_arm in log.exposed_by_day.items()
            }
        )
        if drift and drift[1] < notices.ALARM:
            found.append(notices.of_allocation(treatment, "day of first exposure", drift[1]))
    if split is None:
        return None, {}
    looks, running = [], [0] * len(log.arms)
    for by_arm in log.exposed_by_day.values():
        running = [n + by_arm.get(arm, 0) for n, arm in zip(running, log.arms, strict=True)]
        looks.append(running)
    factors = sequential_split(looks, shares, ab.options.srm_concentration)
    return split, plain(
        {
            "chi2": split.chi2,
            "df": split.df,
            "p": split.p,
            "p_exact": split.p_exact,
            "share_control": split.share_control,
            "expected_share_low": split.expected_low,
            "expected_share_high": split.expected_high,
            "counts": dict(zip(log.arms, counts, strict=True)),
            "weights": {arm: w / sum(shares) for arm, w in zip(log.arms, shares, strict=True)},
            "looks": [
                {"day": day, "log_bayes_factor": factor, "p_always_valid": p}
                for day, (factor, p) in zip(log.exposed_by_day, factors, strict=True)
            ],
            "slices": [
                {
                    "column": column,
                    "level": level,
                    "chi2": one.chi2,
                    "p": one.alarm_p,
                    "p_holm": p,
                    "counts": dict(zip(log.arms, slices[column, level], strict=True)),
                }
                for column, level, one, p in tested
            ],
        }
    )


def _measure(log: ABLog, metric: Metric, ab: AB, found: list[Notice]) -> _Measured:
    """A metric's table and one reading a treatment."""
    table = log.metric(metric)
    found += table.notices
    found += notices.of_table(metric, table)
    control = log.arms[0]
    chosen = [(treatment, control) for treatment in log.arms[1:]]
    pairs = tuple(_pair(log, table, ab, one, nil) for one, nil in chosen)
    readings = tuple(
        read(pair, _cell(table, pair.treatment), _cell(table, pair.control)) for pair in pairs
    )
    for pair, reading in zip(pairs, readings, strict=True):
        found += notices.of_reading(metric, pair, reading)
        p = _before(pair)
        if p is not None and p < notices.ALARM:
            found.append(notices.of_imbalance(metric, table.covariate or "", p))
    return _Measured(metric, table, pairs, readings)


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


def _cell(table: MetricTable, arm: str) -> Cell:
    if arm in table.arms:
        return table.arms[arm]
    columns = next(iter(table.arms.values())).observed.columns if table.arms else ("y",)
    return Cell(Moments.empty(columns))


def _before(pair: Pair) -> float | None:
    """p of the arms' difference in the covariate, before exposure."""
    cells = [_cell(pair.table, arm).observed for arm in (pair.treatment, pair.control)]
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


def _families(measured: Sequence[_Measured], rules: Rules) -> dict[str, list[dict[str, Any]]]:
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
    one: _Measured,
    results: list[dict[str, Any]],
    measured: Sequence[_Measured],
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


def _segments(
    log: ABLog, measured: Sequence[_Measured], rules: Rules, found: list[Notice]
) -> list[dict[str, Any]]:
    """Every metric by every segment column."""
    entries: list[dict[str, Any]] = []
    for one in measured:
        pairs = [replace(pair, values=None) for pair in one.pairs]
        pooled = {
            pair.treatment: reading for pair, reading in zip(one.pairs, one.readings, strict=True)
        }
        mine = read_segments(one.metric, pairs, pooled, log.exposed_by_segment, rules)
        found += notices.of_segments(mine, one.metric, rules.alpha)
        entries += mine
    drifts = {
        (entry["treatment"], entry["column"]): entry["allocation_p"]
        for entry in entries
        if entry["allocation_p"] is not None and entry["allocation_p"] < notices.ALARM
    }
    found += [notices.of_allocation(arm, column, p) for (arm, column), p in drifts.items()]
    return entries


def _arms(log: ABLog, ab: AB) -> list[dict[str, Any]]:
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


def _metric(one: _Measured, results: list[dict[str, Any]], rules: Rules) -> dict[str, Any]:
    """One metric of the readout."""
    metric, table = one.metric, one.table
    content: dict[str, Any] = {
        "name": metric.name,
        "role": metric.role,
        "kind": _kind(metric, table),
        "better": metric.better,
        "covariate": table.covariate,
        "missing": table.missing,
        "arms": {arm: _alone(table, cell) for arm, cell in table.arms.items()},
        "comparisons": results,
    }
    if table.cap is not None:
        content["cap"] = {
            "value": table.cap.value,
            "capped_units": table.cap.capped_units,
            "base": table.cap.base,
        }
    if len(table.arms) > 2 and table.proportion and not table.ratio:
        tested = pearson(
            [round(_whole(cell).sum("y")) for cell in table.arms.values()],
            [_whole(cell).n for cell in table.arms.values()],
        )
        if tested:
            content["omnibus"] = {
                "chi_square": dict(zip(("statistic", "df", "p"), tested, strict=True))
            }
    if rules.options.compare == "all_pairs" and one.pairs:
        content["pairs"] = _all_pairs(one)
    result: dict[str, Any] = plain(content)
    return result


def _kind(metric: Metric, table: MetricTable) -> str:
    if metric.kind is not None:
        return metric.kind
    return "proportion" if table.proportion else "mean"


def _whole(cell: Cell) -> Moments:
    """Moments of all units of a cell, covariates aside."""
    columns = tuple(name for name in cell.observed.columns if name in ("y", "d"))
    own = cell.observed.keeping(columns)
    return own + cell.unobserved.keeping(columns) if cell.unobserved else own


def _alone(table: MetricTable, cell: Cell) -> dict[str, Any]:
    """An arm by itself."""
    moments = _whole(cell)
    n = moments.n
    if n == 0:
        return {"n": 0}
    size = table.scale
    if table.ratio:
        from analysis.ab.ratios import ratio

        found = ratio(moments) if n > 1 else None
        return {
            "n": n,
            "numerator": moments.sum("y") * size,
            "denominator": moments.sum("d"),
            "value": found.value * size if found else None,
            "se": found.se * size if found else None,
        }
    if table.proportion:
        successes = round(moments.sum("y"))
        return {"n": n, "successes": successes, "rate": successes / n}
    deviation = moments.variance("y") ** 0.5 * size if n > 1 else None
    return {
        "n": n,
        "sum": moments.sum("y") * size,
        "mean": moments.mean("y") * size,
        "sd": deviation,
    }


def _all_pairs(one: _Measured) -> list[dict[str, Any]]:
    """Every pair of arms by the metric's own test, Holm over the pairs."""
    base = one.pairs[0]
    arms = [base.control, *(pair.treatment for pair in one.pairs)]
    rows = []
    for nil, treated in combinations(arms, 2):
        pair = replace(base, treatment=treated, control=nil, values=None)
        reading = read(pair, _cell(one.table, treated), _cell(one.table, nil))
        rows.append((treated, nil, reading))
    adjusted = adjust_p_values([reading.p for _, _, reading in rows], "holm")
    return [
        {
            "treatment": treated,
            "control": nil,
            "difference": None
            if reading.difference is None
            else reading.difference * reading.scale,
            "p": reading.p,
            "p_holm": p,
        }
        for (treated, nil, reading), p in zip(rows, adjusted, strict=True)
    ]


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
