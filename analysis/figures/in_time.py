"""In-time placebos: pretended earlier starts, fitted without knowing what came later."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.panels import (
    block,
    frame_line,
    in_words,
    lens,
    line_of,
    mark_missing,
    mark_start,
    periods_of,
    stopped,
)
from analysis.figures.theme import DASHES, blank, palette
from analysis.report import words


def draw(content: Content, choice: Choice) -> Chart | None:
    """The headline's gap and, up to the true start, that of each pretended start.

    Returns:
        The chart; None if no start was pretended.
    """
    drawn = block(content, choice)
    fakes, gaps = drawn.get("in_time_placebo") or (), drawn.get("gaps") or ()
    if not fakes or not gaps:
        return None
    colours = palette(dark=choice.dark)
    measure = in_words(content, drawn)
    labels = [str(one["period"]) for one in gaps]
    periods = periods_of(lens(content), labels)
    chart = blank(colours, height=320)
    tone = colours.neutral if stopped(content) else colours.better
    own = {str(one["period"]): measure.drawn(one["gap"]) for one in gaps}
    said = {label: f"{periods.said(label)}: the effect" for label in labels}
    chart.add_trace(line_of(periods, own, said, {"color": tone, "width": 2.4}, name="True start"))
    for place, one in enumerate(fakes):
        values = dict(zip(labels, map(measure.drawn, one["gaps"]), strict=False))
        line: dict[str, Any] = {
            "color": colours.worse if one["flagged"] else colours.neutral,
            "width": 2,
            "dash": DASHES[1 + place % (len(DASHES) - 1)],
        }
        name = f"Pretended start {periods.said(str(one['start']))}"
        told = dict.fromkeys(labels, f"{name}: {measure.change(one['att'])}")
        chart.add_trace(line_of(periods, values, told, line, name=name))
        at = periods.at(str(one["start"])) - 0.5
        chart.add_shape(
            type="line", xref="x", yref="paper", x0=at, x1=at, y0=0, y1=1,
            line={"color": line["color"], "width": 1, "dash": line["dash"]},
        )  # fmt: skip
    chart.add_shape(
        type="line", xref="paper", yref="y", x0=0, x1=1, y0=0, y1=0,
        line={"color": colours.neutral, "width": 1},
    )  # fmt: skip
    chart.update_layout(showlegend=True, margin={"t": 4})
    chart.update_yaxes(title={"text": f"Effect{measure.unit}"}, separatethousands=True)
    frame_line(chart, periods)
    mark_start(chart, periods, drawn, colours)
    mark_missing(chart, periods, colours)
    title = _title(fakes)
    if stopped(content):
        title = "Pretended earlier starts: not to be read as a test"
    told = "; ".join(
        f"{periods.said(str(one['start']))}: {measure.change(one['att'])}" for one in fakes
    )
    return Chart(
        title=title,
        alt=f"{title}. Effects of pretended starts: {told}.",
        figure=chart,
        table=tuple(
            {
                "start": str(one["start"]),
                "periods_earlier": one["lead"],
                "att": one["att"],
                "share_of_att": one["share_of_att"],
                "t": one["t"],
                "rmspe_ratio": one["rmspe_ratio"],
                "flagged": bool(one["flagged"]),
            }
            for one in fakes
        ),
    )


IN_TIME = Figure("in_time", "In-time placebos", draw)


def _title(fakes: Sequence[Mapping[str, Any]]) -> str:
    flagged = [one for one in fakes if one["flagged"]]
    if not flagged:
        return "A pretended earlier start shows no effect like the true one"
    lead = words.counted(int(flagged[0]["lead"]), "period")
    return (
        f"A start {lead} earlier shows {words.share(flagged[0]['share_of_att'], 0)} of the effect"
        " already"
    )
