"""Verdict's own HTML as text: verdict panel, notices, metric rows, facts and plain tables.

Every word that may come from a person goes through ``text`` or ``own``; class names and places
come from this file's own tables and numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from analysis.report import words

_STYLE = Path(__file__).with_name("rows.css")
_TONES = frozenset({"better", "worse", "neutral", "stop"})


@dataclass(frozen=True)
class Row:
    """One line of a metric table: the texts to show and where to draw the interval.

    Attributes:
        name: The metric.
        notes: Small lines under the name.
        control: The control's value, as text.
        treatment: The treatment's value, as text.
        change: The change, as text.
        interval: Its interval, as text.
        truth: The known truth of a sample, as text; empty elsewhere.
        place: (low, point, high) on the scale, or None if no interval can be drawn.
        why_not: Why nothing is drawn; empty if something is.
        margin: Where the guardrail's margin stands on the scale.
        truth_place: Where the known truth stands on the scale.
        filled: The interval excludes 0: a filled diamond, else a hollow ring.
        tone: Colour of the interval.
        reading: The word.
        reading_note: A small line under the word.
        reading_tone: Colour of the word.
        grey: Nothing in this line may be read as a result.
    """

    name: str
    notes: tuple[str, ...]
    control: str
    treatment: str
    change: str
    interval: str
    truth: str
    place: tuple[float, float, float] | None
    why_not: str
    margin: float | None
    truth_place: float | None
    filled: bool
    tone: str
    reading: str
    reading_note: str
    reading_tone: str
    grey: bool = False


@cache
def stylesheet() -> str:
    """The rules of these pieces; the page around them sets the colours."""
    return _STYLE.read_text(encoding="utf-8")


def verdict(
    word: str,
    tone: str,
    mark: str,
    headline: str,
    points: Sequence[str],
    why: Sequence[str],
) -> str:
    """The verdict panel; `mark`, the picture beside the word, is markup already."""
    parts = [
        f'<section class="v-verdict {_tone(tone)}" aria-label="Verdict">',
        f'<div class="v-word" role="heading" aria-level="2">{mark}{text(word)}</div>',
        f"<p>{text(headline)}</p>" if headline else "",
        _list(points),
    ]
    if why:
        parts.append("<details><summary>Why this verdict</summary>")
        parts.append(f"<p>{text(why[0])}</p>{_list(why[1:])}</details>")
    return "".join([*parts, "</section>"])


def symbol(name: str) -> str:
    """A Material symbol of the app's font, by its name."""
    return f'<span class="v-icon" aria-hidden="true">{text(name)}</span>'


def notice(kind: str, tone: str, said: str, fix: str) -> str:
    """One notice."""
    mend = f'<p class="v-fix">{text(fix)}</p>' if fix else ""
    return (
        f'<div class="v-notice {_tone(tone)}"><p class="v-kind">{text(kind)}</p>'
        f"<p>{text(said)}</p>{mend}</div>"
    )


def metric_rows(
    caption: str,
    rows: Sequence[Row],
    *,
    control: str,
    treatment: str,
    level: str,
    key: str,
    what: str = "Metric",
) -> str:
    """A table of rows; `what`, `control` and `treatment` head its columns, `key` ends it."""
    scale = scale_of(rows)
    ticks = _scale(scale) if any(row.place for row in rows) else "Interval"
    heads = [
        f'<span role="columnheader">{text(what)}</span>',
        f'<span role="columnheader" class="v-number">{own(control)}</span>',
        f'<span role="columnheader" class="v-number">{own(treatment)}</span>',
        f'<span role="columnheader" class="v-number">Change ({text(level)} CI)</span>',
        f'<span role="columnheader" aria-label="Interval">{ticks}</span>',
        '<span role="columnheader">Reading</span>',
    ]
    body = [_row(row, scale, control, treatment) for row in rows]
    legend = f'<p class="v-key">{text(key)}</p>' if key else ""
    return (
        '<div class="v-rows">'
        f'<div class="v-caption" role="heading" aria-level="2">{text(caption)}</div>'
        f'<div role="table" aria-label="{text(caption)}">'
        f'<div role="row" class="v-row v-head">{"".join(heads)}</div>{"".join(body)}</div>'
        f"{legend}</div>"
    )


