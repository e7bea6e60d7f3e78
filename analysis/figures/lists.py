"""What the figures of interleaved lists share: how rankers are named, marked and coloured."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.figures.text import shown
from analysis.figures.theme import DASHES, MARKS, Palette

Z95 = 1.959963984540054


def colour_of(place: int, colours: Palette) -> str:
    """A ranker's colour: the control is grey, all others have the candidate's blue."""
    return colours.neutral if place == 0 else colours.better


def line_of(place: int, colours: Palette) -> dict[str, Any]:
    """A ranker's line: rankers beyond two are told apart by dashes."""
    dash = DASHES[max(place - 1, 0) % len(DASHES)]
    return {"color": colour_of(place, colours), "width": 2, "dash": dash}


def marker_of(place: int, colours: Palette) -> dict[str, Any]:
    """A ranker's mark, apart from the others' by shape as well as by colour."""
    return {"size": 8, "symbol": MARKS[place % len(MARKS)], "color": colour_of(place, colours)}


def named(name: str) -> str:
    """A ranker's name for a legend or a label in a chart."""
    return shown(name, longest=24)


def expected_range(part: float, trials: int) -> tuple[float, float]:
    """Where a share is expected in 95 of 100 cases if its true value is `part`."""
    reach = Z95 * math.sqrt(part * (1 - part) / max(trials, 1))
    return max(part - reach, 0.0), min(part + reach, 1.0)


def by_position(table: Mapping[str, Sequence[int]]) -> list[tuple[int, Sequence[int]]]:
    """The rows of a table by position, from the top of the list."""
    return sorted((int(position), counts) for position, counts in table.items())
