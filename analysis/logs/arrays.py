"""Units as arrays in one fixed order, and one metric's columns over them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.core import Floats, Notice
from analysis.logs.column_store import Array
from analysis.logs.sql.dialect import BLANKS


@dataclass(frozen=True)
class Levels:
    """A segment column over the units.

    Attributes:
        names: The levels, sorted.
        code: Shape (n,): each unit's level.
    """

    names: tuple[str, ...]
    code: Array


@dataclass(frozen=True)
class UnitArrays:
    """The units of an analysis.

    Attributes:
        arms: Names; control first.
        arm: Shape (n,): each unit's arm.
        segments: Column -> levels.
        entry: Shape (n,): local day number of the first exposure; None without times.
        days: Look days as day numbers; empty without times.
        analysed: Shape (n,): which units are analysed; None for all.
        cluster: Shape (n,): each unit's cluster, 0 .. clusters - 1; None without.
        weight: Shape (n,): identical units that a unit stands for; None for one.
    """

    arms: tuple[str, ...]
    arm: Array
    segments: dict[str, Levels]
    entry: Array | None
    days: tuple[int, ...]
    analysed: Array | None = None
    cluster: Array | None = None
    weight: Floats | None = None

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return int(self.cluster.max()) + 1 if self.cluster is not None and self.cluster.size else 0


@dataclass(frozen=True)
class Steps:
    """How units' sums grow: one row for each unit and day (or more), sorted by unit, then day.

    Attributes:
        ix: Unit.
        day: Local day number.
        y, d: What is added; d is None unless the metric is a ratio.
    """

    ix: Array
    day: Array
    y: Floats
    d: Floats | None


@dataclass(frozen=True)
class MetricArrays:
    """One metric over the units.

    Attributes:
        y: Shape (n,): value or numerator.
        d: Denominator, or None.
        x, xd: Covariate and its denominator; NaN where blank; None without.
        covariate: ``pre``, a column's name, or None.
        present: Shape (n,): which units have a value; None for all.
        any: y counts as 1 if above 0.
        proportion: y is 0 or 1.
        entry: Day number from which a unit counts, if not the units' own.
        steps: Reads how y and d grew, for some units after the others; None if they came
            at once on the entry day.
        scale: Power of two by which y, d and x were divided.
        weight: Overrides the units' weights.
        notices: What the reader should know.
    """

    y: Floats
    d: Floats | None = None
    x: Floats | None = None
    xd: Floats | None = None
    covariate: str | None = None
    present: Array | None = None
    any: bool = False
    proportion: bool = False
    entry: Array | None = None
    steps: Callable[[], Iterable[Steps]] | None = None
    scale: float = 1.0
    weight: Floats | None = None
    notices: tuple[Notice, ...] = ()


def levels_of(texts: Any) -> Levels:
    """Levels of texts; blank ones are "(missing)"."""
    coded = texts.dictionary_encode()
    trimmed = [(name or "").strip(BLANKS).strip() for name in coded.dictionary.to_pylist()]
    names = [name or "(missing)" for name in trimmed]
    codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    ordered = tuple(sorted(set(names)))
    place = {name: i for i, name in enumerate(ordered)}
    order = np.array([place[name] for name in names], dtype=np.int32)
    return Levels(ordered, order[codes] if codes.size else codes)
