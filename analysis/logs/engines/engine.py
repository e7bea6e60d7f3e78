"""What the rest of the house may ask of an engine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from analysis.logs.sql import Dialect


class Engine(Protocol):
    """Somewhere SQL runs, with one log open as the view ``log`` (its row number: ``__row``)."""

    dialect: Dialect
    columns: tuple[tuple[str, str], ...]
    # Rows come into this process cheaply; else the engine keeps them and groups them itself.
    at_hand: bool
    # A folder of this machine for what does not fit into memory.
    scratch: Path

    def never_blank(self, column: str) -> bool:
        """Whether it is known, without reading its cells, that a column has no blank one."""
        ...

    def run(self, sql: str) -> pa.Table:
        """The rows of a query."""
        ...

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The rows of a large query, in pieces, in its order."""
        ...

    def view(self, name: str, sql: str) -> None:
        """Name a query."""
        ...

    def table(self, name: str, sql: str) -> None:
        """Name a query and work it out once, where the engine can."""
        ...

    def put(self, name: str, rows: pa.Table) -> None:
        """Name rows of this process."""
        ...

    def write(self, sql: str, path: str) -> None:
        """Write the rows of a query as a local Parquet file."""
        ...

    def cancel(self) -> None:
        """Stop the query that runs."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
