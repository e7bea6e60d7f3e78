"""Where every row of a panel file went, for the file as a whole."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.core import Notice
from analysis.logs.accounting import Accounting, LeftOut
from analysis.logs.engines import Engine
from analysis.logs.intake import Source
from analysis.logs.lists.repeats import MOST_NAMED, named_rows
from analysis.logs.panels import notices
from analysis.logs.panels import outcomes as out
from analysis.logs.panels.calendar import Int
from analysis.logs.panels.event_account import repairs
from analysis.logs.panels.event_read import left_out_by
from analysis.logs.panels.file_rows import FileRows
from analysis.logs.panels.roles import Roles
from analysis.logs.rejected import rejected_lines
from analysis.logs.sql import left_out as left_out_sql

EXAMPLES = left_out_sql.EXAMPLES


class FileAccount:
    """The account of a panel file.

    Args:
        engine: Has the log open.
        roles: Role -> column.
        rows: The file's rows.
        outcomes: What becomes of each row, by metric and predictor.
        source: What the intake says of the file; None for an engine's table.
        work: Folder for the rows that left.
        sha256: Digest of the panel.
    """

    def __init__(
        self,
        engine: Engine,
        roles: Roles,
        rows: FileRows,
        outcomes: Sequence[Int],
        source: Source | None,
        work: Path,
        sha256: str,
    ) -> None:
        self.engine = engine
        self.roles = roles
        self.rows = rows
        self.source = source
        self.work = work
        self.sha256 = sha256
        self.outcome = out.for_the_log(outcomes)
        self.lost = left_out_by(self.outcome, np.ones(self.outcome.size, dtype=np.int64))

    def accounting(self) -> Accounting:
        """Where every row went; writes the rows that left, with their text."""
        left_out = [LeftOut(reason, n, self._examples(reason)) for reason, n in self.lost.items()]
        left_out += rejected_lines(self.source)
        rows = self.rows.rows
        if self.source is not None:
            rows += sum(self.source.rejected_count.values())
        spellings = self.rows.spellings
        return Accounting(
            sha256=self.sha256,
            rows=rows,
            used=rows - sum(one.rows for one in left_out),
            left_out=tuple(left_out),
            repairs=repairs(spellings.merged, spellings.rows_merged),
            columns=self.roles.shown(),
            guessed=dict(sorted(self.roles.guessed)),
            units={"panel_units": len(self.rows.units), "rows_total": rows},
            format=self.source.format if self.source is not None else "table",
            left_out_file=self._write(),
        )

    def notices(self) -> tuple[Notice, ...]:
        """What the reader should know of the rows."""
        region = self.roles.region or "unit"
        return (
            *notices.row_notices(self.lost, self.rows.rows, region),
            *notices.spelling_notices(self.rows.spellings),
            *notices.repeated_cell_notices(self.lost.get("repeated_cell", 0)),
        )

    def _mine(self, reason: str) -> Int:
        """Places of the rows that left for a reason."""
        return np.flatnonzero(self.outcome == out.REASONS.index(reason))

    def _examples(self, reason: str) -> tuple[dict[str, Any], ...]:
        mine = self._mine(reason)
        if reason == "unparsable_time" and mine.size <= MOST_NAMED:
            assert self.roles.time is not None
            dialect = self.engine.dialect
            name = f"w.{dialect.identifier(self.roles.time)}"
            text = dialect.as_text(name, self.roles.kind(self.roles.time))
            query = f"SELECT row_no FROM {named_rows(self.rows.row[mine])}"
            found = self.engine.run(left_out_sql.examples(query, text, dialect)).to_pylist()
            return tuple({"row": int(r["row_no"]), "value": r["shown"][:200]} for r in found)
        names = self.rows.stamps.names
        shown = sorted(
            (names[at] if at >= 0 else "", int(row))
            for at, row in zip(self.rows.stamp[mine], self.rows.row[mine], strict=True)
        )
        return tuple({"row": row, "value": name} for name, row in shown[:EXAMPLES])

    def _write(self) -> Path | None:
        """Keep the rows that left with their text, if there are not too many to name."""
        queries = {
            reason: f"SELECT row_no FROM {named_rows(self.rows.row[self._mine(reason)])}"
            for reason, n in self.lost.items()
            if n <= MOST_NAMED
        }
        if not queries:
            return None
        folder = self.work / f"panel-{self.sha256[:32]}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "left_out.parquet"
        parts = left_out_sql.with_reasons(queries, self.engine.dialect)
        self.engine.write(left_out_sql.with_text(parts), str(path))
        return path
