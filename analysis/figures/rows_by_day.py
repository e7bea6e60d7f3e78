"""Rows by day: what the log holds of each day, by arm, and the days that are missing."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.text import day_and_month, shown
from analysis.figures.theme import blank, faded, palette

NO_ARM = "no arm"
MOST_DAYS = 1_000

ByDay = Mapping[str, Mapping[str, int]]


def draw(content: Content, choice: Choice) -> Chart | None:
    """Stacked bars of the rows of each day, one colour an arm.

    Returns:
        The chart; None if the log has no days.
    """
    by_day: ByDay = content["log"].get("events_by_day") or {}
    days = _every_day(sorted(by_day))
    if not days:
        return None
    colours = palette(dark=choice.dark)
    fills = [colours.neutral, colours.better, colours.worse, colours.text]
    chart = blank(colours, height=300)
    arms = _arms(content, by_day)
    for place, arm in enumerate(arms):
        named = shown(arm or NO_ARM, longest=24)
        rows = [by_day.get(day, {}).get(arm, 0) for day in days]
        fill = fills[place % len(fills)] if arm else faded(colours.neutral, 0.35)
        chart.add_trace(
            go.Bar(
                x=days,
                y=rows,
                name=named,
                marker={"color": fill, "line": {"width": 0}},
                text=[
                    f"{named}, {day_and_month(day)}: {n:,} rows"
                    for day, n in zip(days, rows, strict=True)
                ],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            )
        )
    chart.update_layout(
        barmode="stack",
        bargap=0.15,
        showlegend=len(arms) > 1,
        legend={"traceorder": "normal"},
        yaxis={"title": {"text": "Rows a day"}, "rangemode": "tozero", "nticks": 5},
        xaxis={
            "type": "date",
            "tickformat": "%-d %b",
            "nticks": min(10, len(days)),
            "showgrid": False,
        },
    )
    missing = [day for day in days if not sum(by_day.get(day, {}).values())]
    return Chart(
        title=_title(days, missing),
        alt=_alt(days, by_day, missing),
        figure=chart,
        table=tuple(_table_row(day, by_day.get(day, {}), arms) for day in days),
    )


ROWS_BY_DAY = Figure("rows_by_day", "Rows by day", draw)


def _every_day(days: list[str]) -> list[str]:
    """The days from first to last, those without a row too."""
    if not days:
        return []
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    if (last - first).days > MOST_DAYS:
        return days
    return [(first + timedelta(days=k)).isoformat() for k in range((last - first).days + 1)]


def _arms(content: Content, by_day: ByDay) -> list[str]:
    """The study's arms in its order, then others that the log has, then rows without one."""
    found = {arm for rows in by_day.values() for arm in rows}
    said = [arm["name"] for arm in content.get("ab", {}).get("arms", [])]
    said = said or [str(name) for name in (content.get("interleaving") or {}).get("rankers") or ()]
    known = [arm for arm in said if arm in found]
    others = sorted(found - set(known) - {""})
    return [*known, *others, *([""] if "" in found else [])]


def _title(days: list[str], missing: list[str]) -> str:
    span = f"{day_and_month(days[0])} to {day_and_month(days[-1])}"
    if not missing:
        return f"There are rows on every day from {span}"
    named = ", ".join(day_and_month(day) for day in missing[:3])
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    what = "1 day has" if len(missing) == 1 else f"{len(missing)} days have"
    return f"{what} no row at all: {named}{more}"


def _alt(days: list[str], by_day: ByDay, missing: list[str]) -> str:
    totals = [sum(by_day.get(day, {}).values()) for day in days]
    return (
        f"Bars of the rows of each day by arm, {day_and_month(days[0])} to"
        f" {day_and_month(days[-1])}: {min(totals):,} to {max(totals):,} a day;"
        f" {len(missing)} days without rows."
    )


def _table_row(day: str, rows: Mapping[str, int], arms: list[str]) -> dict[str, Any]:
    return {"day": day} | {arm or NO_ARM: rows.get(arm, 0) for arm in arms}
