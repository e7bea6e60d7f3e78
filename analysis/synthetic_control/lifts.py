"""Lifts: an effect as a share of what would have happened without it."""


def lift_of(att: float | None, actual: float) -> float | None:
    """The lift that goes with a mean effect when the actual mean is `actual`.

    It rises with the effect, so that bounds of the effect give bounds of the lift; None where
    the counterfactual would not be above 0.

    >>> round(lift_of(2.169118, 18.5), 6)
    0.132823
    """
    if att is None or actual - att <= 0:
        return None
    return att / (actual - att)
