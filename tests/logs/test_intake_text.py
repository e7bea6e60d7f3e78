"""Text in, rows out: every cell as it was written, every line accounted for."""

import gzip
import io
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from analysis.core import LogError
from analysis.logs.intake import DEFAULT_LIMITS, Limits, Source, open_source
from analysis.logs.intake.convert import Job, convert
from analysis.logs.intake.preview import preview


def read(tmp_path: Path, content: bytes | str, name: str = "log.csv", **limits: int) -> Source:
    """Convert one file in this process: what the child does, without its start."""
    raw = content.encode() if isinstance(content, str) else content
    path = tmp_path / name
    path.write_bytes(raw)
    return read_files(tmp_path, (path,), Limits(**limits))


def read_files(tmp_path: Path, files: tuple[Path, ...], limits: Limits = DEFAULT_LIMITS) -> Source:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    for old in scratch.iterdir():
        old.unlink()
    names = tuple(file.name for file in files)
    job = Job(files, names, tmp_path / "rows.parquet", scratch, limits)
    return convert(job, lambda _text, _share: None)


def refusal(tmp_path: Path, content: bytes | str, name: str = "log.csv", **limits: int) -> LogError:
    with pytest.raises(LogError) as caught:
        read(tmp_path, content, name, **limits)
    error = caught.value
    assert error.what
    assert error.fix
    assert name in error.where
    assert not (tmp_path / "rows.parquet").exists()
    return error


def rows(source: Source) -> list[tuple[str | None, ...]]:
    return list(preview(source, 1_000)[1])


def row_numbers(source: Source) -> list[int]:
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT __row FROM read_parquet(?)", [str(source.files[0])]
        ).fetchall()
    return [int(row[0]) for row in found]


@pytest.mark.parametrize(
    ("delimiter", "name"),
    ((",", "csv"), ("\t", "tsv"), (";", "semicolon csv"), ("|", "pipe csv")),
)
def test_the_delimiter_is_found_by_its_consistency(
    tmp_path: Path, delimiter: str, name: str
) -> None:
    text = "a:b\n1,5:2;3\n1|25:3,4,5\n7\t:8\n"
    source = read(tmp_path, text.replace(delimiter, "_").replace(":", delimiter))
    assert source.format == name
    assert len(source.columns) == 2


def test_cells_stay_as_they_were_written(tmp_path: Path) -> None:
    source = read(
        tmp_path,
        "id,arm,value,note\n007,NA,9007199254740993.0, padded \n1e5,None,0x10,null\nTRUE,nan,-0,\n",
    )
    assert rows(source) == [
        ("007", "NA", "9007199254740993.0", " padded "),
        ("1e5", "None", "0x10", "null"),
        ("TRUE", "nan", "-0", None),
    ]
    assert source.columns == tuple((n, "VARCHAR") for n in ("id", "arm", "value", "note"))


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    source = read(tmp_path, 'a,b\r\n"x,1","say ""hi""\r\nand go"\r\n"",""\r\n')
    assert rows(source) == [("x,1", 'say "hi"\r\nand go'), (None, None)]


@pytest.mark.parametrize("end", ("\n", "\r\n", "\r"))
@pytest.mark.parametrize("last", (True, False))
def test_every_line_end_is_understood(tmp_path: Path, end: str, last: bool) -> None:
    text = end.join(["a,b", "1,2", "", "3,4"]) + (end if last else "")
    source = read(tmp_path, text)
    assert rows(source) == [("1", "2"), ("3", "4")]
    assert row_numbers(source) == [1, 2]


def test_ragged_lines_are_rejected_counted_and_keep_their_row_numbers(tmp_path: Path) -> None:
    source = read(tmp_path, "a,b\n1,2\n3\n4,5,6\n\n7,8\n9,10\n11,12\n")
    assert rows(source) == [("1", "2"), ("7", "8"), ("9", "10"), ("11", "12")]
    assert row_numbers(source) == [1, 4, 5, 6]
    assert source.rows == 6
    assert source.rejected_count == {"ragged_line": 2}
    assert [(line.row, line.text) for line in source.rejected] == [(2, "3"), (3, "4,5,6")]


