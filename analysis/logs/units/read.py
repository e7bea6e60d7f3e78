"""From a study on a unit or observation table to what the A/B wing sees of it."""

from dataclasses import asdict
from typing import Any

import numpy as np

from analysis.core import Notice
from analysis.core.wording import agreeing, counted
from analysis.logs.ab_log import ABLog
from analysis.logs.accounting import Accounting
from analysis.logs.column_store import ColumnStore, key_of
from analysis.logs.events.build import Extras, segment_name
from analysis.logs.events.notices import levels_notices, row_notices
from analysis.logs.mapping import Mapped
from analysis.logs.metric_memo import RememberedMetrics
from analysis.logs.plan import Plan
from analysis.logs.reader import Reader
from analysis.logs.sql.times import iso_day, iso_time, micros_of
from analysis.logs.units.build import ValueColumn, build_unit_table
from analysis.logs.units.tables import UnitTables, reads_of
from analysis.study import Study


def unit_plan(study: Study) -> Plan:
    """What of a study shapes a unit table."""
    assert study.ab is not None
    return Plan(
        timezone=study.log.timezone,
        end=micros_of(study.ab.end) if study.ab.end is not None else None,
        window=None,
        pre=0,
        exposure=None,
        exact_repeats=study.ab.options.exact_repeats,
        metrics=(),
    )


def value_columns(study: Study, mapped: Mapped) -> tuple[ValueColumn, ...]:
    """Every value column that the study reads, once."""
    found: list[ValueColumn] = []
    for metric in study.metrics:
        found += reads_of(metric, mapped).columns
        if metric.trials is not None:
            found.append(ValueColumn(metric.trials))
        named = metric.covariate
        columns = list(named.values()) if isinstance(named, dict) else [named]
        for column in columns:
            if column not in (None, "pre", "none"):
                where = f'metric "{metric.name}" covariate'
                found.append(ValueColumn(mapped.require(str(column), where)))
    options = study.ab.options if study.ab else None
    for column in options.split_columns if options else ():
        found.append(ValueColumn(mapped.require(column, "ab.options.split_columns")))
    if mapped.weight is not None:
        found.append(ValueColumn(mapped.weight))
    return tuple(dict.fromkeys(found))


def read_units(reader: Reader, mapped: Mapped) -> ABLog:
    """The log as the wing sees it."""
    study, ab = reader.study, reader.ab
    plan = unit_plan(study)
    if mapped.time is None and plan.end is not None:
        plan = Plan(plan.timezone, None, None, 0, None, plan.exact_repeats, ())
    values = value_columns(study, mapped)
    extras = Extras(mapped.segments, (), mapped.cluster)
    arms = [ab.control, ab.treatments, ab.allocation and sorted(ab.allocation)]
    key = key_of(
        "unit table", reader.content, mapped.roles(), plan.timezone, plan.end,
        plan.exact_repeats, arms, [value.name for value in values], reader.keep_left_out,
    )  # fmt: skip
    store = ColumnStore(reader.work / f"units-{key[:32]}")
    if not store.has("log") or any(not store.has(segment_name(c)) for c in extras.segments):
        build_unit_table(
            reader.engine(), mapped, plan, ab, extras, values, store, reader.report,
            keep_left_out=reader.keep_left_out,
        )  # fmt: skip
    reader.report("Reading tables", 0.95)
    facts = store.facts("log")
    tables = UnitTables(store, study, mapped, tuple(facts["arms"]), facts)
    return _ab_log(reader, mapped, tables, store, facts)


