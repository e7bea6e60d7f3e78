"""Moments: all that the statistics see of a log - counts, means and centred second moments."""

from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CANCELLED = 8 * np.finfo(float).eps


@dataclass(frozen=True)
class Moments:
    """First and second moments of some columns over some units, as shifted sums.

    A column's shift is any number near its mean: sums of ``value - shift`` keep the
    digits that raw sums of squares lose (values near 1e7 with a spread of 0.1).

    Attributes:
        n: Number of units.
        columns: Names, such as ("y", "d", "x", "xd").
        shift: Shape (k,): the recorded shift of each column.
        total: Shape (k,): sum of (column - shift).
        cross: Shape (k, k): sums of products of shifted columns.

    Source:
        Chan, Golub, LeVeque (1983), "Algorithms for computing the sample variance",
        Am. Stat. 37, 242-247 (shifted data, corrected two-pass form, pairwise merge).
    """

    n: int
    columns: tuple[str, ...]
    shift: Floats
    total: Floats
    cross: Floats

    @classmethod
    def of(cls, **columns: Floats) -> Self:
        """Moments of equally long arrays, shifted by each array's own mean."""
        names = tuple(columns)
        matrix = np.column_stack([np.asarray(columns[name], dtype=float) for name in names])
        if matrix.shape[0] == 0:
            return cls.empty(names)
        shift = matrix.mean(axis=0)
        shifted = matrix - shift
        return cls(matrix.shape[0], names, shift, shifted.sum(axis=0), shifted.T @ shifted)

    @classmethod
    def empty(cls, columns: tuple[str, ...]) -> Self:
        """Moments of no units."""
        k = len(columns)
        return cls(0, columns, np.zeros(k), np.zeros(k), np.zeros((k, k)))

    @classmethod
    def of_counts(cls, successes: int, n: int) -> Self:
        """Moments of a 0/1 column "y" with that many ones among n units."""
        rate = successes / n if n else 0.0
        centred = successes * (1 - rate)
        return cls(n, ("y",), np.array([rate]), np.zeros(1), np.array([[centred]]))

    @classmethod
    def of_summary(cls, n: int, mean: float, variance: float) -> Self:
        """Moments of a column "y" known by its mean and sample variance (ddof 1)."""
        return cls(n, ("y",), np.array([mean]), np.zeros(1), np.array([[variance * max(n - 1, 0)]]))

    def index(self, column: str) -> int:
        """Where a column stands."""
        return self.columns.index(column)

    def mean(self, column: str) -> float:
        """Mean of a column; the log has checked that n > 0."""
        i = self.index(column)
        return float(self.shift[i] + self.total[i] / self.n)

    def sum(self, column: str) -> float:
        """Sum of a column over all units."""
        i = self.index(column)
        return float(self.n * self.shift[i] + self.total[i])

    def centred(self) -> Floats:
        """Shape (k, k): sums of products of deviations from the means."""
        if self.n == 0:
            return self.cross
        centred = self.cross - np.outer(self.total, self.total) / self.n
        # A sum of squares is never negative: the last digits of a constant column may be.
        diagonal = np.arange(len(self.columns))
        centred[diagonal, diagonal] = np.maximum(centred[diagonal, diagonal], 0.0)
        return centred

    def covariance(self, a: str, b: str) -> float:
        """Sample covariance (ddof 1) of two columns; n must be at least 2."""
        return float(self.centred()[self.index(a), self.index(b)]) / (self.n - 1)

    def variance(self, column: str) -> float:
        """Sample variance (ddof 1) of a column; n must be at least 2."""
        return self.covariance(column, column)

    def combination_variance(self, weights: dict[str, float]) -> float:
        """Sample variance (ddof 1) of a weighted sum of columns; n must be at least 2."""
        vector = np.array([weights.get(name, 0.0) for name in self.columns])
        parts = np.outer(vector, vector) * self.centred()
        squares = float(parts.sum())
        # What is left after the parts cancel to their last digits is rounding, not variation.
        if squares <= CANCELLED * float(np.abs(parts).sum()):
            return 0.0
        return squares / (self.n - 1)

    def combination_covariance(self, a: dict[str, float], b: dict[str, float]) -> float:
        """Sample covariance (ddof 1) of two weighted sums of columns; n at least 2."""
        first = np.array([a.get(name, 0.0) for name in self.columns])
        second = np.array([b.get(name, 0.0) for name in self.columns])
        return float(first @ self.centred() @ second) / (self.n - 1)

    def mean_minus(self, other: "Moments", column: str) -> float:
        """This mean minus another, without losing the digits that the shifts share."""
        i, j = self.index(column), other.index(column)
        shifts = float(self.shift[i] - other.shift[j])
        return shifts + float(self.total[i] / self.n - other.total[j] / other.n)

    def shifted(self, shift: Floats) -> "Moments":
        """The same moments about another shift."""
        step = self.shift - shift
        cross = (
            self.cross
            + np.outer(step, self.total)
            + np.outer(self.total, step)
            + self.n * np.outer(step, step)
        )
        return Moments(self.n, self.columns, shift, self.total + self.n * step, cross)

    def __add__(self, other: "Moments") -> "Moments":
        """Moments of the units of both."""
        if self.n == 0:
            return other
        if other.n == 0:
            return self
        n = self.n + other.n
        step = self.shift - other.shift
        # About the common mean, so that no digits are lost (Chan, Golub, LeVeque 1983).
        shift = other.shift + (self.n / n) * step + (self.total + other.total) / n
        a, b = self.shifted(shift), other.shifted(shift)
        return Moments(n, self.columns, shift, a.total + b.total, a.cross + b.cross)

    def with_column(self, name: str, value: float) -> "Moments":
        """The same units with one more column that is everywhere `value`."""
        k = len(self.columns)
        cross = np.zeros((k + 1, k + 1))
        cross[:k, :k] = self.cross
        return Moments(
            self.n,
            (*self.columns, name),
            np.append(self.shift, value),
            np.append(self.total, 0.0),
            cross,
        )

    def keeping(self, columns: tuple[str, ...]) -> "Moments":
        """The same units, only these columns, in this order."""
        at = [self.index(name) for name in columns]
        return Moments(self.n, columns, self.shift[at], self.total[at], self.cross[np.ix_(at, at)])


def pooled(parts: list[Moments]) -> Moments:
    """Moments of all units of the parts together."""
    return reduce(lambda a, b: a + b, parts)
