"""Several comparisons: adjusted p-values, and the interval level that matches them."""

from collections.abc import Sequence

import numpy as np

from analysis.core.moments import Floats


class AdjustedPValues(list[float | None]):
    """P-values that a correction has already been applied to."""


def adjust_p_values(p_values: Sequence[float | None], correction: str) -> AdjustedPValues:
    """Adjusted p-values in the order given; None takes no part and stays None.

    Args:
        p_values: One p a comparison of a family.
        correction: none, bonferroni, holm, hochberg, bh or by.

    Raises:
        TypeError: The p-values are adjusted already.
        ValueError: The correction is unknown.

    Source:
        Holm (1979), Scand. J. Stat. 6, 65-70; Hochberg (1988), Biometrika 75, 800-802;
        Benjamini, Hochberg (1995), JRSS B 57, 289-300; Benjamini, Yekutieli (2001),
        Ann. Stat. 29, 1165-1188.
    """
    if isinstance(p_values, AdjustedPValues):
        raise TypeError("These p-values are adjusted already.")
    defined = np.array([p for p in p_values if p is not None], dtype=float)
    if defined.size == 0:
        return AdjustedPValues(p_values)
    order = np.argsort(defined, kind="stable")
    adjusted = np.empty(defined.size)
    adjusted[order] = np.minimum(_adjusted_sorted(defined[order], correction), 1.0)
    filled = iter(adjusted.tolist())
    return AdjustedPValues(None if p is None else float(next(filled)) for p in p_values)


def _adjusted_sorted(p: Floats, correction: str) -> Floats:
    """Adjusted values of ascending p-values, not yet cut at 1."""
    m = p.size
    rank = np.arange(1, m + 1)
    if correction == "none":
        return p
    if correction == "bonferroni":
        return p * m
    if correction == "holm":
        return np.maximum.accumulate((m - rank + 1) * p)
    if correction == "hochberg":
        return np.minimum.accumulate(((m - rank + 1) * p)[::-1])[::-1]
    if correction in ("bh", "by"):
        factor = float((1 / rank).sum()) if correction == "by" else 1.0
        return np.minimum.accumulate((m * factor / rank * p)[::-1])[::-1]
    raise ValueError(correction)


def interval_alpha(p_values: Sequence[float | None], correction: str, alpha: float) -> float:
    """The alpha at which a family's intervals are made, so that they match its p-values.

    Simultaneous level for bonferroni, holm and hochberg; false coverage rate for bh and by.

    Source:
        Strassburger, Bretz (2008), Stat. Med. 27, 4914-4927 (step-down compatible bounds);
        Benjamini, Yekutieli (2005), JASA 100, 71-81 (false coverage rate).
    """
    m = sum(p is not None for p in p_values)
    if m == 0 or correction == "none":
        return alpha
    if correction in ("bonferroni", "holm", "hochberg"):
        return alpha / m
    rejected = sum(p is not None and p <= alpha for p in adjust_p_values(p_values, correction))
    share = alpha * max(rejected, 1) / m
    if correction == "by":
        share /= sum(1 / rank for rank in range(1, m + 1))
    return share
