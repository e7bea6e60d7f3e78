"""A pile of equally long columns that grows: in memory while it is small, then in a file."""

import errno
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from analysis.core import LogError

Array = NDArray[Any]

MOST_IN_MEMORY = 24 * 1024 * 1024


class Spool:
    """Chunks of named columns, read again as often as needed.

    Args:
        folder: Where the file stands; it has no name there and goes when the spool goes.
        most: Bytes that stay in memory; the usual number if it is left out.
    """

    def __init__(self, folder: Path, most: int | None = None) -> None:
        self.folder = folder
        self._most = MOST_IN_MEMORY if most is None else most
        self._file: IO[bytes] | None = None
        self._bytes = 0
        self._chunks: list[dict[str, Array | tuple[int, np.dtype[Any], int]]] = []

    def add(self, columns: dict[str, Array]) -> None:
        """One more chunk.

        Raises:
            LogError: ``out_of_memory`` if the disk is full.
        """
        size = sum(column.nbytes for column in columns.values())
        self._bytes += size
        if self._bytes <= self._most:
            # Copies: a column of an engine's batch would keep the whole batch.
            self._chunks.append({name: column.copy() for name, column in columns.items()})
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115 - kept open
        self._file.seek(0, 2)
        written: dict[str, Array | tuple[int, np.dtype[Any], int]] = {}
        try:
            for name, column in columns.items():
                written[name] = (self._file.tell(), column.dtype, column.size)
                self._file.write(np.ascontiguousarray(column).data)
            self._file.flush()
        except OSError as problem:
            if problem.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise LogError(
                "out_of_memory",
                "The log does not fit into memory and the disk space for spilled tables.",
                fix="Free some disk space, or use the Spark engine.",
            ) from None
        self._chunks.append(written)

    def chunks(self, *names: str) -> Iterator[tuple[Array, ...]]:
        """Some columns, chunk by chunk."""
        for chunk in self._chunks:
            yield tuple(self._column(chunk[name]) for name in names)

    def _column(self, kept: Array | tuple[int, np.dtype[Any], int]) -> Array:
        if not isinstance(kept, tuple):
            return kept
        offset, kind, size = kept
        assert self._file is not None
        self._file.seek(offset)
        return np.fromfile(self._file, dtype=kind, count=size)

    def close(self) -> None:
        """Let go of everything."""
        self._chunks.clear()
        if self._file is not None:
            self._file.close()
            self._file = None
