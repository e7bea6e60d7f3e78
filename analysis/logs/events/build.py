"""Building the tables of an event log: the rules in their order, each with its count."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.logs.arrays import levels_of
from analysis.logs.column_store import Array, ColumnStore, key_of
from analysis.logs.engines import Engine
from analysis.logs.events.account import Account
from analysis.logs.events.columns import build_events
from analysis.logs.events.rows import (
    Duplicates,
    Gaps,
    Profile,
    drop_repeats,
    open_rows,
)
from analysis.logs.events.rows import profile as profile_rows
from analysis.logs.events.units import (
    STATUSES,
    Exposures,
    Units,
    build_units,
    find_exposures,
    first_row_texts,
    unknown_event,
)
from analysis.logs.labels import plain
from analysis.logs.mapping import Mapped
from analysis.logs.plan import Plan
from analysis.logs.sql.times import iso_day
from analysis.study import AB

MOST_LEVELS = 1_000

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
    *,
    keep_left_out: bool,
) -> None:
    """Apply the rules to an open log and store what the analysis needs of it.

    Raises:
        LogError: The log does not fit the study.
    """
    columns = extras.columns
    report("Reading rows", 0.1)
    rows = int(engine.run("SELECT count(*) AS n FROM log").column("n").to_pylist()[0])
    found = _find(engine, mapped, plan, ab, columns, rows, report, careful=False)
    if found is None:
        found = _find(engine, mapped, plan, ab, columns, rows, report, careful=True)
    assert found is not None
    repeats, profile, exposures, units = found
    report("Adding up events", 0.7)
    kept = units.kept
    names = exposures.arms.names
    clusters = None
    if columns:
        clusters = store_texts(engine, exposures, units, plan, extras, store)
    build_events(engine, profile, plan, units, len(names), events)
    report("Counting rows", 0.9)
    store.put("arm", units.arm[kept])
    store.put("t0", units.t0[kept])
    store.put("rows", units.rows[kept].astype(np.int32))
    account = Account(engine, mapped, plan, profile, exposures, units, repeats, rows)
    facts = account.facts(store, clusters, keep_left_out=keep_left_out)
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


def _find(
    engine: Engine,
    mapped: Mapped,
    plan: Plan,
    ab: AB,
    columns: tuple[str, ...],
    rows: int,
    report: Report,
    *,
    careful: bool,
) -> tuple[Duplicates, Profile, Exposures, Units] | None:
    """The clean rows, what they hold, and the units on them.

    Args:
        engine: Has the log open.
        mapped: Role -> column.
        plan: Of the study.
        ab: Of the study.
        columns: Read at a unit's first exposure.
        rows: Rows of the log.
        report: Hears how far it is.
        careful: Trim every id and look for every blank cell. Otherwise None is returned if
            that turns out to be needed, since for most logs it is not.
    """
    text = all(kind == "VARCHAR" for kind in mapped.kinds.values())
    gaps = Gaps.of(engine, mapped, careful=careful)
    open_rows(engine, mapped, plan, columns, trim_units=text or careful)
    repeats = drop_repeats(engine, mapped, plan, rows, gaps)
    report("Counting events", 0.35)
    profile = profile_rows(engine, plan)
    if profile.timeless and not careful:
        return None
    exposures = find_exposures(profile, plan, ab)
    check_events(profile, plan)
    report("Finding units", 0.5)
    units = build_units(engine, profile, exposures, plan)
    return None if units.odd and not careful else (repeats, profile, exposures, units)


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


def store_texts(
    engine: Engine,
    exposures: Exposures,
    units: Units,
    plan: Plan,
    extras: Extras,
    store: ColumnStore,
) -> Array | None:
    """Store segments, covariates and clusters; which kept units lie in clusters of one arm."""
    place, texts = first_row_texts(engine, exposures, units, plan, len(extras.columns))
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


__all__ = [
    "Extras",
    "build",
    "covariate_name",
    "numbers",
    "segment_name",
    "store_texts",
]
