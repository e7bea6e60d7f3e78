"""How likely each position is looked at: which curve is used, and where it comes from."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.core import Floats

ETAS = (0.5, 1.0, 1.5)


@dataclass(frozen=True)
class Examination:
    """The curve in use.

    Attributes:
        source: ``given``, ``shuffled``, ``loglinear`` or ``none``.
        theta: (positions,) from position 1; None without a curve.
        given: (positions,) the curve that the study gives, if any.
        estimated: (positions,) the curve that the log gives, if any.
        too_short: How many values the study gives, where they do not reach the last position.
    """

    source: str
    theta: Floats | None
    given: Floats | None = None
    estimated: Floats | None = None
    too_short: int | None = None


def power(eta: float, positions: int) -> Floats:
    """Theta = position ** -eta."""
    curve: Floats = np.arange(1, positions + 1, dtype=float) ** -eta
    return curve


def discount(positions: int) -> Floats:
    """1/log2(1 + position): a discount of gains, not an examination curve.

    Source:
        Järvelin, Kekäläinen (2002), ACM TOIS 20(4), 422-446.
    """
    curve: Floats = 1 / np.log2(np.arange(2, positions + 2, dtype=float))
    return curve


def choose(
    setting: Any, positions: int, shuffled: dict[str, Any] | None, harvested: dict[str, Any] | None
) -> Examination:
    """The curve to use: the study's own, else of shuffled rows, else harvested, else none.

    Args:
        setting: ``auto``, ``none``, a curve by position, or ``{"eta": ...}``.
        positions: Largest position in the log.
        shuffled: The block of shuffled rows, if there are any.
        harvested: The block of the harvest, if it could be tried.
    """
    estimated, source = _estimated(positions, shuffled, harvested)
    if isinstance(setting, dict):
        given = power(float(setting["eta"]), positions)
        return Examination("given", given, given, estimated)
    if isinstance(setting, list | tuple):
        if len(setting) < positions:
            return Examination("none", None, None, estimated, len(setting))
        given = np.array(setting[:positions], dtype=float)
        return Examination("given", given, given, estimated)
    if setting == "none" or estimated is None:
        return Examination("none", None, None, estimated)
    return Examination(source, estimated, None, estimated)


def _estimated(
    positions: int, shuffled: dict[str, Any] | None, harvested: dict[str, Any] | None
) -> tuple[Floats | None, str]:
    """The log's own curve; none where shuffled rows show no position bias."""
    if shuffled is not None:
        if not shuffled["position_bias_detected"]:
            return None, "none"
        named = shuffled["theta"]
        values = [named.get(str(k + 1)) for k in range(positions)]
        return _curve(values), "shuffled"
    if harvested is not None and harvested["identified"] and harvested["theta_loglinear"]:
        return _curve(harvested["theta_loglinear"]), "loglinear"
    return None, "none"


def _curve(values: list[float | None]) -> Floats:
    return np.array([np.nan if one is None else one for one in values], dtype=float)


def usable(theta: Floats | None) -> bool:
    """Whether every position has a positive theta, so that one may divide by it."""
    return theta is not None and bool((np.isfinite(theta) & (theta > 0)).all())
