"""Figures as static markup: the frame of each, and the cumulative lift over time."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report import markup, svg, words
from analysis.report.findings import over_time
from analysis.report.findings.text import day_and_month
from analysis.report.markup import text

Content = Mapping[str, Any]
_MOST_ROWS = 40


def figure(title: str, drawn: str, table: Sequence[Mapping[str, object]], note: str = "") -> str:
    """A figure with its finding above it and its numbers, folded, below it."""
    said = f'<p class="v-key">{text(note)}</p>' if note else ""
    numbers = ""
    if table:
        rest = len(table) - _MOST_ROWS
        more = (
            f"<p>The last {_MOST_ROWS} of {words.count(len(table))} rows.</p>" if rest > 0 else ""
        )
        numbers = (
            f'<details class="r-numbers"><summary>Numbers of this chart</summary>{more}'
            f"{markup.table(table[-_MOST_ROWS:])}</details>"
        )
    heading = f'<figcaption class="v-caption">{text(title)}</figcaption>'
    return f'<figure class="r-figure">{heading}{drawn}{said}{numbers}</figure>'


def lift_over_time(content: Content, metric: str, treatment: str) -> str:
    """The cumulative lift by day with its band; empty if no day has one."""
    found = over_time.over_time(content, metric, treatment)
    if found is None or len(found.looks) < 2:
        return ""

    def draw(width: int) -> tuple[int, str]:
        height = 250 if width == svg.WIDE else 220
        looks = found.looks
        plot = svg.Plot(52, 12, width - 52 - 14, height - 50, (0, len(looks) - 1), found.reach)
        places = {row["day"]: place for place, row in enumerate(looks)}
        low, high = (
            [(places[row["day"]], row[field]) for row in found.bounded]
            for field in ("lift_low", "lift_high")
        )
        line = [(place, row["lift"]) for place, row in enumerate(looks)]
        marks = plot.band(low, high) + plot.across_at(0, "g-zero") + plot.line(line, "g-quiet")
        end = _end(plot, found) if found.decided else ""
        days = [day_and_month(row["day"]) for row in looks]
        rules = plot.rules(words.percent_tick)
        return height, rules + plot.inside(marks) + end + plot.days(
            days, most=5 if width > 500 else 3
        )

    several = len(content["ab"]["arms"]) > 2
    return figure(
        f"{treatment}, {found.title}" if several else found.title,
        svg.picture(draw, found.alt),
        found.table,
        "Line: lift of all units exposed up to the end of the day. Band: its interval, were that"
        " day the only look.",
    )


def _end(plot: svg.Plot, found: over_time.OverTime) -> str:
    """The decision itself, with the interval, colour and mark of the metric row."""
    row = found.final
    if row.get("lift") is None:
        return ""
    x = plot.left + plot.width
    bar = ""
    if row.get("lift_low") is not None and row.get("lift_high") is not None:
        top, bottom = (plot.top + plot.y(row[field]) for field in ("lift_high", "lift_low"))
        bar = f'<path class="g-bar g-{found.tone}" d="M{x:.1f} {top:.1f}V{bottom:.1f}"/>'
    y = plot.top + plot.y(row["lift"])
    clear = found.tone != "neutral"
    mark = svg.diamond(x, y, f"g-fill g-{found.tone}") if clear else svg.ring(x, y, "g-ring")
    return bar + mark
