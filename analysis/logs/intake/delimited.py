"""Rows of CSV, TSV and their kin as text, nothing padded, nothing guessed."""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from analysis.logs.intake.dialect import Dialect, propose_dialect
from analysis.logs.intake.limits import MIB, Limits
from analysis.logs.intake.quotes import quotes_are_strict
from analysis.logs.intake.records import Broken, records, row_too_long
from analysis.logs.intake.text import BOM_UTF8, Text
from analysis.logs.intake.writing import Rejections, RowWriter

HEAD = MIB
BATCH_ROWS = 50_000
STRADDLES = "straddling"

Tell = Callable[[float], None]


@dataclass(frozen=True)
class DelimitedText:
    """A text file whose dialect is fixed.

    Attributes:
        text: The plain UTF-8 file.
        dialect: How it is written.
        body: Bytes before the first data row.
        where: Its name for messages.
    """

    text: Text
    dialect: Dialect
    body: int
    where: str


def with_dialect(text: Text, limits: Limits, where: str) -> DelimitedText:
    """The file with its dialect proposed from its beginning.

    Raises:
        LogError: ``empty_log``, ``no_header``, ``row_too_long``.
    """
    with text.path.open("rb") as file:
        file.seek(text.start)
        head = file.read(HEAD)
        whole = not file.read(1)
    letters = codecs.getincrementaldecoder("utf-8")().decode(head)
    dialect = propose_dialect(letters, whole=whole, limits=limits, where=where)
    body = text.start + len(letters[: dialect.body].encode())
    return DelimitedText(text, dialect, body, where)


def read_rows(
    source: DelimitedText,
    order: list[int],
    *,
    writer: RowWriter,
    rejections: Rejections,
    first: int,
    limits: Limits,
    tell: Tell,
) -> int:
    """Write all rows of one file; the number of data rows, rejected lines included.

    Args:
        source: The file.
        order: For each column of the log, its place in this file.
        writer: Where rows go.
        rejections: Where ragged lines and broken quotes go.
        first: Number of this file's first data row.
        limits: Longest row and cell.
        tell: Hears the share of the file that was read.
    """
    delimiter = source.dialect.delimiter
    strict = quotes_are_strict(source.text.path, source.body, delimiter)
    with source.text.path.open("rb") as file:
        file.seek(source.body)
        # Arrow would take a leading byte-order mark of the body for one of a file.
        plain = file.read(3) != BOM_UTF8
    read = _strict_rows if strict and plain else _lax_rows
    return read(source, order, writer, rejections, first, limits, tell)


def _strict_rows(
    source: DelimitedText,
    order: list[int],
    writer: RowWriter,
    rejections: Rejections,
    first: int,
    limits: Limits,
    tell: Tell,
) -> int:
    """Arrow's reader: exact where quotes are strict, and some ten times as fast as Python."""
    ragged: list[int] = []

    def reject(row: pa.csv.InvalidRow) -> str:
        # Without threads Arrow numbers the rows from 1 and does not count blank lines.
        ragged.append(row.number)
        rejections.add("ragged_line", first + row.number - 1, row.text, source.where)
        return "skip"

    names = [f"c{i}" for i in range(len(source.dialect.header))]
    size = source.text.path.stat().st_size
    rows, reached = 0, 0
    with source.text.path.open("rb") as file:
        file.seek(source.body)
        if _only_blank_lines(file.read(limits.row_bytes)):
            return 0
        file.seek(source.body)
        try:
            reader = pa.csv.open_csv(
                pa.PythonFile(file),
                pa.csv.ReadOptions(
                    use_threads=False, block_size=limits.row_bytes, column_names=names
                ),
                pa.csv.ParseOptions(
                    delimiter=source.dialect.delimiter,
                    newlines_in_values=True,
                    invalid_row_handler=reject,
                ),
                pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
            for batch in reader:
                known = np.array(ragged, dtype=np.int64)
                span = batch.num_rows + int((known > reached).sum())
                candidates = np.arange(reached + 1, reached + 1 + span, dtype=np.int64)
                numbers = np.setdiff1d(candidates, known, assume_unique=True)[: batch.num_rows]
                rows += batch.num_rows
                reached = int(numbers[-1]) if numbers.size else reached
                columns = [batch.column(place) for place in order]
                writer.write(columns, numbers + (first - 1), source.where)
                tell(file.tell() / size)
        except pa.ArrowInvalid as error:
            if STRADDLES not in str(error):
                raise
            raise row_too_long(source.where, limits) from error
    return rows + len(ragged)


def _only_blank_lines(head: bytes) -> bool:
    return not head.strip(b"\r\n")


def _lax_rows(
    source: DelimitedText,
    order: list[int],
    writer: RowWriter,
    rejections: Rejections,
    first: int,
    limits: Limits,
    tell: Tell,
) -> int:
    """The same by our own records: quotes within cells are letters, broken ones reject a line."""
    width = len(source.dialect.header)
    number = first - 1
    kept: list[list[str]] = []
    numbers: list[int] = []

    def flush() -> None:
        columns = [_text_or_null([row[place] for row in kept]) for place in order]
        writer.write(columns, np.array(numbers, dtype=np.int64), source.where)
        kept.clear()
        numbers.clear()

    blocks = _blocks(source.text.path, source.body, tell)
    for record in records(blocks, source.dialect.delimiter, limits, source.where):
        number += 1
        if isinstance(record, Broken):
            rejections.add("broken_quote", number, record.text, source.where)
        elif len(record.cells) != width:
            rejections.add("ragged_line", number, record.text, source.where)
        else:
            kept.append(record.cells)
            numbers.append(number)
            if len(kept) == BATCH_ROWS:
                flush()
    flush()
    return number - first + 1


def _text_or_null(cells: list[str]) -> pa.Array:
    column = pa.array(cells, pa.string())
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _blocks(path: Path, start: int, tell: Tell) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(start)
        while chunk := file.read(1 << 22):
            yield decoder.decode(chunk)
            tell(file.tell() / size)
