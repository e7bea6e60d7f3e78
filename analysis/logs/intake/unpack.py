"""Bytes of a file, unpacked as a stream whose size is watched."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from analysis.core import LogError
from analysis.logs.intake.kinds import HEAD_BYTES, office_kind, packing_of, unsupported_office
from analysis.logs.intake.limits import MIB, Limits

CHUNK = 4 * MIB
# Below this a high ratio harms nobody: small logs of one repeated line pack very well.
HARMLESS = 8 * MIB
GZIP = 16 + zlib.MAX_WBITS


def head_of(path: Path) -> bytes:
    """The file's first bytes, as they stand."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def unpacked(path: Path, limits: Limits) -> Iterator[bytes]:
    """The file's bytes in chunks, unpacked if it is gzip, zstd or a zip of one file.

    Raises:
        LogError: ``unpacked_too_large``, ``unpack_ratio``, ``corrupt_file``,
            ``zip_not_single`` or ``unsupported_file``.
    """
    packing = packing_of(head_of(path))
    if not packing:
        yield from _plain(path)
        return
    stream = {".gz": _gzip, ".zst": _zstd, ".zip": _zip}[packing](path)
    packed = path.stat().st_size
    total = 0
    try:
        for chunk in stream:
            total += len(chunk)
            _watch(total, packed, path, limits)
            yield chunk
    except (zlib.error, EOFError, OSError, zipfile.BadZipFile, NotImplementedError) as error:
        kind = {".gz": "gzip", ".zst": "zstd", ".zip": "zip"}[packing]
        raise LogError(
            "corrupt_file",
            f"The {kind} file breaks off or is damaged after {total:,} unpacked bytes ({error}).",
            where=path.name,
            fix="Copy or export it again.",
        ) from error


def _watch(total: int, packed: int, path: Path, limits: Limits) -> None:
    if total > limits.unpacked_bytes:
        raise LogError(
            "unpacked_too_large",
            f"The file of {packed:,} bytes unpacks to more than {total:,}; "
            f"the limit is {limits.unpacked_bytes:,} bytes of unpacked text.",
            where=path.name,
            fix="Split it, or write it as Parquet, which is not unpacked as a whole.",
        )
    if total > HARMLESS and total > limits.unpack_ratio * packed:
        raise LogError(
            "unpack_ratio",
            f"The file of {packed:,} bytes unpacks to more than {total:,}: over "
            f"{total // packed} times its size; the limit is {limits.unpack_ratio} times.",
            where=path.name,
            fix="Unpack it yourself, look at it, and use the plain file.",
        )


def _plain(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _gzip(path: Path) -> Iterator[bytes]:
    """Every member of a gzip file, a bounded piece at a time."""
    unpacker = zlib.decompressobj(GZIP)
    for packed in _plain(path):
        waiting = packed
        while waiting:
            if unpacker.eof:
                # Zero bytes may fill the end of a tape block; anything else is a new member.
                waiting = waiting.lstrip(b"\x00")
                if not waiting:
                    break
                unpacker = zlib.decompressobj(GZIP)
            if chunk := unpacker.decompress(waiting, CHUNK):
                yield chunk
            waiting = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    while not unpacker.eof:
        chunk = unpacker.decompress(b"", CHUNK)
        if not chunk:
            raise EOFError("the end is missing")
        yield chunk


def _zstd(path: Path) -> Iterator[bytes]:
    with pa.OSFile(str(path)) as file, pa.CompressedInputStream(file, "zstd") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _zip(path: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if office := office_kind(names):
            raise unsupported_office(office, path.name)
        inside = [name for name in names if not name.startswith("__MACOSX/")]
        if len(inside) != 1:
            raise LogError(
                "zip_not_single",
                f"The zip holds {len(inside)} files ({', '.join(inside[:3])}"
                f"{', ...' if len(inside) > 3 else ''}); it must hold one.",
                where=path.name,
                fix="Unpack it and list the files you want.",
            )
        if archive.getinfo(inside[0]).flag_bits & 0x1:
            raise LogError(
                "unsupported_file",
                "The zip needs a password.",
                where=path.name,
                fix="Unpack it and use the file inside.",
            )
        with archive.open(inside[0]) as file:
            while chunk := file.read(CHUNK):
                yield chunk
