"""A look at a source: a guarded connection to its rows, and the first few as text."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from analysis.core import LogError
from analysis.logs.intake.source import Source

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "400MB",
    "threads": 2,
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


def quoted(name: str) -> str:
    """A column name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


# A part of a long log is taken from that many places of it: its first days may lack an event.
PLACES = 16


@contextmanager
def looking(source: Source, *, most_rows: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose view ``log`` has the source's rows, every column as text.

    Blank cells are NULL, whatever the file's format.

    Args:
        source: The log.
        most_rows: Of a longer log only about as many rows, from all over it.

    Raises:
        LogError: ``corrupt_file`` if the rows cannot be read after all.
    """
    columns = ", ".join(
        f"nullif(CAST({quoted(name)} AS VARCHAR), '') AS {quoted(name)}" for name in source.names
    )
    with duckdb.connect(config=SETTINGS) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        try:
            part = most_rows if most_rows is not None and most_rows < source.rows else None
            rows = _rows(source) if part is None else _spread(connection, source, part)
            connection.execute(f"CREATE VIEW log AS SELECT {columns} FROM ({rows}) r")
            connection.execute("SET lock_configuration = true")
            yield connection
        except duckdb.Error as error:
            raise LogError(
                "corrupt_file",
                f"The rows cannot be read ({str(error).splitlines()[0][:200]}).",
                where=", ".join(path.name for path in source.files[:3]),
                fix="Write or upload the file again.",
            ) from error


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _rows(source: Source) -> str:
    files = ", ".join(map(_literal, source.files))
    return f"SELECT * FROM read_parquet([{files}], hive_partitioning = false)"


def _spread(connection: duckdb.DuckDBPyConnection, source: Source, most: int) -> str:
    """Rows from several places of each file, more of them from a longer one."""
    parts = []
    for path in source.files:
        counted = connection.execute(
            f"SELECT CAST(sum(num_rows) AS BIGINT) FROM parquet_file_metadata({_literal(path)})"
        ).fetchone()
        rows = int(counted[0] or 0) if counted else 0
        each = max(most * rows // (max(source.rows, 1) * PLACES), 1)
        ranges = " OR ".join(
            f"file_row_number BETWEEN {i * rows // PLACES} AND {i * rows // PLACES + each - 1}"
            for i in range(PLACES)
        )
        parts.append(
            f"SELECT * EXCLUDE (file_row_number) FROM read_parquet({_literal(path)}, "
            f"hive_partitioning = false, file_row_number = true) WHERE {ranges}"
        )
    return " UNION ALL ".join(parts)


def preview(
    source: Source, n: int = 20
) -> tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...]]:
    """The column names and the first `n` rows, as text; blank cells are None."""
    with looking(source) as connection:
        found = connection.execute("SELECT * FROM log LIMIT ?", [n]).fetchall()
    return source.names, tuple(tuple(row) for row in found)
