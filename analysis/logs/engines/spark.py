"""Spark over Spark Connect: for logs that outgrow one machine. Imported only when asked for."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.core import LogError
from analysis.logs.intake import ROW
from analysis.logs.sql import SPARK

KINDS = {
    "string": "VARCHAR",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ntz": "TIMESTAMP",
    "date": "DATE",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
}


def connect(connection: str | None) -> Any:
    """A Spark session at the address that an environment variable holds.

    Raises:
        LogError: ``spark_missing``, ``no_connection`` or ``spark_unreachable``.
    """
    name = connection or ""
    address = os.environ.get(name, "") if name else ""
    if not address:
        raise LogError(
            "no_connection",
            f'The environment variable "{name}" that should hold the Spark address is not set.'
            if name
            else "The study names no environment variable with the Spark address.",
            where="log.connection",
            fix='Set it to an address like "sc://host:15002".',
        )
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise LogError(
            "spark_missing",
            "The Spark engine needs the package pyspark-client, which is not installed.",
            where="log.engine",
            fix='Install pyspark-client, or use engine = "duckdb".',
        ) from None
    try:
        return SparkSession.builder.remote(address).getOrCreate()
    # The client raises many kinds, and even leaves Python where it finds itself in a strange host.
    except (Exception, SystemExit) as problem:  # noqa: BLE001
        raise LogError(
            "spark_unreachable",
            f"Spark does not answer: {type(problem).__name__}.",
            where="log.connection",
            fix="Check the address and that the server is up.",
        ) from None


class SparkEngine:
    """A Spark Connect session with one table open as the log.

    Args:
        session: The Spark session.
        table: Name of the table; a column ``__row`` numbers its rows if there is one.
    """

    dialect = SPARK
    at_hand = False
    scratch = Path(tempfile.gettempdir())

    def __init__(self, session: Any, table: str) -> None:
        self._session = session
        session.conf.set("spark.sql.session.timeZone", "UTC")
        name = ".".join(SPARK.identifier(part) for part in table.split("."))
        try:
            schema = session.sql(f"SELECT * FROM {name}").schema
        except Exception as problem:  # noqa: BLE001 - as above
            raise LogError(
                "unknown_table",
                f'The table "{table}" cannot be read: {type(problem).__name__}.',
                where="log.table",
                fix="Check its name and that you may read it.",
            ) from None
        kinds = [(field.name, field.dataType.simpleString()) for field in schema.fields]
        self.columns = tuple(
            (column, KINDS.get(kind, kind.upper())) for column, kind in kinds if column != ROW
        )
        has_row = any(column == ROW for column, _ in kinds)
        row = "" if has_row else f", monotonically_increasing_id() + 1 AS {ROW}"
        self.view("log", f"SELECT *{row} FROM {name}")

    def never_blank(self, column: str) -> bool:
        """Nothing is known of a table's cells."""
        del column
        return False

    def run(self, sql: str) -> pa.Table:
        """The rows of a query."""
        result: pa.Table = self._session.sql(sql).toArrow()
        return result

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query, in pieces, in its order."""
        yield from self.run(sql).to_batches()

    def view(self, name: str, sql: str) -> None:
        """Name a query."""
        self._session.sql(sql).createOrReplaceTempView(name)

    def table(self, name: str, sql: str) -> None:
        """Name a query; the server decides what it keeps."""
        self.view(name, sql)

    def put(self, name: str, rows: pa.Table) -> None:
        """Name rows of this process."""
        self._session.createDataFrame(rows).createOrReplaceTempView(name)

    def write(self, sql: str, path: str) -> None:
        """Write the rows of a query as a local Parquet file."""
        temporary = f"{path}.tmp"
        pq.write_table(self.run(sql), temporary)
        Path(temporary).replace(path)

    def cancel(self) -> None:
        """Stop the query that runs."""
        self._session.interruptAll()

    def close(self) -> None:
        """Nothing to let go: the session may serve others."""
