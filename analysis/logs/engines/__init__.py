"""Engines: where SQL runs. Statistics never see one."""

from collections.abc import Mapping
from pathlib import Path

from analysis.core import LogError
from analysis.logs.engines.duckdb import DuckDBEngine
from analysis.logs.engines.engine import Engine
from analysis.logs.intake import Source

__all__ = ["DuckDBEngine", "Engine", "open_duckdb", "open_spark"]


def open_duckdb(
    source: Source, work: Path, *, beside: Mapping[str, Source] | None = None
) -> Engine:
    """The embedded engine with a log open, and others beside it under their names."""
    return DuckDBEngine(source, work, beside=beside)


def open_spark(table: str | None, connection: str | None) -> Engine:
    """A Spark Connect engine with a study's table open; imports the client only now.

    Raises:
        LogError: ``no_table`` if the study names none.
    """
    if table is None:
        raise LogError(
            "no_table",
            "The Spark engine reads a table, and the study names none.",
            where="log.table",
            fix='Add table = "schema.name" under [log].',
        )
    from analysis.logs.engines.spark import SparkEngine, connect

    return SparkEngine(connect(connection), table)
