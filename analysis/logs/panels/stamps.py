"""The time column of a panel file: numbers in order, or dates, and how far apart they stand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from analysis.core import LogError
from analysis.logs.panels.axes import number_label
from analysis.logs.panels.calendar import Int
from analysis.logs.sql.times import (
    DAY,
    WITH_OFFSET,
    WITHOUT_OFFSET,
    day_end,
    iso_day,
    local_days,
    micros_of,
)

NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$")
EPOCH = re.compile(r"^-?\d{9,19}$")
MONTH = re.compile(r"^\d{4}-\d{2}$")
OFFSET, PLAIN = re.compile(WITH_OFFSET), re.compile(WITHOUT_OFFSET)


@dataclass(frozen=True)
class Stamps:
    """The different times of a panel file, in order.

    Attributes:
        keys: Numbers, or UTC microseconds.
        names: What they are called.
        place_of: Cell -> place among them; cells that are no time are absent.
        timezone: Of dates; None for numbers.
        spacing: ``day``, ``week``, ``month``, ``clock`` (times of day) or ``label``.
    """

    keys: tuple[float, ...]
    names: tuple[str, ...]
    place_of: dict[str | int, int]
    timezone: str | None
    spacing: str

    @property
    def days(self) -> Int:
        """Local day numbers of dates."""
        assert self.timezone is not None
        return local_days(np.array(self.keys, dtype=np.int64), self.timezone)

    def over(self) -> Int:
        """When what stands at each date is over, UTC microseconds."""
        assert self.timezone is not None
        keys = np.array(self.keys, dtype=np.int64)
        if self.spacing == "clock":
            return keys + int(np.diff(keys).min(initial=DAY))
        days = self.days
        step = 7 if self.spacing == "week" else 1
        if self.spacing == "label" and len(keys) > 1:
            step = int(np.diff(days).min())
        return np.array([day_end(int(day) + step - 1, self.timezone) for day in days])


def read_stamps(cells: Mapping[str | int, int], timezone: str, column: str) -> Stamps:
    """The times of a panel file.

    Args:
        cells: Cell (a text, or UTC microseconds of a typed time) -> rows.
        timezone: Of times without an offset.
        column: The column's name.

    Raises:
        LogError: ``no_usable_times``.
    """
    numbers: dict[str | int, float] = {}
    times: dict[str | int, int] = {}
    for cell in cells:
        number, time = (None, cell) if isinstance(cell, int) else _read(cell, timezone)
        if number is not None:
            numbers[cell] = number
        elif time is not None:
            times[cell] = time
    if not numbers and not times:
        shown = f', such as "{min(map(str, cells))[:80]}"' if cells else ""
        raise LogError(
            "no_usable_times",
            f'No cell of the column "{column}" is a date or a number{shown}.',
            where="columns.time",
            fix="Write dates as ISO 8601, like 2026-03-23 or 2026-03, or periods as numbers.",
        )
    if sum(cells[cell] for cell in numbers) > sum(cells[cell] for cell in times):
        keys = sorted(set(numbers.values()))
        place = {key: i for i, key in enumerate(keys)}
        found = {cell: place[number] for cell, number in numbers.items()}
        return Stamps(tuple(keys), tuple(map(number_label, keys)), found, None, "label")
    moments = sorted(set(times.values()))
    at = {key: i for i, key in enumerate(moments)}
    spacing, names = _spacing(moments, timezone)
    found = {cell: at[time] for cell, time in times.items()}
    return Stamps(tuple(moments), names, found, timezone, spacing)


def _read(cell: str, timezone: str) -> tuple[float | None, int | None]:
    """A text as a number, or as UTC microseconds; neither if it is no time."""
    text = cell.strip()
    if NUMBER.match(text):
        return (None, _epoch(int(text))) if EPOCH.match(text) else (float(text), None)
    if MONTH.match(text):
        text += "-01"
    try:
        if OFFSET.match(text):
            plain = text.upper().replace(" UTC", "Z").replace(" +", "+").replace(" -", "-")
            return None, micros_of(datetime.fromisoformat(plain).astimezone(UTC).isoformat())
        if PLAIN.match(text):
            if len(text) == len("2026-03-23"):
                return None, day_end(date.fromisoformat(text).toordinal() - 2, timezone)
            at = datetime.fromisoformat(text.upper()).replace(tzinfo=ZoneInfo(timezone))
            return None, micros_of(at.astimezone(UTC).isoformat())
    except (ValueError, OverflowError):
        pass
    return None, None


def _epoch(number: int) -> int:
    """Microseconds of seconds, milli-, micro- or nanoseconds since 1970, told by magnitude."""
    size = abs(number)
    if size < 10**11:
        return number * 1_000_000
    if size < 10**14:
        return number * 1000
    return number if size < 10**17 else round(number / 1000)


def _spacing(moments: list[int], timezone: str) -> tuple[str, tuple[str, ...]]:
    """How far apart times stand, and what they are called."""
    days = local_days(np.array(moments, dtype=np.int64), timezone)
    if any(day_end(int(day) - 1, timezone) != at for day, at in zip(days, moments, strict=True)):
        return "clock", tuple(_local(at, timezone) for at in moments)
    names = tuple(iso_day(int(day)) for day in days)
    gaps = np.diff(days)
    if not gaps.size or gaps.min() == 1:
        return "day", names
    if gaps.min() == 7 and not (gaps % 7).any():
        return "week", names
    dates = [date.fromordinal(int(day) + 1) for day in days]
    months = np.array([one.year * 12 + one.month for one in dates])
    if all(one.day == 1 for one in dates) and np.diff(months).min() == 1:
        return "month", names
    return "label", names


def _local(micros: int, timezone: str) -> str:
    """A local time with its offset; seconds only if there are any."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    local = at.astimezone(ZoneInfo(timezone))
    plain = local.second == 0 and local.microsecond == 0
    return local.isoformat(timespec="minutes") if plain else local.isoformat()
