"""Names as dense whole numbers in the order of their text, and rows as numpy arrays of codes."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.logs.engines import Engine
from analysis.logs.list_log import Int
from analysis.logs.lists import cells

Columns = dict[str, Any]


class Codes:
    """Dictionaries of names in the engine: each written form -> the code of its trimmed text."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make(self, name: str, sources: Iterable[tuple[str, str, str]]) -> None:
        """Make the dictionary ``d_<name>`` of some columns.

        Args:
            name: The dictionary's.
            sources: (view, column, type) of each column; all of one type.
        """
        union = " UNION ".join(
            f"SELECT DISTINCT {column} AS v FROM {view} WHERE {column} IS NOT NULL"
            for view, column, _ in sources
        )
        kind = next(kind for _, _, kind in sources)
        dialect = self._engine.dialect
        # Trimming what differs costs less than trimming every row.
        text = cells.name("v", kind, dialect)
        named = f"SELECT v, CAST({text} AS {dialect.text}) AS name FROM ({union}) u"
        self._engine.table(
            f"d_{name}",
            f"SELECT v, name, CAST(dense_rank() OVER (ORDER BY name) - 1 AS INTEGER) AS code "
            f"FROM ({named}) n WHERE name IS NOT NULL",
        )

    def link(self, name: str, of: str, view: str, column: str, kind: str) -> None:
        """Make ``d_<name>``: another file's written forms -> the codes of dictionary `of`."""
        dialect = self._engine.dialect
        text = cells.name("v", kind, dialect)
        named = (
            f"SELECT v, CAST({text} AS {dialect.text}) AS name FROM "
            f"(SELECT DISTINCT {column} AS v FROM {view} WHERE {column} IS NOT NULL) u"
        )
        self._engine.table(
            f"d_{name}",
            f"SELECT n.v, n.name, coalesce(d.code, -2) AS code FROM ({named}) n LEFT JOIN "
            f"(SELECT DISTINCT name, code FROM d_{of}) d ON d.name = n.name "
            "WHERE n.name IS NOT NULL",
        )

    def names(self, name: str, most: int) -> list[str] | None:
        """The texts of a dictionary in the order of their codes; None if there are more."""
        query = f"SELECT DISTINCT name, code FROM d_{name} ORDER BY code LIMIT {most + 1}"
        found: list[str] = self._engine.run(query).column("name").to_pylist()
        return found if len(found) <= most else None

    def digest(self, names: Sequence[str]) -> str:
        """SHA-256 of every text of some dictionaries, in order."""
        whole = hashlib.sha256()
        for name in names:
            query = f"SELECT DISTINCT code, name FROM d_{name} ORDER BY code"
            whole.update(name.encode())
            for batch in self._engine.stream(query):
                for text in batch.column(1).to_pylist():
                    whole.update(b"\x00" + text.encode())
        return whole.hexdigest()

    def text(self, name: str, code: int) -> str:
        """One text."""
        found = self._engine.run(f"SELECT min(name) AS name FROM d_{name} WHERE code = {code}")
        return str(found.column("name").to_pylist()[0])

    def read(
        self, view: str, coded: Mapping[str, str], numbers: Sequence[str], where: str = ""
    ) -> Columns:
        """The rows of a view as arrays, in no particular order.

        Args:
            view: The view.
            coded: Column of names -> its dictionary; -1 stands for blank, -2 for not in it.
            numbers: Columns of numbers.
            where: Which rows.

        Returns:
            ``row_no`` and every column named.
        """
        parts = ["r.row_no"]
        joins = []
        for i, (column, name) in enumerate(coded.items()):
            parts.append(f"coalesce(d{i}.code, -1) AS {column}")
            joins.append(f" LEFT JOIN d_{name} d{i} ON d{i}.v = r.{column}")
        parts += [f"r.{column}" for column in numbers]
        query = f"SELECT {', '.join(parts)} FROM {view} r{''.join(joins)}"
        if where:
            query += f" WHERE {where}"
        names = ["row_no", *coded, *numbers]
        chunks: dict[str, list[Any]] = {name: [] for name in names}
        for batch in self._engine.stream(query):
            for name, column in zip(names, batch.columns, strict=True):
                chunks[name].append(column.to_numpy(zero_copy_only=False))
        return {name: _joined(chunks.pop(name), name) for name in names}


def _joined(chunks: list[Any], name: str) -> Any:
    if not chunks:
        return np.empty(0, dtype=np.int64 if name in ("row_no", "t") else np.int32)
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)


def row_numbers(engine: Engine, query: str) -> Int:
    """Sorted row numbers of a query."""
    found: pa.Table = engine.run(query)
    rows: Int = np.sort(found.column("row_no").to_numpy().astype(np.int64))
    return rows
