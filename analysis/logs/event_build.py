"""Building the tables of an event log: the rules in their order, each with its count."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.logs.accounting import LeftOut
from analysis.logs.arrays import levels_of
from analysis.logs.column_store import Array, ColumnStore, key_of
from analysis.logs.engines import Engine
from analysis.logs.event_columns import build_events
from analysis.logs.event_rows import (
    Duplicates,
    Profile,
    drop_repeats,
    left_out_before,
    open_rows,
    trimmed,
)
from analysis.logs.event_rows import profile as profile_rows
from analysis.logs.event_units import (
    STATUSES,
    Exposures,
    Units,
    build_units,
    find_exposures,
    first_row_texts,
    has_padded_ids,
    status_clause,
    unknown_event,
)
from analysis.logs.labels import plain
from analysis.logs.mapping import Mapped
from analysis.logs.plan import Plan
from analysis.logs.sql import event_units as units_sql
from analysis.logs.sql import left_out as left_out_sql
from analysis.logs.sql.times import iso_day
from analysis.study import AB

MOST_LEVELS = 1_000
MOST_ROWS_KEPT = 1_000_000

Report = Callable[[str, float], None]


@dataclass(frozen=True)
class Extras:
    """Columns read at a unit's first exposure.

    Attributes:
        segments: Split the units.
        covariates: Numbers measured before.
        cluster: The randomised unit around a unit.
    """

    segments: tuple[str, ...]
    covariates: tuple[str, ...]
    cluster: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them, once each."""
        cluster = (self.cluster,) if self.cluster else ()
        return tuple(dict.fromkeys((*self.segments, *self.covariates, *cluster)))


def segment_name(column: str) -> str:
    """The stored name of a segment column."""
    return f"segment-{key_of(column)[:24]}"


def covariate_name(column: str) -> str:
    """The stored name of a covariate column."""
    return f"covariate-{key_of(column)[:24]}"


def build(
    engine: Engine,
    mapped: Mapped,
    plan: Plan,
    ab: AB,
    extras: Extras,
    store: ColumnStore,
    events: ColumnStore,
    report: Report,
) -> None:
    """Apply the rules to an open log and store what the analysis needs of it.

    Raises:
        LogError: The log does not fit the study.
    """
    columns = extras.columns
    report("Reading rows", 0.1)
    text = all(kind == "VARCHAR" for kind in mapped.kinds.values())
    rows = int(engine.run("SELECT count(*) AS n FROM log").column("n").to_pylist()[0])
    open_rows(engine, mapped, plan, columns, trim_units=text)
    repeats = drop_repeats(engine, mapped, plan, rows)
    report("Counting events", 0.35)
    profile = profile_rows(engine, plan)
    exposures = find_exposures(profile, plan, ab)
    check_events(profile, plan)
    report("Finding units", 0.5)
    units = build_units(engine, profile, exposures, plan)
    if not text and has_padded_ids(engine):
        open_rows(engine, mapped, plan, columns, trim_units=True)
        repeats = drop_repeats(engine, mapped, plan, rows)
        units = build_units(engine, profile, exposures, plan)
    report("Adding up events", 0.7)
    kept = units.kept
    names = exposures.arms.names
    clusters = None
    if columns:
        clusters = _store_texts(engine, exposures, units, plan, extras, store)
    build_events(engine, profile, plan, units, len(names), events)
    report("Counting rows", 0.9)
    store.put("arm", units.arm[kept])
    store.put("t0", units.t0[kept])
    store.put("rows", units.rows[kept].astype(np.int32))
    account = _Account(engine, mapped, plan, profile, exposures, units, repeats, rows)
    facts = account.facts(store, clusters)
    facts |= {
        "arms": list(names),
        "others": list(exposures.arms.others),
        "control_guess": exposures.arms.guessed,
        "arm_repairs": [asdict(repair) for repair in exposures.arms.repairs],
        "arm_notices": [asdict(notice) for notice in exposures.arms.notices],
        "first": profile.first,
        "last": profile.last,
        "naive": profile.naive,
        "sha256": units.sha256,
        "has_time": mapped.time is not None,
        "events_by_day": _by_day(profile, exposures) if mapped.time is not None else {},
        "event_names": {name: n for name, n in profile.events().items() if name},
    }
    store.put_facts("log", facts)


