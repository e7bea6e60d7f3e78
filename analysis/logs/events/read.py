"""From a study on an event log to what the A/B wing sees of it."""

from dataclasses import asdict, replace

from analysis.core import LogError
from analysis.logs.ab_log import ABLog
from analysis.logs.column_store import ColumnStore, key_of
from analysis.logs.events.build import Extras, build, covariate_name, segment_name
from analysis.logs.events.columns import folder_key, missing_events
from analysis.logs.events.notices import event_notices
from analysis.logs.events.seen import seen_units
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
    seen = seen_units(tables)
    accounting = reader.accounting(mapped, facts, store)
    has_time, has_pre = facts["has_time"], tables.has_pre()
    days = tables.days()
    notices = reader.source.notices if reader.source is not None else ()
    return ABLog(
        arms=tables.arms,
        units=seen.units,
        clusters=seen.clusters,
        complete_units=seen.complete_units,
        mixed_units=facts["units"]["mixed_units"] if seen.clusters is None else seen.mixed,
        incomplete_windows=seen.incomplete,
        exposed_by_day=seen.by_day,
        exposed_by_segment=seen.by_segment,
        first_time=iso_time(seen.first) if has_time and seen.first is not None else None,
        last_time=iso_time(facts["last"]) if has_time else None,
        days=tuple(iso_day(day) for day in days),
        has_pre=has_pre,
        accounting=accounting,
        notices=(
            *notices,
            *event_notices(facts, accounting, plan, tables, seen),
        ),
        source=RememberedMetrics(
            tables,
            ColumnStore(events.folder / "metrics"),
            (
                asdict(replace(plan, metrics=())),
                reader.ab.window_days,
                mapped.segments,
                days,
                has_pre,
                options.analysis_units,
                options.cap_base,
            ),
        ),
    )


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
