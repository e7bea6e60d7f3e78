"""From a synthetic control readout to the rows of its tables, in the scale that is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.core.wording import MINUS
from analysis.report import words
from analysis.report.markup import Row
from analysis.report.rows import GUARDRAIL_TONES, margin_text, stopped, truth_text

Content = Mapping[str, Any]
Ends = tuple[float | None, float | None, float | None]

# Scale -> the fields of low end, point and high end: one interval, told in three ways.
SCALES = {
    "percent": ("lift_low", "lift", "lift_high"),
    "period": ("att_low", "att", "att_high"),
    "total": ("cumulative_low", "cumulative", "cumulative_high"),
}
# Sums of these over periods mean nothing.
NEVER_SUMMED = ("mean", "ratio", "proportion", "retention", "quantile")
WHY_NOT = {
    "unbounded": "no interval: too few donors for this level",
    "perfect_fit": "no interval: the fit leaves no residual to test by",
    "not_applicable": "no interval goes with this statistic",
}
UNTESTED = {"unbounded": "Too few donors", "perfect_fit": "Not tested"}


@dataclass(frozen=True)
class _Side:
    """One metric of the readout as it is told."""

    metric: Content
    found: Content
    kind: str
    per: str
    scale: str
    ends: Ends


def alpha_of(content: Content) -> float:
    """The lens's two-sided false-positive rate."""
    return float((content["study"].get("synthetic_control") or {}).get("alpha", 0.05))


def per(content: Content) -> str:
    """What a period is called."""
    found = content["synthetic_control"]
    lens = content["study"].get("synthetic_control") or {}
    frequency = str(found.get("frequency") or lens.get("frequency") or "")
    return frequency if frequency in ("day", "week", "month") else "period"


def metric_of(content: Content) -> Content:
    """The metric that the headline is about."""
    named = content["synthetic_control"].get("metric")
    metrics = content["study"].get("metrics") or [{}]
    primary = next((one for one in metrics if one.get("role") == "primary"), metrics[0])
    known = next((one for one in metrics if named and one.get("name") == named), primary)
    kind = content["synthetic_control"].get("kind") or known.get("kind") or "mean"
    return dict(known) | {
        "name": str(named or known.get("name") or "Effect"), "role": "primary", "kind": kind,
    }  # fmt: skip


def scales(content: Content) -> list[str]:
    """The scales in which the headline can be told, the one to begin with first."""
    found, kind = content["synthetic_control"], str(metric_of(content)["kind"])
    if None in _ends(found, "percent") and None not in _ends(found, "period"):
        first = ["period", "percent"]
    elif found.get("lift") is None:
        first = ["period"]
    else:
        first = ["percent", "period"]
    summed = kind not in NEVER_SUMMED and found.get("cumulative") is not None
    return [*first, "total"] if summed else first


def rows_of(
    content: Content,
    role: str,
    truth: Mapping[str, Any] | None = None,
    scale: str = "percent",
) -> list[Row]:
    """The rows of one role: the metric of the headline, and the others the study names.

    Args:
        content: The readout's content.
        role: ``primary``, ``guardrail`` or ``secondary``.
        truth: Metric -> {"lift": value}, for samples; else empty.
        scale: How the headline is told; further metrics are told in per cent.
    """
    found = content["synthetic_control"]
    metric = metric_of(content)
    known = truth or {}
    others = [one for one in found.get("metrics") or () if one.get("name") != metric["name"]]
    rows = []
    if role == "primary":
        rows.append(_row(content, _side(content, metric, found, scale), known))
    return rows + [
        _row(content, _side(content, one, one, "percent"), known)
        for one in others
        if one.get("role") == role
    ]


def tick(content: Content, scale: str, value: float) -> str:
    """A tick of the scale's axis."""
    if scale == "percent":
        return words.percent_tick(value)
    rate = words.is_rate(str(metric_of(content)["kind"]))
    text = words.number(abs(value) * (100 if rate else 1))
    return f"{MINUS if value < 0 else '+'}{text}"


def _side(content: Content, metric: Content, found: Content, scale: str) -> _Side:
    kind = str(metric.get("kind") or "mean")
    if scale == "percent" and None in _ends(found, scale) and None not in _ends(found, "period"):
        # A lift without bounds says less than the same interval in the metric's own unit.
        scale = scale if metric.get("role") == "primary" else "period"
    return _Side(metric, found, kind, per(content), scale, _ends(found, scale))


def _ends(found: Content, scale: str) -> Ends:
    low, point, high = (found.get(field) for field in SCALES[scale])
    return low, point, high


