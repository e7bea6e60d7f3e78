"""Text of any usual encoding, laid out as one plain UTF-8 file."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.core import LogError, Notice
from analysis.logs.intake.limits import Limits
from analysis.logs.intake.unpack import unpacked

BOM_UTF8 = codecs.BOM_UTF8
UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# Bytes that Windows-1252 leaves undefined: a text that has them is Latin-1.
UNDEFINED_CP1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
ESCAPED = re.compile("[\udc80-\udcff]")
BEYOND_ASCII = re.compile("[^\x00-\x7f]")


@dataclass(frozen=True)
class Text:
    """A plain UTF-8 file without byte-order mark trouble.

    Attributes:
        path: The file: the given one, or a temporary one in the work folder.
        start: Bytes to skip: the length of a byte-order mark.
        encoding: The encoding that was found.
        temporary: The file may be deleted once it has been read.
        notices: What was guessed or replaced.
    """

    path: Path
    start: int
    encoding: str
    temporary: bool
    notices: tuple[Notice, ...]


@dataclass
class _Scan:
    """What one pass over the bytes found."""

    valid: bool = True
    sequences: int = 0
    broken: int = 0
    undefined: bool = False


def plain_text(path: Path, *, name: str, packing: str, spool: Path, limits: Limits) -> Text:
    """The file's text as UTF-8, checked to the last byte.

    Args:
        path: The file as given.
        name: What messages call it.
        packing: ``.gz``, ``.zst``, ``.zip`` or empty.
        spool: Where unpacked or converted text is written if it must be.
        limits: Bounds of unpacking.

    Raises:
        LogError: ``nul_bytes``, ``unsupported_encoding``, or a refusal of unpacking.
    """
    if packing:
        _write(spool, unpacked(path, limits))
        current, temporary = spool, True
    else:
        current, temporary = path, False
    with current.open("rb") as file:
        head = file.read(4)
    if head in UTF32:
        raise LogError(
            "unsupported_encoding",
            "The text is UTF-32.",
            where=name,
            fix="Save it as UTF-8.",
        )
    if head[:2] in UTF16:
        encoding = UTF16[head[:2]]
        _convert(current, spool, encoding, "strict", where=name, skip=2)
        return Text(spool, 0, "utf-16", temporary=True, notices=())
    scan = _scan(current, name)
    start = len(BOM_UTF8) if head.startswith(BOM_UTF8) else 0
    if scan.valid:
        return Text(current, start, "utf-8", temporary, ())
    if scan.sequences > scan.broken or start:
        _convert(current, spool, "utf-8", "backslashreplace", where=name, skip=start)
        return Text(spool, 0, "utf-8", temporary=True, notices=(_broken(name, scan.broken),))
    encoding = "latin-1" if scan.undefined else "cp1252"
    _convert(current, spool, encoding, "strict", where=name, skip=0)
    return Text(spool, 0, encoding, temporary=True, notices=(_guessed(name, encoding),))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            yield chunk


def _write(path: Path, chunks: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)


def _scan(path: Path, where: str) -> _Scan:
    """Whether all bytes are UTF-8, and if not, what speaks for and against it."""
    scan = _Scan()
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    position = 0
    for chunk in _chunks(path):
        nul = chunk.find(b"\x00")
        if nul >= 0:
            raise _nul(chunk, position + nul, where)
        position += len(chunk)
        if scan.valid and not (chunk.isascii() and decoder.getstate()[0] == b""):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                scan.valid = False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        scan.valid = False
    if not scan.valid:
        _weigh(path, scan)
    return scan


def _weigh(path: Path, scan: _Scan) -> None:
    """Count well-formed multi-byte characters, and the bytes that break UTF-8."""
    replacing = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    for chunk in _chunks(path):
        scan.undefined = scan.undefined or any(chunk.find(b) >= 0 for b in UNDEFINED_CP1252)
        text = replacing.decode(chunk)
        broken = len(ESCAPED.findall(text))
        scan.broken += broken
        scan.sequences += len(BEYOND_ASCII.findall(text)) - broken


def _convert(
    source: Path, target: Path, encoding: str, errors: str, *, where: str, skip: int
) -> None:
    """Write the text again as UTF-8, to a temporary name first: source may be target."""
    part = target.with_suffix(".converting")
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    try:
        with part.open("wb") as file:
            for i, chunk in enumerate(_chunks(source)):
                text = decoder.decode(chunk[skip:] if i == 0 else chunk)
                _refuse_nul(text, where)
                file.write(text.encode())
            file.write(decoder.decode(b"", final=True).encode())
    except UnicodeError as error:
        part.unlink()
        raise LogError(
            "unsupported_encoding",
            f"The text begins as {encoding} but does not hold to it ({error.args[-1]}).",
            where=where,
            fix="Save it as UTF-8.",
        ) from error
    except LogError:
        part.unlink()
        raise
    part.replace(target)


def _refuse_nul(text: str, where: str) -> None:
    if "\x00" in text:
        raise LogError(
            "nul_bytes",
            "The text holds NUL characters, so it is not a table of text.",
            where=where,
            fix="Export it again as UTF-8.",
        )


def _nul(chunk: bytes, position: int, where: str) -> LogError:
    share = chunk.count(b"\x00") / len(chunk)
    what = f"There is a NUL byte at byte {position + 1:,}; "
    if 0.2 < share < 0.6:
        what += "it looks like UTF-16 without its byte-order mark."
    else:
        what += "text has none, so the file is damaged or not text."
    return LogError("nul_bytes", what, where=where, fix="Save or export it again as UTF-8.")


def _guessed(where: str, encoding: str) -> Notice:
    name = {"cp1252": "Windows-1252", "latin-1": "Latin-1"}[encoding]
    return Notice(
        "encoding_guessed",
        "warn",
        "log",
        f"{where} is not UTF-8; it was read as {name}.",
        "If letters look wrong in the preview, save the file as UTF-8.",
    )


def _broken(where: str, count: int) -> Notice:
    return Notice(
        "broken_characters",
        "warn",
        "log",
        f"{where} is UTF-8 with {count:,} broken byte(s); each is shown as its code, \\xNN.",
        "Export the file again if these cells matter.",
    )
