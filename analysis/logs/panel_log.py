"""What the synthetic control wing sees of a log: a panel of units x periods a metric, no engine."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.core import Floats, Notice
from analysis.logs.accounting import Accounting, LeftOut
from analysis.logs.labels import key
from analysis.study_panel import Moment

# Why a cell has no value; 0 says that it has one.
REASONS = ("", "absent", "blank", "zero_exposure")


class Axis(Protocol):
    """The periods of a panel, and where a date or number lies among them.

    `place` gives the label of the period that holds a moment, the number of kept periods
    before it, and whether the moment lies inside the period, not at its first instant.
    """

    @property
    def labels(self) -> tuple[str, ...]:
        """The kept periods in order: the first local date of each (ISO), or a number as text."""
        ...

    @property
    def frequency(self) -> str:
        """``day``, ``week``, ``month``, or ``label`` for an axis without a calendar."""
        ...

    @property
    def range(self) -> tuple[str, str]:
        """First and last period that the log touches, kept or not."""
        ...

    def place(self, moment: Moment, where: str) -> tuple[str, int, bool]:
        """Label, number of kept periods before it, and whether the moment lies inside."""
        ...


@dataclass(frozen=True)
class MetricPanel:
    """One metric's panel.

    Attributes:
        metric: The metric's name.
        kind: ``count``, ``sum``, ``mean``, ``ratio``, ``proportion`` or ``column``.
        values: (periods, units); NaN where there is no value.
        reasons: (periods, units) places in REASONS.
        zero_filled: A cell without rows is a true 0 (counts and sums of an event log).
        rows_in: Rows of the log.
        rows_used: Rows behind the values.
        left_out: The others, by reason.
    """

    metric: str
    kind: str
    values: Floats
    reasons: NDArray[np.int8]
    zero_filled: bool
    rows_in: int
    rows_used: int
    left_out: tuple[LeftOut, ...]

    def __post_init__(self) -> None:
        """Nothing is lost in silence."""
        lost = sum(entry.rows for entry in self.left_out)
        if self.rows_in != self.rows_used + lost:
            raise AssertionError(f"{self.rows_in} rows in, {self.rows_used} used, {lost} left out")


@dataclass(frozen=True)
class PanelLog:
    """A log as panels over the same units and periods.

    Attributes:
        units: Units by code point, spellings merged.
        axis: The kept periods: no partial ones, no declared gaps, no holes in logging.
        panels: One a metric of the study, in its order.
        columns: Further columns that predictors name: name -> (periods, units), NaN = none.
        treated_from: Unit = start, from a column ``treated_from``; empty without one.
        n_periods_in_log: Periods that the log touches, kept or not.
        partial_periods: Labels left out (or kept by order) because they are not whole.
        log_gaps: Labels of periods without a row of any kind.
        accounting: Where every row went, for the log as a whole.
        notices: What the reader should know before using the numbers.
        folded: What spellings of a unit share -> the unit.
    """

    units: tuple[str, ...]
    axis: Axis
    panels: tuple[MetricPanel, ...]
    columns: dict[str, Floats]
    treated_from: dict[str, Moment]
    n_periods_in_log: int
    partial_periods: tuple[str, ...]
    log_gaps: tuple[str, ...]
    accounting: Accounting
    notices: tuple[Notice, ...]
    folded: dict[str, str] = field(default_factory=dict)

    def unit(self, name: str) -> str | None:
        """The unit that is meant by a name, whatever its case and spaces; None if there is none."""
        return self.folded.get(fold(name))


def fold(name: str) -> str:
    """What spellings of one unit share: trimmed, NFC, casefolded."""
    return key(name)
