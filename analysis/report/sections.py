"""What a report shows of each lens: badges, rows, main figure and segments."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report import badges as ab_badges
from analysis.report import (
    list_badges,
    list_pictures,
    list_rows,
    markup,
    panel_badges,
    panel_pictures,
    panel_rows,
    pictures,
    rows,
    words,
)
from analysis.report.aggregates import FEWEST_UNITS
from analysis.report.badges import Badge
from analysis.report.icons import BADGES, icon
from analysis.report.markup import own, text

Content = Mapping[str, Any]

# Longer lists of levels are read in the app, where one may choose.
_MOST_LEVELS = 12


def badges(content: Content, lens: str) -> str:
    """The health badges of a lens in a line."""
    found: Sequence[Badge] = _BADGES[lens](content)
    said = []
    for one in found:
        mark = icon(BADGES[one.state]) if one.state in BADGES else ""
        said.append(f'<li class="r-badge r-{one.state}">{mark}{text(one.text)}</li>')
    return f'<ul class="r-badges" aria-label="Health">{"".join(said)}</ul>'


def numbers(content: Content, lens: str) -> str:
    """Rows, main figure and segments of a lens."""
    return _NUMBERS[lens](content)


def _tables(
    tables: Sequence[tuple[str, list[markup.Row], str]], control: str, treatment: str
) -> str:
    """Tables of (caption, rows, level); what their marks mean stands under the last one."""
    shown = [(caption, lines, level) for caption, lines, level in tables if lines]
    legend = rows.key_text([line for _, lines, _ in shown for line in lines])
    return "".join(
        markup.metric_rows(
            caption,
            lines,
            control=control,
            treatment=treatment,
            level=level,
            key=legend if place == len(shown) - 1 else "",
        )
        for place, (caption, lines, level) in enumerate(shown)
    )


def _ab(content: Content) -> str:
    names = [str(arm["name"]) for arm in content["ab"]["arms"]]
    control = names[0] if names else "Control"
    treatment = names[1] if len(names) == 2 else "Treatment"
    tables = [
        (caption, rows.rows_of(content, role, {}), rows.level_of(content, role))
        for role, caption in rows.ROLES
    ]
    metrics = content["ab"]["metrics"]
    primary = next((one for one in metrics if one["role"] == "primary"), None)
    figures, segments = "", ""
    if primary is not None:
        figures = "".join(
            pictures.lift_over_time(content, primary["name"], treated)
            for treated in rows.treatments_of(content)[:3]
        )
        segments = _ab_segments(content, primary, control)
    return _tables(tables, control, treatment) + figures + segments


def _ab_segments(content: Content, primary: Content, control: str) -> str:
    found = [one for one in content["ab"].get("segments") or () if one["metric"] == primary["name"]]
    many = len(rows.treatments_of(content)) > 1
    parts = []
    for segment in found:
        column = f"{primary['name']} by {segment['column']}"
        caption = f"{column}, {segment['treatment']}" if many else column
        lines = rows.rows_of_segment(content, primary, segment)
        parts.append(
            _segment(
                segment,
                caption,
                lines,
                control,
                str(segment["treatment"]),
                rows.level_of(content, "primary"),
            )
        )
    return _segments(
        parts,
        "Of ten segments without any difference, four in ten studies still show one with"
        " p < 0.05: read these as questions, not as results.",
    )


def _lists(content: Content) -> str:
    names = [str(name) for name in content["interleaving"].get("rankers") or []]
    control = names[0] if len(names) == 2 else "Control"
    candidate = names[1] if len(names) == 2 else "Candidate"
    level = words.level(list_rows.alpha_of(content))
    table = _tables([("Clicks a slot", list_rows.rows_of(content, {}), level)], control, candidate)
    struck = list_rows.uncorrected(content, lambda name: f"<s>{own(name)}</s>")
    line = f'<p class="r-struck">{struck}</p>' if struck else ""
    parts = [
        _segment(
            segment,
            f"Same position by {segment['column']}",
            list_rows.rows_of_segment(content, segment),
            control,
            candidate,
            level,
        )
        for segment in content["interleaving"].get("segments") or ()
    ]
    segments = _segments(
        parts, "Segments never change the verdict: they are explored, not decided on."
    )
    figures = list_pictures.preferences(content) + line + list_pictures.waterfall_of(content)
    return table + figures + segments


def _panel(content: Content) -> str:
    level = words.level(panel_rows.alpha_of(content))
    tables = [(caption, panel_rows.rows_of(content, role), level) for role, caption in rows.ROLES]
    picture = panel_pictures.counterfactual(content) or panel_pictures.event_time(content)
    return _tables(tables, "Counterfactual", "Actual") + picture


def _segment(
    segment: Content,
    caption: str,
    lines: list[markup.Row],
    control: str,
    treatment: str,
    level: str,
) -> str:
    """One table of levels, and what it leaves out."""
    said = []
    hidden = segment.get("hidden_levels") or 0
    if hidden:
        what = words.counted(hidden, "level")
        said.append(f"{what} with fewer than {FEWEST_UNITS} units not shown.")
    if len(lines) > _MOST_LEVELS:
        said.append(f"The first {_MOST_LEVELS} of {len(lines)} levels.")
    lines = lines[:_MOST_LEVELS]
    if not lines:
        heading = f'<div class="v-caption" role="heading" aria-level="3">{text(caption)}</div>'
        return f'{heading}<p class="v-key">{text(" ".join(said))}</p>' if said else ""
    return markup.metric_rows(
        caption,
        lines,
        control=control,
        treatment=treatment,
        level=level,
        key=" ".join(said),
        what="Segment",
    )


def _segments(parts: Sequence[str], note: str) -> str:
    drawn = "".join(parts)
    if not drawn:
        return ""
    return f'<section class="r-segments"><h2>Segments</h2><p>{text(note)}</p>{drawn}</section>'


_BADGES = {
    "ab": ab_badges.badges,
    "interleaving": list_badges.badges,
    "synthetic_control": panel_badges.badges,
}
_NUMBERS = {"ab": _ab, "interleaving": _lists, "synthetic_control": _panel}