def test_ragged_lines_are_found_in_a_lax_file_too(tmp_path: Path) -> None:
    """A quote within a cell sends the file through the other reader: the same accounting."""
    source = read(tmp_path, 'a,b\n1,5" tv\n3\n4,5,6\n\n7,8\n9,10\n11,12\n')
    assert rows(source) == [("1", '5" tv'), ("7", "8"), ("9", "10"), ("11", "12")]
    assert row_numbers(source) == [1, 4, 5, 6]
    assert source.rejected_count == {"ragged_line": 2}


def test_a_quote_that_does_not_close_costs_one_line_and_no_other(tmp_path: Path) -> None:
    source = read(tmp_path, 'a,b\n1,"12 inch\n2,x\n3,"15 inch\n4,y\n5,"ok\nok"\n6,z\n')
    assert rows(source) == [("2", "x"), ("4", "y"), ("5", "ok\nok"), ("6", "z")]
    assert row_numbers(source) == [2, 4, 5, 6]
    assert source.rejected_count == {"broken_quote": 2}
    assert source.rejected[0].text == '1,"12 inch'


def test_all_rejected_lines_are_kept_in_a_file(tmp_path: Path) -> None:
    source = read(tmp_path, "a,b\n" + "1,2\n" * 20 + "x\n" * 12)
    assert source.rejected_file is not None
    with duckdb.connect() as connection:
        kept = connection.execute(
            "SELECT count(*), min(__row), min(reason), min(file) FROM read_parquet(?)",
            [str(source.rejected_file)],
        ).fetchall()[0]
    assert kept == (12, 21, "ragged_line", "log.csv")
    assert len(source.rejected) == 5


def test_examples_are_cut_short(tmp_path: Path) -> None:
    source = read(tmp_path, "a,b\n1,2\n3,4\n" + "x" * 5_000 + "\n")
    assert source.rejected[0].text == "x" * 200


def test_a_file_of_mostly_ragged_lines_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, "a,b,c\n1,2\n3,4\n5,6,7\n")
    assert error.code == "too_many_rejected_lines"
    assert "2 of 3" in error.what
    assert "3 field(s)" in error.what