def _ab_log(
    reader: Reader,
    mapped: Mapped,
    tables: UnitTables,
    store: ColumnStore,
    facts: dict[str, Any],
) -> ABLog:
    units = tables.units()
    inside = tables.in_clusters()
    kept = inside if inside is not None else np.ones(units.arm.size, dtype=bool)
    count = _counts(reader.study, mapped, tables)

    def by_arm(rows: Any) -> dict[str, int]:
        weights = np.bincount(units.arm[rows], weights=count[rows], minlength=len(units.arms))
        return {arm: round(float(weights[i])) for i, arm in enumerate(units.arms)}

    clusters, mixed = None, facts["units"]["mixed_units"]
    if inside is not None and units.cluster is not None:
        whole = np.unique(np.column_stack([units.cluster[kept], units.arm[kept]]), axis=0)
        found = np.bincount(whole[:, 1], minlength=len(units.arms))
        clusters = {arm: int(found[i]) for i, arm in enumerate(units.arms)}
        mixed = store.facts("clusters")["mixed"]
    by_day: dict[str, dict[str, int]] = {}
    if units.entry is not None:
        for day in np.unique(units.entry[kept]):
            by_day[iso_day(int(day))] = by_arm(kept & (units.entry == day))
    accounting = reader.accounting(mapped, facts, store)
    has_time = facts["has_time"]
    t0 = np.asarray(store.array("t0"))
    notices = reader.source.notices if reader.source is not None else ()
    return ABLog(
        arms=tables.arms,
        units=by_arm(kept),
        clusters=clusters,
        complete_units=by_arm(kept),
        mixed_units=mixed,
        incomplete_windows=0,
        exposed_by_day=by_day,
        exposed_by_segment={
            column: {
                level: by_arm(kept & (levels.code == i)) for i, level in enumerate(levels.names)
            }
            for column, levels in units.segments.items()
        },
        first_time=iso_time(int(t0[kept].min())) if has_time and kept.any() else None,
        last_time=iso_time(facts["last"]) if has_time else None,
        days=tuple(iso_day(day) for day in units.days),
        has_pre=False,
        accounting=_with_missing(accounting, reader.study, tables),
        notices=(
            *notices,
            *row_notices(facts, accounting, tables.study.log.timezone),
            *_about_rows(facts, mapped, reader.study),
            *levels_notices(mapped.segments, units.segments),
        ),
        source=RememberedMetrics(
            tables,
            ColumnStore(store.folder / "metrics"),
            (
                mapped.roles(),
                [n for n, _ in mapped.kinds.items()],
                units.days,
                asdict(reader.ab.options),
                reader.study.log.timezone,
            ),
        ),
    )


def _counts(study: Study, mapped: Mapped, tables: UnitTables) -> Any:
    """How many randomised units each row counts for in the split."""
    size = tables.store.array("arm").size
    split = study.ab.options.split_columns if study.ab else ()
    if split:
        values, present = tables.values(ValueColumn(split[0]))
        return np.where(present, values, 0.0)
    weight = tables.weight()
    if weight is not None:
        return weight
    for metric in study.metrics:
        reads = reads_of(metric, mapped)
        counted = ValueColumn(metric.trials) if metric.trials else reads.n
        if counted is not None:
            values, present = tables.values(counted)
            return np.where(present, values, 0.0)
    return np.ones(size)


def _with_missing(account: Accounting, study: Study, tables: UnitTables) -> Accounting:
    """The account with the units that each metric lacks."""
    missing = {}
    for metric in study.metrics:
        reads = reads_of(metric, tables.mapped)
        n = int((~tables.values(reads.y)[1]).sum())
        if n:
            missing[metric.name] = n
    account.units["missing_values"] = missing
    return account


def _stands_for_many(study: Study, mapped: Mapped) -> bool:
    """Whether a row holds the count of its units: by a weight, by trials, or by daily sums."""
    split = study.ab.options.split_columns if study.ab else ()
    of_metrics = any(m.trials or reads_of(m, mapped).n is not None for m in study.metrics)
    return bool(split) or mapped.weight is not None or of_metrics


def _about_rows(facts: dict[str, Any], mapped: Mapped, study: Study) -> list[Notice]:
    found = []
    if mapped.unit is None and not _stands_for_many(study, mapped):
        found.append(
            Notice(
                "rows_are_units",
                "note",
                "log",
                "No column names the units, so every row is a unit of its own and repeated "
                "rows all count.",
                'Name the column: [columns] unit = "...".',
            )
        )
    if facts["several_rows"]:
        found.append(
            Notice(
                "several_rows_per_unit",
                "warn",
                "ab",
                f"{counted(facts['several_rows'], 'unit')} "
                f"{agreeing(facts['several_rows'], 'has', 'have')} several rows: rows are read as "
                "observations, and errors are by unit.",
                "Keep one row a unit if the rows are versions of one record.",
            )
        )
    return found
