"""Rows of JSON lines, or of one small JSON array, as text that keeps every digit."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.core import LogError
from analysis.logs.intake.limits import Limits
from analysis.logs.intake.names import ColumnNames
from analysis.logs.intake.records import row_too_long
from analysis.logs.intake.source import ROW
from analysis.logs.intake.text import Text
from analysis.logs.intake.writing import CODEC, Rejections, RowWriter

BATCH_ROWS = 50_000
BATCH_LETTERS = 1 << 26
SPACE = re.compile(r"[ \t\r\n]*")


class _Digits(str):
    """A number as it was written."""

    __slots__ = ()


class _LineError(Exception):
    """Why a line is no row; the argument is the reason code."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _LineError("repeated_key")
    return found


DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_Digits, parse_int=_Digits, parse_constant=_Digits
)


@dataclass(frozen=True)
class JsonText:
    """A text of JSON objects: one a line, or the elements of one array."""

    text: Text
    array: bool
    where: str


class JsonRows:
    """Gathers rows of all files: a new key opens a new part, and parts are joined at the end."""

    def __init__(self, path: Path, rejections: Rejections, limits: Limits) -> None:
        self.names = ColumnNames(limits, "")
        self.rows = 0
        self.kept = 0
        self._path = path
        self._rejections = rejections
        self._limits = limits
        self._named: dict[str, str] = {}
        self._waiting: list[dict[str, str | None]] = []
        self._letters = 0
        self._numbers: list[int] = []
        self._writer: RowWriter | None = None
        self._parts: list[Path] = []

    def read(self, source: JsonText) -> None:
        """Take every object of one file.

        Raises:
            LogError: ``json_array_too_large``, ``json_array_broken``, ``row_too_long`` or a
                limit of columns or cells.
        """
        self.names.where = source.where
        found = _elements(source, self._limits) if source.array else _lines(source, self._limits)
        for value, text in found:
            self.rows += 1
            try:
                self._take(_row(value, text), len(text))
            except _LineError as error:
                self._rejections.add(str(error), self.rows, text, source.where)
            if len(self._numbers) == BATCH_ROWS or self._letters > BATCH_LETTERS:
                self._flush(source.where)
        self._flush(source.where)

    def _take(self, row: dict[str, str | None], letters: int) -> None:
        if not row.keys() <= self._named.keys():
            for key in row:
                if key not in self._named:
                    self._named[key] = self.names.add(key)
        self._waiting.append(row)
        self._numbers.append(self.rows)
        self._letters += letters

    def _flush(self, where: str) -> None:
        if not self._numbers:
            return
        names = tuple(self.names.names)
        if self._writer is None or self._writer.names != names:
            self._end_part()
            part = self._path.with_name(f"{self._path.name}.{len(self._parts)}")
            self._parts.append(part)
            self._writer = RowWriter(part, names, self._limits)
        columns = [
            pa.array([row.get(key) for row in self._waiting], pa.string()) for key in self._named
        ]
        self._writer.write(columns, np.array(self._numbers, dtype=np.int64), where)
        self.kept += len(self._numbers)
        self._waiting, self._numbers, self._letters = [], [], 0

    def _end_part(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def close(self) -> None:
        """Join the parts into the one file at the given path."""
        self._end_part()
        if not self._parts:
            return
        if len(self._parts) == 1:
            self._parts[0].replace(self._path)
            return
        fields = [(name, pa.string()) for name in self.names.names]
        schema = pa.schema([*fields, (ROW, pa.int64())])
        with pq.ParquetWriter(
            str(self._path), schema, compression=CODEC, write_page_checksum=True
        ) as writer:
            for part in self._parts:
                with pq.ParquetFile(str(part)) as file:
                    for i in range(file.num_row_groups):
                        writer.write_table(_widened(file.read_row_group(i), schema))
                part.unlink()


def _widened(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table[field.name]
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _row(value: Any, text: str) -> dict[str, str | None]:
    """The object's values as text.

    Raises:
        _LineError: The value is no object, or its text cannot be kept.
    """
    if isinstance(value, _LineError):
        raise value
    if not isinstance(value, dict):
        raise _LineError("not_an_object")
    if "\\u" in text:
        _refuse_unwritable(value)
    try:
        # Most cells are text; asking for nothing else first halves the time.
        return {
            key: (cell or None) if type(cell) is str else _cell(cell) for key, cell in value.items()
        }
    except RecursionError as error:
        raise _LineError("nested_too_deep") from error


def _refuse_unwritable(value: dict[str, Any]) -> None:
    try:
        _json(value).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise _LineError("unreadable_text") from error
    if any("\x00" in part for pair in value.items() for part in pair if isinstance(part, str)):
        raise _LineError("unreadable_text")


def _cell(value: Any) -> str | None:
    if isinstance(value, _Digits):
        return str(value)
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    if value is True:
        return "true"
    if value is False:
        return "false"
    return _json(value)


def _json(value: Any) -> str:
    """JSON text with numbers as they were written."""
    if isinstance(value, _Digits):
        return str(value)
    if isinstance(value, dict):
        inside = ",".join(f"{_json(k)}:{_json(v)}" for k, v in value.items())
        return "{" + inside + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _decoded(text: str) -> Any:
    """The value, or the reason why there is none."""
    try:
        return DECODER.decode(text)
    except _LineError as error:
        return error
    except (ValueError, RecursionError):
        return _LineError("not_an_object")


def _lines(source: JsonText, limits: Limits) -> Iterator[tuple[Any, str]]:
    """Every line that is not blank, with its value."""
    with source.text.path.open("rb") as file:
        file.seek(source.text.start)
        while line := file.readline(limits.row_bytes + 1):
            if len(line) > limits.row_bytes:
                raise row_too_long(source.where, limits)
            text = line.decode().strip(" \t\r\n")
            if text:
                yield _decoded(text), text


def _elements(source: JsonText, limits: Limits) -> Iterator[tuple[Any, str]]:
    """Every element of the one array, with its text."""
    size = source.text.path.stat().st_size
    if size > limits.array_bytes:
        raise LogError(
            "json_array_too_large",
            f"The file is one JSON array of {size:,} bytes; the limit is {limits.array_bytes:,}.",
            where=source.where,
            fix="Write one object a line: jq -c '.[]' log.json > log.jsonl",
        )
    text = source.text.path.read_bytes()[source.text.start :].decode()
    at = _skip(text, _skip(text, 0) + 1)
    if text.startswith("]", at):
        return
    while True:
        try:
            value, end = _raw(text, at)
        except (ValueError, RecursionError) as error:
            raise _broken_array(source.where, text, at) from error
        yield value, text[at:end]
        end = _skip(text, end)
        mark = text[end : end + 1]
        if mark == "]" and _skip(text, end + 1) == len(text):
            return
        if mark != ",":
            raise _broken_array(source.where, text, end)
        at = _skip(text, end + 1)


def _raw(text: str, at: int) -> tuple[Any, int]:
    """The value at a place, or why it is no row, and where it ends."""
    try:
        value, end = DECODER.raw_decode(text, at)
    except _LineError as error:
        _, end = json.JSONDecoder(parse_int=_Digits).raw_decode(text, at)
        return error, end
    return value, end


def _skip(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return found.end() if found else at


def _broken_array(where: str, text: str, at: int) -> LogError:
    line = text.count("\n", 0, at) + 1
    return LogError(
        "json_array_broken",
        f"The JSON array breaks off or is damaged after character {at:,}.",
        where=f"{where}, line {line}",
        fix="Export it again, best as JSON lines: one object a line.",
    )
