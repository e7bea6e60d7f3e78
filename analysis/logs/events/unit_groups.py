"""The units of an event log, grouped by their ids in the engine that holds the rows."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.logs.column_store import Array
from analysis.logs.engines import Engine
from analysis.logs.events.coded.names import mark_of
from analysis.logs.events.rows import Profile
from analysis.logs.sql import event_units as sql
from analysis.logs.texts import parts, some_odd

FEW_NAMES = 24
UNITS_AT_ONCE = 262_144


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
            ends, spelled = parts(ids[some])
            self._ids.update(spelled.tobytes())
            self._sizes.update(np.diff(ends).astype("<i4").tobytes())

    def hex(self) -> str:
        """The digest."""
        whole = self._whole.copy()
        whole.update(self._ids.digest() + self._sizes.digest())
        return whole.hexdigest()


@dataclass(frozen=True)
class GroupedUnits:
    """Units in the order of their ids.

    Attributes:
        n: Clean rows of each.
        t0: First exposure, UTC microseconds; the largest number for none.
        low, high: Smallest and largest place of an arm among its exposures; -1 for none.
        digest: Of the rows and ids.
        odd: Some id is blank, or has blanks at its ends.
        same: How log rows l and the table's rows u are joined.
    """

    n: Array
    t0: Array
    low: Array
    high: Array
    digest: UnitDigest
    odd: bool
    same: str


def group_units(
    engine: Engine,
    profile: Profile,
    codes: dict[str, int],
    exposing: list[str] | None,
    where: str,
) -> GroupedUnits:
    """Make the table ``units`` in the engine, and read it.

    Args:
        engine: Has the view ``clean``.
        profile: What its rows hold.
        codes: Arm as written -> its place.
        exposing: Names of the exposure event; None if every row with an arm exposes.
        where: Which rows count.
    """
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
    arm_code = sql.coded("arm", codes, dialect, default="-1")
    exposed = f"({arm_code}) >= 0"
    if exposing is not None:
        is_exposure = f"coalesce({dialect.one_of('event', exposing)}, FALSE)"
        exposed = f"({is_exposure} AND ({arm_code}) >= 0)"
    query = sql.units(
        source,
        where,
        event_code=event_code,
        arm_code=arm_code,
        arm_mark=sql.coded("arm", arm_marks, dialect, default="0"),
        mark=sql.fingerprint(sql.whole_value(profile.largest, profile.places, dialect)),
        exposed=exposed,
        dialect=dialect,
    )
    # In steps, so that grouping all units and ordering them do not hold memory at once.
    engine.table("unit_groups", query)
    engine.table("units", sql.in_order("unit_groups", dialect))
    return _read(engine)


def _read(engine: Engine) -> GroupedUnits:
    kinds = {"n": np.int32, "t0": np.int64, "low": np.int8, "high": np.int8}
    columns: dict[str, list[Array]] = {name: [] for name in kinds}
    keys: list[Array] = []
    digest, odd = UnitDigest(), False
    for batch in engine.stream(
        "SELECT unit, n, coalesce(t0, CAST(9223372036854775807 AS BIGINT)) AS t0, "
        "coalesce(arm_low, CAST(-1 AS BIGINT)) AS low, "
        "coalesce(arm_high, CAST(-1 AS BIGINT)) AS high, mark, unit_key FROM units ORDER BY ix"
    ):
        for name, found in columns.items():
            column = batch.column(name).to_numpy(zero_copy_only=False)
            found.append(column.astype(kinds[name], copy=False))
        keys.append(batch.column("unit_key").to_numpy(zero_copy_only=False))
        ids = batch.column("unit")
        odd |= some_odd(ids)
        digest.add(batch.column("mark").to_numpy(zero_copy_only=False), columns["n"][-1], ids)
    same = sql.same_unit(engine.dialect, by_key=_all_differ(np.concatenate(keys)))
    n, t0, low, high = (np.concatenate(columns.pop(name)) for name in kinds)
    return GroupedUnits(n, t0, low, high, digest, odd, same)


def _all_differ(keys: Array) -> bool:
    keys.sort()
    return not bool((keys[1:] == keys[:-1]).any())
