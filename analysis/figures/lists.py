"""What the figures of interleaved lists share: the rankers, their marks, and what may be read."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.figures.chart import Content
from analysis.figures.text import shown
from analysis.figures.theme import DASHES, MARKS, Palette

Z95 = 1.959963984540054


def lens(content: Content) -> Mapping[str, Any]:
    """What the interleaving lens found; empty if the readout has none."""
    found: Mapping[str, Any] = content.get("interleaving") or {}
    return found


def rankers(content: Content) -> list[str]:
    """The rankers, control first."""
    return [str(name) for name in lens(content).get("rankers") or ()]


def stopped(content: Content) -> bool:
    """Whether a stop notice forbids reading a winner."""
    return any(notice["level"] == "stop" for notice in content["notices"])


def uneven(content: Content) -> bool:
    """Whether the rankers' chances were not equal, so that a plain count misleads."""
    unequal = {"first_pick_fixed", "first_pick_biased", "share_drift"}
    return any(notice["code"] in unequal for notice in content["notices"])


def alpha_of(content: Content) -> float:
    """The lens's two-sided false-positive rate."""
    return float((content["study"].get("interleaving") or {}).get("alpha", 0.05))


def percent(value: float) -> str:
    """A share of a whole, such as ``55.1%``."""
    return f"{100 * value:.1f}%"


def percent_range(low: float, high: float) -> str:
    """Both ends of a share's interval."""
    return f"{percent(low)} to {percent(high)}"


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


def several(names: Sequence[str]) -> str:
    """Names in a row: ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def expected_range(part: float, trials: int) -> tuple[float, float]:
    """Where a share is expected in 95 of 100 cases if its true value is `part`."""
    reach = Z95 * math.sqrt(part * (1 - part) / max(trials, 1))
    return max(part - reach, 0.0), min(part + reach, 1.0)


def by_position(table: Mapping[str, Sequence[int]]) -> list[tuple[int, Sequence[int]]]:
    """The rows of a table by position, from the top of the list."""
    return sorted((int(position), counts) for position, counts in table.items())


def corrected_p(pair: Content) -> float | None:
    """The corrected p that decides between two of several rankers: of users, else of lists."""
    p = pair.get("sqrt_t_p_holm" if pair.get("user") else "sign_test_p_holm")
    return None if p is None else float(p)


def beats(pair: Content, alpha: float) -> int:
    """1 if the candidate of the pair beats the other, -1 if it loses, 0 if neither is shown."""
    p = corrected_p(pair)
    if p is None or p >= alpha:
        return 0
    lead = pair.get("sqrt_t_mean") if pair.get("user") else None
    if lead is None:
        counts = pair.get("user") or pair["impression"]
        lead = counts["wins"] - counts["losses"]
    return int(lead > 0) - int(lead < 0)