def test_half_rejected_is_not_yet_too_many(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b,c\n1,2\n5,6,7\n").rejected_count == {"ragged_line": 1}


def test_a_single_column_is_a_table(tmp_path: Path) -> None:
    source = read(tmp_path, 'name\nx\n\n""\ny\n')
    assert rows(source) == [("x",), (None,), ("y",)]


def test_free_text_in_a_single_column_does_not_make_it_ragged(tmp_path: Path) -> None:
    assert rows(read(tmp_path, "note\nhello, you\nbye\n")) == [("hello, you",), ("bye",)]


def test_blank_and_repeated_names_are_replaced_and_told(tmp_path: Path) -> None:
    source = read(tmp_path, " a ,,A,a,__row\n1,2,3,4,5\n")
    assert source.names == ("a", "column_2", "A_2", "a_3", "__row_2")
    (notice,) = source.notices
    assert notice.code == "columns_renamed"
    assert 'column 2 (blank) is called "column_2"' in notice.text


def test_excels_separator_line_is_obeyed(tmp_path: Path) -> None:
    source = read(tmp_path, "sep=;\r\na,x;b\r\n1;2\r\n")
    assert source.names == ("a,x", "b")
    assert rows(source) == [("1", "2")]


def test_decimal_commas_are_pointed_out(tmp_path: Path) -> None:
    source = read(tmp_path, "unit;value\nu1;1,5\nu2;2,5\n")
    assert [notice.code for notice in source.notices] == ["decimal_commas"]
    assert rows(source)[0] == ("u1", "1,5")


@pytest.mark.parametrize(
    "text",
    ("2024-01-01,u1,3\n2024-01-02,u2,4\n", "u1,control,1.5\nu2,treatment,2.5\n"),
)
def test_a_file_without_a_header_is_refused(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text).code == "no_header"


def test_years_may_be_column_names(tmp_path: Path) -> None:
    assert read(tmp_path, "region,1970,1971\nA,3,4\n").names == ("region", "1970", "1971")


@pytest.mark.parametrize(
    ("content", "code"),
    (
        ("", "empty_log"),
        ("\n\r\n\n", "empty_log"),
        ("a,b\n", "log_without_rows"),
        ("a,b", "log_without_rows"),
        ("a,b\n\n\n", "log_without_rows"),
        ('a,"b\n1,2\n', "no_header"),
    ),
)
def test_files_without_rows_are_refused(tmp_path: Path, content: str, code: str) -> None:
    assert refusal(tmp_path, content).code == code


class TestEncodings:
    """Letters arrive as they were meant, and doubts are told."""

    @pytest.mark.parametrize("encoding", ("utf-8", "utf-8-sig", "utf-16", "utf-16-be"))
    @pytest.mark.parametrize("name", ("log.csv", "log.csv.gz"))
    def test_unicode_with_and_without_marks(self, tmp_path: Path, encoding: str, name: str) -> None:
        text = "naïve,b\nZürich,東京🙂\n"
        raw = (b"\xfe\xff" if encoding == "utf-16-be" else b"") + text.encode(encoding)
        source = read(tmp_path, gzip.compress(raw) if name.endswith("gz") else raw, name)
        assert source.names == ("naïve", "b")
        assert rows(source) == [("Zürich", "東京🙂")]
        assert source.notices == ()

    def test_windows_text_is_read_with_a_notice(self, tmp_path: Path) -> None:
        source = read(tmp_path, "a,b\nZürich,5 €\n".encode("cp1252"))
        assert rows(source) == [("Zürich", "5 €")]
        assert source.encoding == "cp1252"
        assert [notice.code for notice in source.notices] == ["encoding_guessed"]

    def test_latin_1_is_taken_where_windows_has_no_letter(self, tmp_path: Path) -> None:
        source = read(tmp_path, b"a,b\n\x81\xfc,1\n")
        assert source.encoding == "latin-1"
        assert rows(source) == [("\x81ü", "1")]

    def test_one_broken_byte_does_not_garble_the_rest(self, tmp_path: Path) -> None:
        source = read(tmp_path, "a,b\nZürich,é\nKöln,x".encode() + b"\xff\n")
        assert rows(source) == [("Zürich", "é"), ("Köln", "x\\xff")]
        assert [notice.code for notice in source.notices] == ["broken_characters"]

    def test_nul_bytes_are_refused(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, b"a,b\n1,\x002\n")
        assert error.code == "nul_bytes"
        assert "byte 7" in error.what

    def test_utf_16_without_its_mark_is_named(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, "a,b\n1,2\n".encode("utf-16-le"))
        assert error.code == "nul_bytes"
        assert "UTF-16" in error.what

    def test_utf_32_and_half_a_letter_are_refused(self, tmp_path: Path) -> None:
        assert refusal(tmp_path, "a,b\n1,2\n".encode("utf-32")).code == "unsupported_encoding"
        cut = "a,b\n1,2\n".encode("utf-16")[:-1]
        assert refusal(tmp_path, cut).code == "unsupported_encoding"


class TestPackings:
    """Compressed text is the same text."""

    TEXT = b"a,b\n1,2\n"

    def zipped(self, **files: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    def test_gzip_of_several_members(self, tmp_path: Path) -> None:
        raw = gzip.compress(b"a,b\n1,") + gzip.compress(b"2\n")
        source = read(tmp_path, raw, "whatever.txt")
        assert (rows(source), source.format) == ([("1", "2")], "csv.gz")

    def test_zstd_of_several_frames(self, tmp_path: Path) -> None:
        raw = b"".join(pa.compress(part, "zstd", asbytes=True) for part in (self.TEXT, b"3,4\n"))
        source = read(tmp_path, raw, "log.csv")
        assert (rows(source), source.format) == ([("1", "2"), ("3", "4")], "csv.zst")

    def test_zip_of_one_text_file(self, tmp_path: Path) -> None:
        raw = self.zipped(**{"log.csv": self.TEXT, "__MACOSX/x": b"?"})
        source = read(tmp_path, raw, "log.zip")
        assert (rows(source), source.format) == ([("1", "2")], "csv.zip")

    def test_zip_of_several_files_is_refused(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, self.zipped(a=b"1", b=b"2"), "log.zip")
        assert error.code == "zip_not_single"
        assert "2 files (a, b)" in error.what

    def test_cut_gzip_and_zstd_are_refused(self, tmp_path: Path) -> None:
        packed = gzip.compress(self.TEXT * 50)
        assert refusal(tmp_path, packed[:-12], "log.gz").code == "corrupt_file"
        packed = pa.compress(self.TEXT * 50, "zstd", asbytes=True)
        assert refusal(tmp_path, packed[:-5], "log.zst").code == "corrupt_file"

    def test_packed_twice_is_refused(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, gzip.compress(gzip.compress(self.TEXT)), "log.gz")
        assert error.code == "unsupported_file"
        assert "twice" in error.what

    def test_a_bomb_is_refused_by_its_ratio(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, gzip.compress(b"a,b\n" + b"0" * 60_000_000), "bomb.csv.gz")
        assert error.code == "unpack_ratio"
        assert "200 times" in error.what

    def test_a_bomb_is_refused_by_its_size(self, tmp_path: Path) -> None:
        raw = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)
        error = refusal(tmp_path, raw, "log.csv.gz", unpacked_bytes=100_000)
        assert error.code == "unpacked_too_large"
        assert "100,000" in error.what


class TestLimits:
    """Each refusal names its limit and what was found."""

    def test_too_many_columns(self, tmp_path: Path) -> None:
        text = ",".join(f"c{i}" for i in range(1_001)) + "\n" + ",".join("x" * 1_001) + "\n"
        error = refusal(tmp_path, text)
        assert error.code == "too_many_columns"
        assert "1,001" in error.what
        assert "1,000" in error.what

    @pytest.mark.parametrize("quote", ("", '"'))
    def test_a_long_cell(self, tmp_path: Path, quote: str) -> None:
        error = refusal(tmp_path, f"a,b\n1,2\n3,{quote}{'x' * 70_000}{quote}\n")
        assert error.code == "cell_too_long"
        assert "70,000" in error.what
        assert 'row 2, column "b"' in error.where

    def test_a_long_row(self, tmp_path: Path) -> None:
        text = "a,b\n1,2\n" + "x" * 9_000 + "\n"
        assert refusal(tmp_path, text, row_bytes=4_000).code == "row_too_long"
        lax = 'a,b\n1,5" tv\n' + "x" * 9_000_000 + "\n1,2\n"
        assert refusal(tmp_path, lax, row_bytes=4_000).code == "row_too_long"

    def test_a_long_column_name(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, "x" * 257 + ",b\n1,2\n")
        assert error.code == "column_name_too_long"
        assert "257" in error.what


class TestSeveralFiles:
    """Files of one table, in the order given."""

    def two(self, tmp_path: Path, first: str, second: str) -> tuple[Path, Path]:
        paths = tmp_path / "one.csv", tmp_path / "two.csv"
        for path, text in zip(paths, (first, second), strict=True):
            path.write_text(text)
        return paths

    def test_columns_are_matched_by_name_and_rows_numbered_on(self, tmp_path: Path) -> None:
        files = self.two(tmp_path, "a,b\n1,2\nx\n3,4\n", "b;a\n20;10\n40;30\ny\n")
        source = read_files(tmp_path, files)
        assert rows(source) == [("1", "2"), ("3", "4"), ("10", "20"), ("30", "40")]
        assert row_numbers(source) == [1, 3, 4, 5]
        assert [line.row for line in source.rejected] == [2, 6]
        assert source.rows == 6

    def test_the_file_that_differs_is_named(self, tmp_path: Path) -> None:
        files = self.two(tmp_path, "a,b\n1,2\n", "a,c\n1,2\n")
        with pytest.raises(LogError, match='lacks "b"') as caught:
            read_files(tmp_path, files)
        assert (caught.value.code, caught.value.where) == ("files_differ", "two.csv")

    def test_formats_are_not_mixed(self, tmp_path: Path) -> None:
        files = self.two(tmp_path, "a,b\n1,2\n", '{"a": 1}\n')
        with pytest.raises(LogError) as caught:
            read_files(tmp_path, files)
        assert caught.value.code == "mixed_formats"


def test_the_same_bytes_make_the_same_parquet(tmp_path: Path) -> None:
    text = "a,b\n" + "1,x\n2,\n3\n" * 500
    first = read(tmp_path, text).files[0].read_bytes()
    assert read(tmp_path, text).files[0].read_bytes() == first


def test_the_child_makes_what_the_same_code_makes_here(tmp_path: Path) -> None:
    text = 'a,b\n1,"x\ny"\n2\n3,\n'
    here = read(tmp_path, text)
    there = open_source(("log.csv",), base=tmp_path, work=tmp_path / "work")
    assert rows(there) == rows(here)
    assert there.files[0].read_bytes() == here.files[0].read_bytes()
    assert (there.rejected, there.rows) == (here.rejected, here.rows)
