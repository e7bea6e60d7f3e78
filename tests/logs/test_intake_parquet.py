"""Parquet is used in place, after its footer has been believed."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.core import LogError
from analysis.logs.intake import Limits, open_source
from analysis.logs.intake.preview import preview
from tests.logs.test_intake_text import read_files


def write(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), str(path))
    return path


def refused(tmp_path: Path, *files: Path, **limits: int) -> LogError:
    with pytest.raises(LogError) as caught:
        read_files(tmp_path, files, Limits(**limits))
    assert caught.value.fix
    return caught.value


def test_the_users_own_file_is_used_in_place(tmp_path: Path) -> None:
    path = write(tmp_path / "log.parquet", unit=["u1", "u2"], value=[1.5, None], n=[1, 2])
    before = path.read_bytes()
    source = open_source(("log.parquet",), base=tmp_path, work=tmp_path / "work")
    assert source.files == (path,)
    assert not source.text
    assert source.columns == (("unit", "VARCHAR"), ("value", "DOUBLE"), ("n", "BIGINT"))
    assert (source.rows, source.format, source.rejected_count) == (2, "parquet", {})
    assert preview(source) == (("unit", "value", "n"), (("u1", "1.5", "1"), ("u2", None, "2")))
    assert path.read_bytes() == before
    assert list((tmp_path / "work").iterdir()) == []


def test_packed_parquet_is_unpacked_into_the_work_folder(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.parquet", a=["x"])
    (tmp_path / "log.parquet.gz").write_bytes(gzip.compress(plain.read_bytes()))
    source = open_source(("log.parquet.gz",), base=tmp_path, work=tmp_path / "work")
    assert source.format == "parquet.gz"
    assert source.files[0].parent == tmp_path / "work"
    assert preview(source)[1] == (("x",),)
    assert open_source(("log.parquet.gz",), base=tmp_path, work=tmp_path / "work") == source


def test_nested_and_binary_columns_are_left_out_with_a_notice(tmp_path: Path) -> None:
    path = write(tmp_path / "log.parquet", a=["x"], b=[{"k": 1}], c=[[1, 2]], d=[b"\x00"])
    source = read_files(tmp_path, (path,))
    assert source.names == ("a",)
    (notice,) = source.notices
    assert notice.code == "columns_left_out"
    assert all(f'"{name}"' in notice.text for name in "bcd")
    only = write(tmp_path / "nested.parquet", b=[{"k": 1}])
    assert refused(tmp_path, only).code == "no_usable_columns"


def test_limits_are_held_against_the_footer(tmp_path: Path) -> None:
    path = write(tmp_path / "log.parquet", a=["x"] * 10, b=["y"] * 10)
    error = refused(tmp_path, path, parquet_cells=19)
    assert (error.code, "20" in error.what, "19" in error.what) == ("too_many_cells", True, True)
    assert refused(tmp_path, path, columns=1).code == "too_many_columns"
    named = write(tmp_path / "named.parquet", **{"x" * 300: [1]})
    assert refused(tmp_path, named).code == "column_name_too_long"
    long = write(tmp_path / "long.parquet", a=["x" * 70_000])
    assert refused(tmp_path, long).code == "cell_too_long"
    one = write(tmp_path / "one.parquet", a=["x"] * 99 + ["y" * 70_000])
    error = refused(tmp_path, one)
    assert (error.code, error.where) == ("cell_too_long", 'one.parquet, row 100, column "a"')


@pytest.mark.parametrize("damage", ("cut", "flipped", "footer", "mark"))
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "log.parquet"
    table = pa.table({"a": [str(i) for i in range(5_000)]})
    pq.write_table(table, str(path), write_page_checksum=True)
    raw = bytearray(path.read_bytes())
    if damage == "flipped":
        raw[2_000] ^= 0xFF
    elif damage == "footer":
        start = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
        raw[start : start + 30] = bytes(30)
    elif damage == "mark":
        raw[-1] = 0
    path.write_bytes(raw[:900] if damage == "cut" else raw)
    error = refused(tmp_path, path)
    assert (error.code, error.where) == ("corrupt_file", "log.parquet")


def test_no_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"a": pa.array([], pa.string())}), str(path))
    assert refused(tmp_path, path).code == "log_without_rows"


def test_files_must_agree_by_name_and_type(tmp_path: Path) -> None:
    one = write(tmp_path / "one.parquet", a=["x"], b=[1])
    same = write(tmp_path / "same.parquet", b=[2], a=["y"])
    assert read_files(tmp_path, (one, same)).rows == 2
    other = write(tmp_path / "other.parquet", a=["x"], b=[1.5])
    error = refused(tmp_path, one, other)
    assert (error.code, error.where) == ("files_differ", "other.parquet")
    assert '"b" is DOUBLE there and BIGINT here' in error.what
    lacking = write(tmp_path / "lacking.parquet", a=["x"])
    assert 'lacks "b"' in refused(tmp_path, one, lacking).what
