"""Rows of text written as Parquet: to a temporary name, renamed when all is well."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from analysis.core import LogError
from analysis.logs.intake.limits import Limits
from analysis.logs.intake.source import ROW, RejectedLine

EXAMPLES = 5
EXAMPLE_LENGTH = 200
REJECTED_SCHEMA = pa.schema(
    [(ROW, pa.int64()), ("file", pa.string()), ("reason", pa.string()), ("text", pa.string())]
)
CODEC = "zstd"
REJECTED_BATCH = 10_000

RowNumbers = NDArray[np.int64]


class RowWriter:
    """Writes one Parquet file of text columns and row numbers, and counts as it goes."""

    def __init__(self, path: Path, names: tuple[str, ...], limits: Limits) -> None:
        self.names = names
        self.kept = 0
        self._path = path
        self._limits = limits
        fields = [(name, pa.string()) for name in names]
        self._schema = pa.schema([*fields, (ROW, pa.int64())])
        self._writer = pq.ParquetWriter(
            str(path), self._schema, compression=CODEC, write_page_checksum=True
        )

    def write(self, columns: list[pa.Array], numbers: RowNumbers, where: str) -> None:
        """Append rows: one array of text a column, and each row's number.

        Raises:
            LogError: ``cell_too_long``.
        """
        if not len(numbers):
            return
        for name, column in zip(self.names, columns, strict=True):
            self._check_length(name, column, numbers, where)
        table = pa.Table.from_arrays([*columns, pa.array(numbers)], schema=self._schema)
        self._writer.write_table(table)
        self.kept += len(numbers)

    def _check_length(self, name: str, column: pa.Array, numbers: RowNumbers, where: str) -> None:
        lengths = pc.binary_length(column)
        longest = pc.max(lengths).as_py()
        limit = self._limits.cell_bytes
        if longest is None or longest <= limit:
            return
        row = int(numbers[pc.index(lengths, longest).as_py()])
        raise cell_too_long(f'{where}, row {row}, column "{name}"', longest, limit)

    def close(self) -> None:
        """Finish the file; it keeps its temporary name."""
        self._writer.close()


class Rejections:
    """Counts rejected lines by reason, keeps examples, and writes all of them to a file."""

    def __init__(self, path: Path) -> None:
        self.count: dict[str, int] = {}
        self.examples: list[RejectedLine] = []
        self.total = 0
        self._path = path
        self._lines: list[tuple[int, str, str, str]] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, reason: str, row: int, text: str, file: str) -> None:
        """Record one line."""
        seen = self.count.get(reason, 0)
        self.count[reason] = seen + 1
        self.total += 1
        short = text[:EXAMPLE_LENGTH]
        if seen < EXAMPLES:
            self.examples.append(RejectedLine(reason, row, short))
        self._lines.append((row, file, reason, short))
        if len(self._lines) == REJECTED_BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(str(self._path), REJECTED_SCHEMA, compression=CODEC)
        columns = list(zip(*self._lines, strict=True))
        arrays = [pa.array(c, f.type) for c, f in zip(columns, REJECTED_SCHEMA, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=REJECTED_SCHEMA))
        self._lines = []

    def close(self) -> bool:
        """Finish the file, if there is one to write; whether there is."""
        if self._lines:
            self._flush()
        if self._writer is None:
            return False
        self._writer.close()
        return True


def cell_too_long(where: str, found: int, limit: int) -> LogError:
    """The refusal of a cell that is too long."""
    return LogError(
        "cell_too_long",
        f"A cell has at least {found:,} bytes; the limit is {limit:,}.",
        where=where,
        fix="Leave that column out, or look for a quote that is never closed.",
    )
