"""DuckDB in process: the embedded engine."""

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from analysis.core import LogError
from analysis.logs.intake import ROW, Source
from analysis.logs.sql import DUCKDB

MEMORY = "500MB"
SPILL = "64GB"
SECONDS = 1_800.0


class DuckDBEngine:
    """A DuckDB connection in memory that can read one log and write to one folder.

    Args:
        source: The log.
        work: Folder for spilled and written tables.
        beside: Further logs to read along, each under its own name.
        memory: What DuckDB may hold before it spills.
        seconds: A query that runs longer is stopped.
    """

    dialect = DUCKDB
    at_hand = True

    def __init__(
        self,
        source: Source,
        work: Path,
        *,
        beside: Mapping[str, Source] | None = None,
        memory: str = MEMORY,
        seconds: float = SECONDS,
    ) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.columns = source.columns
        self._seconds = seconds
        self.scratch = Path(tempfile.mkdtemp(prefix="spill-", dir=work))
        self._connection = duckdb.connect(
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "memory_limit": memory,
                "threads": os.cpu_count() or 1,
                "temp_directory": str(self.scratch),
                "max_temp_directory_size": SPILL,
                "preserve_insertion_order": False,
            }
        )
        self._files = source.files
        sources = {"log": source, **(beside or {})}
        for name, one in sources.items():
            self._open(name, one)
        folders = [work, *(file.parent for one in sources.values() for file in one.files)]
        allowed = ", ".join(DUCKDB.literal(str(one.resolve()) + "/") for one in folders)
        for setting in (
            "SET TimeZone = 'UTC'",
            "SET enable_progress_bar = false",
            # The system keeps files in memory already, and lets go of them when others need it.
            "SET enable_external_file_cache = false",
            f"SET allowed_directories = [{allowed}]",
            "SET python_enable_replacements = false",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            self._connection.execute(setting)

    def _open(self, name: str, source: Source) -> None:
        names = ", ".join(DUCKDB.identifier(name) for name, _ in source.columns)
        paths = [DUCKDB.literal(str(file.resolve())) for file in source.files]
        listed = f"[{', '.join(paths)}], hive_partitioning = false"
        if source.text:
            rows = f"SELECT {names}, {ROW} FROM read_parquet({listed})"
        else:
            number = f"file_row_number + 1 + {self._offsets(paths)}"
            taken = {name for name, _ in source.columns}
            file = next(name for name in ("__file", "__file_", "__file__") if name not in taken)
            rows = (
                f"SELECT {names}, {number.format(file=file)} AS {ROW} FROM read_parquet("
                f"{listed}, file_row_number = true, filename = '{file}')"
            )
        self._connection.execute(f"CREATE VIEW {name} AS {rows}")

    def _offsets(self, paths: list[str]) -> str:
        """Rows in the files before a row's own, as an expression over the file's name."""
        before, cases = 0, []
        for path in paths[:-1]:
            counted = self._connection.execute(
                f"SELECT CAST(sum(num_rows) AS BIGINT) FROM parquet_file_metadata({path})"
            ).fetchone()
            cases.append(f"WHEN {path} THEN {before}")
            before += int(counted[0]) if counted else 0
        plain = [case.replace("{", "{{").replace("}", "}}") for case in cases]
        return f"CASE {{file}} {' '.join(plain)} ELSE {before} END" if cases else "0"

    def never_blank(self, column: str) -> bool:
        """Whether the files' statistics say so: no NULL, and no text that starts with a blank."""
        listed = ", ".join(DUCKDB.literal(str(file.resolve())) for file in self._files)
        sure = (
            "stats_null_count = 0 AND stats_min_value IS NOT NULL "
            "AND stats_min_value >= '!' AND NOT starts_with(stats_min_value, '\\') "
            "AND stats_min_value <> '-infinity' AND stats_max_value IS DISTINCT FROM 'infinity'"
        )
        with self._guard():
            found = self._connection.execute(
                f"SELECT count(*), count(CASE WHEN {sure} THEN 1 END) "
                f"FROM parquet_metadata([{listed}]) WHERE path_in_schema = ?",
                [column],
            ).fetchone()
        return found is not None and found[0] > 0 and found[0] == found[1]

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Stop a query that runs too long, and say in words what a query ran into."""
        timer = threading.Timer(self._seconds, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except duckdb.InterruptException:
            raise LogError(
                "stopped",
                "Reading the log was stopped before it was done.",
                fix="Run it again; a very large log may need the Spark engine.",
            ) from None
        except duckdb.OutOfMemoryException:
            raise LogError(
                "out_of_memory",
                "The log does not fit into memory and the disk space for spilled tables.",
                fix="Free some disk space, or use the Spark engine.",
            ) from None
        finally:
            timer.cancel()

    def run(self, sql: str) -> pa.Table:
        """The rows of a query."""
        with self._guard():
            return self._connection.sql(sql).to_arrow_table()

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The rows of a large query, in pieces, in its order."""
        with self._guard():
            yield from self._connection.sql(sql).to_arrow_reader(60_000)

    def view(self, name: str, sql: str) -> None:
        """Name a query."""
        with self._guard():
            self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}")

    def table(self, name: str, sql: str) -> None:
        """Work a query out once and name its rows."""
        with self._guard():
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")

    def put(self, name: str, rows: pa.Table) -> None:
        """Name rows of this process."""
        self._connection.register(name, rows)

    def write(self, sql: str, path: str) -> None:
        """Write the rows of a query as a Parquet file: to a temporary name, then renamed."""
        temporary = f"{path}.tmp"
        with self._guard():
            self._connection.execute(
                f"COPY ({sql}) TO {DUCKDB.literal(temporary)} (FORMAT parquet)"
            )
        Path(temporary).replace(path)

    def cancel(self) -> None:
        """Stop the query that runs."""
        self._connection.interrupt()

    def close(self) -> None:
        """Close the connection and remove what was spilled."""
        self._connection.close()
        shutil.rmtree(self.scratch, ignore_errors=True)
