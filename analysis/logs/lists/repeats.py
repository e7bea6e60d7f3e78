"""Rows that repeat another row in every cell: found by hash, confirmed by their text."""

import numpy as np

from analysis.logs.engines import Engine
from analysis.logs.list_log import Int
from analysis.logs.lists.codes import row_numbers
from analysis.logs.lists.marks import repeated_marks
from analysis.logs.sql.event_rows import content

# So many row numbers are named in a query; beyond, all rows are compared.
MOST_NAMED = 200_000


def exact_repeats(engine: Engine, table: str, kinds: dict[str, str], rows: Int, marks: Int) -> Int:
    """Sorted numbers of rows that equal an earlier row in every column, blanks aside.

    Args:
        engine: Has the log open.
        table: View of the raw rows.
        kinds: Column -> type, of all columns.
        rows: (n,) row numbers.
        marks: (n,) hashes that are equal for equal rows.
    """
    suspects = rows[repeated_marks(marks)]
    if not suspects.size:
        return np.empty(0, dtype=np.int64)
    dialect = engine.dialect
    cells = [
        dialect.filled(dialect.as_text(f"w.{dialect.identifier(column)}", kind))
        for column, kind in kinds.items()
    ]
    named = ""
    if suspects.size <= MOST_NAMED:
        named = f" JOIN {named_rows(suspects)} ON s.row_no = w.__row"
    text = content(cells, dialect)
    return row_numbers(
        engine,
        "SELECT row_no FROM (SELECT row_no, row_number() OVER (PARTITION BY whole ORDER BY row_no)"
        f" AS place FROM (SELECT w.__row AS row_no, {text} AS whole FROM {table} w{named}) q) p "
        "WHERE place > 1",
    )


def named_rows(rows: Int) -> str:
    """Row numbers as a table ``s(row_no)``."""
    values = ", ".join(f"({row})" for row in rows.tolist())
    return f"(SELECT CAST(n AS BIGINT) AS row_no FROM (VALUES {values}) AS v(n)) s"
