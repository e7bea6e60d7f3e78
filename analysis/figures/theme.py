"""One look for all charts: the page's colours, light and dark, on a clear background."""

from dataclasses import dataclass

import plotly.graph_objects as go


@dataclass(frozen=True)
class Palette:
    """Colours of one page background, apart for every colour-vision type.

    Attributes:
        better: The good direction, and the treatment's own line.
        worse: The bad direction.
        neutral: Not clear, or not to be read.
        text: Labels.
        line: Axes and grid.
        page: The page behind the chart.
    """

    better: str
    worse: str
    neutral: str
    text: str
    line: str
    page: str


LIGHT = Palette("#0072B2", "#B84A00", "#767676", "#23231F", "#DCDCD7", "#FFFFFF")
DARK = Palette("#5AA9E6", "#FF8A3D", "#9AA0A6", "#ECECE6", "#3B3B35", "#161613")

# Arms beyond control and treatment: told apart by dash and mark as well as by colour.
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
# The page's own font, which Streamlit serves itself.
FONT = "Source Sans, sans-serif"
MARKS = ("circle", "diamond", "square", "triangle-up", "cross", "star")


def palette(*, dark: bool) -> Palette:
    """The colours for this page."""
    return DARK if dark else LIGHT


def faded(colour: str, opacity: float) -> str:
    """A hex colour, made see-through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def blank(colours: Palette, *, height: int) -> go.Figure:
    """An empty chart in the house's look."""
    axis = {
        "gridcolor": colours.line,
        "zeroline": False,
        "linecolor": colours.line,
        "tickfont": {"size": 13, "color": colours.text},
        "title": {"font": {"size": 13, "color": colours.text}},
        "automargin": True,
        "fixedrange": True,
    }
    return go.Figure(
        layout={
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"size": 13, "color": colours.text, "family": FONT},
            "showlegend": False,
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "font": {"size": 13, "color": colours.text},
            },
            "hovermode": "closest",
            "hoverlabel": {"font": {"size": 13, "family": FONT}},
            "xaxis": axis,
            "yaxis": axis,
        }
    )
