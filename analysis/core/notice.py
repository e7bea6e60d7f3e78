"""A notice: something the reader must know before, or beside, the numbers."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["stop", "warn", "note"]
Lens = Literal["log", "ab", "interleaving", "synthetic_control"]

LEVELS: tuple[Level, ...] = ("stop", "warn", "note")


@dataclass(frozen=True)
class Notice:
    """One message of a readout.

    Attributes:
        code: Stable snake_case code.
        level: ``stop`` (no winner may be named), ``warn`` (read before using), ``note``.
        lens: Which lens it belongs to; ``log`` for the log as a whole.
        text: What happened, where, with the numbers filled in.
        fix: What to do about it; may be empty for a note.
    """

    code: str
    level: Level
    lens: Lens
    text: str
    fix: str = ""
