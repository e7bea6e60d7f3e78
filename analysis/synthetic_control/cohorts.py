"""People by the age at which the launch met them: which cohorts could stand in for the youngest."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from analysis.core.wording import counted

HOURS = {"day": 24, "week": 168}
# Who was there before the log began is first seen in its first days: these cohorts are left out.
WARM_UP = {"day": 14, "week": 2}
# Ages before the launch, and whole ages after it, that are compared at most.
MOST_BEFORE = {"day": 28, "week": 12}
MOST_AFTER = {"day": 14, "week": 8}
LEAST_BEFORE, LEAST_AFTER, LEAST_DONORS = 8, 2, 8


@dataclass(frozen=True)
class Cohorts:
    """Cohorts of equal length, by when people were first seen; their periods are ages.

    Attributes:
        period: ``day`` or ``week``: the length of a cohort and of an age.
        launch: UTC microseconds.
        timezone: In which cohorts are named.
        before: The treated cohort is first seen so many periods before the launch.
        ages: Ages of each cohort, from 0 on; whole for everybody in it.
        donors: Cohorts that were through with all of these before the launch.
    """

    period: str
    launch: int
    timezone: str
    before: int
    ages: int
    donors: int

    @property
    def size(self) -> int:
        """Microseconds of a period."""
        return HOURS[self.period] * 3_600_000_000

    @property
    def base(self) -> int:
        """When the oldest donor is first seen, UTC microseconds."""
        return self.launch - (self.ages + self.donors) * self.size

    @property
    def treated(self) -> int:
        """Place of the treated cohort, counted from the oldest donor."""
        return self.ages + self.donors - self.before

    def name(self, place: int) -> str:
        """What a cohort is called."""
        begin = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            microseconds=self.base + place * self.size
        )
        # An hour more, so that a change of the clock does not make it the day before.
        local = (begin + timedelta(hours=1)).astimezone(ZoneInfo(self.timezone))
        return f"first seen {local:%Y-%m-%d}"


def plan_cohorts(period: str, launch: int, timezone: str, before: int, after: int) -> Cohorts | str:
    """The cohorts that a log has; else why it has none.

    People of the treated cohort meet the launch in the course of one age, which is not compared.

    Args:
        period: ``day`` or ``week``.
        launch: UTC microseconds.
        timezone: In which cohorts are named.
        before: Whole periods of the log before the launch.
        after: Whole periods from it on.
    """
    whole = min(after - 1, MOST_AFTER[period])
    warm = WARM_UP[period]
    needed = warm + 2 * LEAST_BEFORE + LEAST_AFTER
    old = min(MOST_BEFORE[period], (before - warm - whole) // 2)
    ages = old + whole
    donors = before - warm - ages
    if whole < LEAST_AFTER or old < LEAST_BEFORE or donors < LEAST_DONORS:
        return (
            f"It takes about {needed} {period}s before the launch and {LEAST_AFTER + 1} after it; "
            f"there are {counted(before, period)} and {after:,}."
        )
    return Cohorts(period, launch, timezone, old, ages, donors)
