"""The units of an event log: first exposure, one arm, kept or left out, in a fixed order."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.core import LogError
from analysis.logs.coded.names import mark_of
from analysis.logs.coded.spool import Spool
from analysis.logs.coded.texts import parts as parts_of
from analysis.logs.coded.texts import some_odd
from analysis.logs.coded.units import CodedUnits, code_units
from analysis.logs.column_store import Array
from analysis.logs.engines import Engine
from analysis.logs.event_rows import Profile
from analysis.logs.labels import Arms, find_arms, plain
from analysis.logs.plan import Plan
from analysis.logs.sql import event_units as sql
from analysis.study import AB

FEW_NAMES = 24
UNITS_AT_ONCE = 262_144
STATUSES = ("kept", "never_exposed", "mixed_units", "other_arm", "exposed_after_end")


@dataclass(frozen=True)
class Exposures:
    """Which rows expose a unit, and to what.

    Attributes:
        arms: The arms.
        names: The exposure event as written in the log; None where rows with an arm expose.
        rows: Exposure rows.
        blank: Exposure rows without an arm.
    """

    arms: Arms
    names: list[str] | None
    rows: int
    blank: int


def find_exposures(profile: Profile, plan: Plan, ab: AB) -> Exposures:
    """The exposure rows and the arms on them.

    Raises:
        LogError: ``unknown_event``, or what is wrong with the arms.
    """
    names = None
    groups = profile.groups
    if plan.exposure is not None:
        names = profile.spellings([plan.exposure])
        if not names:
            raise unknown_event("ab.exposure", plan.exposure, profile)
        groups = tuple(group for group in groups if group["event"] in names)
    counts: dict[str, int] = {}
    for group in groups:
        if plain(group["arm"]):
            counts[group["arm"]] = counts.get(group["arm"], 0) + group["n"]
    rows = sum(group["n"] for group in groups) if names else sum(counts.values())
    blank = sum(group["n"] for group in groups if not plain(group["arm"])) if names else 0
    return Exposures(find_arms(counts, ab), names, rows, blank)


def unknown_event(where: str, event: str, profile: Profile) -> LogError:
    """The refusal of an event that the log does not have."""
    found = [name for name in profile.events() if name]
    shown = ", ".join(found[:20]) + (", ..." if len(found) > 20 else "")
    return LogError(
        "unknown_event",
        f'There is no event "{event}" in the log; it has {shown or "no named events"}.',
        where=where,
        fix="Write the event exactly as the log has it.",
    )


class UnitTable:
    """The table ``units`` of an engine, made when a query first needs it.

    Args:
        engine: The engine.
        coded: Units that were found in this process; None if the table is there already.
        same: How its rows u and log rows l are joined.
    """

    def __init__(self, engine: Engine, coded: CodedUnits | None, same: str) -> None:
        self._engine = engine
        self._missing = coded
        self._same = same

    def ready(self) -> str:
        """How rows l and the table's rows u are joined; the table is there from now on."""
        if self._missing is not None:
            found, self._missing = self._missing, None
            never = found.low > found.high
            columns = {
                "ix": np.arange(found.n.size),
                "unit": found.ids,
                "n": found.n,
                "t0": pa.array(found.t0, mask=never),
                "arm_low": pa.array(found.low, mask=never),
                "arm_high": pa.array(found.high, mask=never),
            }
            self._engine.put("unit_rows", pa.table(columns))
            key = self._engine.dialect.key("unit")
            self._engine.table("units", f"SELECT *, {key} AS unit_key FROM unit_rows")
        return self._same


@dataclass(frozen=True)
class Units:
    """Every unit of the clean rows, in the order of its id.

    Attributes:
        status: Place in STATUSES.
        arm: Place among the arms; of kept units.
        t0: First exposure, UTC microseconds.
        rows: Clean rows of the unit.
        sha256: Digest of the clean rows.
        odd: Some id is blank, or has blanks at its ends.
        table: The units in the engine.
        coded: The units and their rows in this process, where they were found there.
    """

    status: Array
    arm: Array
    t0: Array
    rows: Array
    sha256: str
    odd: bool
    table: UnitTable
    coded: CodedUnits | None

    def count(self, status: str) -> int:
        """Units of a status."""
        return int((self.status == STATUSES.index(status)).sum())

    def rows_of(self, status: str) -> int:
        """Clean rows of the units of a status."""
        return int(self.rows[self.status == STATUSES.index(status)].sum())

    @property
    def kept(self) -> Array:
        """Which units are kept."""
        kept: Array = self.status == STATUSES.index("kept")
        return kept