def check_events(profile: Profile, plan: Plan) -> None:
    """Nothing, if every event that a metric names is in the log, with values where they count.

    Raises:
        LogError: ``unknown_event`` or ``no_values``.
    """
    from analysis.core import LogError

    there = profile.events()
    for metric in plan.metrics:
        for part in (metric.y, metric.d):
            if part is None:
                continue
            where = f'metric "{metric.name}"'
            if part.event not in there:
                raise unknown_event(where, part.event, profile)
            if part.sums and not profile.values(part.event)[2]:
                raise LogError(
                    "no_values",
                    f'No row of the event "{part.event}" carries a number.',
                    where=where,
                    fix="Name the value column under [columns], or count the event instead.",
                )


def _by_day(profile: Profile, exposures: Exposures) -> dict[str, dict[str, int]]:
    """Rows by local day and by the arm that stands on the row."""
    arms = exposures.arms
    names = (*arms.names, *arms.others)
    found: dict[str, dict[str, int]] = {}
    for group in profile.groups:
        code = arms.code.get(group["arm"]) if group["arm"] is not None else None
        arm = names[code] if code is not None else plain(group["arm"])
        day = found.setdefault(iso_day(int(group["day_no"])), {})
        day[arm] = day.get(arm, 0) + group["n"]
    return {day: dict(sorted(found[day].items())) for day in sorted(found)}


def _store_texts(
    engine: Engine,
    exposures: Exposures,
    units: Units,
    plan: Plan,
    extras: Extras,
    store: ColumnStore,
) -> Array | None:
    """Store segments, covariates and clusters; which kept units lie in clusters of one arm."""
    place, texts = first_row_texts(engine, exposures, plan, len(extras.columns))
    by_column = dict(zip(extras.columns, texts, strict=True))
    kept_rows = pa.array(units.kept[place])
    for column in extras.segments:
        levels = levels_of(by_column[column].filter(kept_rows))
        name = segment_name(column)
        few = len(levels.names) <= MOST_LEVELS
        store.put(name, levels.code if few else np.zeros(0, dtype=np.int32))
        store.put_facts(f"{name}-levels", list(levels.names) if few else None)
    for column in extras.covariates:
        store.put(covariate_name(column), numbers(by_column[column].filter(kept_rows)))
    if extras.cluster is None:
        return None
    codes = levels_of(by_column[extras.cluster]).code
    blank = np.asarray(pc.equal(by_column[extras.cluster], ""))
    arm = units.arm[place].astype(np.int64)
    mixed = units.status[place] == STATUSES.index("mixed_units")
    size = int(codes.max()) + 1 if codes.size else 0
    low, high = np.full(size, 127), np.full(size, -1)
    np.minimum.at(low, codes, np.where(mixed, -1, arm))
    np.maximum.at(high, codes, np.where(mixed, 127, arm))
    torn = low != high
    keep = units.kept[place]
    store.put("cluster", codes[keep])
    good: Array = ~(torn[codes] | blank)[keep]
    store.put("in_cluster", good)
    filled = np.unique(codes[~blank])
    store.put_facts("clusters", {"mixed": int(torn[filled].sum()), "blank": int(blank[keep].sum())})
    return good


def numbers(texts: Any) -> Array:
    """Texts as finite doubles; NaN for anything else."""
    found = np.full(len(texts), np.nan)
    for i, text in enumerate(texts.to_pylist()):
        try:
            value = float(text) if text else np.nan
        except ValueError:
            continue
        found[i] = value if np.isfinite(value) else np.nan
    return found


