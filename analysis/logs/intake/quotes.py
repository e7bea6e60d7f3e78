"""Whether a text keeps to the strict rules of quoting, checked at the speed of memory."""

from pathlib import Path

import numpy as np

QUOTE = 34
LINE_FEED, CARRIAGE_RETURN = 10, 13


def quotes_are_strict(path: Path, start: int, delimiter: str) -> bool:
    """True if every quote opens at a field's start, closes at its end, or is doubled.

    In a strict text the quotes take turns: even ones open, odd ones close, and a doubled
    quote is a close followed at once by an open. So each quote's neighbour tells all.
    """
    edges = np.zeros(256, dtype=bool)
    edges[[QUOTE, LINE_FEED, CARRIAGE_RETURN, ord(delimiter)]] = True
    before, opened, closing = LINE_FEED, False, False
    with path.open("rb") as file:
        file.seek(start)
        while chunk := file.read(1 << 22):
            if closing and not edges[chunk[0]]:
                return False
            closing = False
            if b'"' in chunk:
                letters = np.frombuffer(chunk, dtype=np.uint8)
                at = np.flatnonzero(letters == QUOTE)
                opening, shutting = (at[1::2], at[::2]) if opened else (at[::2], at[1::2])
                previous = letters[opening - 1]
                if opening.size and opening[0] == 0:
                    previous[0] = before
                if not edges[previous].all():
                    return False
                if shutting.size and shutting[-1] == len(letters) - 1:
                    closing, shutting = True, shutting[:-1]
                if not edges[letters[shutting + 1]].all():
                    return False
                opened ^= bool(at.size % 2)
            before = chunk[-1]
    return not opened
