"""What findings of interleaved lists share: the rankers, and what may be read."""

from collections.abc import Mapping, Sequence
from typing import Any

Content = Mapping[str, Any]


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


def several(names: Sequence[str]) -> str:
    """Names in a row: ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


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
