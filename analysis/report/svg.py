"""Static line charts as SVG: no script, colours from the page's style, drawn for two widths."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analysis.report.markup import text

Point = tuple[float, float]

WIDE, NARROW = 880, 340
_MOST_POINTS = 400


@dataclass(frozen=True)
class Plot:
    """A rectangle of a picture with its two scales.

    Attributes:
        left, top, width, height: The rectangle, in the picture's units.
        across: Least and greatest value of the horizontal scale.
        up: Least and greatest value of the vertical scale.
    """

    left: float
    top: float
    width: float
    height: float
    across: tuple[float, float]
    up: tuple[float, float]

    def x(self, value: float) -> float:
        """Distance from the rectangle's left edge."""
        low, high = self.across
        return self.width * (value - low) / (high - low or 1)

    def y(self, value: float) -> float:
        """Distance from the rectangle's top edge."""
        low, high = self.up
        return self.height * (high - value) / (high - low or 1)

    def inside(self, drawn: str) -> str:
        """Marks drawn in the rectangle; what passes its edges is cut off."""
        return (
            f'<svg x="{self.left:g}" y="{self.top:g}" width="{self.width:g}" '
            f'height="{self.height:g}">{drawn}</svg>'
        )

    def line(self, points: Sequence[Point], kind: str) -> str:
        """A line through points."""
        if not points:
            return ""
        return f'<path class="{kind}" d="M{self._path(_thinned(points))}"/>'

    def band(self, low: Sequence[Point], high: Sequence[Point], kind: str = "g-band") -> str:
        """The area between two lines."""
        if not low:
            return ""
        edge = [*_thinned(low), *reversed(_thinned(high))]
        return f'<path class="{kind}" d="M{self._path(edge)}Z"/>'

    def across_at(self, value: float, kind: str) -> str:
        """A horizontal rule."""
        y = self.y(value)
        return f'<path class="{kind}" d="M0 {y:.1f}H{self.width:g}"/>'

    def up_at(self, value: float, kind: str) -> str:
        """A vertical rule."""
        x = self.x(value)
        return f'<path class="{kind}" d="M{x:.1f} 0V{self.height:g}"/>'

    def rules(self, said: Callable[[float], str], *, most: int = 5) -> str:
        """Horizontal rules at round values, with their labels left of the rectangle."""
        drawn = []
        for value in ticks(*self.up, most=most):
            y = self.top + self.y(value)
            drawn.append(f'<path class="g-rule" d="M{self.left:g} {y:.1f}h{self.width:g}"/>')
            drawn.append(label(self.left - 8, y + 4, said(value), anchor="end"))
        return "".join(drawn)

    def days(self, labels: Sequence[str], *, most: int) -> str:
        """Labels below the rectangle at evenly spread places; place = index of the label."""
        last = len(labels) - 1
        count = max(1, min(most, last))
        places = sorted({round(last * step / count) for step in range(count + 1)}) if last else [0]
        drawn = []
        for place in places:
            anchor = "end" if place == last and last else "start" if place == 0 else "middle"
            x = self.left + self.x(place)
            drawn.append(label(x, self.top + self.height + 20, labels[place], anchor=anchor))
        return "".join(drawn)

    def _path(self, points: Sequence[Point]) -> str:
        return "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)


def picture(draw: Callable[[int], tuple[int, str]], alt: str) -> str:
    """One chart drawn for a wide and for a narrow page, of which the style shows one.

    Args:
        draw: Gives height and marks for a width.
        alt: What a reader who cannot see the chart needs to know.
    """
    drawn = []
    for width, kind in ((WIDE, "g-wide"), (NARROW, "g-narrow")):
        height, marks = draw(width)
        drawn.append(
            f'<svg class="g-chart {kind}" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="{text(alt)}">{marks}</svg>'
        )
    return "".join(drawn)


def label(x: float, y: float, said: str, *, anchor: str = "start", kind: str = "g-text") -> str:
    """A word in a picture."""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text(said)}</text>'
    )


def diamond(x: float, y: float, kind: str, size: float = 7) -> str:
    """A filled mark: the interval excludes 0."""
    sides = f"l{size} {size}-{size} {size}-{size}-{size}"
    return f'<path class="{kind}" d="M{x:.1f} {y - size:.1f}{sides}Z"/>'


def ring(x: float, y: float, kind: str, size: float = 5) -> str:
    """A hollow mark: the interval includes 0."""
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>'


def ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Round values between two ends, at most so many.

    >>> ticks(-0.03, 0.12, most=4)
    [0.0, 0.05, 0.1]
    >>> ticks(38.4, 50.2)
    [40, 42, 44, 46, 48, 50]
    """
    reach = high - low
    if reach <= 0:
        return [low]
    power = 10.0 ** (len(f"{reach:.0f}") if reach >= 1 else -_zeros(reach))
    steps = [power * size for size in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)]
    step = next((one for one in steps if reach / one <= most + 1), power)
    first = int(-(-low // step))
    last = int(high // step)
    values = [round(place * step, 12) for place in range(first, last + 1)]
    return [int(one) for one in values] if step >= 1 else values


def _zeros(value: float) -> int:
    count = 0
    while value < 0.1:
        value *= 10
        count += 1
    return count


def _thinned(points: Sequence[Point]) -> list[Point]:
    """At most so many points as a screen can show, the last one always among them."""
    step = -(-len(points) // _MOST_POINTS)
    kept = list(points[::step])
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]
