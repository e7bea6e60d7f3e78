"""Where a moment lies among the periods."""

from pathlib import Path

import numpy as np
import pytest

from analysis.core import LogError
from analysis.logs.panels.axes import CalendarAxis, LabelAxis
from analysis.logs.panels.calendar import Calendar, instant
from tests.logs.panels.making import COLUMN, read, study

DAYS = Calendar("day", "Europe/Berlin")


def axis(calendar: Calendar, first: str, n: int, without: tuple[int, ...] = ()) -> CalendarAxis:
    period = calendar.of_instant(instant(first, calendar.timezone, "x"))
    kept = tuple(period + i for i in range(n) if i not in without)
    return CalendarAxis(calendar, kept, (period, period + n - 1))


@pytest.mark.parametrize(
    ("moment", "found"),
    (
        ("2026-03-28", ("2026-03-28", 0, False)),
        ("2026-03-29", ("2026-03-29", 1, False)),
        ("2026-03-29T00:00:00", ("2026-03-29", 1, False)),
        ("2026-03-28T23:00:00Z", ("2026-03-29", 1, False)),
        ("2026-03-28T22:59:59Z", ("2026-03-28", 0, True)),
        ("2026-03-29T21:59:59Z", ("2026-03-29", 1, True)),
        ("2026-03-29T22:00:00Z", ("2026-03-30", 2, False)),
        ("2026-03-01", ("2026-03-01", 0, False)),
        ("2026-12-01", ("2026-12-01", 3, False)),
        (20260329.0, ("2026-03-29", 1, False)),
    ),
)
def test_days_of_a_zone(moment: str | float, found: tuple[str, int, bool]) -> None:
    assert axis(DAYS, "2026-03-28", 3).place(moment, "start") == found


def test_periods_left_out_are_no_periods_before() -> None:
    assert axis(DAYS, "2026-03-28", 5, without=(1, 3)).place("2026-03-31", "x")[1] == 2


def test_a_date_inside_a_week_or_month_lies_inside() -> None:
    weeks = axis(Calendar("week", "UTC"), "2026-03-02", 4)
    assert weeks.labels == ("2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23")
    assert weeks.place("2026-03-16", "x") == ("2026-03-16", 2, False)
    assert weeks.place("2026-03-22", "x") == ("2026-03-16", 2, True)
    months = axis(Calendar("month", "UTC"), "2025-12-01", 3)
    assert months.labels == ("2025-12-01", "2026-01-01", "2026-02-01")
    assert months.place("2026-02-01", "x") == ("2026-02-01", 2, False)
    assert months.place("2026-02-02", "x") == ("2026-02-01", 2, True)


def test_a_day_with_a_change_of_the_clock_is_a_whole_day() -> None:
    hours = [DAYS.length(int(day)) / 3.6e9 for day in axis(DAYS, "2026-03-28", 3).kept]
    assert hours == [24, 23, 24]
    autumn = axis(DAYS, "2026-10-24", 3)
    assert [DAYS.length(int(day)) / 3.6e9 for day in autumn.kept] == [24, 25, 24]


@pytest.mark.parametrize("frequency", ("day", "week", "month"))
def test_numbers_of_periods_and_their_first_days_agree(frequency: str) -> None:
    """Against Python's calendar, day by day over years with a leap day."""
    from datetime import date, timedelta

    calendar = Calendar(frequency, "UTC")
    for i in range(1500):
        day = date(1969, 11, 3) + timedelta(days=i)
        number = day.toordinal() - 1
        begins = {
            "day": day,
            "week": day - timedelta(days=day.weekday()),
            "month": day.replace(day=1),
        }[frequency]
        period = int(calendar.of_days(np.array([number]))[0])
        assert calendar.label(period) == begins.isoformat()


def test_local_times_that_do_not_exist_move_forward_and_repeated_ones_come_first() -> None:
    zone = "Europe/Berlin"
    assert instant("2026-03-29T02:30:00", zone, "x") == instant("2026-03-29T01:30:00Z", zone, "x")
    assert instant("2026-10-25T02:30:00", zone, "x") == instant("2026-10-25T00:30:00Z", zone, "x")


NUMBERS = LabelAxis((1988.0, 1989.0, 2012.25), ("1988", "1989", "2012.25"), (0, 1, 2), None)


@pytest.mark.parametrize(
    ("moment", "found"),
    (
        (1987.0, ("1987", 0, False)),
        (1988.0, ("1988", 0, False)),
        (1988.5, ("1988", 0, True)),
        (1989.0, ("1989", 1, False)),
        (2012.25, ("2012.25", 2, False)),
        (2013.0, ("2013", 3, False)),
    ),
)
def test_numbers(moment: float, found: tuple[str, int, bool]) -> None:
    assert NUMBERS.place(moment, "start") == found


def test_a_date_on_numbers_and_a_number_on_dates_are_refused() -> None:
    with pytest.raises(LogError, match=r"date_on_numbers.*1988 to 2012.25.*2012.25"):
        NUMBERS.place("1989-01-01", "synthetic_control.start")
    with pytest.raises(LogError, match=r"number_on_dates.*1989"):
        axis(DAYS, "2026-03-28", 3).place(1989.0, "synthetic_control.start")


def test_years_as_dates_take_a_year(tmp_path: Path) -> None:
    rows = ["region,date,sales", *(f"A,{y}-01-01,{y}" for y in (1970, 1971, 1973))]
    panel = read(tmp_path, rows, study(COLUMN))
    assert panel.axis.frequency == "label"
    assert panel.axis.labels == ("1970-01-01", "1971-01-01", "1973-01-01")
    assert panel.axis.place(1971.0, "x") == ("1971-01-01", 1, False)
    assert panel.axis.place("1972-05-01", "x") == ("1971-01-01", 1, True)
    assert panel.log_gaps == ()
