"""Building the table of a log whose rows are units, or observations of units."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analysis.core import LogError
from analysis.logs.column_store import Array, ColumnStore, key_of
from analysis.logs.engines import Engine
from analysis.logs.events.account import Account
from analysis.logs.events.build import Extras, store_texts
from analysis.logs.events.columns import Unit64
from analysis.logs.events.rows import Duplicates, Gaps, Profile, drop_repeats, whole_content
from analysis.logs.events.rows import profile as profile_rows
from analysis.logs.events.units import (
    Exposures,
    Units,
    build_units,
    find_exposures,
    status_clause,
)
from analysis.logs.mapping import Mapped
from analysis.logs.plan import Plan
from analysis.logs.sql import unit_rows as sql
from analysis.logs.sql.times import time_columns
from analysis.study import AB

Report = Callable[[str, float], None]


@dataclass(frozen=True)
class ValueColumn:
    """A column that a metric reads.

    Attributes:
        column: Its name in the log.
        success: The label that reads as 1, if the study names one.
        beside: Another column that must be filled too, for its cell to count.
    """

    column: str
    success: str | None = None
    beside: str | None = None

    @property
    def name(self) -> str:
        """The stored name."""
        return f"value-{key_of(self.column, self.success, self.beside)[:24]}"


def build_unit_table(
    engine: Engine,
    mapped: Mapped,
    plan: Plan,
    ab: AB,
    extras: Extras,
    values: tuple[ValueColumn, ...],
    store: ColumnStore,
    report: Report,
    *,
    keep_left_out: bool,
) -> None:
    """Read the units and store their columns.

    Raises:
        LogError: The log does not fit the study.
    """
    report("Reading rows", 0.1)
    rows = int(engine.run("SELECT count(*) AS n FROM log").column("n").to_pylist()[0])
    text = all(kind == "VARCHAR" for kind in mapped.kinds.values())
    _open(engine, mapped, plan, extras, values, trim_units=text)
    repeats = _repeats(engine, mapped, plan, rows)
    report("Counting rows", 0.3)
    profile = profile_rows(engine, plan)
    exposures = find_exposures(profile, plan, ab)
    report("Finding units", 0.5)
    units = build_units(engine, profile, exposures, plan)
    if not text and mapped.unit is not None and units.odd:
        _open(engine, mapped, plan, extras, values, trim_units=True)
        repeats = _repeats(engine, mapped, plan, rows)
        units = build_units(engine, profile, exposures, plan)
    several = int(units.rows[units.kept].max(initial=0)) > 1
    if several and repeats.rows and mapped.id is None and mapped.time is None:
        # Rows are observations, and nothing tells a repeated row from an equal observation.
        engine.view("clean", "SELECT * FROM with_unit")
        repeats = Duplicates("exact_repeat", kept=repeats.rows)
        profile = profile_rows(engine, plan)
        exposures = find_exposures(profile, plan, ab)
        units = build_units(engine, profile, exposures, plan)
    kept = units.kept
    names = exposures.arms.names
    clusters = None
    if extras.columns:
        clusters = store_texts(engine, exposures, units, plan, extras, store)
    report("Adding up columns", 0.7)
    found = _store_values(engine, plan, units, len(names), values, store) if values else {}
    store.put("arm", units.arm[kept])
    store.put("t0", units.t0[kept])
    store.put("rows", units.rows[kept].astype(np.int32))
    account = Account(engine, mapped, plan, profile, exposures, units, repeats, rows)
    facts = account.facts(store, clusters, keep_left_out=keep_left_out)
    facts |= _shared(profile, exposures, mapped) | {
        "values": found,
        "several_rows": int((units.rows[kept] > 1).sum()),
        "sha256": key_of(units.sha256, _digests(store, values)),
    }
    store.put_facts("log", facts)


def _shared(profile: Profile, exposures: Exposures, mapped: Mapped) -> dict[str, Any]:
    arms = exposures.arms
    return {
        "arms": list(arms.names),
        "others": list(arms.others),
        "control_guess": arms.guessed,
        "arm_repairs": [asdict(repair) for repair in arms.repairs],
        "arm_notices": [asdict(notice) for notice in arms.notices],
        "first": profile.first,
        "last": profile.last,
        "naive": profile.naive,
        "has_time": mapped.time is not None,
        "events_by_day": {},
        "event_names": {},
    }


def _digests(store: ColumnStore, values: tuple[ValueColumn, ...]) -> list[str]:
    """Digests of the stored columns."""
    import hashlib

    found = []
    for value in values:
        for part in ("cells", "sum", "top"):
            array = np.ascontiguousarray(store.array(f"{value.name}-{part}"))
            found.append(hashlib.sha256(array.tobytes()).hexdigest())
    return found


def _open(
    engine: Engine,
    mapped: Mapped,
    plan: Plan,
    extras: Extras,
    values: tuple[ValueColumn, ...],
    *,
    trim_units: bool,
) -> None:
    """Make ``log_rows``: as for events, without events, with one column a value."""
    dialect = engine.dialect

    def quoted(column: str) -> str:
        return dialect.identifier(column)

    def text(column: str | None) -> str:
        if column is None:
            return f"CAST(NULL AS {dialect.text})"
        return dialect.as_text(quoted(column), mapped.kind(column))

    def read(value: ValueColumn) -> str:
        cell = sql.value(quoted(value.column), mapped.kind(value.column), value.success, dialect)
        if value.beside is None:
            return cell
        other = sql.value(quoted(value.beside), mapped.kind(value.beside), None, dialect)
        return f"CASE WHEN ({other}) IS NOT NULL THEN {cell} END"

    unit = text(mapped.unit)
    if trim_units and mapped.unit is not None:
        unit = dialect.filled(unit)
    if mapped.unit is None:
        # Every row is a unit; equal rows may change places.
        parts = [dialect.filled(text(column)) for column in mapped.kinds]
        row = f"CAST(__row + 1000000000000 AS {dialect.text})"
        unit = f"concat({whole_content(parts, dialect)}, {row})"
    micros, naive = "CAST(0 AS BIGINT)", "FALSE"
    if mapped.time is not None:
        kind = mapped.kind(mapped.time)
        micros, naive = time_columns(quoted(mapped.time), kind, plan.timezone, dialect)
    more = "".join(f", {text(column)} AS s{i}" for i, column in enumerate(extras.columns))
    more += "".join(f", {read(value)} AS v{i}" for i, value in enumerate(values))
    null = f"CAST(NULL AS {dialect.text})"
    engine.table(
        "log_rows",
        f"SELECT __row AS row_no, {unit} AS unit, {micros} AS t, {naive} AS naive, "
        f"{null} AS event, {text(mapped.arm)} AS arm, CAST(NULL AS DOUBLE) AS v, "
        f"{dialect.filled(text(mapped.id))} AS id{more} FROM log",
    )


def _repeats(engine: Engine, mapped: Mapped, plan: Plan, rows: int) -> Duplicates:
    if mapped.unit is None:
        from analysis.logs.sql.event_rows import clean

        has_time = mapped.time is not None
        engine.view("with_unit", clean(engine.dialect, units=True, times=has_time))
        engine.view("clean", "SELECT * FROM with_unit")
        return Duplicates("exact_repeat")
    gaps = Gaps(units=True, times=mapped.time is not None)
    return drop_repeats(engine, mapped, plan, rows, gaps, always=True)


def _store_values(
    engine: Engine,
    plan: Plan,
    units: Units,
    arms: int,
    values: tuple[ValueColumn, ...],
    store: ColumnStore,
) -> dict[str, Any]:
    """Store each value column by unit; what is known of it."""
    dialect = engine.dialect
    facts = engine.run(sql.column_facts(len(values), dialect)).to_pylist()[0]
    kept = units.kept
    most_rows = int(units.rows[kept].max(initial=1))
    wholes = []
    for i in range(len(values)):
        largest, places = float(facts[f"largest{i}"] or 0.0), int(facts[f"places{i}"] or 0)
        wholes.append(Unit64.fitting(largest, places, most_rows))
    # One row a unit: the value itself. Several: an exact sum of whole numbers.
    single = most_rows == 1
    sums = [
        f"max(l.v{i})"
        if single
        else f"CAST(sum({one.whole(f'l.v{i}', dialect)}) AS "
        f"{'BIGINT' if one.decimals is not None else 'DOUBLE'})"
        for i, one in enumerate(wholes)
    ]
    keep = status_clause("kept", arms, plan.end)
    units.table.ready()
    table = engine.run(sql.unit_values(sums, keep))
    if table.num_rows != int(kept.sum()):
        raise LogError("not_read", "The engine did not return every unit.", fix="Run it again.")
    found: dict[str, Any] = {}
    for i, value in enumerate(values):
        cells = table.column(f"cells{i}").to_numpy().astype(np.int32)
        total = _filled(table.column(f"sum{i}"))
        store.put(f"{value.name}-cells", cells)
        store.put(f"{value.name}-sum", total)
        store.put(f"{value.name}-top", _filled(table.column(f"top{i}")))
        other = int(facts[f"other{i}"])
        example = engine.run(sql.not_binary(i, dialect)).to_pylist() if other else []
        unit = Unit64(0, 0, wholes[i].largest) if single else wholes[i]
        found[value.name] = {
            "unit": asdict(unit),
            "cells": int(facts[f"cells{i}"]),
            "other": other,
            "example": example[0] if example else None,
        }
    return found


def _filled(column: Any) -> Array:
    array: Array = column.to_numpy()
    return np.nan_to_num(array.astype(float), nan=0.0) if array.dtype.kind == "f" else array
