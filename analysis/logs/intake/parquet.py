"""Parquet, by its footers first: size and column types, before any row is read."""

import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.core import LogError, Notice
from analysis.logs.intake.limits import MIB, Limits
from analysis.logs.intake.names import too_many_columns
from analysis.logs.intake.writing import cell_too_long

# Small files are decoded once, so that a damaged page is met here and not in an engine.
DECODED_AT_ONCE = 256 * MIB
NESTED = re.compile(r"(?:STRUCT|MAP|UNION|VARIANT|BLOB)\b|.*\[\d*\]\Z")
BATCH_ROWS = 65_536
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "512MB",
    "threads": 2,
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


def describe(
    files: list[Path], names: list[str], limits: Limits
) -> tuple[int, list[tuple[str, str]], list[Notice]]:
    """Rows, columns with their DuckDB types, and notices of Parquet files.

    Args:
        files: The files.
        names: What to call each of them in messages.
        limits: Columns, name length, cells.

    Raises:
        LogError: ``corrupt_file``, ``too_many_cells``, ``too_many_columns``,
            ``column_name_too_long``, ``cell_too_long``, ``files_differ``,
            ``no_usable_columns``.
    """
    rows, cells = 0, 0
    for file, name in zip(files, names, strict=True):
        footer = _footer(file, name)
        if footer.num_columns > limits.columns:
            raise too_many_columns(footer.num_columns, limits, name)
        rows += footer.num_rows
        cells += footer.num_rows * footer.num_columns
        if cells > limits.parquet_cells:
            raise LogError(
                "too_many_cells",
                f"The footer tells of {cells:,} cells (rows x columns); "
                f"the limit is {limits.parquet_cells:,}.",
                where=name,
                fix="Keep the columns that the study uses, or read the table with Spark.",
            )
        _check_sizes(footer, name, limits)
    columns = _columns(files, names)
    for name, _ in columns:
        if len(name) > limits.name_length:
            raise LogError(
                "column_name_too_long",
                f'A column name has {len(name):,} characters ("{name[:40]}..."); '
                f"the limit is {limits.name_length}.",
                where=names[0],
                fix="Shorten the name.",
            )
    usable = [(name, kind) for name, kind in columns if not NESTED.match(kind)]
    left = [f'"{name}" ({kind[:40]})' for name, kind in columns if NESTED.match(kind)]
    if not usable:
        raise LogError(
            "no_usable_columns",
            f"Every column is nested or binary: {', '.join(left[:3])}.",
            where=names[0],
            fix="Write the fields you need as columns of their own.",
        )
    return rows, usable, [_left_out(left)] if left else []


def _footer(file: Path, name: str) -> Any:
    try:
        with pq.ParquetFile(str(file)) as opened:
            return opened.metadata
    except (pa.ArrowException, OSError) as error:
        raise _corrupt(name, error) from error


def _check_sizes(footer: Any, name: str, limits: Limits) -> None:
    """Refuse a column whose cells are, by the footer, too long on average."""
    for i in range(footer.num_row_groups):
        part = footer.row_group(i)
        for j in range(part.num_columns):
            column = part.column(j)
            if column.num_values and column.physical_type == "BYTE_ARRAY":
                mean = column.total_uncompressed_size // column.num_values
                if mean > limits.cell_bytes:
                    where = f'{name}, column "{column.path_in_schema}"'
                    raise cell_too_long(where, mean, limits.cell_bytes)


def check_pages(file: Path, name: str, columns: list[str], limits: Limits) -> None:
    """Decode every page of a small file once.

    Raises:
        LogError: ``corrupt_file`` or ``cell_too_long``.
    """
    footer = _footer(file, name)
    size = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    if size > DECODED_AT_ONCE:
        return
    first = 1
    try:
        with pq.ParquetFile(str(file), page_checksum_verification=True) as opened:
            known = [name for name in columns if name in opened.schema_arrow.names]
            for batch in opened.iter_batches(BATCH_ROWS, columns=known):
                for column_name, column in zip(known, batch.columns, strict=True):
                    _check_cells(column, first, f'column "{column_name}"', name, limits)
                first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise _corrupt(name, error) from error


def _check_cells(column: Any, first: int, label: str, name: str, limits: Limits) -> None:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return
    import pyarrow.compute as pc

    lengths = pc.binary_length(column)
    longest = pc.max(lengths).as_py()
    if longest is not None and longest > limits.cell_bytes:
        row = first + pc.index(lengths, longest).as_py()
        raise cell_too_long(f"{name}, row {row}, {label}", longest, limits.cell_bytes)


def _columns(files: list[Path], names: list[str]) -> list[tuple[str, str]]:
    """Columns of the first file; all others must have the same, by name and type."""
    with duckdb.connect(config=SETTINGS) as connection:
        connection.execute("SET lock_configuration = true")
        described = [
            _describe(connection, file, name) for file, name in zip(files, names, strict=True)
        ]
    first = described[0]
    for name, columns in zip(names[1:], described[1:], strict=True):
        if dict(columns) == dict(first):
            continue
        missing = [column for column, _ in first if column not in dict(columns)]
        extra = [column for column, _ in columns if column not in dict(first)]
        kinds = [
            f'"{column}" is {kind} there and {dict(first)[column]} here'
            for column, kind in columns
            if column in dict(first) and dict(first)[column] != kind
        ]
        raise files_differ(name, names[0], missing, extra, kinds)
    return first


def _describe(
    connection: duckdb.DuckDBPyConnection, file: Path, name: str
) -> list[tuple[str, str]]:
    try:
        found = connection.execute(
            "DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning = false)", [str(file)]
        ).fetchall()
    except duckdb.Error as error:
        raise _corrupt(name, error) from error
    return [(str(row[0]), str(row[1])) for row in found]


def files_differ(
    name: str, first: str, missing: list[str], extra: list[str], kinds: list[str]
) -> LogError:
    """The refusal of files that are not parts of one table."""
    parts = []
    if missing:
        parts.append(f"it lacks {_listed(missing)}")
    if extra:
        parts.append(f"it has {_listed(extra)} besides")
    parts += kinds[:3]
    return LogError(
        "files_differ",
        f"Its columns are not those of {first}: {'; '.join(parts)}.",
        where=name,
        fix="Use files with the same columns, or read them as separate studies.",
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:5])
    return shown + (", ..." if len(names) > 5 else "")


def _left_out(left: list[str]) -> Notice:
    shown = ", ".join(left[:5]) + (", ..." if len(left) > 5 else "")
    return Notice(
        "columns_left_out",
        "note",
        "log",
        f"{len(left)} column(s) hold nested or binary values and were left out: {shown}.",
        "Write a field you need as a column of its own.",
    )


def _corrupt(name: str, error: Exception) -> LogError:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return LogError(
        "corrupt_file",
        f"The Parquet file is cut off or damaged ({reason}).",
        where=name,
        fix="Copy or write it again.",
    )
