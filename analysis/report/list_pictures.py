"""The figures of interleaved lists as static markup: a preference and a waterfall."""

from collections.abc import Mapping
from typing import Any

from analysis.report import markup
from analysis.report.findings import lists, preference, waterfall
from analysis.report.markup import own, text
from analysis.report.pictures import figure

Content = Mapping[str, Any]


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
