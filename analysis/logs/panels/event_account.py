"""Where every row of an event log went, for the log as a whole."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from analysis.core import Notice
from analysis.logs.accounting import Accounting, LeftOut, Repair
from analysis.logs.column_store import key_of
from analysis.logs.intake import Source
from analysis.logs.panels import notices
from analysis.logs.panels import outcomes as out
from analysis.logs.panels.calendar import Int
from analysis.logs.panels.event_groups import NO_PERIOD
from analysis.logs.panels.event_read import EventReading, left_out_by
from analysis.logs.rejected import rejected_lines
from analysis.logs.sql import left_out as left_out_sql

EXAMPLES = left_out_sql.EXAMPLES
MOST_ROWS_KEPT = 1_000_000


class EventAccount:
    """The account of one reading.

    Args:
        reading: An event log, read; its engine is still open.
        source: What the intake says of the file; None for an engine's table.
        work: Folder for the rows that left.
    """

    def __init__(self, reading: EventReading, source: Source | None, work: Path) -> None:
        self.reading = reading
        self.source = source
        self.work = work
        self.rows = reading.rows
        self.groups = reading.groups
        self.outcome = out.for_the_log(reading.outcomes)
        self.lost = left_out_by(self.outcome, self.groups.rows)

    def accounting(self) -> Accounting:
        """Where every row went; writes the rows that left, with their text, beside the tables."""
        sha256 = self._digest()
        queries = self._queries()
        left_out = [
            LeftOut(reason, n, self._examples(reason, queries[reason]))
            for reason, n in self.lost.items()
        ]
        left_out += rejected_lines(self.source)
        rows = int(self.groups.rows.sum())
        if self.source is not None:
            rows += sum(self.source.rejected_count.values())
        roles, profile = self.rows.roles, self.reading.profile
        return Accounting(
            sha256=sha256,
            rows=rows,
            used=rows - sum(one.rows for one in left_out),
            left_out=tuple(left_out),
            repairs=repairs(profile.spellings.merged, profile.spellings.rows_merged),
            columns=roles.shown(),
            guessed=dict(sorted(roles.guessed)),
            units={"panel_units": len(profile.units), "rows_total": rows},
            format=self.source.format if self.source is not None else "table",
            left_out_file=self._write(queries, sha256),
            events_by_day=self._by_period(),
            event_names={name: n for name, n in profile.events.items() if name},
        )

    def notices(self) -> tuple[Notice, ...]:
        """What the reader should know."""
        reading, roles = self.reading, self.rows.roles
        region = roles.region or "unit"
        found = notices.row_notices(self.lost, int(self.groups.rows.sum()), region)
        for panel in reading.panels:
            lost = {one.reason: one.rows for one in panel.left_out}
            found += notices.value_notices(panel.metric, lost.get("unparsable_value", 0))
        found += notices.spelling_notices(reading.profile.spellings)
        unclear = self.rows.unclear_times(reading.profile)
        found += notices.unclear_time_notices(unclear, self.rows.timezone)
        if roles.id is None:
            same = self.rows.identical_rows(reading.profile, tidy=reading.tidy)
            found += notices.identical_notices(same, reading.profile.rows)
        return (*found, *notices.window_notices(reading.window))

    def _digest(self) -> str:
        """A digest of what the panel is made of; the same for the same rows in any order."""
        groups = self.groups
        whole = hashlib.sha256()
        for array in (groups.unit, groups.period, groups.signature, groups.late, groups.rows):
            whole.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
        for array in (groups.first, groups.last):
            whole.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
        for event, parts in groups.sums.items():
            whole.update(repr((event, [part.tolist() for part in parts])).encode())
        for panel in self.reading.panels:
            whole.update(np.ascontiguousarray(panel.values, dtype=float).tobytes())
        profile = self.reading.profile
        return key_of(profile.units, profile.events, self.rows.roles.shown(), whole.hexdigest())

    def _by_period(self) -> dict[str, dict[str, int]]:
        """Rows by period, of all rows whose time can be read."""
        timed = self.groups.period != NO_PERIOD
        periods, at = np.unique(self.groups.period[timed], return_inverse=True)
        counts = np.zeros(periods.size, dtype=np.int64)
        np.add.at(counts, at, self.groups.rows[timed])
        label = self.reading.window.calendar.label
        return {label(int(period)): {"": int(n)} for period, n in zip(periods, counts, strict=True)}

    def _queries(self) -> dict[str, str]:
        """Reason -> the numbers of its rows."""
        before = np.stack([
            self.rows.signatures.outcome(metric, self.groups.signature)
            for metric in self.rows.metrics
        ])  # fmt: skip
        decided = out.for_the_log(list(before))
        here = "t IS NOT NULL AND unit IS NOT NULL"
        window = self.reading.window
        outside = f"(late = 1 OR {_among('period', window.outside)})"
        dropped = _among("period", window.dropped)
        conditions = {
            out.NO_TIME: "t IS NULL",
            out.NO_UNIT: "t IS NOT NULL AND unit IS NULL",
        }
        for reason in np.unique(decided):
            signatures = np.unique(self.groups.signature[decided == reason]).tolist()
            mine = f"{here} AND signature IN ({', '.join(map(str, signatures))})"
            if reason != out.USED:
                conditions[int(reason)] = mine
                continue
            conditions[out.OUTSIDE] = f"{mine} AND {outside}"
            conditions[out.PARTIAL] = f"{mine} AND NOT {outside} AND {dropped}"
        return {
            out.REASONS[reason]: f"SELECT row_no FROM panel_cells WHERE {condition}"
            for reason, condition in conditions.items()
        }

    def _examples(self, reason: str, query: str) -> tuple[dict[str, Any], ...]:
        """A few rows of a reason; never who the user is."""
        engine, roles = self.rows.engine, self.rows.roles
        if reason == "other_event":
            named = query.replace("SELECT row_no FROM", "SELECT row_no, event FROM", 1)
            found = engine.run(
                f"SELECT coalesce({engine.dialect.trim('event')}, '') AS shown, "
                f"min(row_no) AS row_no FROM ({named}) q "
                f"GROUP BY coalesce({engine.dialect.trim('event')}, '') "
                f"ORDER BY shown LIMIT {EXAMPLES}"
            )
            return _shown(found.to_pylist())
        column = {
            "unparsable_time": roles.time,
            "duplicate_event_id": roles.id,
            "unparsable_value": roles.value,
        }.get(reason)
        if column is not None:
            name = f"w.{engine.dialect.identifier(column)}"
            text = engine.dialect.as_text(name, roles.kind(column))
            found = engine.run(left_out_sql.examples(query, text, engine.dialect))
            return _shown(found.to_pylist())
        mine = np.flatnonzero(self.outcome == out.REASONS.index(reason))
        label = self.reading.window.calendar.label
        some = sorted(
            (label(int(self.groups.period[i])), int(self.groups.first_row[i])) for i in mine
        )
        return _shown([{"row_no": row, "shown": shown} for shown, row in some[:EXAMPLES]])

    def _write(self, queries: dict[str, str], sha256: str) -> Path | None:
        """Keep the rows that left with their text; reasons that took most of a log are not kept."""
        few = {reason: queries[reason] for reason, n in self.lost.items() if n <= MOST_ROWS_KEPT}
        if not few:
            return None
        folder = self.work / f"panel-{sha256[:32]}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "left_out.parquet"
        parts = left_out_sql.with_reasons(few, self.rows.engine.dialect)
        self.rows.engine.write(left_out_sql.with_text(parts), str(path))
        return path


def repairs(merged: dict[str, tuple[str, ...]], rows: int) -> tuple[Repair, ...]:
    """Spellings of units that were read as another one."""
    if not merged:
        return ()
    told = [f"{', '.join(map(repr, written))} read as {unit!r}" for unit, written in merged.items()]
    return (Repair("unit_spelling", rows, notices.some(told, 5)),)


def _shown(rows: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple({"row": int(row["row_no"]), "value": row["shown"][:200]} for row in rows)


def _among(column: str, numbers: frozenset[int]) -> str:
    """Whether a number is one of some, said by runs."""
    ordered: Int = np.array(sorted(numbers), dtype=np.int64)
    if not ordered.size:
        return "FALSE"
    breaks = np.flatnonzero(np.diff(ordered) != 1)
    first = ordered[np.concatenate([[0], breaks + 1])]
    last = ordered[np.concatenate([breaks, [ordered.size - 1]])]
    runs = [f"{column} BETWEEN {a} AND {b}" for a, b in zip(first, last, strict=True)]
    return f"({' OR '.join(runs)})"
