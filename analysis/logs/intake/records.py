"""Records of delimited text by the strict rules, one at a time.

A quote counts only at the start of a field, ends at the next single quote, and must be
followed by a delimiter or a line end. Anything else on a line that starts a quoted field is
broken: that line alone is given back as such, and reading goes on at the next line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from analysis.core import LogError
from analysis.logs.intake.limits import Limits

LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Record:
    """A row's cells; `end` counts the characters of the text up to the next record."""

    cells: list[str]
    text: str
    end: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A line whose quotes cannot be understood."""

    text: str
    end: int


class _MoreError(Exception):
    """The buffer ends within the record."""


class _BrokenQuoteError(Exception):
    """A quoted field does not end as it should."""


def records(
    blocks: Iterator[str], delimiter: str, limits: Limits, where: str
) -> Iterator[Record | Broken]:
    """Every record that is not a blank line.

    Args:
        blocks: The text in pieces of any size.
        delimiter: One character.
        limits: A quoted cell that is much longer than a cell may be never closes.
        where: File name for messages.

    Raises:
        LogError: ``row_too_long``.
    """
    buffer, start, before = "", 0, 0
    ended = False
    while True:
        try:
            found, end = _next(buffer, start, delimiter, limits.cell_bytes, ended=ended)
        except _MoreError:
            if len(buffer) - start > limits.row_bytes:
                raise row_too_long(where, limits) from None
            before += start
            more = next(blocks, None)
            ended = more is None
            buffer, start = buffer[start:] + (more or ""), 0
            continue
        if found is None and end == start:
            return
        text, cells = buffer[start:end], found
        start = end
        if text in ("\n", "\r", "\r\n"):
            continue
        line = text.rstrip("\r\n") if cells is None else _without_end(text)
        if cells is None:
            yield Broken(line, before + end)
        else:
            yield Record(cells, line, before + end)


def _without_end(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")


def _next(
    buffer: str, start: int, delimiter: str, cell_limit: int, *, ended: bool
) -> tuple[list[str] | None, int]:
    """Cells of the record at `start` (None: broken) and where the next one starts."""
    line_end = LINE_END.search(buffer, start)
    if line_end is None or (line_end.end() == len(buffer) and line_end.group() == "\r"):
        # A carriage return at the buffer's end may be half of a line end.
        if not ended:
            raise _MoreError
        if start == len(buffer):
            return None, start
    stop, after = line_end.span() if line_end else (len(buffer), len(buffer))
    line = buffer[start:stop]
    if '"' not in line:
        return line.split(delimiter), after
    try:
        return _quoted(buffer, start, delimiter, cell_limit, ended=ended)
    except _BrokenQuoteError:
        return None, after


def _quoted(
    buffer: str, start: int, delimiter: str, cell_limit: int, *, ended: bool
) -> tuple[list[str], int]:
    """As `_next`, for a record with quotes: fields may span lines."""
    field_end = _field_end(delimiter)
    cells: list[str] = []
    at = start
    while True:
        if buffer.startswith('"', at):
            close = _closing(buffer, at + 1, cell_limit, ended=ended)
            cells.append(buffer[at + 1 : close].replace('""', '"'))
            end = field_end.match(buffer, close + 1)
            if end is None and close + 1 < len(buffer):
                raise _BrokenQuoteError
        else:
            end = field_end.search(buffer, at)
            cells.append(buffer[at : end.start() if end else len(buffer)])
        if end is None or (end.group() == "\r" and end.end() == len(buffer)):
            if not ended:
                raise _MoreError
            return cells, len(buffer)
        at = end.end()
        if end.group() != delimiter:
            return cells, at


@cache
def _field_end(delimiter: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(delimiter)}|\r\n|\n|\r")


def _closing(buffer: str, at: int, cell_limit: int, *, ended: bool) -> int:
    """Where the quote that closes a field stands."""
    first = at
    while True:
        close = buffer.find('"', at, first + 2 * cell_limit)
        if close < 0:
            if ended or len(buffer) - first > 2 * cell_limit:
                raise _BrokenQuoteError
            raise _MoreError
        if close + 1 == len(buffer) and not ended:
            raise _MoreError
        if not buffer.startswith('"', close + 1):
            return close
        at = close + 2


def row_too_long(where: str, limits: Limits) -> LogError:
    """The refusal of a row that is too long."""
    return LogError(
        "row_too_long",
        f"A row has more than {limits.row_bytes:,} bytes, which is the limit.",
        where=where,
        fix="Is this a table with one row a line? Leave out long columns, or check the quotes.",
    )
