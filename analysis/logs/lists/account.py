"""The account of a log of lists: which rows left, why, and what was read as something else."""

from typing import Any

import numpy as np

from analysis.logs.accounting import Accounting, LeftOut, Repair
from analysis.logs.engines import Engine
from analysis.logs.list_log import Int, Slots
from analysis.logs.lists.cleaning import Losses
from analysis.logs.lists.events import EventRows
from analysis.logs.lists.headers import Fields
from analysis.logs.lists.opened import Opened
from analysis.logs.lists.rankers import Rankers
from analysis.logs.lists.repeats import MOST_NAMED, named_rows
from analysis.logs.rejected import rejected_lines
from analysis.logs.sql import left_out as left_out_sql

EXAMPLES = 5
# The cell that shows why a row left; never one that tells who somebody is.
TELLING = {"bad_position": "position", "other_event": "event"}


def account(
    opened: Opened,
    sha256: str,
    counts: dict[str, int],
    losses: Losses,
    rankers: Rankers | None,
    events: list[EventRows],
) -> Accounting:
    """Where every row went, of the log and of the file of events beside it.

    Args:
        opened: The log.
        sha256: The digest of its rows.
        counts: Of the steps of cleaning.
        losses: Its rows that left.
        rankers: None without a ranker column.
        events: Rows that tell of clicks and purchases, of the log or of the file beside it.
    """
    fields, shape, sources = opened.fields, opened.shape, opened.sources
    beside = [rows for rows in events if rows.table == "events"]
    left_out = _left_out(opened.engine, "log", fields, losses.rows)
    rows = counts["rows_in_file"]
    units: dict[str, Any] = {"rows_in_log": rows}
    for one in beside:
        left_out += _left_out(opened.engine, "events", one.fields, one.losses.rows)
        source = sources["events"]
        left_out += rejected_lines(source)
        rows += source.rows
        units["rows_in_events"] = source.rows
    if "log" in sources:
        left_out += rejected_lines(sources["log"])
    guessed = dict(fields.why)
    if rankers is not None and rankers.why:
        guessed["control"] = rankers.why
    columns: dict[str, Any] = dict(fields.of)
    if shape.items:
        columns["items"] = shape.items
    if shape.models:
        columns["models"] = shape.models
    if fields.segments:
        columns["segments"] = list(fields.segments)
    source_format = sources["log"].format if "log" in sources else "table"
    return Accounting(
        sha256=sha256,
        rows=rows,
        used=rows - sum(one.rows for one in left_out),
        left_out=tuple(left_out),
        repairs=tuple(_repairs(counts, rankers)),
        columns=columns,
        guessed=guessed,
        units=units,
        format=source_format,
        left_out_file=_written(opened, losses, sha256),
    )


def slots_by_day(
    slots: Slots, day: Int | None, days: tuple[str, ...], rankers: tuple[str, ...]
) -> dict[str, dict[str, int]]:
    """Day -> ranker ("" for none of them) -> slots; empty without times."""
    if day is None:
        return {}
    on = day[slots.list]
    code = np.maximum(slots.ranker.astype(np.int64), -1) + 1
    named = ("", *rankers)
    counts = np.bincount(
        (on.astype(np.int64) * len(named) + code)[on >= 0], minlength=len(days) * len(named)
    ).reshape(len(days), len(named))
    return {
        name: {ranker: int(n) for ranker, n in zip(named, line, strict=True) if n}
        for name, line in zip(days, counts.tolist(), strict=True)
        if sum(line)
    }


def _left_out(engine: Engine, table: str, fields: Fields, losses: dict[str, Int]) -> list[LeftOut]:
    return [
        LeftOut(reason, np.unique(rows).size, _examples(engine, table, fields, reason, rows))
        for reason, rows in losses.items()
        if rows.size
    ]


def _examples(
    engine: Engine, table: str, fields: Fields, reason: str, rows: Int
) -> tuple[dict[str, Any], ...]:
    """The first rows of a reason."""
    first = np.unique(rows)[:EXAMPLES]
    column = fields.of.get(TELLING.get(reason, ""))
    if column is None:
        return tuple({"row": int(row), "value": ""} for row in first)
    values = cell_texts(engine, table, column, fields.kinds[column], first)
    return tuple({"row": int(row), "value": values[int(row)][:200]} for row in first)


def cell_texts(engine: Engine, table: str, column: str, kind: str, rows: Int) -> dict[int, str]:
    """Row number -> the cell as it is written, of a few rows."""
    dialect = engine.dialect
    text = dialect.as_text(f"w.{dialect.identifier(column)}", kind)
    found = engine.run(
        f"SELECT w.__row AS row_no, coalesce({text}, '') AS shown FROM {table} w "
        f"JOIN {named_rows(rows)} ON s.row_no = w.__row"
    )
    return {row["row_no"]: row["shown"] for row in found.to_pylist()}


def _repairs(counts: dict[str, int], rankers: Rankers | None) -> list[Repair]:
    told = {
        "rows_merged": "slots told more than once were read as one",
        "click_counts_capped": "counts of clicks above 1 were read as one click",
        "clicks_unreadable": "outcomes that say neither yes nor no were read as no",
    }
    repairs = [Repair(kind, counts[kind], text) for kind, text in told.items() if counts.get(kind)]
    for name, spellings in (rankers.merged if rankers is not None else {}).items():
        listed = ", ".join(f"'{one}'" for one in spellings)
        repairs.append(Repair("ranker_spelling", len(spellings), f"{listed} read as '{name}'"))
    return repairs


def _written(opened: Opened, losses: Losses, sha256: str) -> Any:
    """Parquet of the log's rows that left, with the reason; None if none left."""
    queries = {
        reason: f"SELECT row_no FROM {named_rows(np.unique(rows))}"
        for reason, rows in losses.rows.items()
        if 0 < rows.size <= MOST_NAMED
    }
    if not queries:
        return None
    folder = opened.work / f"lists-{sha256[:32]}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "left_out.parquet"
    parts = left_out_sql.with_reasons(queries, opened.engine.dialect)
    opened.engine.write(left_out_sql.with_text(parts), str(path))
    return path
