"""Files that are no logs are refused by their real name, whatever they are called."""

import gzip
import io
import pickle
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pytest

from analysis.core import LogError
from analysis.logs.intake.convert import Job, convert
from analysis.logs.intake.kinds import is_parquet
from analysis.logs.intake.limits import DEFAULT_LIMITS


def refused(tmp_path: Path, content: bytes) -> LogError:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    job = Job((path,), (path.name,), tmp_path / "rows.parquet", scratch, DEFAULT_LIMITS)
    with pytest.raises(LogError) as caught:
        convert(job, lambda _text, _share: None)
    assert caught.value.where == "log.csv"
    assert caught.value.fix
    return caught.value


def office(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"<xml/>")
    return buffer.getvalue()


def sqlite_file(tmp_path: Path) -> bytes:
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")
    return path.read_bytes()


def numpy_file() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    (
        (office("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook"),
        (office("[Content_Types].xml", "word/document.xml"), "a Word document"),
        (office("mimetype", "content.xml"), "an OpenDocument file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Office document"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
        (pickle.dumps([{"a": 1}], protocol=2), "a Python pickle"),
        (pickle.dumps({"a": 1}, protocol=4), "a Python pickle"),
        (pickle.dumps(np.arange(3), protocol=5), "a Python pickle"),
        (numpy_file(), "a NumPy array"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a PNG picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG picture"),
        (b"PARE\x15\x02\x00", "an encrypted Parquet file"),
        (b"ARROW1\x00\x00\xff\xff", "an Arrow (Feather) file"),
        (b"BZh91AY&SY\x00\x01", "a bzip2 archive"),
        (b"\xfd7zXZ\x00\x00\x04", "an xz archive"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "a 7z archive"),
        (b"\x7fELF\x02\x01\x01\x00", "a program"),
        (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "a web page"),
    ),
)
def test_foreign_files_are_named(tmp_path: Path, content: bytes, name: str) -> None:
    error = refused(tmp_path, content)
    assert error.code == "unsupported_file"
    assert name in error.what


def test_an_sqlite_database_is_named(tmp_path: Path) -> None:
    assert "an SQLite database" in refused(tmp_path, sqlite_file(tmp_path)).what


def test_a_workbook_says_to_save_as_csv(tmp_path: Path) -> None:
    assert "CSV" in refused(tmp_path, office("xl/workbook.xml")).fix


def test_a_pickle_within_gzip_is_still_a_pickle(tmp_path: Path) -> None:
    error = refused(tmp_path, gzip.compress(pickle.dumps({"a": 1}, protocol=4)))
    assert "a Python pickle" in error.what


def test_no_pickle_is_ever_loaded(tmp_path: Path) -> None:
    """The oldest protocol is plain text: it is known too, and nothing of it runs."""
    proof = tmp_path / "ran"
    error = refused(tmp_path, f"cos\nsystem\n(S'touch {proof}'\ntR.".encode())
    assert "a Python pickle" in error.what
    assert "a Python pickle" in refused(tmp_path, pickle.dumps([{"a": 1}], protocol=0)).what
    assert not proof.exists()


@pytest.mark.parametrize("name", ("PARENT_ID", "ORCHARD", "DUCKS", "BZh", "PAR1"))
def test_a_header_that_begins_like_a_mark_is_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"{name},b\n1,2\n")
    (tmp_path / "scratch").mkdir()
    job = Job((path,), ("log.csv",), tmp_path / "r.parquet", tmp_path / "scratch", DEFAULT_LIMITS)
    assert convert(job, lambda _text, _share: None).names == (name, "b")


def test_parquet_is_known_by_its_mark_and_its_bytes() -> None:
    assert is_parquet(b"PAR1\x15\x04")
    assert not is_parquet(b"PAR1,b\n1,2\n")