def _row(content: Content, one: _Side, truth: Mapping[str, Any]) -> Row:
    metric, found = one.metric, one.found
    grey = stopped(content) or bool(found.get("stops"))
    place = _place(one)
    clear = _clear(found)
    up = (found.get("att") or 0) > 0
    better = up == (metric.get("better", "higher") == "higher")
    tone = ("better" if better else "worse") if clear and not grey else "neutral"
    reading, note, reading_tone = _reading(metric, found, tone)
    known = truth.get(str(metric["name"]))
    true_lift = (known or {}).get("lift") if one.scale == "percent" else None
    before, after = _levels(one)
    return Row(
        name=str(metric["name"]),
        notes=(_about(one),),
        control=before,
        treatment=after,
        change=_change(one),
        interval=_interval(one),
        truth=truth_text(known, one.kind),
        place=place,
        why_not="" if place else _why_not(one),
        margin=_margin(one) if place else None,
        truth_place=true_lift if place else None,
        filled=clear and not grey,
        tone=tone,
        reading="Not read" if grey else reading,
        reading_note="" if grey else note,
        reading_tone="neutral" if grey else reading_tone,
        grey=grey,
    )


def _place(one: _Side) -> tuple[float, float, float] | None:
    low, point, high = one.ends
    # Row places are shares in per cent rows, else values of the metric's own unit.
    return None if low is None or point is None or high is None else (low, point, high)


def _clear(found: Content) -> bool:
    low, high = found.get("att_low"), found.get("att_high")
    return low is not None and high is not None and not low <= 0 <= high


def _levels(one: _Side) -> tuple[str, str]:
    """Counterfactual and actual, of a period or in total."""
    before, after = means(one.found)
    if one.scale == "total":
        gaps = one.found.get("gaps") or ()
        n = sum(1 for gap in gaps if gap.get("phase") == "post")
        if not n or before is None or after is None:
            return words.NONE, words.NONE
        before, after = before * n, after * n
    return words.level_value(before, one.kind), words.level_value(after, one.kind)


def means(found: Content) -> tuple[float | None, float | None]:
    """Counterfactual and actual a period after the start."""
    if found.get("actual_mean") is not None:
        return found.get("counterfactual_mean"), found["actual_mean"]
    after = [one for one in found.get("gaps") or () if one.get("phase") == "post"]
    sides = []
    for side in ("counterfactual", "actual"):
        known = [one[side] for one in after if one.get(side) is not None]
        sides.append(sum(known) / len(known) if known else None)
    return sides[0], sides[1]


def _change(one: _Side) -> str:
    point = one.ends[1]
    if one.scale == "percent":
        if point is None:
            return words.difference(one.found.get("att"), one.kind)
        return words.lift(point)
    return words.difference(point, one.kind)


def _interval(one: _Side) -> str:
    low, point, high = one.ends
    if one.scale == "percent" and point is not None:
        if low is None and high is None:
            return ""
        ends = [words.lift(end) if end is not None else "no bound" for end in (low, high)]
        return " to ".join(ends)
    if one.scale == "percent":
        low, high = one.found.get("att_low"), one.found.get("att_high")
    return words.difference_interval(low, high, one.kind).replace(words.NONE, "")


def _why_not(one: _Side) -> str:
    found = one.found
    if found.get("att") is None:
        return "not measured where starts differ"
    status = str(found.get("att_status") or found.get("status") or "")
    if status in WHY_NOT:
        return WHY_NOT[status]
    if one.scale == "percent" and found.get("att_low") is not None:
        if found.get("lift") is None:
            return "no lift: the counterfactual is not above 0"
        return "no bound on one side: the counterfactual may be 0"
    if one.scale == "total" and found.get("att_low") is not None:
        return "no interval of the sum over different starts"
    return words.STATUSES.get(status, "no interval")


def _reading(metric: Content, found: Content, tone: str) -> tuple[str, str, str]:
    note = words.p_value(found.get("p_value")).replace(words.NONE, "")
    rank, n = found.get("rank", found.get("rank_t")), found.get("n_units")
    if rank is not None and n:
        note = f"{note}, rank {rank} of {n}" if note else f"rank {rank} of {n}"
    if metric.get("role") == "guardrail":
        safety = found.get("guardrail") or "unproven"
        return words.GUARDRAILS[safety], note, GUARDRAIL_TONES[safety]
    status = str(found.get("att_status") or "")
    if tone == "neutral" and status in UNTESTED:
        return UNTESTED[status], note, "neutral"
    word = words.READINGS["no_clear_change" if tone == "neutral" else tone]
    return word, note, tone


def _about(one: _Side) -> str:
    said = f"{one.metric.get('better', 'higher')} is better"
    if one.metric.get("role") == "guardrail":
        known = one.found.get("margin") is not None
        said += f", {margin_text(one.metric, one.found)}" if known else ", no margin set"
        return said
    return f"in total, {said}" if one.scale == "total" else f"a {one.per}, {said}"


def _margin(one: _Side) -> float | None:
    """Where harm of just the margin stands on the row's scale."""
    margin, base = one.found.get("margin"), means(one.found)[0]
    if margin is None:
        return None
    side = -1 if one.metric.get("better", "higher") == "higher" else 1
    absolute = one.found.get("margin_scale") == "absolute"
    if (one.scale == "percent") is not absolute:
        return side * float(margin)
    if not base:
        return None
    return side * float(margin) * (1 / abs(base) if absolute else abs(base))
