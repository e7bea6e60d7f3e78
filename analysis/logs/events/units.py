"""The units of an event log: first exposure, one arm, kept or left out, in a fixed order."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.core import LogError
from analysis.logs.arrow import column_of
from analysis.logs.column_store import Array
from analysis.logs.engines import Engine
from analysis.logs.events.coded.units import CodedUnits, code_units
from analysis.logs.events.rows import Profile
from analysis.logs.events.unit_groups import UnitDigest, group_units
from analysis.logs.labels import Arms, find_arms, plain
from analysis.logs.plan import Plan
from analysis.logs.sql import event_units as sql
from analysis.logs.texts import some_odd
from analysis.study import AB

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
            exposed = found.low <= found.high
            columns = {
                "ix": column_of(np.arange(found.n.size)),
                "unit": found.ids,
                "n": column_of(found.n),
                "t0": column_of(found.t0, exposed),
                "arm_low": column_of(found.low, exposed),
                "arm_high": column_of(found.high, exposed),
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
    arms, where = len(exposures.arms.names), _counting(engine, exposures)
    found = (engine, profile, exposures.arms.code, exposures.names, where)
    if engine.at_hand:
        coded = code_units(*found, frozenset(profile.spellings(plan.events())))
        if coded is not None:
            return _coded_units(engine, coded, arms, plan.end)
    grouped = group_units(*found)
    return Units(
        status=_status(grouped.low, grouped.high, grouped.t0, grouped.low < 0, arms, plan.end),
        arm=grouped.low,
        t0=grouped.t0,
        rows=grouped.n,
        sha256=grouped.digest.hex(),
        odd=grouped.odd,
        table=UnitTable(engine, None, grouped.same),
        coded=None,
    )


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