def facts(sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> str:
    """Lists of facts."""
    parts = []
    for title, pairs in sections:
        heading = _title(title) if title else ""
        lines = "".join(f"<dt>{text(name)}</dt><dd>{text(said)}</dd>" for name, said in pairs)
        parts.append(f'{heading}<dl class="v-pairs">{lines}</dl>')
    return f'<div class="v-facts">{"".join(parts)}</div>'


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """A plain table; the first row's keys head the columns."""
    if not rows:
        return ""
    heads = "".join(
        f'<th scope="col" class="{"v-words" if isinstance(value, str) else "v-number"}">'
        f"{text(words.heading(name))}</th>"
        for name, value in rows[0].items()
    )
    lines = []
    for row in rows:
        cells = "".join(
            f'<td class="{"v-words" if isinstance(value, str) else "v-number"}">'
            f"{text(words.cell(name, value))}</td>"
            for name, value in row.items()
        )
        lines.append(f"<tr>{cells}</tr>")
    return (
        f'<div class="v-table" tabindex="0" role="region" aria-label="Table of numbers"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def scale_of(rows: Sequence[Row]) -> float:
    """Half the width of the rows' common scale: a round number.

    One row four times as wide as its neighbours is clipped (and gets an arrow), so that it
    does not press the others flat.
    """
    reaches = sorted(
        max(abs(value) for value in (*row.place, row.margin or 0.0)) for row in rows if row.place
    )
    reaches = [reach for reach in reaches if reach > 0]
    if not reaches:
        return 0.01
    widest = 1.04 * min(reaches[-1], 4 * reaches[(len(reaches) - 1) // 2])
    power = 1.0
    while power > widest:
        power /= 10
    while power * 10 <= widest:
        power *= 10
    steps = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return next(step * power for step in steps if step * power >= widest * (1 - 1e-9))


def _row(row: Row, scale: float, control: str, treatment: str) -> str:
    notes = "".join(f"<small>{text(note)}</small>" for note in row.notes)
    truth = f"<small>{text(row.truth)}</small>" if row.truth else ""
    note = f"<small>{text(row.reading_note)}</small>" if row.reading_note else ""
    return "".join(
        [
            f'<div role="row" class="v-row {_tone(row.tone)}{" v-grey" if row.grey else ""}">',
            f'<div role="rowheader" class="v-name"><b>{own(row.name)}</b>{notes}</div>',
            f'<div role="cell" class="v-number">{_label(control)}{text(row.control)}</div>',
            f'<div role="cell" class="v-number">{_label(treatment)}{text(row.treatment)}</div>',
            (
                f'<div role="cell" class="v-change"><b>{text(row.change)}</b> '
                f'<span class="v-range">{text(row.interval)}</span>{truth}</div>'
            ),
            f'<div role="cell">{_row_track(row, scale)}</div>',
            (
                f'<div role="cell" class="v-reading {_tone(row.reading_tone)}">'
                f"<b>{text(row.reading)}</b>{note}</div></div>"
            ),
        ]
    )


def track(
    place: tuple[float, float, float],
    scale: float,
    *,
    said: str,
    filled: bool,
    interval: bool = True,
    margin: float | None = None,
    truth: float | None = None,
) -> str:
    """An interval on a symmetric scale.

    Args:
        place: Low end, point and high end; 0 is the middle.
        scale: Half the width of the scale; what lies beyond gets an arrow.
        said: What the picture shows, in words.
        filled: A filled diamond, else a hollow ring.
        interval: There is an interval to draw.
        margin: Where a margin stands.
        truth: Where a known truth stands.
    """
    low, point, high = (_percent(value, scale) for value in place)
    parts = ['<span class="v-zero"></span>']
    if interval:
        parts.append(f'<span class="v-bar" style="left:{low:.2f}%;width:{high - low:.2f}%"></span>')
    if margin is not None:
        at = _percent(margin, scale)
        parts.append(f'<span class="v-margin" style="left:{at:.2f}%"></span>')
    if truth is not None:
        at = _percent(truth, scale)
        parts.append(f'<span class="v-truth" style="left:{at:.2f}%"></span>')
    shape = "v-diamond" if filled else "v-ring"
    if -scale <= place[1] <= scale:
        parts.append(f'<span class="v-mark {shape}" style="left:{point:.2f}%"></span>')
    if place[0] < -scale:
        parts.append('<span class="v-off v-off-left">◀</span>')
    if place[2] > scale:
        parts.append('<span class="v-off v-off-right">▶</span>')
    return f'<div class="v-track" role="img" aria-label="{text(said)}">{"".join(parts)}</div>'


def _row_track(row: Row, scale: float) -> str:
    if row.place is None:
        return f'<div class="v-why-not">{text(row.why_not)}</div>'
    about = f"{'excludes' if row.filled else 'includes'} 0"
    if row.grey:
        about = "not to be read"
    said = f"{row.change}, interval {row.interval}, {about}"
    return track(
        row.place,
        scale,
        said=said,
        filled=row.filled,
        margin=row.margin,
        truth=row.truth_place,
    )


def _scale(scale: float) -> str:
    ends = (words.percent_tick(-scale), "0", words.percent_tick(scale))
    ticks = "".join(
        f'<span style="left:{at}%">{text(end)}</span>'
        for at, end in zip((0, 50, 100), ends, strict=True)
    )
    return f'<div class="v-scale">{ticks}</div>'


def _title(title: str) -> str:
    return f'<div class="v-title" role="heading" aria-level="3">{text(title)}</div>'


def _percent(value: float, scale: float) -> float:
    return 50 + 50 * max(-1.0, min(1.0, value / scale))


def _label(name: str) -> str:
    return f'<span class="v-label">{own(name)} </span>'


def _list(points: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{text(point)}</li>' for point in points)}</ul>" if points else ""


def _tone(tone: str) -> str:
    if tone not in _TONES:
        raise ValueError(f"No tone {tone!r}; there are {', '.join(sorted(_TONES))}.")
    return f"v-{tone}"


def text(said: str) -> str:
    """A sentence as markup: every mark of HTML shown as typed."""
    return words.isolated(escape(said, quote=True))


def own(name: str) -> str:
    """A user's own name as markup, which cannot turn its neighbours round."""
    return f"<bdi>{text(name)}</bdi>"
