"""What a file really is, by its first bytes and never by its name."""

import re
from dataclasses import dataclass

from analysis.core import LogError

HEAD_BYTES = 4096
TABLE_FIX = "Save the table as CSV, JSON lines or Parquet and use that file."

PACKINGS = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst", b"PK\x03\x04": ".zip"}


@dataclass(frozen=True)
class Foreign:
    """A kind of file that is refused by its own name."""

    mark: bytes
    name: str
    fix: str = TABLE_FIX
    at: int = 0


FOREIGN = (
    Foreign(b"PARE", "an encrypted Parquet file", "Write it again without encryption."),
    Foreign(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Office document (xls, doc)",
        "Open it, choose Save as, and save the sheet as CSV.",
    ),
    Foreign(b"%PDF", "a PDF document", "Export the table behind it as CSV."),
    Foreign(b"SQLite format 3\x00", "an SQLite database", "Export the table as CSV."),
    Foreign(b"DUCK", "a DuckDB database", "Write the table with COPY ... TO 'log.parquet'.", 8),
    Foreign(b"ARROW1", "an Arrow (Feather) file", "Write it as Parquet."),
    Foreign(b"FEA1", "a Feather file", "Write it as Parquet."),
    Foreign(b"ORC", "an ORC file", "Write it as Parquet."),
    Foreign(b"Obj\x01", "an Avro file", "Write it as Parquet or JSON lines."),
    Foreign(b"\x89HDF\r\n\x1a\n", "an HDF5 file", "Write it as Parquet."),
    Foreign(b"\x93NUMPY", "a NumPy array", "Write it as Parquet or CSV."),
    Foreign(b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    Foreign(b"\xff\xd8\xff", "a JPEG picture"),
    Foreign(b"GIF8", "a GIF picture"),
    Foreign(b"\x7fELF", "a program"),
    Foreign(b"MZ\x90", "a program"),
    Foreign(b"{\\rtf", "a rich text document"),
    Foreign(b"SAS FILE", "a SAS data set", "Export it as CSV.", 84),
    Foreign(b"$FL2", "an SPSS data set", "Export it as CSV."),
    Foreign(b"<stata_dta>", "a Stata data set", "Export it as CSV."),
    Foreign(b"RDX", "an R workspace", "Write the table with write.csv."),
    Foreign(b"BZh", "a bzip2 archive", "Unpack it, or pack it with gzip or zstd."),
    Foreign(b"\xfd7zXZ\x00", "an xz archive", "Unpack it, or pack it with gzip or zstd."),
    Foreign(b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it and use the file inside."),
    Foreign(b"Rar!", "a RAR archive", "Unpack it and use the file inside."),
    Foreign(b"\x04\x22\x4d\x18", "an lz4 archive", "Unpack it, or pack it with gzip or zstd."),
    Foreign(b"ustar", "a tar archive", "Unpack it and use the files inside.", 257),
    Foreign(b"PK\x05\x06", "an empty zip archive", "Use a zip with one text file, or the file."),
)
# Pickle protocols 2 to 5 begin with PROTO, the protocol and an opcode; loading one runs its code.
PICKLE = re.compile(rb"\x80[\x02-\x05][\x00-\xff]{0,9}[\]\}\(c\x8c\x95]", re.DOTALL)
# Protocols 0 and 1 are text that begins with a global, or with a list or dict and its memo.
TEXT_PICKLE = re.compile(rb"c[\w.]+\n[\w.]+\n(?:p\d+\n)?[(\]}]|\((?:[ldi]|dp|lp)p?\d+\n")
# A mark of plain letters names a foreign kind only if the file is not text after all.
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
TEXT_MARKS = (b"%PDF", b"{\\rtf", b"<stata_dta>")
MARKUP = re.compile(rb"\s*<(?:!doctype|html|\?xml|svg|[a-z]+[\s>])", re.IGNORECASE)


def packing_of(head: bytes) -> str:
    """``.gz``, ``.zst``, ``.zip`` or, for anything else, the empty string."""
    return next((name for mark, name in PACKINGS.items() if head.startswith(mark)), "")


def is_parquet(head: bytes) -> bool:
    """Whether the bytes begin as Parquet does (and not a text whose header says PAR1)."""
    return head.startswith(b"PAR1") and bool(CONTROL.search(head))


def refuse_foreign(head: bytes, where: str) -> None:
    """Nothing, if the bytes may be text; otherwise a refusal by the file's real name.

    Raises:
        LogError: ``empty_log`` or ``unsupported_file``.
    """
    if not head:
        raise LogError("empty_log", "The file has no bytes.", where=where, fix="Export it again.")
    binary = bool(CONTROL.search(head)) or not head.isascii()
    for kind in FOREIGN:
        if head.startswith(kind.mark, kind.at) and (binary or kind.mark in TEXT_MARKS):
            raise _unsupported(kind.name, where, kind.fix)
    if PICKLE.match(head) or TEXT_PICKLE.match(head):
        fix = "Pickles can run code and are never opened; write the table as Parquet or CSV."
        raise _unsupported("a Python pickle", where, fix)
    if MARKUP.match(head):
        raise _unsupported("a web page or XML", where, "Export the table as CSV or JSON lines.")


def office_kind(names: list[str]) -> tuple[str, str] | None:
    """Name and fix of an office document, from the names inside its zip."""
    fix = "Save the sheet as CSV."
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook", fix
    if any(name.startswith("word/") for name in names):
        return "a Word document", "Export the table as CSV."
    if any(name.startswith("ppt/") for name in names):
        return "a PowerPoint document", "Export the table as CSV."
    if "mimetype" in names and "content.xml" in names:
        return "an OpenDocument file", fix
    if "META-INF/MANIFEST.MF" in names:
        return "a Java archive", TABLE_FIX
    return None


def unsupported_office(kind: tuple[str, str], where: str) -> LogError:
    """The refusal of an office document."""
    return _unsupported(kind[0], where, kind[1])


def _unsupported(name: str, where: str, fix: str) -> LogError:
    what = f"This is {name}; a log is CSV, TSV, JSON lines or Parquet (plain, gzip or zstd)."
    return LogError("unsupported_file", what, where=where, fix=fix)
