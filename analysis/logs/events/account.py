"""The account of a log's rows: which left, why, and a few of each."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from analysis.logs.accounting import LeftOut
from analysis.logs.column_store import Array, ColumnStore
from analysis.logs.engines import Engine
from analysis.logs.events.coded.examples import first_rows
from analysis.logs.events.rows import Duplicates, Profile, left_out_before
from analysis.logs.events.units import STATUSES, Exposures, Units, status_clause
from analysis.logs.labels import trimmed
from analysis.logs.mapping import Mapped
from analysis.logs.plan import Plan
from analysis.logs.sql import event_units as units_sql
from analysis.logs.sql import left_out as left_out_sql

MOST_ROWS_KEPT = 1_000_000


class Account:
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
        # Reason -> its rows; status of units -> condition on the units; rows of such units.
        self._queries: dict[str, str] = {}
        self._statuses: dict[str, str] = {}
        self._of_units = "clean"

    def facts(
        self, store: ColumnStore, in_clusters: Array | None, *, keep_left_out: bool
    ) -> dict[str, Any]:
        """Counts of everything that left, in the order of the rules.

        Args:
            store: Where the rows that left are written.
            in_clusters: Which kept units lie in clusters of one arm; None without clusters.
            keep_left_out: Write them.
        """
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
        if self._mapped.event is None:
            # Without events there is no exposure to miss: these rows only lack an arm.
            counts["blank_arm"] = counts.pop("never_exposed")
        bad = self._bad_values()
        counts["bad_value"] = sum(bad.values())
        if in_clusters is not None:
            counts["mixed_cluster"] = int(units.rows[units.kept][~in_clusters].sum())
        self._name_queries()
        counts = {reason: n for reason, n in counts.items() if n}
        of_units = self._examples_of_units(counts)
        left_out = [
            asdict(LeftOut(reason, n, of_units.get(reason) or self._examples(reason)))
            for reason, n in counts.items()
        ]
        path = self._write(counts, store.folder) if keep_left_out else None
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
                "never_exposed_units": units.count("never_exposed") if self._mapped.event else 0,
                "mixed_units": units.count("mixed_units"),
                "other_arm_units": units.count("other_arm"),
                "exposed_after_end_units": units.count("exposed_after_end"),
                "blank_arms": counts.get("blank_arm", 0),
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
        query = units_sql.bad_values(
            "clean", spelled, self._keep(), self._units.table.ready(), self._engine.dialect
        )
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
        if self._exposures.blank and self._exposures.names is not None:
            code = units_sql.coded("arm", self._exposures.arms.code, dialect, default="-1")
            blank = f"{dialect.one_of('event', self._exposures.names)} AND ({code}) < 0"
            self._queries["blank_arm"] = f"SELECT row_no FROM clean WHERE {blank}"
            self._of_units = f"(SELECT * FROM clean WHERE NOT coalesce({blank}, FALSE))"
        for status in STATUSES[1:]:
            self._statuses[self._reason(status)] = status_clause(status, arms, self._plan.end)

    def _reason(self, status: str) -> str:
        """Why the rows of the units of a status left."""
        without_events = status == "never_exposed" and self._mapped.event is None
        return "blank_arm" if without_events else status

    def _examples_of_units(self, counts: dict[str, int]) -> dict[str, tuple[dict[str, Any], ...]]:
        """Rows of the first units of each status, for all statuses in one reading."""
        dialect = self._engine.dialect
        place = {self._reason(status): i for i, status in enumerate(STATUSES) if i}
        few = {
            int(ix): reason
            for reason, i in place.items()
            if reason in counts
            for ix in np.flatnonzero(self._units.status == i)[: left_out_sql.EXAMPLES]
        }
        if not few:
            return {}
        reasons = [*place]
        if self._units.coded is not None:
            status_of = {ix: reasons.index(reason) for ix, reason in few.items()}
            found = first_rows(self._units.coded, status_of, left_out_sql.EXAMPLES)
            return {
                reasons[status]: tuple({"row": row, "value": value[:200]} for row, value in rows)
                for status, rows in found.items()
            }
        found = self._engine.run(left_out_sql.ids(list(few))).to_pylist()
        codes = {
            row["unit"]: reasons.index(few[row["ix"]]) for row in found if "\x00" not in row["unit"]
        }
        shown = f"coalesce({dialect.filled('event')}, '')"
        query = left_out_sql.examples_of_units(self._of_units, codes, shown, dialect)
        examples: dict[str, tuple[dict[str, Any], ...]] = {}
        for row in self._engine.run(query).to_pylist():
            one = {"row": int(row["row_no"]), "value": row["shown"][:200]}
            reason = reasons[row["status"]]
            examples[reason] = (*examples.get(reason, ()), one)
        return examples

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
        few = [reason for reason, n in counts.items() if n <= MOST_ROWS_KEPT]
        queries = {reason: self._queries[reason] for reason in few if reason in self._queries}
        clauses = {reason: self._statuses[reason] for reason in few if reason in self._statuses}
        dialect = self._engine.dialect
        parts = left_out_sql.with_reasons(queries, dialect)
        if clauses:
            parts.append(
                left_out_sql.by_unit(clauses, self._of_units, self._units.table.ready(), dialect)
            )
        if not parts:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "left_out.parquet"
        self._engine.write(left_out_sql.with_text(parts), str(path))
        return path.name
