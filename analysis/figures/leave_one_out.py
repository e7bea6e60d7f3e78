"""Leave-one-out: the effect refitted without each donor that has weight, as a fan."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.panels import (
    Measure,
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
from analysis.figures.text import shown
from analysis.figures.theme import blank, faded, palette
from analysis.report import words

MOST_LINES = 60


def draw(content: Content, choice: Choice) -> Chart | None:
    """The headline's gap and one line a refit; donors that move it much are named.

    Returns:
        The chart; None if nothing was refitted.
    """
    drawn = block(content, choice)
    refits = list(drawn.get("leave_one_out") or ())
    gaps = drawn.get("gaps") or ()
    if not refits or not gaps:
        return None
    colours = palette(dark=choice.dark)
    measure = in_words(content, drawn)
    labels = [str(one["period"]) for one in gaps]
    periods = periods_of(lens(content), labels)
    chart = blank(colours, height=340)
    heaviest = sorted(refits, key=lambda one: -abs(one["change_share"] or 0.0))[:MOST_LINES]
    for one in reversed(heaviest):
        decisive = bool(one["decisive"])
        said = f"Without {shown(str(one['unit']))}: {measure.change(one['att'])}"
        values = dict(zip(labels, map(measure.drawn, one["gaps"]), strict=True))
        colour = colours.worse if decisive else faded(colours.neutral, 0.6)
        line = {"color": colour, "width": 2 if decisive else 1.2}
        chart.add_trace(line_of(periods, values, dict.fromkeys(labels, said), line))
    tone = colours.neutral if stopped(content) else colours.better
    own = {str(one["period"]): measure.drawn(one["gap"]) for one in gaps}
    chart.add_trace(
        line_of(
            periods, own, dict.fromkeys(labels, f"All donors: {measure.change(drawn['att'])}"),
            {"color": tone, "width": 2.6},
        )
    )  # fmt: skip
    chart.add_shape(
        type="line", xref="paper", yref="y", x0=0, x1=1, y0=0, y1=0,
        line={"color": colours.neutral, "width": 1},
    )  # fmt: skip
    chart.update_yaxes(title={"text": f"Effect{measure.unit}"}, separatethousands=True)
    frame_line(chart, periods)
    mark_start(chart, periods, drawn, colours)
    mark_missing(chart, periods, colours)
    title = _title(drawn, refits, measure, grey=stopped(content))
    return Chart(
        title=title,
        alt=f"{title}. Lines of the effect by period with all donors and without each of"
        f" {words.counted(len(refits), 'donor')}.",
        figure=chart,
        table=tuple(_table_row(one, drawn) for one in [None, *refits]),
    )


LEAVE_ONE_OUT = Figure("leave_one_out", "Leave-one-out", draw)


def _title(
    drawn: Mapping[str, Any],
    refits: Sequence[Mapping[str, Any]],
    measure: Measure,
    *,
    grey: bool,
) -> str:
    if grey:
        return "Without each donor in turn: not to be read as an effect"
    decisive = [str(one["unit"]) for one in refits if one["decisive"]]
    low, high = (end(one["att"] for one in refits) for end in (min, max))
    span = f"{measure.change(low)} to {measure.change(high)}"
    if decisive:
        return f"The effect hangs on {words.several(decisive[:3])}: without one donor it is {span}"
    if not drawn.get("loo_sign_kept"):
        return f"Without one of the donors the effect changes sign: {span}"
    return f"No single donor carries the effect: without one it is {span}"


def _table_row(one: Mapping[str, Any] | None, drawn: Mapping[str, Any]) -> dict[str, Any]:
    if one is None:
        return {"left_out": "none", "att": drawn["att"], "change_share": None,
                "change_in_rmspe": None, "decisive": False}  # fmt: skip
    return {
        "left_out": str(one["unit"]),
        "att": one["att"],
        "change_share": one["change_share"],
        "change_in_rmspe": one["change_rmspe"],
        "decisive": bool(one["decisive"]),
    }
