"""The rows of an event log for a panel: typed, named, coded and added up by unit and period."""

from typing import Any

import numpy as np
import pyarrow as pa

from analysis.core import LogError
from analysis.logs.engines import Engine
from analysis.logs.limits import MOST_PROFILES
from analysis.logs.panels.calendar import Calendar, Int
from analysis.logs.panels.event_groups import NO_PERIOD, Groups, Profile, places
from analysis.logs.panels.metrics import EventMetric
from analysis.logs.panels.outcomes import Signatures
from analysis.logs.panels.roles import Roles
from analysis.logs.panels.spellings import merge_spellings, too_many_units
from analysis.logs.panels.sums import ExactSum
from analysis.logs.sql import event_rows as rows_sql
from analysis.logs.sql import panel_rows as sql
from analysis.logs.sql.event_units import coded
from analysis.logs.sql.times import (
    clock_micros,
    kind_of_time,
    local_days,
    time_columns,
    unclear_clock,
)
from analysis.logs.suspects import find_suspects

# Rows that are compared with each other in all their cells.
MOST_COMPARED = 20_000_000


class EventRows:
    """The rows of an open log.

    Args:
        engine: Has the log open.
        roles: Role -> column.
        metrics: The study's.
        timezone: Of times without an offset and of days.
    """

    def __init__(
        self, engine: Engine, roles: Roles, metrics: tuple[EventMetric, ...], timezone: str
    ) -> None:
        self.engine = engine
        self.roles = roles
        self.metrics = metrics
        self.timezone = timezone
        self.signatures = Signatures.of(
            metrics, has_event=roles.event is not None, has_id=roles.id is not None
        )
        self.summed = sorted({e for one in metrics for e in one.summed}, key=lambda e: e or "")
        self.repeats = False

    def open(self) -> None:
        """Make the view ``panel_rows``: one typed column a role."""
        dialect, roles = self.engine.dialect, self.roles

        def text(column: str | None) -> str:
            if column is None:
                return f"CAST(NULL AS {dialect.text})"
            return dialect.as_text(dialect.identifier(column), roles.kind(column))

        assert roles.time is not None
        kind = roles.kind(roles.time)
        if kind_of_time(kind) == "none":
            raise LogError(
                "not_a_time_column",
                f'The column "{roles.time}" holds {kind} values, which are no times.',
                where="columns.time",
                fix="Name a column of ISO 8601 times, time stamps or epoch numbers.",
            )
        micros, _ = time_columns(dialect.identifier(roles.time), kind, self.timezone, dialect)
        value = "CAST(NULL AS DOUBLE)"
        if roles.value is not None:
            value = dialect.number(dialect.identifier(roles.value), roles.kind(roles.value))
        select = (
            f"SELECT __row AS row_no, {text(roles.region)} AS unit, {micros} AS t, "
            f"{text(roles.event)} AS event, {value} AS v, {self._named(text(roles.id))} AS id, "
            f"{self._named(text(roles.user))} AS person, "
            f"{self._named(text(roles.treated_from))} AS since"
        )
        # Text is parsed once; typed columns are cheaper to read again than to copy.
        parsed = kind_of_time(kind) == "text" or (
            roles.value is not None and roles.kind(roles.value) == "VARCHAR"
        )
        if parsed:
            self.engine.table("typed_rows", f"{select} FROM log")
            self.engine.view("panel_rows", "SELECT *, person AS user_text FROM typed_rows")
        else:
            query = f"{select}, {text(roles.user)} AS user_text FROM log"
            self.engine.view("panel_rows", query)

    def _named(self, text: str) -> str:
        """A text without blanks at its ends, NULL if nothing is left."""
        return text if text.startswith("CAST(NULL") else self.engine.dialect.tidy(text)

    def profile(self, most_units: int) -> Profile:
        """What the rows hold; makes the view ``panel_units``, with each unit's one name.

        Raises:
            LogError: ``empty_log``, ``no_usable_times``, ``no_units``, ``too_many_units``,
                ``too_many_events`` or ``broken_name``.
        """
        dialect = self.engine.dialect
        query = sql.profile(values=bool(self.summed), dialect=dialect, limit=MOST_PROFILES)
        groups = tuple(self.engine.run(query).to_pylist())
        region = self.roles.region or ""
        if len(groups) >= MOST_PROFILES:
            raise self._too_many(most_units)
        if not groups:
            raise LogError("empty_log", "The log has no rows.", where="log.path")
        counts: dict[str, int] = {}
        for group in groups:
            if group["unit"] is not None:
                counts[group["unit"]] = counts.get(group["unit"], 0) + group["n"]
        spellings = merge_spellings(counts)
        named = {unit for unit in spellings.unit_of.values() if unit is not None}
        if len(named) > most_units:
            raise too_many_units(f"{len(named):,}", most_units, region)
        broken = [g for g in groups if "\x00" in f"{g['unit']}{g['event']}"]
        if broken:
            raise LogError(
                "broken_name",
                "A unit or an event has a NUL character in its name.",
                where=f"row {min(group['first_row'] for group in broken)}",
                fix="Write the name without it.",
            )
        if not any(group["timed"] for group in groups):
            raise LogError(
                "no_usable_times",
                f'No cell of the column "{self.roles.time}" is a time.',
                where="columns.time",
                fix="Write times as ISO 8601, like 2026-03-23T09:30:00Z or 2026-03-23.",
            )
        if not any(g["timed"] and spellings.unit_of.get(g["unit"]) for g in groups):
            raise LogError(
                "no_units",
                f'No row has both a time and a name in the column "{region}".',
                where="columns.region",
                fix="Name the column of the panel's units.",
            )
        query = "SELECT * FROM panel_rows"
        if spellings.changed:
            query = sql.renamed(spellings.changed, dialect)
        self.engine.view("panel_units", query)
        first = min(group["first_t"] for group in groups if group["timed"])
        last = max(group["last_t"] for group in groups if group["timed"])
        return Profile(groups, spellings, (first, last))

    def _too_many(self, most_units: int) -> LogError:
        found = self.engine.run("SELECT count(DISTINCT unit) AS n FROM panel_rows")
        units = int(found.column("n").to_pylist()[0])
        if units > most_units:
            return too_many_units(f"{units:,}", most_units, self.roles.region or "")
        return LogError(
            "too_many_events",
            f"The log has more than {MOST_PROFILES:,} combinations of unit and event.",
            where="columns.event",
            fix="Check that the event column holds names, not ids or texts.",
        )

    def add_up(self, profile: Profile, calendar: Calendar, end: int | None) -> Groups:
        """Rows by unit, period and what decides about them; makes the view ``panel_cells``."""
        dialect = self.engine.dialect
        code = "0"
        if self.roles.event is not None:
            spelled = {
                written: self.signatures.code_of(event)
                for event in self.signatures.codes
                if event is not None
                for written in profile.written(event)
            }
            code = coded("r.event", spelled, dialect, default="-1")
        marks = "0"
        join = ""
        if self.roles.id is not None and self._find_repeats(profile, code):
            marks = "coalesce(d.marks, 0)"
            join = " LEFT JOIN repeats d ON d.row_no = r.row_no"
        has_value = "CASE WHEN r.v IS NULL THEN 0 ELSE 1 END" if self.summed else "1"
        has_person = "CASE WHEN r.person IS NULL THEN 0 ELSE 1 END"
        if self.roles.user is None or self.engine.never_blank(self.roles.user):
            has_person = "1"
        signature = self.signatures.sql(code, has_value, has_person, marks)
        late = "0" if end is None else f"CASE WHEN r.t >= {end} THEN 1 ELSE 0 END"
        period = sql.period(
            calendar.frequency,
            self.timezone,
            calendar.week_start,
            _months(calendar, profile.span),
            profile.span,
            dialect,
        )
        self.engine.view(
            "panel_cells",
            f"SELECT row_no, unit, t, event, v, person, user_text, code, signature, late, "
            f"CASE WHEN t IS NULL THEN NULL ELSE {period} END AS period FROM ("
            f"SELECT r.row_no, r.unit, r.t, r.event, r.v, r.person, r.user_text, {code} AS code, "
            f"{signature} AS signature, {late} AS late FROM panel_units r{join}) c",
        )
        sums = {event: profile.sum_of(event) for event in self.summed}
        columns = []
        for event, how in sums.items():
            value = f"CASE WHEN code = {self.signatures.code_of(event)} THEN v END"
            columns += how.columns(value, dialect)
        return self._groups(self.engine.run(sql.cells(columns)), profile.units, sums)

    def _groups(
        self, table: pa.Table, units: tuple[str, ...], sums: dict[str | None, ExactSum]
    ) -> Groups:
        def whole(name: str, missing: int = 0) -> Int:
            column = table.column(name).fill_null(missing)
            found: Int = column.to_numpy().astype(np.int64)
            return found

        unit = places(table.column("unit"), units)
        period, signature, late = whole("period", NO_PERIOD), whole("signature"), whole("late")
        order = np.lexsort((late, signature, period, unit))
        parts: dict[str | None, tuple[Any, ...]] = {}
        at = 0
        for event, how in sums.items():
            read = []
            for _ in range(how.parts):
                column = table.column(f"s{at}")
                if how.places is not None:
                    read.append(column.to_numpy().astype(np.int64)[order])
                else:
                    read.append(np.array([int(one) for one in column.to_pylist()], object)[order])
                at += 1
            parts[event] = tuple(read)
        return Groups(
            unit=unit[order],
            period=period[order],
            signature=signature[order],
            late=late[order],
            rows=whole("n")[order],
            first_row=whole("first_row")[order],
            first=whole("first_t")[order],
            last=whole("last_t")[order],
            sums=parts,
        )

    def _find_repeats(self, profile: Profile, code: str) -> bool:
        """Make the table ``repeats``: rows that repeat an id, with the sets for which they do."""
        dialect, engine = self.engine.dialect, self.engine
        engine.view(
            "rows_with_id",
            "SELECT * FROM panel_units WHERE id IS NOT NULL AND t IS NOT NULL AND unit IS NOT NULL",
        )
        hashed = dialect.hash(["id"])
        if not find_suspects(engine, "rows_with_id", hashed, profile.rows):
            return False
        engine.table(
            "repeated_rows",
            f"SELECT row_no, id, t, unit, v, person, {code} AS code FROM rows_with_id r "
            f"WHERE {hashed} IN (SELECT h FROM suspects)",
        )
        marked = []
        for i, events in enumerate(self.signatures.sets):
            mine = [self.signatures.code_of(event) for event in sorted(events or ())]
            some = "TRUE" if events is None else f"code IN ({', '.join(map(str, mine))})"
            marked.append(sql.first_of_repeats(some, 2**i))
        union = " UNION ALL ".join(marked)
        total = "CAST(sum(mark) AS BIGINT)"
        engine.table("repeats", f"SELECT row_no, {total} AS marks FROM ({union}) m GROUP BY row_no")
        found = engine.run("SELECT count(*) AS n FROM repeats").column("n").to_pylist()[0]
        self.repeats = found > 0
        return self.repeats

    def identical_rows(self, profile: Profile, *, tidy: bool) -> int | None:
        """Rows that equal an earlier one in every cell, of those with a unit and a time.

        None for a log so long that the search would take longer than all the rest.

        Args:
            profile: What the rows hold.
            tidy: No user is written with blanks at the ends.
        """
        engine, dialect = self.engine, self.engine.dialect
        if engine.at_hand and profile.rows > MOST_COMPARED:
            return None
        engine.view(
            "whole_units", "SELECT * FROM panel_units WHERE t IS NOT NULL AND unit IS NOT NULL"
        )
        hashed = dialect.hash(["unit", "t", "event", "v", *(["user_text"] if tidy else ["person"])])
        if not find_suspects(engine, "whole_units", hashed, profile.rows):
            return 0
        cells = []
        for column, kind in self.roles.kinds.items():
            raw = dialect.filled(dialect.as_text(f"w.{dialect.identifier(column)}", kind))
            if column == self.roles.time:
                cells.append(f"CAST(l.t AS {dialect.text})")
            elif column == self.roles.value:
                cells.append(f"coalesce(CAST(l.v AS {dialect.text}), {raw})")
            else:
                cells.append(raw)
        query = sql.identical(rows_sql.content(cells, dialect), hashed)
        return int(engine.run(query).column("n").to_pylist()[0])

    def unclear_times(self, profile: Profile) -> int:
        """Local times that a change of the clock skipped or repeated."""
        dialect, time = self.engine.dialect, self.roles.time
        assert time is not None
        clock = clock_micros(dialect.identifier(time), self.roles.kind(time), dialect)
        unclear = unclear_clock("clock", self.timezone, profile.span)
        if clock is None or unclear is None:
            return 0
        query = (
            f"SELECT count(CASE WHEN {unclear} THEN 1 END) AS n "
            f"FROM (SELECT {clock} AS clock FROM log) q"
        )
        return int(self.engine.run(query).column("n").to_pylist()[0])

    def since(self) -> list[tuple[str, str]]:
        """(unit, from when it was treated), every pair that occurs."""
        if self.roles.treated_from is None:
            return []
        found = self.engine.run(
            "SELECT DISTINCT unit, since FROM panel_units "
            f"WHERE unit IS NOT NULL AND since IS NOT NULL LIMIT {MOST_PROFILES}"
        )
        return sorted((row["unit"], row["since"]) for row in found.to_pylist())


def _months(calendar: Calendar, span: tuple[int, int]) -> list[tuple[int, int]]:
    """(number, first day) of the months of a log."""
    if calendar.frequency != "month":
        return []
    days = local_days(np.array(span, dtype=np.int64), calendar.timezone)
    first, last = map(int, calendar.of_days(days))
    return [(month, calendar.first_day(month)) for month in range(first, last + 1)]
