"""What every method works on: one target beside its donors, and the windows."""

import math
from dataclasses import dataclass, replace

import numpy as np

from analysis.core import Floats


@dataclass(frozen=True)
class Panel:
    """One target (column 0) beside its donors.

    Periods 0 .. pre - 1 are before the start, `post` .. the end are evaluated; those in between
    (a transition) are in neither window.

    Attributes:
        values: (periods, 1 + donors), in the metric's unit, finite.
        pre: Periods before the start.
        post: First evaluated period, at least `pre`.
        n_treated: Treated units whose mean the target is.
    """

    values: Floats
    pre: int
    post: int
    n_treated: int = 1

    @property
    def donors(self) -> int:
        """How many donors there are."""
        return int(self.values.shape[1]) - 1

    @property
    def n_post(self) -> int:
        """How many periods are evaluated."""
        return int(self.values.shape[0]) - self.post

    @property
    def periods(self) -> int:
        """All periods, those of a transition too."""
        return int(self.values.shape[0])

    def before(self, start: int) -> "Panel":
        """The pre-periods alone, as if the start had been earlier."""
        return replace(self, values=self.values[: self.pre], pre=start, post=start)

    def without(self, column: int) -> "Panel":
        """The panel without one donor."""
        return replace(self, values=np.delete(self.values, column, axis=1))

    def with_target(self, target: Floats) -> "Panel":
        """The panel with another target."""
        return replace(self, values=np.column_stack([target, self.values[:, 1:]]))


def rms(values: Floats) -> float:
    """Root mean square of a series; 0 of nothing.

    One product instead of three passes: of a few dozen periods, calls are what takes time.
    """
    return math.sqrt(float(values @ values) / values.size) if values.size else 0.0


def deviation(values: Floats) -> float:
    """Standard deviation of a series, divisor its length."""
    return rms(values - float(np.add.reduce(values)) / values.size)
