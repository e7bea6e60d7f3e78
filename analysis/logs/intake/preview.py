"""A look at a source: a guarded connection to its rows, and the first few as text."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from analysis.core import LogError
from analysis.logs.intake.source import Source

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "1GB",
    "threads": 2,
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


def quoted(name: str) -> str:
    """A column name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def looking(source: Source) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose view ``log`` has the source's rows, every column as text.

    Blank cells are NULL, whatever the file's format.

    Raises:
        LogError: ``corrupt_file`` if the rows cannot be read after all.
    """
    columns = ", ".join(
        f"nullif(CAST({quoted(name)} AS VARCHAR), '') AS {quoted(name)}" for name in source.names
    )
    files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in source.files)
    with duckdb.connect(config=SETTINGS) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        try:
            connection.execute(
                f"CREATE VIEW log AS SELECT {columns} "
                f"FROM read_parquet([{files}], hive_partitioning = false)"
            )
            connection.execute("SET lock_configuration = true")
            yield connection
        except duckdb.Error as error:
            raise LogError(
                "corrupt_file",
                f"The rows cannot be read ({str(error).splitlines()[0][:200]}).",
                where=", ".join(path.name for path in source.files[:3]),
                fix="Write or upload the file again.",
            ) from error


def preview(
    source: Source, n: int = 20
) -> tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...]]:
    """The column names and the first `n` rows, as text; blank cells are None."""
    with looking(source) as connection:
        found = connection.execute("SELECT * FROM log LIMIT ?", [n]).fetchall()
    return source.names, tuple(tuple(row) for row in found)
