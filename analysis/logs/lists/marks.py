"""A hash for each row of codes, which neither the order of rows nor the machine changes."""

import hashlib

import numpy as np

from analysis.logs.list_log import Bool, Int
from analysis.logs.lists.codes import Columns
from analysis.logs.suspects import repeated

AT_ONCE = 1 << 17
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
STEP = 0x9E3779B97F4A7C15


def row_marks(columns: Columns, names: list[str]) -> Int:
    """(n,) a hash of some columns of each row; equal rows have equal hashes.

    Source:
        Steele, Lea, Flood (2014), "Fast splittable pseudorandom number generators", OOPSLA:
        the mixing function.
    """
    n = columns["row_no"].size
    marks = np.zeros(n, dtype=np.uint64)
    for start in range(0, n, AT_ONCE):
        part = marks[start : start + AT_ONCE]
        for i, name in enumerate(names):
            column = columns[name][start : start + AT_ONCE]
            if column.dtype.kind == "f":
                column = column.view(np.int64)
            part ^= column.astype(np.int64).view(np.uint64)
            part += np.uint64((i + 1) * STEP % 2**64)
            _mix(part)
    return marks


def _mix(part: Int) -> None:
    part ^= part >> np.uint64(30)
    part *= FIRST
    part ^= part >> np.uint64(27)
    part *= SECOND
    part ^= part >> np.uint64(31)


def repeated_marks(marks: Int) -> Bool:
    """Which rows share their hash with another row."""
    same = repeated(marks.copy())
    if not same.size:
        return np.zeros(marks.size, dtype=bool)
    found: Bool = np.isin(marks, same)
    return found


def digest(parts: list[str], marks: list[Int]) -> str:
    """SHA-256 of some texts and of the multiset of some rows."""
    whole = hashlib.sha256("\x00".join(parts).encode())
    for one in marks:
        other = one ^ np.uint64(STEP)
        _mix(other)
        sums = [int(one.sum(dtype=np.uint64)), int(other.sum(dtype=np.uint64))]
        whole.update(f"{one.size} {sums}".encode())
    return whole.hexdigest()
