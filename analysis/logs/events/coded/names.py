"""What the names on rows stand for, by the small whole numbers that the rows carry."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.logs.events.rows import Profile
from analysis.logs.labels import plain

Array = NDArray[Any]


def name_code(name: str) -> int:
    """A number that stands for a text, the same on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1


def mark_of(name: str | None) -> int:
    """What a name as written adds to a row's mark; nothing if it is blank."""
    return name_code(plain(name)) if name else 0


@dataclass(frozen=True)
class Names:
    """The names of one column of a log; a row carries a name's place from 1 on, or 0 for none.

    Attributes:
        texts: As written, sorted.
    """

    texts: tuple[str, ...]

    @classmethod
    def of(cls, profile: Profile, column: str) -> "Names":
        """The events or arms of the clean rows."""
        return cls(tuple(sorted({g[column] for g in profile.groups if g[column] is not None})))

    def table(self, value: Callable[[str | None], Any], kind: Any) -> Array:
        """What each place stands for."""
        return np.array([value(name) for name in (None, *self.texts)], dtype=kind)
