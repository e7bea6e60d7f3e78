"""The periods of a panel: on a calendar, or as labels in order."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

from analysis.core import LogError
from analysis.logs.panels.calendar import Calendar, instant
from analysis.study_panel import Moment


@dataclass(frozen=True)
class CalendarAxis:
    """Days, weeks or months.

    Attributes:
        calendar: What the periods are.
        kept: Their numbers, in order.
        touched: The first and the last that the log touches, kept or not.
    """

    calendar: Calendar
    kept: tuple[int, ...]
    touched: tuple[int, int]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """First local date of each kept period."""
        return tuple(map(self.calendar.label, self.kept))

    @property
    def frequency(self) -> str:
        """``day``, ``week`` or ``month``."""
        return self.calendar.frequency

    @property
    def range(self) -> tuple[str, str]:
        """First and last period that the log touches, kept or not."""
        return self.calendar.label(self.touched[0]), self.calendar.label(self.touched[1])

    def place(self, moment: Moment, where: str) -> tuple[str, int, bool]:
        """Label, number of kept periods before it, and whether the moment lies inside.

        Raises:
            LogError: ``number_on_dates``.
        """
        at = instant(moment, self.calendar.timezone, where)
        period = self.calendar.of_instant(at)
        inside = at > self.calendar.begins(period)
        return self.calendar.label(period), bisect_left(self.kept, period), inside


@dataclass(frozen=True)
class LabelAxis:
    """Numbers such as 1989 or 2012.25, or dates without a regular distance, in order.

    Attributes:
        keys: What the labels are ordered by: the numbers, or UTC microseconds of the dates.
        names: The labels of all periods that the log touches.
        kept: Places of the kept ones.
        timezone: Of dates; None for numbers.
    """

    keys: tuple[float, ...]
    names: tuple[str, ...]
    kept: tuple[int, ...]
    timezone: str | None

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The kept labels."""
        return tuple(self.names[i] for i in self.kept)

    @property
    def frequency(self) -> str:
        """Always ``label``."""
        return "label"

    @property
    def range(self) -> tuple[str, str]:
        """First and last label of the log, kept or not."""
        return self.names[0], self.names[-1]

    def key(self, moment: Moment, where: str) -> float:
        """What a moment is ordered by.

        Raises:
            LogError: ``date_on_numbers`` or ``number_on_dates``.
        """
        if self.timezone is None:
            if isinstance(moment, str):
                raise LogError(
                    "date_on_numbers",
                    f"{where} is {moment}, a date, but the log counts its periods in numbers, "
                    f"{self.names[0]} to {self.names[-1]}.",
                    where=where,
                    fix=f"Write a number like {self.names[-1]}.",
                )
            return moment
        if isinstance(moment, float) and moment == int(moment) and 1000 <= moment <= 9999:
            # A year stands for its first day.
            moment = f"{int(moment):04d}-01-01"
        return instant(moment, self.timezone, where)

    def place(self, moment: Moment, where: str) -> tuple[str, int, bool]:
        """Label, number of kept periods before it, and whether the moment lies inside.

        A label holds all until the next one; the last one holds nothing beyond itself.

        Raises:
            LogError: ``date_on_numbers`` or ``number_on_dates``.
        """
        key = self.key(moment, where)
        at = bisect_right(self.keys, key) - 1
        if at < 0:
            return number_label(moment), 0, False
        if at == len(self.keys) - 1 and key > self.keys[at]:
            return number_label(moment), len(self.kept), False
        return self.names[at], bisect_left(self.kept, at), key > self.keys[at]


def number_label(number: Moment) -> str:
    """A number as a label: 1989, not 1989.0; a date as it is.

    >>> number_label(1989.0), number_label(2012.25), number_label("2026-03-23")
    ('1989', '2012.25', '2026-03-23')
    """
    if isinstance(number, str):
        return number
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)
