"""The main figures of each lens as static markup: a line over time, a preference, a waterfall."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report import markup, panels, svg, words
from analysis.report.findings import lists, over_time, preference, waterfall
from analysis.report.findings.text import MINUS, day_and_month
from analysis.report.markup import own, text

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

    return figure(
        found.title,
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


def preferences(content: Content) -> str:
    """A bar of whom users prefer, for each pair of rankers; empty if nobody was counted."""
    pairs = preference.pairs_of(content)
    if not pairs:
        return ""
    grey = lists.stopped(content) or lists.uneven(content)
    many = len(pairs) > 1
    drawn = "".join(_preference(pair, grey=grey, many=many) for pair in pairs)
    return figure(
        preference.title_of(pairs, content),
        drawn,
        [preference.table_row(pair) for pair in pairs],
        "Below each bar: the share among those who chose, with its interval; the rule is an even"
        " split.",
    )


def _preference(pair: preference.Pair, *, grey: bool, many: bool) -> str:
    does = "more clicks:" if grey else "prefer"
    control, neither, candidate = pair.parts
    parts = (
        (control, "r-control", f"{does} {own(pair.control)}"),
        (neither, "r-neither", "neither"),
        (candidate, "r-even" if grey else "r-candidate", f"{does} {own(pair.candidate)}"),
    )
    bars = "".join(
        f'<span class="{kind}" style="width:{100 * part / pair.total:.2f}%"></span>'
        for part, kind, _ in parts
        if part
    )
    legend = "".join(
        f'<li><span class="r-swatch {kind}"></span>{said} <b>{part:,}</b> '
        f"({lists.percent(part / pair.total)})</li>"
        for part, kind, said in parts
    )
    name = f"{own(pair.candidate)} v {own(pair.control)}" if many else ""
    heading = f'<div class="v-title">{name}</div>' if many else ""
    return (
        f'{heading}<div class="r-stack" role="img" aria-label="{text(preference.sentence(pair))}">'
        f'{bars}</div>{_chosen(pair, grey=grey)}<ul class="r-legend">{legend}</ul>'
    )


def _chosen(pair: preference.Pair, *, grey: bool) -> str:
    """The candidate's share among those who chose, around the even split."""
    part, ends = pair.counts.get("win_rate_excl_ties"), pair.counts.get("win_rate_wilson95")
    if part is None:
        return ""
    clear = ends is not None and pair.shown and not grey and not ends[0] <= 0.5 <= ends[1]
    tone = ("better" if part > 0.5 else "worse") if clear else "neutral"
    low, high = ends or (part, part)
    said = f"share of {pair.candidate} among those who chose: {preference.share_text(pair)}"
    track = markup.track(
        (low - 0.5, part - 0.5, high - 0.5), 0.5, said=said, filled=clear, interval=bool(ends)
    )
    return f'<div class="v-{tone} r-chosen">{track}</div>'


def waterfall_of(content: Content) -> str:
    """The candidate's share of clicks, corrected step by step; empty without such shares."""
    names = lists.rankers(content)
    steps = waterfall.steps_of(content)
    if len(names) < 2 or all(step.share is None for step in steps):
        return ""
    grey = lists.stopped(content)
    reach = waterfall.reach_of(steps)
    last = len(steps) - 1
    drawn = "".join(
        _step(step, reach, last=place == last, grey=grey) for place, step in enumerate(steps)
    )
    heads = (
        f'<div class="r-step r-sides" aria-hidden="true"><span></span><span class="r-side">'
        f"<span>← {own(names[0])} ahead</span><span>{own(names[1])} ahead →</span></span>"
        "<span></span></div>"
    )
    return figure(
        waterfall.title_of(steps, names, grey=grey),
        f'<div class="r-steps">{heads}{drawn}</div>',
        [waterfall.table_row(step) for step in steps],
        f"Share of clicks that goes to items of {names[1]}; the rule is an even split.",
    )


def _step(step: waterfall.Step, reach: float, *, last: bool, grey: bool) -> str:
    name = f'<span class="r-name"><b>{text(step.label)}</b><small>{text(step.about)}</small></span>'
    if step.share is None:
        why = waterfall.UNKNOWN.get(step.key, "not known")
        unknown = f'<span class="v-why-not">{text(why)}</span>'
        return f'<div class="r-step">{name}{unknown}<span></span></div>'
    clear = last and not grey and waterfall.excludes_even(step)
    tone = ("better" if step.share > 0.5 else "worse") if clear else "neutral"
    known = step.low is not None and step.high is not None
    low, high = (step.low, step.high) if known else (step.share, step.share)
    assert low is not None
    assert high is not None
    track = markup.track(
        (low - 0.5, step.share - 0.5, high - 0.5),
        reach,
        said=waterfall.phrase(step),
        filled=clear,
        interval=known,
    )
    ends = f'<span class="v-range">{lists.percent_range(low, high)}</span>' if known else ""
    said = f'<span class="r-share"><b>{lists.percent(step.share)}</b> {ends}</span>'
    return f'<div class="r-step v-{tone}">{name}{track}{said}</div>'


def counterfactual(content: Content) -> str:
    """Actual and counterfactual over the gap with its band; empty without periods."""
    found = content["synthetic_control"]
    gaps: Sequence[Content] = found.get("gaps") or ()
    if len(gaps) < 2:
        return ""
    grey = lists.stopped(content)
    alpha = panels.alpha_of(content)
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
