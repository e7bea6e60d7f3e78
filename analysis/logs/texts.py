"""Columns of texts: their order, and a check that equal keys stand for equal texts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.logs.arrow import column_of, numbers
from analysis.logs.sql.dialect import BLANKS

Signs = NDArray[np.uint64]
Places = NDArray[Any]

WORD = 8
TEXTS_AT_ONCE = 262_144
FACTOR = np.uint64(0x9E3779B97F4A7C15)
# A row counts as 1 in the last 32 bits, with the sign of its text above them.
ROWS = np.uint64(2**32 - 1)


def parts(column: Any) -> tuple[Places, NDArray[np.uint8]]:
    """Where each text ends, and all their bytes one after the other; starts with a 0."""
    _, where, letters = column.buffers()
    if not len(column) or letters is None:
        return np.zeros(len(column) + 1, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    kind = np.int64 if pa.types.is_large_string(column.type) else np.int32
    ends = np.frombuffer(where, dtype=kind)[column.offset : column.offset + len(column) + 1]
    spelled = np.frombuffer(letters, dtype=np.uint8)[ends[0] : ends[-1]]
    return ends - ends[0], spelled


def signs(column: Any) -> Signs:
    """A number per text from its length and its last eight bytes, independent of its key."""
    ends, spelled = parts(column)
    room = np.zeros(spelled.size + WORD, dtype=np.uint8)
    room[WORD:] = spelled
    words = np.ndarray((spelled.size + 1,), dtype="<u8", buffer=room, strides=(1,))
    last, length = words[ends[1:]], np.diff(ends)
    short = np.flatnonzero(length < WORD)
    if short.size:
        # A short text's word starts with bytes of the text before it.
        over = np.minimum(WORD * (WORD - length[short]), 63).astype(np.uint64)
        last[short] >>= over
        last[short[length[short] == 0]] = 0
    found: Signs = last * FACTOR + length.astype(np.uint64)
    return found


def signed(column: Any) -> Signs:
    """What each row adds to the one that its text's key stands for: 1, and above that its sign."""
    found: Signs = (signs(column) & ~ROWS) + np.uint64(1)
    return found


def all_alike(sums: Signs, texts: Any) -> bool:
    """Whether all rows behind each key had its text, by the sums of what they were `signed`."""
    return not any(
        (sums[some] != (sums[some] & ROWS) * signed(texts[some])).any()
        for some in portions(len(texts))
    )


def in_order(texts: Any) -> Places:
    """The places of distinct texts in the order of their bytes.

    Eight bytes after what all have in common tell most apart; the rest is compared in full.
    """
    size = len(texts)
    if size < 2:
        return np.arange(size)
    shared = _shared(texts)
    word = np.empty(size, dtype=np.uint64)
    for some in portions(size):
        word[some] = _words(texts[some], shared)
    order: Places = np.argsort(word, kind="stable")
    ranked = word[order]
    alike = np.zeros(size + 1, dtype=bool)
    alike[1:-1] = ranked[1:] == ranked[:-1]
    tied = np.flatnonzero(alike[1:] | alike[:-1])
    if tied.size:
        alike_ones = order[tied]
        order[tied] = alike_ones[numbers(pc.sort_indices(texts.take(column_of(alike_ones))))]
    return order


def portions(size: int) -> Iterator[slice]:
    """Ranges of some texts, so that what is made of them on the way stays small."""
    for first in range(0, size, TEXTS_AT_ONCE):
        yield slice(first, min(first + TEXTS_AT_ONCE, size))


def _words(texts: Any, shared: int) -> Signs:
    """The eight bytes after the first ones of each text, as numbers in the same order."""
    ends, spelled = parts(texts)
    room = np.zeros(spelled.size + WORD, dtype=np.uint8)
    room[: spelled.size] = spelled
    words = np.ndarray((spelled.size + 1,), dtype=">u8", buffer=room, strides=(1,))
    word: Signs = words[ends[:-1] + shared].astype(np.uint64)
    left = np.diff(ends) - shared
    short = np.flatnonzero(left < WORD)
    if short.size:
        over = np.minimum(WORD * (WORD - left[short]), 63).astype(np.uint64)
        word[short] = (word[short] >> over) << over
        word[short[left[short] == 0]] = 0
    return word


def _shared(texts: Any) -> int:
    """How many bytes all texts start with."""
    if texts.null_count:
        return 0
    ends = pc.min_max(texts).as_py()
    low, high = (ends["min"] or "").encode(), (ends["max"] or "").encode()
    found = 0
    while found < min(len(low), len(high)) and low[found] == high[found]:
        found += 1
    return found


def some_odd(texts: Any) -> bool:
    """Whether some text is blank, or has blanks at its ends."""
    if texts.null_count:
        return True
    for some in portions(len(texts)):
        ends, spelled = parts(texts[some])
        if bool((np.diff(ends) == 0).any()):
            return True
        if parts(pc.utf8_trim(texts[some], BLANKS))[1].size < spelled.size:
            return True
    return False