def build_units(engine: Engine, profile: Profile, exposures: Exposures, plan: Plan) -> Units:
    """Every unit of the view ``clean``: in this process if its rows come here cheaply.

    Returns:
        The units in the order of their ids.
    """
    arms = len(exposures.arms.names)
    if engine.at_hand:
        coded = code_units(
            engine,
            profile,
            exposures.arms.code,
            exposures.names,
            _counting(engine, exposures),
            Spool(engine.scratch),
            events_wanted=bool(plan.metrics),
        )
        if coded is not None:
            return _coded_units(engine, coded, arms, plan.end)
    return _grouped_units(engine, profile, exposures, arms, plan.end)


def _counting(engine: Engine, exposures: Exposures) -> str:
    """Which clean rows count: not those that expose to no arm."""
    if exposures.names is None or not exposures.blank:
        return "TRUE"
    dialect = engine.dialect
    arm = sql.coded("arm", exposures.arms.code, dialect, default="-1")
    is_exposure = f"coalesce({dialect.one_of('event', exposures.names)}, FALSE)"
    return f"NOT ({is_exposure} AND ({arm}) < 0)"


def _coded_units(engine: Engine, coded: CodedUnits, arms: int, end: int | None) -> Units:
    """Units that were found in this process."""
    digest = UnitDigest()
    digest.add(coded.mark, coded.n, coded.ids)
    never = coded.low > coded.high
    low = np.where(never, np.int8(-1), coded.low)
    return Units(
        status=_status(low, coded.high, coded.t0, never, arms, end),
        arm=low,
        t0=coded.t0,
        rows=coded.n,
        sha256=digest.hex(),
        odd=some_odd(coded.ids),
        table=UnitTable(engine, coded, sql.same_unit(engine.dialect, by_key=True)),
        coded=coded,
    )


def _status(low: Array, high: Array, t0: Array, never: Array, arms: int, end: int | None) -> Array:
    status = np.zeros(low.size, dtype=np.int8)
    if end is not None:
        status[t0 >= end] = STATUSES.index("exposed_after_end")
    status[low >= arms] = STATUSES.index("other_arm")
    status[low != high] = STATUSES.index("mixed_units")
    status[never] = STATUSES.index("never_exposed")
    return status


def _grouped_units(
    engine: Engine, profile: Profile, exposures: Exposures, arms: int, end: int | None
) -> Units:
    """Make the table ``units`` in the engine, and read it."""
    dialect = engine.dialect
    events = {g["event"]: mark_of(g["event"]) for g in profile.groups if g["event"]}
    arm_marks = {g["arm"]: mark_of(g["arm"]) for g in profile.groups if g["arm"]}
    source = "clean"
    event_code = sql.coded("event", events, dialect, default="0")
    if len(events) > FEW_NAMES:
        engine.table("event_codes", sql.codes(events, dialect))
        source = (
            "(SELECT c0.*, coalesce(e.code, 0) AS event_mark FROM clean c0 "
            "LEFT JOIN event_codes e ON e.name = c0.event) l"
        )
        event_code = "event_mark"
    arm_code = sql.coded("arm", exposures.arms.code, dialect, default="-1")
    exposed = f"({arm_code}) >= 0"
    if exposures.names is not None:
        is_exposure = f"coalesce({dialect.one_of('event', exposures.names)}, FALSE)"
        exposed = f"({is_exposure} AND ({arm_code}) >= 0)"
    largest = max((group["largest"] or 0.0) for group in profile.groups)
    places = max((group["places"] or 0) for group in profile.groups)
    query = sql.units(
        source,
        _counting(engine, exposures),
        event_code=event_code,
        arm_code=arm_code,
        arm_mark=sql.coded("arm", arm_marks, dialect, default="0"),
        mark=sql.fingerprint(sql.whole_value(largest, places, dialect)),
        exposed=exposed,
        dialect=dialect,
    )
    # In steps, so that grouping all units and ordering them do not hold memory at once.
    engine.table("unit_groups", query)
    engine.table("units", sql.in_order("unit_groups", dialect))
    return _read_units(engine, arms, end)


