"""Power: how often a pretended launch with a known lift would have been found."""

import plotly.graph_objects as go

from analysis.figures.chart import Chart, Choice, Content, Figure
from analysis.figures.panels import lens
from analysis.figures.theme import blank, palette
from analysis.report import words

ENOUGH = 0.8


def draw(content: Content, choice: Choice) -> Chart | None:
    """The share of pretended launches found, by the lift that was added.

    Returns:
        The chart; None if power was not measured.
    """
    power = lens(content).get("power") or {}
    rows = power.get("power_by_lift") or ()
    if not rows:
        return None
    colours = palette(dark=choice.dark)
    chart = blank(colours, height=300)
    chart.add_hline(y=ENOUGH, line={"color": colours.neutral, "width": 1, "dash": "dash"})
    chart.add_annotation(
        x=1, xref="paper", y=ENOUGH, text="80%", showarrow=False, xanchor="right", yanchor="bottom",
        font={"size": 13, "color": colours.neutral},
    )  # fmt: skip
    chart.add_trace(
        go.Scatter(
            x=[one["lift"] for one in rows],
            y=[one["power"] for one in rows],
            mode="lines+markers",
            line={"color": colours.better, "width": 2.2},
            marker={"size": 8},
            text=[f"{words.lift(one['lift'])}: found in {words.share(one['power'], 0)}"
                  for one in rows],
            hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip
    chart.update_xaxes(title={"text": "Lift added"}, tickformat="+.1~%", showgrid=False, nticks=8)
    chart.update_yaxes(
        title={"text": "Share found"}, tickformat=".0%", range=[-0.03, 1.05], nticks=6
    )
    title = _title(power)
    false = next((one["power"] for one in rows if one["lift"] == 0), None)
    return Chart(
        title=title,
        alt=f"{title}. Line of the share of {len(power['windows'])} pretended launches found, by"
        f" lift; with no lift added {words.share(false, 0)} are found.",
        figure=chart,
        table=tuple({"lift": one["lift"], "share_found": one["power"]} for one in rows),
    )


POWER_CURVE = Figure("power_curve", "Power", draw)


def _title(power: Content) -> str:
    if not power.get("k"):
        return f"With {power.get('n_units')} units no effect of any size can be shown at this level"
    mde = power.get("mde")
    per = words.counted(int(power["horizon"]), "period")
    if mde is None:
        most = max(one["lift"] for one in power["power_by_lift"])
        return f"Even a lift of {words.lift(most)} over {per} would often be missed"
    return f"A lift of {words.lift(mde)} over {per} would have been found four times in five"
