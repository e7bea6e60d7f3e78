"""How a delimited text is written: proposed from its first lines, then fixed."""

import re
from dataclasses import dataclass

from analysis.core import LogError
from analysis.logs.intake.limits import Limits
from analysis.logs.intake.records import Broken, Record, records, row_too_long

DELIMITERS = (",", "\t", ";", "|")
NAMES = {",": "csv", "\t": "tsv", ";": "semicolon csv", "|": "pipe csv"}
SAMPLE_RECORDS = 200
# Excel writes the delimiter on a line of its own before the header.
SEP_LINE = re.compile(r'\A"?sep=([,;|\t])"?(?:\r\n|\n|\r)', re.IGNORECASE)
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+\Z")
TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\Z")


@dataclass(frozen=True)
class Dialect:
    """A delimiter and a header.

    Attributes:
        delimiter: One of comma, tab, semicolon, pipe.
        header: The header's cells, trimmed; blank ones are empty.
        body: Characters before the first data row.
        decimal_comma: Some first cells look like 1,5.
    """

    delimiter: str
    header: tuple[str, ...]
    body: int
    decimal_comma: bool

    @property
    def name(self) -> str:
        """What people call such a file."""
        return NAMES[self.delimiter]


def propose_dialect(head: str, *, whole: bool, limits: Limits, where: str) -> Dialect:
    """The delimiter by which most first lines have as many fields as the header.

    Args:
        head: The text's beginning.
        whole: `head` is the whole text; otherwise its last record may be cut and is ignored.
        limits: Longest row and quoted cell.
        where: File name for messages.

    Raises:
        LogError: ``empty_log`` if there is no header, ``no_header`` if the first line is data.
    """
    skipped = 0
    delimiters: tuple[str, ...] = DELIMITERS
    if told := SEP_LINE.match(head):
        delimiters, skipped = (str(told.group(1)),), told.end()
    samples = [
        _Sample(delimiter, _first(head[skipped:], delimiter, limits, where, whole=whole))
        for delimiter in delimiters
    ]
    if not samples[0].rows and not whole:
        raise row_too_long(where, limits)
    if not samples[0].rows:
        raise LogError(
            "empty_log", "The file holds only blank lines.", where=where, fix="Export it again."
        )
    best = max(samples, key=lambda sample: sample.rank)
    first = best.rows[0]
    if isinstance(first, Broken):
        raise LogError(
            "no_header",
            "The first line has a quote that does not close before the next delimiter.",
            where=f"{where}, line 1",
            fix="The first line must hold the column names; correct its quotes.",
        )
    header = tuple(cell.strip() for cell in first.cells)
    cells = [row.cells for row in best.rows[1:] if isinstance(row, Record)]
    _refuse_data_as_header(header, cells, where)
    decimal_comma = best.delimiter != "," and any(
        DECIMAL_COMMA.match(cell.strip()) for row in cells for cell in row
    )
    return Dialect(best.delimiter, header, skipped + first.end, decimal_comma)


@dataclass(frozen=True)
class _Sample:
    """The first records as one delimiter reads them."""

    delimiter: str
    rows: list[Record | Broken]

    @property
    def rank(self) -> tuple[int, float, int]:
        """First a header of several fields that most rows agree with.

        Then any header of several fields, so that a ragged file is refused as such and not
        read as one column; then a single column.
        """
        first = self.rows[0]
        if isinstance(first, Broken):
            return 1, -1.0, 0
        width = len(first.cells)
        following = self.rows[1:]
        like = sum(isinstance(row, Record) and len(row.cells) == width for row in following)
        agreement = like / len(following) if following else 1.0
        if width == 1:
            return 0, agreement, width
        return 2 if agreement > 0.5 else 1, agreement, width


def _first(
    text: str, delimiter: str, limits: Limits, where: str, *, whole: bool
) -> list[Record | Broken]:
    found: list[Record | Broken] = []
    for record in records(iter((text,)), delimiter, limits, where):
        if not whole and record.end >= len(text):
            break
        found.append(record)
        if len(found) > SAMPLE_RECORDS:
            break
    return found


def _refuse_data_as_header(header: tuple[str, ...], rows: list[list[str]], where: str) -> None:
    """Column names are not numbers above numbers, nor times above times."""
    if not rows:
        return
    below = rows[0]
    numbers = [i for i, name in enumerate(header) if NUMBER.match(name) and i < len(below)]
    years = [header[i] for i in numbers]
    if len(years) > 1 and all(re.fullmatch(r"\d{4}", y) for y in years) and years == sorted(years):
        numbers = []
    found = [header[i] for i in numbers if NUMBER.match(below[i].strip())]
    found += [
        name
        for name, cell in zip(header, below, strict=False)
        if TIME.match(name) and TIME.match(cell.strip())
    ]
    if found:
        raise LogError(
            "no_header",
            f'The first line looks like data, not like column names: it has "{found[0]}".',
            where=f"{where}, line 1",
            fix="Put a line with the column names at the top.",
        )
