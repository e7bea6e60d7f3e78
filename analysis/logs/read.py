"""From a study to what the A/B wing sees of its log."""

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.core import LogError
from analysis.logs.ab_log import ABLog
from analysis.logs.accounting import Accounting, LeftOut, Repair
from analysis.logs.column_store import Array, ColumnStore, content_key, key_of
from analysis.logs.engines import Engine, open_duckdb, open_spark
from analysis.logs.event_build import Extras, build, covariate_name, segment_name
from analysis.logs.event_columns import folder_key, missing_events
from analysis.logs.event_log import EventTables
from analysis.logs.event_notices import event_notices
from analysis.logs.guess import guess_roles
from analysis.logs.intake import Source, open_source
from analysis.logs.mapping import Mapped, map_columns
from analysis.logs.metric_memo import RememberedMetrics
from analysis.logs.plan import Plan
from analysis.logs.rejected import rejected_lines
from analysis.logs.sql.times import iso_day, iso_time
from analysis.study import AB, Study

Progress = Callable[[str, float], None]


def read_ab(
    study: Study,
    *,
    base: Path,
    work: Path,
    engine: Engine | None = None,
    progress: Progress | None = None,
    keep_left_out: bool = True,
) -> ABLog:
    """The log of a study, ready for the A/B wing.

    Args:
        study: What to look at.
        base: Folder that paths in the study start from.
        work: Folder for built tables; a second question on the same log finds them there.
        engine: An engine with the log open; else the study says which.
        progress: Hears (what is done, share from 0 to 1).
        keep_left_out: Write the rows left out, with their text, beside the tables.

    Raises:
        LogError: The log cannot be read, or does not fit the study.
    """
    report = progress or (lambda _what, _share: None)
    reader = Reader(study, base, work, engine, report, keep_left_out=keep_left_out)
    try:
        return reader.read()
    finally:
        reader.close()
        # What Arrow keeps for later use, the statistics have better use for.
        pa.default_memory_pool().release_unused()


