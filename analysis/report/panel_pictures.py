"""The figures of a panel as static markup: the counterfactual over the gap, or by event time."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report import panel_rows, panels, svg, words
from analysis.report.findings import lists
from analysis.report.findings.text import MINUS, day_and_month
from analysis.report.pictures import figure

Content = Mapping[str, Any]


def counterfactual(content: Content) -> str:
    """Actual and counterfactual over the gap with its band; empty without periods."""
    found = content["synthetic_control"]
    gaps: Sequence[Content] = found.get("gaps") or ()
    if len(gaps) < 2:
        return ""
    grey = lists.stopped(content)
    alpha = panel_rows.alpha_of(content)
    fields = ("period", "actual", "counterfactual", "gap", "low", "high", "phase")
    return figure(
        panels.title(content),
        svg.picture(
            lambda width: _counterfactual(gaps, width, alpha, grey=grey), panels.alt(content)
        ),
        [{field: one.get(field) for field in fields} for one in gaps],
    )


def _counterfactual(
    gaps: Sequence[Content], width: int, alpha: float, *, grey: bool
) -> tuple[int, str]:
    wide = width == svg.WIDE
    left, right = 52, 124 if wide else 12
    upper, lower = (190, 110) if wide else (170, 100)
    across = (0, len(gaps) - 1)
    series = {key: _points(gaps, key) for key in ("actual", "counterfactual", "gap", "low", "high")}
    ends = _ends([*series["actual"], *series["counterfactual"]])
    top = 28 if wide else 46
    above = svg.Plot(left, top, width - left - right, upper, across, ends)
    bounds = _ends([*series["gap"], *series["low"], *series["high"], (0, 0.0)])
    below = svg.Plot(left, top + upper + 44, above.width, lower, across, bounds)
    tone = "g-neutral" if grey else "g-better"
    start = next((at for at, one in enumerate(gaps) if one.get("phase") == "post"), None)
    since = "" if start is None else above.up_at(start - 0.5, "g-start")
    until = "" if start is None else below.up_at(start - 0.5, "g-start")
    marks = [
        above.rules(_tick),
        above.inside(
            since
            + above.line(series["counterfactual"], f"g-line g-dashed {tone}")
            + above.line(series["actual"], "g-line g-actual")
        ),
        below.rules(_signed_tick, most=3),
        below.inside(
            until
            + below.band(series["low"], series["high"], f"g-band {tone}")
            + below.across_at(0, "g-zero")
            + below.line(series["gap"], f"g-line {tone}")
        ),
        below.days([_period(one) for one in gaps], most=5 if wide else 3),
        svg.label(left, below.top - 14, f"Gap, with {words.level(alpha)} band", kind="g-head"),
        _line_ends(above, series["actual"], series["counterfactual"], tone, wide=wide),
    ]
    if start is not None:
        marks.append(svg.label(left + above.x(start - 0.5), top - 8, "start", anchor="middle"))
    return int(below.top + lower + 30), "".join(marks)


def event_time(content: Content) -> str:
    """The mean effect by periods since each unit's own start; empty if all started together."""
    found = content["synthetic_control"]
    rows: Sequence[Content] = (found.get("staggered") or {}).get("event_time") or ()
    if len(rows) < 2:
        return ""
    title = panels.event_time_title(content)
    per = panels.period_word(found)
    tone = "g-neutral" if lists.stopped(content) else "g-better"
    return figure(
        title,
        svg.picture(
            lambda width: _event_time(rows, width, per, tone),
            f"{title}. Line of the mean effect by {per}s since each unit's own start.",
        ),
        [
            {"periods_since_start": one["h"], "att": one["att"], "units": one["n_units"]}
            for one in rows
        ],
    )


def _event_time(rows: Sequence[Content], width: int, per: str, tone: str) -> tuple[int, str]:
    wide = width == svg.WIDE
    left, top, height = 52, 28, 200 if wide else 170
    points = _points(rows, "att")
    bounds = _ends([*points, (0, 0.0)])
    plot = svg.Plot(left, top, width - left - 12, height, (0, len(rows) - 1), bounds)
    marks = [
        svg.label(left, top - 14, f"Mean effect by {per}s since the own start", kind="g-head"),
        plot.rules(_signed_tick),
        plot.inside(plot.across_at(0, "g-zero") + plot.line(points, f"g-line {tone}")),
        plot.days([str(one["h"]) for one in rows], most=8 if wide else 4),
    ]
    return int(top + height + 30), "".join(marks)


def _line_ends(
    plot: svg.Plot,
    actual: Sequence[svg.Point],
    other: Sequence[svg.Point],
    tone: str,
    *,
    wide: bool,
) -> str:
    """Both lines' names: beside their ends, or in a head line where there is no room."""
    if not actual or not other:
        return ""
    if not wide:
        return (
            f'<text x="{plot.left:g}" y="14"><tspan class="g-name">Actual</tspan>'
            f'<tspan class="g-name {tone}" dx="14">Counterfactual</tspan></text>'
        )
    first, second = (plot.top + plot.y(points[-1][1]) + 4 for points in (actual, other))
    if abs(first - second) < 16:
        middle = (first + second) / 2
        away = 8 if first <= second else -8
        first, second = middle - away, middle + away
    x = plot.left + plot.width + 8
    return svg.label(x, first, "Actual", kind="g-name") + svg.label(
        x, second, "Counterfactual", kind=f"g-name {tone}"
    )


def _points(gaps: Sequence[Content], key: str) -> list[svg.Point]:
    return [(float(at), float(one[key])) for at, one in enumerate(gaps) if one.get(key) is not None]


def _ends(points: Sequence[svg.Point]) -> tuple[float, float]:
    values = [value for _, value in points] or [0.0, 1.0]
    low, high = min(values), max(values)
    room = (high - low) * 0.08 or abs(high) * 0.05 or 0.5
    return low - room, high + room


def _period(gap: Content) -> str:
    return day_and_month(str(gap.get("period") or ""))


def _tick(value: float) -> str:
    return f"{value:,.10g}".replace("-", MINUS)


def _signed_tick(value: float) -> str:
    return f"+{_tick(value)}" if value > 0 else _tick(value)
