"""Arrow columns as arrays and back, by their buffers: pyarrow's own way imports pandas first."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Array = NDArray[Any]

KINDS = {
    pa.int8(): np.int8,
    pa.int32(): np.int32,
    pa.int64(): np.int64,
    pa.uint64(): np.uint64,
    pa.float64(): np.float64,
}


def numbers(column: Any, blank: float = 0) -> Array:
    """The numbers of a column.

    Args:
        column: Whole numbers or doubles.
        blank: Stands where the column has none.
    """
    valid, held = column.buffers()
    first, size = column.offset, len(column)
    if held is None:
        return np.full(size, blank, dtype=KINDS[column.type])
    found = np.frombuffer(held, dtype=KINDS[column.type])[first : first + size]
    if not column.null_count:
        return found
    bits = np.unpackbits(np.frombuffer(valid, dtype=np.uint8), bitorder="little")
    filled = found.copy()
    filled[bits[first : first + size] == 0] = blank
    return filled


def column_of(array: Array, valid: Array | None = None) -> Any:
    """Numbers as a column; blank where they are not valid."""
    held = np.ascontiguousarray(array)
    kind = pa.from_numpy_dtype(held.dtype)
    bits = None
    if valid is not None:
        bits = pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
    return pa.Array.from_buffers(kind, held.size, [bits, pa.py_buffer(held)])