class Reader:
    """One reading: the source, its roles, and an engine only if something must be built."""

    def __init__(
        self,
        study: Study,
        base: Path,
        work: Path,
        engine: Engine | None,
        report: Progress,
        *,
        keep_left_out: bool,
    ) -> None:
        self.study = study
        self.ab: AB = study.ab or AB()
        self.work = work
        self._given = engine
        self._engine = engine
        self.report = report
        self.keep_left_out = keep_left_out
        self.source: Source | None = None
        if engine is None and study.log.engine == "spark":
            if study.log.table is None:
                raise LogError(
                    "no_table",
                    "The Spark engine reads a table, and the study names none.",
                    where="log.table",
                    fix='Add table = "schema.name" under [log].',
                )
            self._engine = open_spark(study.log.table, study.log.connection)
        if self._engine is None:
            report("Opening the log", 0.0)
            self.source = open_source(
                study.log.path, base=base, work=work, progress=progress_to(report)
            )

    def close(self) -> None:
        """Close an engine that was opened here."""
        if self._engine is not None and self._given is None:
            self._engine.close()

    def engine(self) -> Engine:
        """The engine, opened when first needed."""
        if self._engine is None:
            assert self.source is not None
            self._engine = open_duckdb(self.source, self.work)
        return self._engine

    def read(self) -> ABLog:
        """The log as the wing sees it."""
        columns = self.source.columns if self.source is not None else self.engine().columns
        mapped = map_columns(self.study, columns, self._guesses())
        if mapped.event is None:
            from analysis.logs.unit_read import read_units

            return read_units(self, mapped)
        return self._read_events(mapped)

    def _guesses(self) -> dict[str, tuple[Any, str]]:
        """Role -> (column or columns, why); nothing if the study says all that is needed."""
        said = self.study.columns
        if self.source is None:
            return {}
        named = all(getattr(said, role) for role in ("unit", "time", "arm", "event", "value"))
        if named and said.segments is not None:
            return {}
        key = key_of("guess", self.content, self.source.columns, asdict(said))
        store = ColumnStore(self.work / "guesses")
        if not store.has(key[:32]):
            guess = guess_roles(self.source, said)
            found = {role: (one, guess.reasons.get(role, "")) for role, one in guess.roles.items()}
            shown = (list(guess.segments), guess.reasons.get("segments", ""))
            store.put_facts(key[:32], found | {"segments": shown})
        return {role: (one, why) for role, (one, why) in store.facts(key[:32]).items()}

    @cached_property
    def content(self) -> str:
        """What names the log's content."""
        if self.source is not None:
            return content_key(self.source.files, self.work, time.time())
        return key_of("table", self.study.log.table, time.time_ns())

    def _read_events(self, mapped: Mapped) -> ABLog:
        if mapped.unit is None:
            raise LogError(
                "no_unit_column",
                f"No column says who the unit is; the log has {', '.join(mapped.kinds)}.",
                where="columns.unit",
                fix='Name it: [columns] unit = "...".',
            )
        plan, ab = Plan.of(self.study), self.ab
        if mapped.time is None and (plan.end is not None or plan.window is not None):
            raise LogError(
                "no_time_column",
                f"A window or an end needs times; the log has {', '.join(mapped.kinds)}.",
                where="columns.time",
                fix='Name the time column: [columns] time = "...".',
            )
        extras = Extras(mapped.segments, _covariates(self.study, mapped), mapped.cluster)
        roles = {r: c for r, c in mapped.roles().items() if r not in ("segments", "cluster")}
        arms = [ab.control, ab.treatments, ab.allocation and sorted(ab.allocation)]
        key = key_of(
            "event log", self.content, roles, mapped.cluster, plan.timezone, plan.end,
            plan.exposure, plan.exact_repeats, arms, self.keep_left_out,
        )  # fmt: skip
        store = ColumnStore(self.work / f"units-{key[:32]}")
        events = ColumnStore(store.folder / f"events-{folder_key(plan)}")
        missing = (
            not store.has("log")
            or any(not store.has(segment_name(column)) for column in extras.segments)
            or any(not store.has(covariate_name(column)) for column in extras.covariates)
            or missing_events(events, plan)
        )
        if missing:
            build(
                self.engine(), mapped, plan, ab, extras, store, events, self.report,
                keep_left_out=self.keep_left_out,
            )  # fmt: skip
        self.report("Reading tables", 0.95)
        return self._event_log(mapped, plan, store, events)

    def _event_log(
        self, mapped: Mapped, plan: Plan, store: ColumnStore, events: ColumnStore
    ) -> ABLog:
        facts = store.facts("log")
        options = self.ab.options
        tables = EventTables(
            store=store,
            events=events,
            plan=plan,
            window_days=self.ab.window_days,
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
        accounting = self.accounting(mapped, facts, store)
        has_time, has_pre = facts["has_time"], tables.has_pre()
        incomplete = int((kept & ~complete).sum())
        notices = self.source.notices if self.source is not None else ()
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
                    self.ab.window_days,
                    mapped.segments,
                    units.days,
                    has_pre,
                    options.analysis_units,
                    options.cap_base,
                ),
            ),
        )

    def accounting(self, mapped: Mapped, facts: dict[str, Any], store: ColumnStore) -> Accounting:
        """The account of the log, from stored facts."""
        left_out = [
            LeftOut(one["reason"], one["rows"], tuple(one["examples"])) for one in facts["left_out"]
        ]
        left_out += rejected_lines(self.source)
        rejected = sum(self.source.rejected_count.values()) if self.source is not None else 0
        rows = facts["rows"] + rejected
        file = facts["left_out_file"]
        guessed = dict(mapped.guessed)
        if facts["control_guess"]:
            guessed["control"] = facts["control_guess"]
        return Accounting(
            sha256=facts["sha256"],
            rows=rows,
            used=rows - sum(one.rows for one in left_out),
            left_out=tuple(left_out),
            repairs=tuple(Repair(**repair) for repair in facts["arm_repairs"]),
            columns=mapped.roles(),
            guessed=guessed,
            units={"rows_total": rows, **facts["units"], "missing_values": {}},
            format=self.source.format if self.source is not None else "table",
            left_out_file=store.folder / file if file else None,
            events_by_day=facts["events_by_day"],
            event_names=facts["event_names"],
        )


def progress_to(report: Progress) -> Progress:
    """The intake's progress as the first tenth of the whole."""
    return lambda what, share: report(what, share / 10)


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
