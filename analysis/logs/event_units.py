"""The units of an event log: first exposure, one arm, kept or left out, in a fixed order."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.core import LogError
from analysis.logs.column_store import Array
from analysis.logs.engines import Engine
from analysis.logs.event_rows import Profile
from analysis.logs.labels import Arms, find_arms, plain
from analysis.logs.plan import Plan
from analysis.logs.sql import event_units as sql
from analysis.logs.sql.dialect import BLANKS
from analysis.study import AB

FEW_NAMES = 24
NOT_EXPOSED = np.iinfo(np.int64).min
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


@dataclass(frozen=True)
class Units:
    """Every unit of the clean rows, in the order of its id.

    Attributes:
        status: Place in STATUSES.
        arm: Place among the arms; of kept units.
        t0: First exposure, UTC microseconds.
        rows: Clean rows of the unit.
        sha256: Digest of the clean rows.
        same: How rows l and the table ``units`` u are joined.
        odd: Some id is blank, or has blanks at its ends.
    """

    status: Array
    arm: Array
    t0: Array
    rows: Array
    sha256: str
    same: str
    odd: bool

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


def name_code(name: str) -> int:
    """A number that stands for a text, the same on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1


def build_units(engine: Engine, profile: Profile, exposures: Exposures, plan: Plan) -> Units:
    """Make the table ``units`` and read it.

    Returns:
        The units in the order of their ids.
    """
    dialect = engine.dialect
    events = {g["event"]: name_code(plain(g["event"])) for g in profile.groups if g["event"]}
    arm_marks = {g["arm"]: name_code(plain(g["arm"])) for g in profile.groups if g["arm"]}
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
    arm_mark = sql.coded("arm", arm_marks, dialect, default="0")
    exposed, where = f"({arm_code}) >= 0", "TRUE"
    if exposures.names is not None:
        is_exposure = f"coalesce({dialect.one_of('event', exposures.names)}, FALSE)"
        exposed = f"({is_exposure} AND ({arm_code}) >= 0)"
        if exposures.blank:
            where = f"NOT ({is_exposure} AND ({arm_code}) < 0)"
    largest = max((group["largest"] or 0.0) for group in profile.groups)
    places = max((group["places"] or 0) for group in profile.groups)
    mark = sql.fingerprint(sql.whole_value(largest, places, dialect))
    parts = -(-profile.rows // engine.rows_at_once) if engine.rows_at_once else 1
    groups = [f"unit_groups{part}" for part in range(parts)]
    # In steps, so that grouping all units and ordering them do not hold memory at once.
    for part, name in enumerate(groups):
        some = f" AND {dialect.key('unit')} % {parts} = {part}" if parts > 1 else ""
        query = sql.units(
            source,
            where + some,
            event_code=event_code,
            arm_code=arm_code,
            arm_mark=arm_mark,
            mark=mark,
            exposed=exposed,
            dialect=dialect,
        )
        engine.table(name, query)
    engine.table("units", sql.in_order(groups, dialect))
    for name in groups:
        engine.drop(name)
    return _read_units(engine, len(exposures.arms.names), plan.end)


def _has_odd_ids(engine: Engine) -> bool:
    """Whether some id is blank, or has blanks at its ends."""
    dialect = engine.dialect
    last = dialect.one_of("right(unit, 1)", list(BLANKS))
    first = dialect.one_of("left(unit, 1)", list(BLANKS))
    query = f"SELECT count(*) AS n FROM units WHERE unit IS NULL OR unit = '' OR {first} OR {last}"
    return bool(engine.run(query).column("n").to_pylist()[0])


def _read_units(engine: Engine, arms: int, end: int | None) -> Units:
    digest = hashlib.sha256()
    ids, sizes = hashlib.sha256(), hashlib.sha256()
    odd = _has_odd_ids(engine)
    kinds = {"n": np.int32, "t0": np.int64, "low": np.int8, "high": np.int8}
    parts: dict[str, list[Array]] = {name: [] for name in kinds}
    keys: list[Array] = []
    for batch in engine.stream(
        "SELECT unit, n, coalesce(t0, CAST(-9223372036854775807 AS BIGINT)) AS t0, "
        "coalesce(arm_low, CAST(-1 AS BIGINT)) AS low, "
        "coalesce(arm_high, CAST(-1 AS BIGINT)) AS high, mark, unit_key FROM units ORDER BY ix"
    ):
        for name, found in parts.items():
            column = batch.column(name).to_numpy(zero_copy_only=False)
            found.append(column.astype(kinds[name], copy=False))
        keys.append(batch.column("unit_key").to_numpy(zero_copy_only=False))
        marks = batch.column("mark").to_numpy(zero_copy_only=False).astype("<i8")
        digest.update(np.column_stack([marks, parts["n"][-1].astype("<i8")]).tobytes())
        for text in _pieces(batch.column("unit")):
            ids.update(text)
        lengths = pc.binary_length(batch.column("unit")).to_numpy(zero_copy_only=False)
        sizes.update(lengths.astype("<i4").tobytes())
    # One column after the other, so that few are in memory twice.
    same = sql.same_unit(engine.dialect, by_key=_all_differ(np.concatenate(keys)))
    del keys
    n, t0, low, high = (np.concatenate(parts.pop(name)) for name in kinds)
    status = np.zeros(n.size, dtype=np.int8)
    if end is not None:
        status[t0 >= end] = STATUSES.index("exposed_after_end")
    status[low >= arms] = STATUSES.index("other_arm")
    status[low != high] = STATUSES.index("mixed_units")
    status[low < 0] = STATUSES.index("never_exposed")
    digest.update(ids.digest() + sizes.digest())
    return Units(
        status=status,
        arm=low,
        t0=t0,
        rows=n,
        sha256=digest.hexdigest(),
        same=same,
        odd=odd,
    )


def _all_differ(keys: Array) -> bool:
    keys.sort()
    return not bool((keys[1:] == keys[:-1]).any())


def _pieces(column: pa.Array) -> Iterator[memoryview]:
    """The bytes of a text column, without copying them into Python."""
    texts = column.cast(pa.large_string())
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int64)
    start, stop = offsets[texts.offset], offsets[texts.offset + len(texts)]
    if stop > start:
        yield memoryview(texts.buffers()[2])[start:stop]


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
    query = sql.first_rows("clean", where, exposed, names, f"({keep})", units.same)
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
