"""From a study on an event log to what the A/B wing sees of it."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from analysis.core import LogError
from analysis.logs.ab_log import ABLog
from analysis.logs.column_store import Array, ColumnStore, key_of
from analysis.logs.events.build import Extras, build, covariate_name, segment_name
from analysis.logs.events.columns import folder_key, missing_events
from analysis.logs.events.notices import event_notices
from analysis.logs.events.tables import EventTables
from analysis.logs.mapping import Mapped
from analysis.logs.metric_memo import RememberedMetrics
from analysis.logs.plan import Plan
from analysis.logs.reader import Reader
from analysis.logs.sql.times import iso_day, iso_time
from analysis.study import Study


def read_events(reader: Reader, mapped: Mapped) -> ABLog:
    """The log as the wing sees it."""
    if mapped.unit is None:
        raise LogError(
            "no_unit_column",
            f"No column says who the unit is; the log has {', '.join(mapped.kinds)}.",
            where="columns.unit",
            fix='Name it: [columns] unit = "...".',
        )
    plan, ab = Plan.of(reader.study), reader.ab
    if mapped.time is None and (plan.end is not None or plan.window is not None):
        raise LogError(
            "no_time_column",
            f"A window or an end needs times; the log has {', '.join(mapped.kinds)}.",
            where="columns.time",
            fix='Name the time column: [columns] time = "...".',
        )
    extras = Extras(mapped.segments, _covariates(reader.study, mapped), mapped.cluster)
    roles = {r: c for r, c in mapped.roles().items() if r not in ("segments", "cluster")}
    arms = [ab.control, ab.treatments, ab.allocation and sorted(ab.allocation)]
    key = key_of(
        "event log", reader.content, roles, mapped.cluster, plan.timezone, plan.end,
        plan.exposure, plan.exact_repeats, arms, reader.keep_left_out,
    )  # fmt: skip
    store = ColumnStore(reader.work / f"units-{key[:32]}")
    events = ColumnStore(store.folder / f"events-{folder_key(plan)}")
    missing = (
        not store.has("log")
        or any(not store.has(segment_name(column)) for column in extras.segments)
        or any(not store.has(covariate_name(column)) for column in extras.covariates)
        or missing_events(events, plan)
    )
    if missing:
        build(
            reader.engine(), mapped, plan, ab, extras, store, events, reader.report,
            keep_left_out=reader.keep_left_out,
        )  # fmt: skip
    reader.report("Reading tables", 0.95)
    return _ab_log(reader, mapped, plan, store, events)


def _ab_log(
    reader: Reader, mapped: Mapped, plan: Plan, store: ColumnStore, events: ColumnStore
) -> ABLog:
    facts = store.facts("log")
    options = reader.ab.options
    tables = EventTables(
        store=store,
        events=events,
        plan=plan,
        window_days=reader.ab.window_days,
        arms=tuple(facts["arms"]),
        last=facts["last"],
        segments=mapped.segments,
        complete_only=options.analysis_units == "complete",
        cap_base=options.cap_base,
        has_time=facts["has_time"],
    )
    units = tables.units()
    inside = tables.in_clusters()
    kept = inside if inside is not None else np.ones(units.arm.size, dtype=bool)
    complete = tables.complete() & kept
    counts = by_arm(units.arms, units.arm[kept])
    clusters = None
    mixed = facts["units"]["mixed_units"]
    if inside is not None and units.cluster is not None:
        whole = np.unique(np.column_stack([units.cluster[kept], units.arm[kept]]), axis=0)
        clusters = by_arm(units.arms, whole[:, 1])
        mixed = store.facts("clusters")["mixed"]
    t0 = np.asarray(store.array("t0"))
    by_day: dict[str, dict[str, int]] = {}
    if units.entry is not None and kept.any():
        first = int(units.entry[kept].min())
        counts_of = counted(units.entry - first, units.arm, kept, units.arms)
        by_day = {iso_day(first + i): one for i, one in counts_of.items() if any(one.values())}
    by_segment = {}
    for column, levels in units.segments.items():
        counts_of = counted(levels.code, units.arm, kept, units.arms, len(levels.names))
        by_segment[column] = {level: counts_of[i] for i, level in enumerate(levels.names)}
    accounting = reader.accounting(mapped, facts, store)
    has_time, has_pre = facts["has_time"], tables.has_pre()
    incomplete = int((kept & ~complete).sum())
    notices = reader.source.notices if reader.source is not None else ()
    return ABLog(
        arms=tables.arms,
        units=counts,
        clusters=clusters,
        complete_units=by_arm(units.arms, units.arm[complete]),
        mixed_units=mixed,
        incomplete_windows=incomplete,
        exposed_by_day=by_day,
        exposed_by_segment=by_segment,
        first_time=iso_time(int(t0[kept].min())) if has_time and kept.any() else None,
        last_time=iso_time(facts["last"]) if has_time else None,
        days=tuple(iso_day(day) for day in units.days),
        has_pre=has_pre,
        accounting=accounting,
        notices=(
            *notices,
            *event_notices(facts, accounting, plan, tables, incomplete, sum(counts.values())),
        ),
        source=RememberedMetrics(
            tables,
            ColumnStore(events.folder / "metrics"),
            (
                asdict(replace(plan, metrics=())),
                reader.ab.window_days,
                mapped.segments,
                units.days,
                has_pre,
                options.analysis_units,
                options.cap_base,
            ),
        ),
    )


def counted(
    code: Array, arm: Array, kept: Array, arms: tuple[str, ...], size: int = 0
) -> dict[int, dict[str, int]]:
    """Code -> arm -> how many of the kept units have it."""
    pairs = code[kept].astype(np.int64) * len(arms) + arm[kept]
    rows = max(size, int(code[kept].max(initial=-1)) + 1)
    found = np.bincount(pairs, minlength=rows * len(arms)).reshape(rows, len(arms))
    return {i: dict(zip(arms, map(int, row), strict=True)) for i, row in enumerate(found)}


def by_arm(arms: tuple[str, ...], codes: Any) -> dict[str, int]:
    """How many of some units are in each arm."""
    counts = np.bincount(codes, minlength=len(arms))
    return {arm: int(counts[i]) for i, arm in enumerate(arms)}


def _covariates(study: Study, mapped: Mapped) -> tuple[str, ...]:
    """Columns that metrics name as covariates."""
    found = []
    for metric in study.metrics:
        named = metric.covariate
        columns = list(named.values()) if isinstance(named, dict) else [named]
        for column in columns:
            if column not in (None, "pre", "none"):
                where = f'metric "{metric.name}" covariate'
                found.append(mapped.require(str(column), where))
    return tuple(dict.fromkeys(found))
