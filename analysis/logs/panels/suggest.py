"""Whether a log looks like a panel, and who was treated when as far as it says."""

from dataclasses import dataclass
from typing import Any

from analysis.core import StudyError
from analysis.logs.guess import GuessedColumns
from analysis.logs.intake import Source
from analysis.logs.intake.preview import looking, quoted
from analysis.logs.panels.axes import number_label
from analysis.logs.panels.roles import PERIOD, REGION, TREATED_FROM
from analysis.logs.panels.spellings import MOST_UNITS
from analysis.logs.panels.starts import NEVER
from analysis.logs.profile import Profile
from analysis.study_panel import Moment, moment

# Names under which 0 and 1 say that a unit was treated.
TREATED = (
    "treated", "treatment", "post_treated", "treated_post", "is_treated", "treat", "intervention",
)  # fmt: skip
# Fewer columns of numbers beside a time are measures of one thing rather than units.
LEAST_WIDE = 4
MOST_TREATED = 50


@dataclass(frozen=True)
class PanelGuess:
    """A log that looks like a panel.

    Attributes:
        columns: Role -> column.
        settings: Of [synthetic_control]: who was treated and when, where the log says it.
        values: Columns of numbers; none of an event log or a wide file.
        wide: It has a column a unit.
    """

    columns: dict[str, str]
    settings: dict[str, Any]
    values: tuple[Profile, ...]
    wide: bool = False


def guess_panel(source: Source, guessed: GuessedColumns) -> PanelGuess | None:
    """The panel that a log looks like; None if it looks like none.

    Args:
        source: The log.
        guessed: What its columns would be otherwise.
    """
    filled = [p for p in guessed.profiles if p.filled]
    times = [p for p in filled if p.temporal or (p.plain in PERIOD and p.numeric)]
    time = min(times, key=lambda p: (_rank(p, PERIOD), p.name), default=None)
    if time is None:
        return None
    arm = guessed.roles.get("arm")
    flag = next((p for p in filled if p.plain in TREATED and p.truths), None)
    if arm is not None and (flag is None or flag.name != arm):
        return None
    if "event" in guessed.roles:
        return _events(guessed, filled) if arm is None else None
    since = next((p for p in filled if p.plain in TREATED_FROM), None)
    aside = {time.name} | {p.name for p in (flag, since) if p is not None}
    free = [p for p in filled if p.name not in aside]
    named = [p for p in free if p.plain in REGION and 1 < p.distinct <= MOST_UNITS]
    region = min(named, key=lambda p: (REGION.index(p.plain), p.name), default=None)
    texts = [p for p in free if not p.numeric and not p.temporal]
    if region is None and len(texts) == 1 and 1 < texts[0].distinct <= MOST_UNITS:
        region = texts[0]
    if region is None:
        wide = len(free) >= LEAST_WIDE and all(p.numeric for p in free) and arm is None
        if not wide or not _one_row_each(source, [time.name]):
            return None
        return PanelGuess({"time": time.name}, {}, (), wide=True)
    values = tuple(p for p in free if p.numeric and p.name != region.name)
    if not values or not _one_row_each(source, [region.name, time.name]):
        return None
    if 2 * region.distinct > region.filled:
        return None
    columns = {"region": region.name, "time": time.name}
    if since is not None:
        columns["treated_from"] = since.name
        return PanelGuess(columns, _from_starts(source, region, since), values)
    settings = _from_flag(source, region, time, flag) if flag is not None else {}
    return PanelGuess(columns, settings, values)


def _rank(profile: Profile, names: tuple[str, ...]) -> int:
    return names.index(profile.plain) if profile.plain in names else len(names)


def _events(guessed: GuessedColumns, filled: list[Profile]) -> PanelGuess | None:
    """An event log without arms whose rows name a region."""
    roles = {**guessed.roles}
    named = [
        p
        for p in filled
        if p.plain in REGION[:-1] and 1 < p.distinct <= MOST_UNITS and p.name not in roles.values()
    ]
    if not named or "time" not in roles:
        return None
    region = min(named, key=lambda p: (REGION.index(p.plain), p.name))
    wanted = ("unit", "time", "event", "value", "id")
    columns = {"region": region.name} | {role: roles[role] for role in wanted if role in roles}
    return PanelGuess(columns, {}, ())


def _one_row_each(source: Source, columns: list[str]) -> bool:
    """Whether no two rows share some cells."""
    cells = ", ".join(map(quoted, columns))
    filled = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in columns)
    with looking(source) as connection:
        found = connection.execute(
            f"SELECT count(*), coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM log "
            f"WHERE {filled} GROUP BY {cells}) q"
        ).fetchall()[0]
    return bool(found[0] > 1 and found[1] == 1)


def _from_starts(source: Source, region: Profile, since: Profile) -> dict[str, Any]:
    """Who was treated from when, as a column says."""
    with looking(source) as connection:
        pairs = connection.execute(
            f"SELECT DISTINCT trim({quoted(region.name)}), trim({quoted(since.name)}) FROM log "
            f"WHERE {quoted(region.name)} IS NOT NULL AND {quoted(since.name)} IS NOT NULL "
            "ORDER BY 1, 2"
        ).fetchall()
    return _settings([(u, start) for u, start in pairs if start.casefold() not in NEVER])


def _from_flag(source: Source, region: Profile, time: Profile, flag: Profile) -> dict[str, Any]:
    """Units with any 1 are treated, from their first 1; if not from their first row on."""
    ones = "('1', '1.0', 'true', 'yes', 't', 'y')"
    at = f"TRY_CAST({quoted(time.name)} AS DOUBLE)"
    order = at if time.numeric else quoted(time.name)
    with looking(source) as connection:
        rows = connection.execute(
            f"SELECT u, min(CASE WHEN one THEN since END), min(since) FROM (SELECT "
            f"trim({quoted(region.name)}) AS u, {order} AS since, "
            f"lower(trim({quoted(flag.name)})) IN {ones} AS one FROM log) q "
            "WHERE u IS NOT NULL AND since IS NOT NULL GROUP BY u HAVING bool_or(one) ORDER BY u"
        ).fetchall()
    if any(start == first for _, start, first in rows):
        treated = [unit for unit, _, _ in rows]
        return {"treated": treated} if len(treated) <= MOST_TREATED else {}
    return _settings([
        (unit, number_label(start) if isinstance(start, float) else str(start))
        for unit, start, _ in rows
    ])  # fmt: skip


def _settings(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Treated units with one start, or a start each."""
    starts: dict[str, Moment] = {}
    for unit, cell in pairs:
        try:
            starts.setdefault(unit, moment(cell.removesuffix(" 00:00:00"), "start"))
        except StudyError:
            return {}
    if not starts or len(starts) > MOST_TREATED:
        return {}
    if len(set(starts.values())) == 1:
        return {"treated": list(starts), "start": _plain(next(iter(starts.values())))}
    return {"starts": {unit: _plain(start) for unit, start in starts.items()}}


def _plain(start: Moment) -> str | int | float:
    whole = isinstance(start, float) and start == int(start)
    return int(start) if whole else start