def _read_units(engine: Engine, arms: int, end: int | None) -> Units:
    kinds = {"n": np.int32, "t0": np.int64, "low": np.int8, "high": np.int8}
    parts: dict[str, list[Array]] = {name: [] for name in kinds}
    keys: list[Array] = []
    digest, odd = UnitDigest(), False
    for batch in engine.stream(
        "SELECT unit, n, coalesce(t0, CAST(9223372036854775807 AS BIGINT)) AS t0, "
        "coalesce(arm_low, CAST(-1 AS BIGINT)) AS low, "
        "coalesce(arm_high, CAST(-1 AS BIGINT)) AS high, mark, unit_key FROM units ORDER BY ix"
    ):
        for name, found in parts.items():
            column = batch.column(name).to_numpy(zero_copy_only=False)
            found.append(column.astype(kinds[name], copy=False))
        keys.append(batch.column("unit_key").to_numpy(zero_copy_only=False))
        ids = batch.column("unit")
        odd |= some_odd(ids)
        digest.add(batch.column("mark").to_numpy(zero_copy_only=False), parts["n"][-1], ids)
    # One column after the other, so that few are in memory twice.
    same = sql.same_unit(engine.dialect, by_key=_all_differ(np.concatenate(keys)))
    del keys
    n, t0, low, high = (np.concatenate(parts.pop(name)) for name in kinds)
    return Units(
        status=_status(low, high, t0, low < 0, arms, end),
        arm=low,
        t0=t0,
        rows=n,
        sha256=digest.hex(),
        odd=odd,
        table=UnitTable(engine, None, same),
        coded=None,
    )


def _all_differ(keys: Array) -> bool:
    keys.sort()
    return not bool((keys[1:] == keys[:-1]).any())


class UnitDigest:
    """SHA-256 of units in the order of their ids: marks and numbers of their rows, and ids."""

    def __init__(self) -> None:
        self._whole, self._ids, self._sizes = (hashlib.sha256() for _ in range(3))

    def add(self, mark: Array, n: Array, ids: Any) -> None:
        """More units."""
        for first in range(0, len(ids), UNITS_AT_ONCE):
            some = slice(first, first + UNITS_AT_ONCE)
            pairs = np.column_stack([mark[some].astype("<i8"), n[some].astype("<i8")])
            self._whole.update(pairs.tobytes())
            ends, spelled = parts_of(ids[some])
            self._ids.update(memoryview(np.ascontiguousarray(spelled)))
            self._sizes.update(np.diff(ends).astype("<i4").tobytes())

    def hex(self) -> str:
        """The digest."""
        whole = self._whole.copy()
        whole.update(self._ids.digest() + self._sizes.digest())
        return whole.hexdigest()


def status_clause(status: str, arms: int, end: int | None) -> str:
    """A status of a unit, as a condition on the table ``units`` named u."""
    if status == "kept":
        return sql.kept(arms, end)
    if status == "never_exposed":
        return "u.t0 IS NULL"
    if status == "mixed_units":
        return "u.arm_low <> u.arm_high"
    if status == "other_arm":
        return f"u.arm_low = u.arm_high AND u.arm_low >= {arms}"
    return f"u.arm_low = u.arm_high AND u.arm_low < {arms} AND u.t0 >= {end}"


def first_row_texts(
    engine: Engine, exposures: Exposures, units: Units, plan: Plan, columns: int
) -> tuple[Array, list[pa.Array]]:
    """Texts at each unit's first exposure.

    Returns:
        Places of the units that are kept or mixed, and by extra column their texts; blank
        cells are ''.
    """
    dialect = engine.dialect
    names = [f"s{i}" for i in range(columns)]
    arm_code = sql.coded("arm", exposures.arms.code, dialect, default="-1")
    where = "TRUE"
    if exposures.names is not None:
        where = dialect.one_of("event", exposures.names)
    arms = len(exposures.arms.names)
    keep = " OR ".join(
        f"({status_clause(status, arms, plan.end)})" for status in ("kept", "mixed_units")
    )
    exposed = f"({arm_code}) >= 0"
    query = sql.first_rows("clean", where, exposed, names, f"({keep})", units.table.ready())
    engine.view("first_rows", query)
    table = engine.run(sql.agreed(names, dialect))
    differ = any(
        not pc.all(pc.equal(table.column(f"{name}_low"), table.column(f"{name}_high"))).as_py()
        for name in names
    )
    if differ:
        table = engine.run(sql.decided(names, dialect))
    texts = [table.column(f"{name}_low").combine_chunks() for name in names]
    return table.column("ix").to_numpy(), texts


__all__ = [
    "STATUSES",
    "Exposures",
    "Units",
    "build_units",
    "find_exposures",
    "first_row_texts",
    "status_clause",
    "unknown_event",
]
