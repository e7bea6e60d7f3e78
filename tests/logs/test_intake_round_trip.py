"""Random tables come back cell for cell, whatever file they travelled in."""

import csv
import gzip
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.logs.intake import Limits, delimited
from analysis.logs.intake.dialect import Dialect
from analysis.logs.intake.names import ColumnNames
from analysis.logs.intake.quotes import quotes_are_strict
from analysis.logs.intake.text import Text
from analysis.logs.intake.writing import Rejections, RowWriter
from tests.logs.test_intake_text import read, row_numbers, rows

Table = tuple[list[str], list[list[str | None]]]

NAMES = st.text("abcXYZ_ é", min_size=1, max_size=6).map(lambda name: "n" + name.strip())
# Letters that files trip over, more often than chance would bring them.
LETTERS = st.one_of(
    st.sampled_from(list(",;\t|\"\n\r' \\0.9eNA\ufeff\x0b\x1c\u2028")),
    st.characters(codec="utf-8", exclude_characters="\x00"),
)
CELLS = st.one_of(
    st.none(),
    st.sampled_from(["007", "9007199254740993.0", "NA", "None", "null", "nan", "1,5", "TRUE"]),
    st.text(LETTERS, min_size=1, max_size=8),
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Column names that an engine can tell apart, and rows of cells."""
    width = draw(st.integers(1, 4))
    header = draw(
        st.lists(NAMES, min_size=width, max_size=width, unique_by=lambda name: name.casefold())
    )
    body = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8))
    return header, body


def as_csv(table: Table, delimiter: str, end: str, quoting: int) -> str:
    header, body = table
    buffer = io.StringIO(newline="")
    writer = csv.writer(
        buffer,
        delimiter=delimiter,
        lineterminator=end,
        quoting=quoting,  # type: ignore[arg-type]
    )
    writer.writerow(header)
    writer.writerows([["" if cell is None else cell for cell in row] for row in body])
    return buffer.getvalue()


def packed(text: str, packing: str) -> bytes:
    raw = text.encode()
    if packing == ".gz":
        return gzip.compress(raw)
    if packing == ".zst":
        return bytes(pa.compress(raw, "zstd", asbytes=True))
    return raw


def same(found: list[tuple[str | None, ...]], table: Table) -> None:
    assert found == [tuple(row) for row in table[1]]


@settings(max_examples=80)
@given(
    table=tables(),
    delimiter=st.sampled_from([",", "\t", ";", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    packing=st.sampled_from(["", ".gz", ".zst"]),
)
def test_delimited_text_brings_every_cell_back(
    table: Table, delimiter: str, end: str, packing: str
) -> None:
    """With the delimiter told, so that the test is of reading and not of proposing."""
    text = f"sep={delimiter}\n" + as_csv(table, delimiter, end, csv.QUOTE_ALL)
    with TemporaryDirectory() as folder:
        source = read(Path(folder), packed(text, packing))
        assert source.names == tuple(table[0])
        assert source.rejected_count == {}
        same(rows(source), table)


@settings(max_examples=40)
@given(table=tables(), packing=st.sampled_from(["", ".gz", ".zst"]))
def test_json_lines_bring_every_cell_back(table: Table, packing: str) -> None:
    header, body = table
    text = "".join(json.dumps(dict(zip(header, row, strict=True))) + "\n" for row in body)
    with TemporaryDirectory() as folder:
        source = read(Path(folder), packed(text, packing))
        assert source.names == tuple(header)
        same(rows(source), table)


@settings(max_examples=20)
@given(table=tables(), packing=st.sampled_from(["", ".gz"]))
def test_parquet_brings_every_cell_back(table: Table, packing: str) -> None:
    header, body = table
    columns = [pa.array(column, pa.string()) for column in zip(*body, strict=True)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=header), buffer)
    raw = buffer.getvalue()
    with TemporaryDirectory() as folder:
        source = read(Path(folder), gzip.compress(raw) if packing else raw)
        assert source.names == tuple(header)
        same(rows(source), table)


Outcome = tuple[list[tuple[str | None, ...]], list[int], dict[str, int], list[tuple[int, str]], int]


def by_route(folder: Path, text: str, width: int, route: str) -> Outcome:
    """Rows, row numbers and rejections of a body, by one of the two readers."""
    path = folder / "body.csv"
    path.write_bytes(text.encode())
    limits = Limits()
    names = ColumnNames(limits, "body.csv")
    header = tuple(names.add(f"c{i}") for i in range(width))
    source = delimited.DelimitedText(
        Text(path, 0, "utf-8", temporary=False, notices=()),
        Dialect(",", header, 0, decimal_comma=False),
        0,
        "body.csv",
    )
    writer = RowWriter(folder / f"{route}.parquet", header, limits)
    rejections = Rejections(folder / f"{route}-rejected.parquet")
    reader = {"strict": delimited._strict_rows, "lax": delimited._lax_rows}[route]
    count = reader(source, list(range(width)), writer, rejections, 1, limits, lambda _share: None)
    writer.close()
    table = pq.read_table(str(folder / f"{route}.parquet"))
    cells = [table[name].to_pylist() for name in header]
    return (
        list(zip(*cells, strict=True)),
        table["__row"].to_pylist(),
        rejections.count,
        [(line.row, line.text) for line in rejections.examples],
        count,
    )


LINES = st.lists(
    st.lists(
        st.one_of(
            st.text("ab 0é", max_size=3),
            st.text('a",\n\r', max_size=4).map(lambda t: '"' + t.replace('"', '""') + '"'),
        ),
        max_size=4,
    ).map(",".join),
    max_size=12,
)


@settings(max_examples=150)
@given(lines=LINES, end=st.sampled_from(["\n", "\r\n", "\r"]), last=st.booleans())
def test_both_readers_agree_on_strict_text(lines: list[str], end: str, last: bool) -> None:
    """Arrow and our own records are twins: same rows, numbers, rejections, raw text."""
    text = end.join(lines) + (end if last else "")
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "body.csv").write_bytes(text.encode())
        assert quotes_are_strict(folder / "body.csv", 0, ",")
        assert by_route(folder, text, 2, "strict") == by_route(folder, text, 2, "lax")


@settings(max_examples=100)
@given(text=st.text('ab,"\n', max_size=40))
def test_any_text_is_accounted_for_line_by_line(text: str) -> None:
    """Lax or strict, rows and rejected lines add up, and their numbers are 1 to n."""
    with TemporaryDirectory() as name:
        _, numbers, rejected, _, count = by_route(Path(name), text, 2, "lax")
    assert len(numbers) + sum(rejected.values()) == count
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= count for number in numbers)


@settings(max_examples=100)
@given(text=st.text('ab,"\n', max_size=30))
def test_strictness_is_what_the_slow_rule_says(text: str) -> None:
    """Twin: walk the letters one by one."""
    state = "start"
    strict = True
    for letter in text:
        if state == "inside":
            state = "after" if letter == '"' else "inside"
        elif letter == '"':
            strict = strict and state in {"start", "after"}
            state = "inside"
        elif letter in ",\n":
            state = "start"
        else:
            strict = strict and state != "after"
            state = "field"
    strict = strict and state != "inside"
    with TemporaryDirectory() as name:
        path = Path(name) / "text.csv"
        path.write_text(text)
        assert quotes_are_strict(path, 0, ",") == strict


def test_blocks_of_any_size_give_the_same_rows(tmp_path: Path) -> None:
    """Row numbers run on over Arrow's blocks, rejected lines between them included."""
    lines = [f"{i},x" if i % 7 else str(i) for i in range(1, 2_001)]
    source = read(tmp_path, "a,b\n" + "\n".join(lines), row_bytes=1_000)
    assert row_numbers(source) == [i for i in range(1, 2_001) if i % 7]
    assert source.rejected_count == {"ragged_line": 285}
