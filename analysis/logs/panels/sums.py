"""Sums of values without rounding, whatever the order in which an engine adds them up."""

import math
from dataclasses import dataclass

from analysis.logs.sql.dialect import Dialect

# Sums of whole numbers below this fit into 64 bits.
ROOM = 2**62
# Doubles have 53 bits; one level of magnitudes spans so many powers of two.
BITS, SPAN = 53, 40
LOW = 2.0**BITS


@dataclass(frozen=True)
class ExactSum:
    """How the values of one event are added up: as whole numbers of some unit.

    Short decimals are whole multiples of 10^-places. Other doubles are whole multiples of a
    power of two; they are parted by magnitude, so that each level's sum fits.

    Attributes:
        places: Decimals that the values need; None if they are no short decimals.
        tops: Of each level, the power of two that its values stay below.
    """

    places: int | None
    tops: tuple[int, ...] = ()

    @classmethod
    def of(cls, largest: float, least: float, places: int, rows: int) -> "ExactSum":
        """The sum for values of some magnitudes.

        Args:
            largest: Largest magnitude.
            least: Smallest one above 0; 0 if every value is 0.
            places: Decimals that they need; more than 6 if they are no short decimals.
            rows: How many values there are.
        """
        if places <= 6 and largest * 10**places * max(rows, 1) < ROOM:
            return cls(places)
        top, bottom = math.frexp(largest)[1], math.frexp(least)[1]
        return cls(None, tuple(range(top, bottom - 1, -SPAN)))

    @property
    def parts(self) -> int:
        """How many whole numbers make up a sum."""
        return 1 if self.places is not None else 2 * len(self.tops)

    def columns(self, value: str, dialect: Dialect) -> list[str]:
        """SQL of each part: an aggregate over a double that may be NULL, as text."""
        if self.places is not None:
            scaled = f"round({value} * {dialect.literal(float(10**self.places))})"
            return [f"CAST(coalesce(sum(CAST({scaled} AS BIGINT)), 0) AS BIGINT)"]
        found = []
        for i, top in enumerate(self.tops):
            bounds = [f"{value} IS NOT NULL"]
            if i:
                bounds.append(f"abs({value}) < {dialect.literal(math.ldexp(1.0, top))}")
            if i < len(self.tops) - 1:
                bounds.append(f"abs({value}) >= {dialect.literal(math.ldexp(1.0, top - SPAN))}")
            inside = " AND ".join(bounds)
            whole = f"({value} * {dialect.literal(math.ldexp(1.0, self._scale(top)))})"
            high = f"floor({whole} / {dialect.literal(LOW)})"
            low = f"({whole} - {high} * {dialect.literal(LOW)})"
            for part in (high, low):
                number = f"CASE WHEN {inside} THEN CAST({part} AS BIGINT) ELSE 0 END"
                total = f"coalesce({dialect.wide_sum(number)}, 0)"
                found.append(f"CAST({total} AS {dialect.text})")
        return found

    def _scale(self, top: int) -> int:
        """The power of two by which values below 2^top become whole numbers."""
        return min(SPAN + BITS - top, 1000)

    def total(self, parts: list[int]) -> float:
        """The sum, rounded once.

        Raises:
            OverflowError: It lies outside the range of doubles.
        """
        if self.places is not None:
            return parts[0] / int(10**self.places)
        scales = [self._scale(top) for top in self.tops]
        finest = max(scales)
        whole = sum(
            (parts[2 * i] * 2**BITS + parts[2 * i + 1]) << (finest - scale)
            for i, scale in enumerate(scales)
        )
        return whole / (1 << finest) if finest >= 0 else float(whole << -finest)
