"""The rows of an event log: typed, cleaned of what cannot be used, and profiled."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from analysis.core import LogError
from analysis.logs.engines import Engine
from analysis.logs.labels import trimmed
from analysis.logs.limits import MOST_PROFILES
from analysis.logs.mapping import Mapped
from analysis.logs.plan import Plan
from analysis.logs.sql import event_rows as sql
from analysis.logs.sql.dialect import Dialect
from analysis.logs.sql.times import kind_of_time, time_columns
from analysis.logs.suspects import find_suspects


@dataclass(frozen=True)
class Duplicates:
    """Repeated rows.

    Attributes:
        reason: ``duplicate_event_id`` or ``exact_repeat``.
        rows: Rows after the first of each.
        differing: Repeated ids whose rows differ.
        kept: Exact repeats that stay, because nothing tells them from separate observations.
    """

    reason: str
    rows: int = 0
    differing: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Gaps:
    """What some rows may lack, as far as is known before they are read.

    Attributes:
        units: A unit.
        times: A time.
    """

    units: bool
    times: bool

    @classmethod
    def of(cls, engine: Engine, mapped: Mapped, *, careful: bool) -> "Gaps":
        """What the engine does not rule out.

        Args:
            engine: Has the log open.
            mapped: Role -> column.
            careful: Rule out nothing.
        """
        unit, time = mapped.unit, mapped.time
        units = careful or unit is None or not engine.never_blank(unit)
        if time is None:
            return cls(units, times=False)
        stamped = kind_of_time(mapped.kind(time)) in ("instant", "naive")
        return cls(units, times=careful or not stamped or not engine.never_blank(time))


@dataclass(frozen=True)
class Profile:
    """What the clean rows hold.

    Attributes:
        groups: A row for each event, arm and local day.
        rows: How many clean rows there are.
        first: First time, UTC microseconds.
        last: Last time.
        naive: Rows whose time had no offset.
    """

    groups: tuple[dict[str, Any], ...]
    rows: int
    first: int
    last: int
    naive: int

    @property
    def timeless(self) -> bool:
        """Whether some rows have no time after all."""
        return any(group["first_t"] is None for group in self.groups)

    @property
    def largest(self) -> float:
        """Largest magnitude of any value."""
        return max(float(group["largest"] or 0.0) for group in self.groups)

    @property
    def places(self) -> int:
        """Decimals that the values need; more than 6 for values that are no short decimals."""
        return max(int(group["places"] or 0) for group in self.groups)

    def events(self) -> dict[str, int]:
        """Event -> rows; by its trimmed name."""
        return _counted((trimmed(group["event"]), group["n"]) for group in self.groups)

    def spellings(self, events: Iterable[str]) -> list[str]:
        """Event names as written that read as one of some events."""
        wanted = set(events)
        written = {group["event"] for group in self.groups if group["event"] is not None}
        return sorted(name for name in written if trimmed(name) in wanted)

    def value_events(self) -> dict[str, int]:
        """Events with a number on more than half of their rows -> rows without one."""
        rows = self.events()
        numbers = _counted((trimmed(g["event"]), g["numbers"]) for g in self.groups)
        return {event: n - numbers[event] for event, n in rows.items() if 2 * numbers[event] > n}

    def values(self, event: str) -> tuple[float, int, int]:
        """Largest magnitude, decimals needed and how many numbers an event carries."""
        mine = [g for g in self.groups if trimmed(g["event"]) == event]
        largest = max((g["largest"] or 0.0 for g in mine), default=0.0)
        places = max((g["places"] or 0 for g in mine), default=0)
        return float(largest), int(places), sum(g["numbers"] for g in mine)


def _counted(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, n in pairs:
        found[name] = found.get(name, 0) + n
    return dict(sorted(found.items()))


def open_rows(
    engine: Engine, mapped: Mapped, plan: Plan, extra: tuple[str, ...], *, trim_units: bool
) -> None:
    """Make the view ``log_rows``: one typed column a role.

    Args:
        engine: Has the log open.
        mapped: Role -> column.
        plan: Says how times without an offset are read.
        extra: Columns that are read at a unit's first row: s0, s1, ... in the view.
        trim_units: Whether ids may have blanks at their ends.
    """
    dialect = engine.dialect

    def text(column: str | None) -> str:
        if column is None:
            return f"CAST(NULL AS {dialect.text})"
        return dialect.as_text(dialect.identifier(column), mapped.kind(column))

    typed = mapped.value is None or mapped.kind(mapped.value) != "VARCHAR"
    micros, naive = "CAST(0 AS BIGINT)", "FALSE"
    if mapped.time is not None:
        kind = mapped.kind(mapped.time)
        if kind_of_time(kind) == "none":
            raise LogError(
                "not_a_time_column",
                f'The column "{mapped.time}" holds {kind} values, which are no times.',
                where="columns.time",
                fix="Name a column of ISO 8601 times, time stamps or epoch numbers.",
            )
        typed = typed and kind_of_time(kind) != "text"
        micros, naive = time_columns(dialect.identifier(mapped.time), kind, plan.timezone, dialect)
    value = "CAST(NULL AS DOUBLE)"
    if mapped.value is not None:
        value = dialect.number(dialect.identifier(mapped.value), mapped.kind(mapped.value))
    assert mapped.unit is not None
    unit = text(mapped.unit)
    more = "".join(f", {text(column)} AS s{i}" for i, column in enumerate(extra))
    select = (
        f"SELECT __row AS row_no, {dialect.filled(unit) if trim_units else unit} AS unit, "
        f"{micros} AS t, {naive} AS naive, {text(mapped.event)} AS event, "
        f"{text(mapped.arm)} AS arm, {value} AS v, "
        f"{dialect.filled(text(mapped.id))} AS id{more} FROM log"
    )
    # Text is parsed once; typed columns are cheaper to read again than to copy.
    (engine.view if typed else engine.table)("log_rows", select)


def drop_repeats(
    engine: Engine, mapped: Mapped, plan: Plan, rows: int, gaps: Gaps, *, always: bool = False
) -> Duplicates:
    """Make the view ``clean``: rows with a unit and a time, each event once.

    Args:
        engine: Has the view ``log_rows``.
        mapped: Role -> column.
        plan: Says whether exact repeats leave.
        rows: Rows of the log.
        gaps: What some rows may lack.
        always: Exact repeats leave even without a time.
    """
    dialect = engine.dialect
    has_time = mapped.time is not None
    engine.view("with_unit", sql.clean(dialect, units=gaps.units, times=gaps.times))
    engine.view("clean", "SELECT * FROM with_unit")
    if mapped.id is not None:
        return _drop_ids(engine, mapped, rows)
    if plan.exact_repeats == "keep":
        return Duplicates("exact_repeat")
    keys = ["unit", "t", "event", "arm", "v"]
    if not find_suspects(engine, "with_unit", sql.key_hash(keys, dialect), rows):
        return Duplicates("exact_repeat")
    engine.view("whole_rows", _whole_rows(engine, mapped, "with_unit"))
    engine.table("repeated", sql.repeated("whole_rows", "content", keys, dialect))
    engine.table("dropped", sql.repeats_to_drop("whole_rows", "content", keys, dialect))
    found = _one(engine, "SELECT count(*) AS n FROM dropped")
    if not has_time and not always:
        return Duplicates("exact_repeat", kept=found)
    if found:
        engine.view("clean", sql.without("with_unit", "dropped"))
    return Duplicates("exact_repeat", found)


def _drop_ids(engine: Engine, mapped: Mapped, rows: int) -> Duplicates:
    dialect = engine.dialect
    if not find_suspects(
        engine, "with_unit WHERE id IS NOT NULL", sql.key_hash(["id"], dialect), rows
    ):
        return Duplicates("duplicate_event_id")
    engine.table("repeated", sql.repeated("with_unit", "id", ["id"], dialect))
    engine.table("dropped", sql.repeats_to_drop("with_unit", "id", ["id"], dialect))
    found = _one(engine, "SELECT count(*) AS n FROM dropped")
    differing = 0
    if found:
        engine.view("whole_rows", _whole_rows(engine, mapped, "with_unit"))
        differing = _one(engine, sql.differing_ids("whole_rows", "content"))
        engine.view("clean", sql.without("with_unit", "dropped"))
    return Duplicates("duplicate_event_id", found, differing)


def whole_content(parts: list[str], dialect: Dialect) -> str:
    """One text that is equal for equal rows."""
    return sql.content(parts, dialect)


def _whole_rows(engine: Engine, mapped: Mapped, rows: str) -> str:
    """Typed rows with one text of all of their cells, times and numbers by what they mean."""
    dialect = engine.dialect
    parts = []
    for column, kind in mapped.kinds.items():
        raw = dialect.filled(dialect.as_text(f"w.{dialect.identifier(column)}", kind))
        if column == mapped.time:
            parts.append(f"CAST(l.t AS {dialect.text})")
        elif column == mapped.value:
            parts.append(f"coalesce(CAST(l.v AS {dialect.text}), {raw})")
        else:
            parts.append(raw)
    text = sql.content(parts, dialect)
    return (
        f"SELECT l.row_no, l.unit, l.t, l.event, l.arm, l.v, l.id, {text} AS content "
        f"FROM {rows} l JOIN log w ON w.__row = l.row_no"
    )


def profile(engine: Engine, plan: Plan) -> Profile:
    """What the clean rows hold.

    Raises:
        LogError: ``no_usable_rows`` or ``too_many_events``.
    """
    query = sql.profile("clean", plan.timezone, engine.dialect, limit=MOST_PROFILES)
    groups = tuple(engine.run(query).to_pylist())
    if not groups:
        raise LogError(
            "no_usable_rows",
            "No row has both a unit and a readable time.",
            where="columns",
            fix="Check the unit and time columns; times are ISO 8601 or epoch numbers.",
        )
    if len(groups) >= MOST_PROFILES:
        raise LogError(
            "too_many_events",
            f"The log has more than {MOST_PROFILES:,} combinations of event, arm and day.",
            where="columns",
            fix="Check that the event and arm columns hold names, not ids or texts.",
        )
    return Profile(
        groups=groups,
        rows=sum(group["n"] for group in groups),
        first=min((g["first_t"] for g in groups if g["first_t"] is not None), default=0),
        last=max((g["last_t"] for g in groups if g["last_t"] is not None), default=0),
        naive=sum(group["n"] for group in groups if group["naive"]),
    )


def left_out_before(engine: Engine, mapped: Mapped) -> tuple[int, int]:
    """Rows without a unit, and other rows without a time."""
    query = sql.reasons(engine.dialect, has_time=mapped.time is not None)
    row = engine.run(query).to_pylist()[0]
    return int(row["no_unit"]), int(row["bad_time"])


def _one(engine: Engine, query: str) -> int:
    return int(engine.run(query).column("n").to_pylist()[0])
