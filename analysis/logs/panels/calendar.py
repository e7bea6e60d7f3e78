"""Days, weeks and months of a time zone as numbers, and the instant that a study's moment names."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analysis.core import LogError
from analysis.logs.sql.times import EPOCH_DAY, day_end, iso_day, local_days, micros_of
from analysis.study_panel import Moment

Int = NDArray[np.int64]


@dataclass(frozen=True)
class Calendar:
    """Periods of one length.

    A period's number is that of its day (since 0001-01-01), of its week or of its month
    (since 1970).

    Attributes:
        frequency: ``day``, ``week`` or ``month``.
        timezone: IANA name.
        week_start: Weekday on which weeks begin; Monday is 0.
    """

    frequency: str
    timezone: str
    week_start: int = 0

    def of_days(self, days: Int) -> Int:
        """The periods of some day numbers."""
        if self.frequency == "day":
            return days
        if self.frequency == "week":
            # Day 0 is a Monday.
            weeks: Int = (days - self.week_start) // 7
            return weeks
        months: Int = (days - EPOCH_DAY).astype("datetime64[D]").astype("datetime64[M]").astype(int)
        return months

    def of_instant(self, micros: int) -> int:
        """The period that holds an instant, UTC microseconds."""
        day = local_days(np.array([micros], dtype=np.int64), self.timezone)
        return int(self.of_days(day)[0])

    def first_day(self, period: int) -> int:
        """Number of a period's first day."""
        if self.frequency == "day":
            return period
        if self.frequency == "week":
            return period * 7 + self.week_start
        return date(1970 + period // 12, period % 12 + 1, 1).toordinal() - 1

    def label(self, period: int) -> str:
        """A period's first local date, ISO."""
        return iso_day(self.first_day(period))

    def begins(self, period: int) -> int:
        """UTC microseconds of a period's first instant."""
        return day_end(self.first_day(period) - 1, self.timezone)

    def length(self, period: int) -> int:
        """Microseconds of a period: 23, 24 or 25 hours for a day."""
        return self.begins(period + 1) - self.begins(period)


def instant(moment: Moment, timezone: str, where: str) -> int:
    """UTC microseconds of a moment; a date is the local midnight at which it begins.

    A local time that a spring change skips moves forward by the gap; of one that an autumn
    change repeats, the first counts.

    Raises:
        LogError: ``number_on_dates``: the moment is a number that is no compact date.
    """
    if isinstance(moment, float):
        moment = _compact_date(moment, where)
    if len(moment) == len("2026-03-23"):
        return day_end(date.fromisoformat(moment).toordinal() - 2, timezone)
    at = datetime.fromisoformat(moment)
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    return micros_of(at.isoformat())


def _compact_date(number: float, where: str) -> str:
    """20260323 as 2026-03-23."""
    try:
        if number == int(number) and 10_000_000 <= number < 100_000_000:
            return datetime.strptime(str(int(number)), "%Y%m%d").date().isoformat()  # noqa: DTZ007
    except ValueError:
        pass
    raise LogError(
        "number_on_dates",
        f"{where} is {number:g}, a number, but the log's periods are dates.",
        where=where,
        fix='Write a date like "2026-03-23".',
    )


def is_date(moment: Moment) -> bool:
    """Whether a moment is a date without a time of day."""
    return isinstance(moment, float) or len(moment) == len("2026-03-23")
