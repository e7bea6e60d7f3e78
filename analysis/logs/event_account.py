"""The account of a log's rows: which left, why, and a few of each."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.logs.accounting import LeftOut
from analysis.logs.column_store import Array, ColumnStore
from analysis.logs.engines import Engine
from analysis.logs.event_rows import Duplicates, Profile, left_out_before, trimmed
from analysis.logs.event_units import STATUSES, Exposures, Units, status_clause
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
        self._queries: dict[str, str] = {}

    def facts(self, store: ColumnStore, in_clusters: Array | None) -> dict[str, Any]:
        """Counts of everything that left, in the order of the rules."""
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
        left_out = [
            asdict(LeftOut(reason, n, self._examples(reason))) for reason, n in counts.items() if n
        ]
        path = self._write({reason: n for reason, n in counts.items() if n}, store.folder)
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
                "blank_arms": counts["blank_arm"],
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
        query = units_sql.bad_values("clean", spelled, self._keep(), self._engine.dialect)
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
        rows = "clean"
        if self._exposures.blank and self._exposures.names is not None:
            code = units_sql.coded("arm", self._exposures.arms.code, dialect, default="-1")
            blank = f"{dialect.one_of('event', self._exposures.names)} AND ({code}) < 0"
            self._queries["blank_arm"] = f"SELECT row_no FROM clean WHERE {blank}"
            rows = f"(SELECT * FROM clean WHERE NOT coalesce({blank}, FALSE))"
        for status in STATUSES[1:]:
            clause = status_clause(status, arms, self._plan.end)
            name = status
            if status == "never_exposed" and self._mapped.event is None:
                name = "blank_arm"
            self._queries[name] = left_out_sql.by_unit(clause, rows)

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
        queries = {
            reason: self._queries[reason]
            for reason, n in counts.items()
            if n <= MOST_ROWS_KEPT and reason in self._queries
        }
        if not queries:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "left_out.parquet"
        self._engine.write(left_out_sql.with_text(queries, self._engine.dialect), str(path))
        return path.name