class _Account:
    """Which rows left, why, and a few of each."""

    def __init__(
        self,
        engine: Engine,
        mapped: Mapped,
        plan: Plan,
        profile: Profile,
        exposures: Exposures,
        units: Units,
        repeats: Duplicates,
        rows: int,
    ) -> None:
        self._engine = engine
        self._mapped = mapped
        self._plan = plan
        self._profile = profile
        self._exposures = exposures
        self._units = units
        self._repeats = repeats
        self._rows = rows
        self._queries: dict[str, str] = {}

    def facts(self, store: ColumnStore, in_clusters: Array | None) -> dict[str, Any]:
        """Counts of everything that left, in the order of the rules."""
        units, repeats = self._units, self._repeats
        before = self._rows - self._profile.rows - repeats.rows
        no_unit, bad_time = left_out_before(self._engine, self._mapped) if before else (0, 0)
        counts = {
            "missing_unit": no_unit,
            "bad_time": bad_time,
            repeats.reason: repeats.rows,
            "blank_arm": self._exposures.blank,
        }
        counts |= {status: units.rows_of(status) for status in STATUSES[1:]}
        bad = self._bad_values()
        counts["bad_value"] = sum(bad.values())
        if in_clusters is not None:
            counts["mixed_cluster"] = int(units.rows[units.kept][~in_clusters].sum())
        self._name_queries()
        left_out = [
            asdict(LeftOut(reason, n, self._examples(reason))) for reason, n in counts.items() if n
        ]
        path = self._write({reason: n for reason, n in counts.items() if n}, store.folder)
        return {
            "rows": self._rows,
            "left_out": left_out,
            "left_out_file": path,
            "units": {
                "rows_without_unit": no_unit,
                "bad_times": bad_time,
                "duplicate_event_ids": repeats.rows if self._mapped.id is not None else 0,
                "exact_repeats": repeats.rows if self._mapped.id is None else 0,
                "bad_values": bad,
                "never_exposed_units": units.count("never_exposed"),
                "mixed_units": units.count("mixed_units"),
                "other_arm_units": units.count("other_arm"),
                "exposed_after_end_units": units.count("exposed_after_end"),
                "blank_arms": self._exposures.blank,
            },
            "differing_ids": repeats.differing,
            "repeats_kept": repeats.kept,
        }

    def _keep(self) -> str:
        return status_clause("kept", len(self._exposures.arms.names), self._plan.end)

    def _bad_values(self) -> dict[str, int]:
        """Event -> rows of kept units whose value is no number."""
        gaps = [event for event, bad in self._profile.value_events().items() if bad]
        if not gaps:
            return {}
        spelled = self._profile.spellings(gaps)
        query = units_sql.bad_values("clean", spelled, self._keep(), self._engine.dialect)
        self._queries["bad_value"] = f"SELECT row_no FROM ({query}) b"
        found = self._engine.run(f"SELECT event, count(*) AS n FROM ({query}) b GROUP BY event")
        bad: dict[str, int] = {}
        for row in found.to_pylist():
            event = trimmed(row["event"])
            bad[event] = bad.get(event, 0) + row["n"]
        return dict(sorted(bad.items()))

    def _name_queries(self) -> None:
        dialect, arms = self._engine.dialect, len(self._exposures.arms.names)
        no_unit = f"{dialect.filled('unit')} IS NULL"
        self._queries["missing_unit"] = f"SELECT row_no FROM log_rows WHERE {no_unit}"
        self._queries["bad_time"] = (
            f"SELECT row_no FROM log_rows WHERE NOT ({no_unit}) AND t IS NULL"
        )
        if self._repeats.rows:
            self._queries[self._repeats.reason] = "SELECT row_no FROM dropped"
        rows = "clean"
        if self._exposures.blank and self._exposures.names is not None:
            code = units_sql.coded("arm", self._exposures.arms.code, dialect, default="-1")
            blank = f"{dialect.one_of('event', self._exposures.names)} AND ({code}) < 0"
            self._queries["blank_arm"] = f"SELECT row_no FROM clean WHERE {blank}"
            rows = f"(SELECT * FROM clean WHERE NOT coalesce({blank}, FALSE))"
        for status in STATUSES[1:]:
            clause = status_clause(status, arms, self._plan.end)
            self._queries[status] = left_out_sql.by_unit(clause, rows)

    def _examples(self, reason: str) -> tuple[dict[str, Any], ...]:
        mapped = self._mapped
        column = {
            "bad_time": mapped.time,
            "bad_value": mapped.value,
            "duplicate_event_id": mapped.id,
        }.get(reason, mapped.event)
        query = self._queries.get(reason)
        if query is None:
            return ()
        dialect = self._engine.dialect
        text = None
        if column is not None:
            name = f"w.{dialect.identifier(column)}"
            text = dialect.as_text(name, mapped.kind(column))
        found = self._engine.run(left_out_sql.examples(query, text, dialect))
        return tuple(
            {"row": int(row["row_no"]), "value": row["shown"][:200]} for row in found.to_pylist()
        )

    def _write(self, counts: dict[str, int], folder: Path) -> str | None:
        """Keep the rows that left with their text; reasons that took most of a log are not kept."""
        queries = {
            reason: self._queries[reason]
            for reason, n in counts.items()
            if n <= MOST_ROWS_KEPT and reason in self._queries
        }
        if not queries:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "left_out.parquet"
        self._engine.write(left_out_sql.with_text(queries, self._engine.dialect), str(path))
        return path.name


__all__ = ["Extras", "build", "covariate_name", "numbers", "segment_name"]
