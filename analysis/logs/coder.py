"""Keys as dense whole numbers: a hash table that takes many keys at once."""

import secrets

import numpy as np
from numpy.typing import NDArray

from analysis.core import LogError

Keys = NDArray[np.uint64]
Places = NDArray[np.int64]

SMALLEST_BITS = 12
# An entry of the table: a code in its last bits, and as many bits of the key as have room.
CODE_BITS = 28
MOST_CODES = 2**CODE_BITS - 1
CODE = np.uint64(MOST_CODES)
EMPTY = CODE


class Coder:
    """Numbers 0, 1, ... for 64-bit keys, in the order in which keys are first met.

    Open addressing with linear probing, at most a third full. Keys are multiplied with a secret
    odd number first, so that no log can be made for which many keys meet in one slot. A key is
    told by its slot and the 36 bits after it: two keys that agree in all of them get one code, so a
    caller must check what is behind the codes.
    """

    def __init__(self) -> None:
        self._bits = SMALLEST_BITS
        self._factor = np.uint64(secrets.randbits(64) | 1)
        self._table = np.full(1 << self._bits, EMPTY, dtype=np.uint64)
        # Of each code, all bits of its multiplied key.
        self._keys = np.zeros((1 << self._bits) // 3 + 1, dtype=np.uint64)
        self.size = 0

    def codes(self, keys: Keys) -> tuple[Places, Places]:
        """The codes of some keys, and which of the keys are met for the first time.

        Args:
            keys: Shape (n,).

        Returns:
            Codes, shape (n,); and for each new code, in order, the place of one key that has it.
        """
        self._make_room(self.size + keys.size)
        mixed = keys * self._factor
        slot = self._slots(mixed)
        tag = self._tags(mixed)
        entry = self._table.take(slot)
        code = (entry & CODE).astype(np.int64)
        # Where tags agree, only a code is left: below that of an empty slot.
        rest = np.flatnonzero((entry ^ tag) >= CODE)
        first: list[Places] = []
        slot, tag = slot.take(rest), tag.take(rest)
        while rest.size:
            entry = self._table.take(slot)
            empty = np.flatnonzero(entry == EMPTY)
            if empty.size:
                first.append(self._claim(slot.take(empty), tag.take(empty), rest.take(empty)))
                entry = self._table.take(slot)
            other = (entry ^ tag) >= CODE
            mine = ~other
            code[rest[mine]] = (entry[mine] & CODE).astype(np.int64)
            rest, tag, slot = rest[other], tag[other], self._next(slot[other])
        new = np.concatenate(first) if first else np.zeros(0, dtype=np.int64)
        if new.size:
            self._keys[self.size - new.size : self.size] = mixed.take(new)
        return code, new

    def _claim(self, slot: Places, tag: Keys, places: Places) -> Places:
        """Give empty slots to one claimant each; the places of those who got one."""
        claims = np.arange(slot.size, dtype=np.uint64)
        self._table[slot] = claims
        won = np.flatnonzero(self._table.take(slot) == claims)
        fresh = np.arange(self.size, self.size + won.size, dtype=np.uint64)
        self._table[slot.take(won)] = tag.take(won) | fresh
        self.size += won.size
        return places.take(won)

    def _slots(self, mixed: Keys) -> Places:
        return (mixed >> np.uint64(64 - self._bits)).view(np.int64)

    def _tags(self, mixed: Keys) -> Keys:
        """The bits after those that make the slot."""
        return (mixed << np.uint64(self._bits)) & ~CODE

    def _next(self, slot: Places) -> Places:
        return (slot + 1) & ((1 << self._bits) - 1)

    def _make_room(self, most: int) -> None:
        """Let the table be at most a third full with so many keys."""
        if 3 * most <= 1 << self._bits:
            return
        if most >= MOST_CODES:
            raise LogError(
                "too_many_units",
                f"The log has more than {MOST_CODES:,} units.",
                where="columns.unit",
                fix="Use the Spark engine.",
            )
        while 3 * most > 1 << self._bits:
            self._bits += 1
        grown = np.empty((1 << self._bits) // 3 + 1, dtype=np.uint64)
        grown[: self.size] = self._keys[: self.size]
        self._keys = grown
        self._table = np.full(1 << self._bits, EMPTY, dtype=np.uint64)
        mixed = self._keys[: self.size]
        entry = self._tags(mixed) | np.arange(self.size, dtype=np.uint64)
        slot = self._slots(mixed)
        while entry.size:
            free = np.flatnonzero(self._table.take(slot) == EMPTY)
            self._table[slot.take(free)] = entry.take(free)
            rest = np.flatnonzero(self._table.take(slot) != entry)
            entry, slot = entry.take(rest), self._next(slot.take(rest))
