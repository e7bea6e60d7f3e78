"""From a readout to the rows of its metric tables: which text, which place, which colour."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.report import words
from analysis.report.markup import Row

Content = Mapping[str, Any]
ROLES = (("primary", "Primary"), ("guardrail", "Guardrails"), ("secondary", "Secondary"))

GUARDRAIL_TONES = {"safe": "better", "breached": "worse", "unproven": "neutral"}


def stopped(content: Content) -> bool:
    """Whether a stop notice forbids reading any lift."""
    return any(notice["level"] == "stop" for notice in content["notices"])


def alpha_of(content: Content) -> float:
    """The study's two-sided false-positive rate."""
    return float(content["study"]["ab"]["alpha"])


def level_of(content: Content, role: str) -> str:
    """The level of the intervals of one role; a correction for several makes them wider."""
    levels = {
        comparison.get("interval_alpha") or alpha_of(content)
        for metric in content["ab"]["metrics"]
        if metric["role"] == role
        for comparison in metric["comparisons"]
    }
    if len(levels) == 1:
        return words.level(levels.pop())
    return f"corrected {words.level(alpha_of(content))}"


def treatments_of(content: Content) -> list[str]:
    """The names of the treatments, in the study's order."""
    return [arm["name"] for arm in content["ab"]["arms"][1:]]


def rows_of(content: Content, role: str, truth: Mapping[str, Any]) -> list[Row]:
    """The rows of one role, a row for each treatment.

    Args:
        content: The readout's content.
        role: ``primary``, ``guardrail`` or ``secondary``.
        truth: Metric -> {"lift": value} or {"difference": value}, for samples; else empty.
    """
    grey = stopped(content)
    many = len(treatments_of(content)) > 1
    return [
        _row(metric, comparison, truth.get(metric["name"]), grey=grey, many=many)
        for metric in content["ab"]["metrics"]
        if metric["role"] == role
        for comparison in metric["comparisons"]
    ]


def rows_of_segment(content: Content, metric: Content, segment: Content) -> list[Row]:
    """All units of one treatment, then the levels of a column, each with its units."""
    grey = stopped(content)
    whole = next(one for one in metric["comparisons"] if one["treatment"] == segment["treatment"])
    levels = [("All units", whole)] + [(str(one["level"]), one) for one in segment["levels"]]
    made = []
    for name, one in levels if segment["levels"] else ():
        row = _row(metric, one, None, grey=grey, many=False)
        units = words.counted(one["n_control"] + one["n_treatment"], "unit")
        made.append(replace(row, name=name, notes=(units,), margin=None))
    return made


def _row(
    metric: Content, comparison: Content, truth: Mapping[str, Any] | None, *, grey: bool, many: bool
) -> Row:
    kind = metric["kind"]
    drawn = comparison["lift"] is not None and comparison["lift_low"] is not None
    early = bool(comparison.get("not_a_decision"))
    quiet = grey or early or not comparison["significant"]
    tone = "neutral" if quiet else comparison["reading"]
    reading, note, reading_tone = _reading(metric, comparison)
    if grey:
        reading, note, reading_tone = "Not read", "", "neutral"
    elif early:
        note, reading_tone = "not a decision yet", "neutral"
    margin = _margin_place(metric, comparison) if drawn else None
    true_lift = _true_lift(truth, comparison)
    return Row(
        name=metric["name"],
        notes=_notes(metric, comparison, many=many),
        control=words.level_value(comparison["control_value"], kind),
        treatment=words.level_value(comparison["treatment_value"], kind),
        change=_change(comparison, kind, drawn=drawn),
        interval=_interval(comparison, kind, drawn=drawn),
        truth=truth_text(truth, kind),
        place=(
            (comparison["lift_low"], comparison["lift"], comparison["lift_high"]) if drawn else None
        ),
        why_not="" if drawn else why_not(comparison),
        margin=margin,
        truth_place=true_lift if drawn else None,
        filled=bool(comparison["significant"]) and not grey,
        tone=tone,
        reading=reading,
        reading_note=note,
        reading_tone=reading_tone,
        grey=grey,
    )


def _notes(metric: Content, comparison: Content, *, many: bool) -> tuple[str, ...]:
    said = f"{metric['better']} is better"
    margin = comparison.get("margin")
    if metric["role"] == "guardrail":
        said += f", {margin_text(metric, comparison)}" if margin is not None else ", no margin set"
    return (f"{comparison['treatment']} v {comparison['control']}", said) if many else (said,)


def margin_text(metric: Content, comparison: Content) -> str:
    """The harm that is accepted, such as ``margin 2%``."""
    margin = comparison["margin"]
    if comparison.get("margin_scale") != "absolute":
        return f"margin {margin * 100:.4g}%"
    if words.is_rate(metric["kind"]):
        return f"margin {margin * 100:.4g} points"
    return f"margin {margin:.6g}"


def _change(comparison: Content, kind: str, *, drawn: bool) -> str:
    if drawn:
        return words.lift(comparison["lift"])
    return words.difference(comparison["difference"], kind)


def _interval(comparison: Content, kind: str, *, drawn: bool) -> str:
    if drawn:
        return words.lift_interval(comparison["lift_low"], comparison["lift_high"])
    low, high = comparison["difference_low"], comparison["difference_high"]
    return "" if low is None or high is None else words.difference_interval(low, high, kind)


def why_not(comparison: Content) -> str:
    """In words, why there is no lift to draw."""
    for field in ("status", "lift_status"):
        status = comparison.get(field)
        if status and status != "ok":
            return words.STATUSES.get(status, str(status).replace("_", " "))
    return "no lift"


def _reading(metric: Content, comparison: Content) -> tuple[str, str, str]:
    """The word, the line under it, and its tone."""
    significant = comparison["reading"] if comparison["significant"] else "no_clear_change"
    if metric["role"] != "guardrail":
        word = words.READINGS[significant]
        note = _p_note(comparison)
        if comparison["p_value"] is None and not note:
            word = "Not compared" if comparison["difference_low"] is None else word
        return word, note, significant if comparison["significant"] else "neutral"
    safety = comparison.get("guardrail") or "unproven"
    note = words.p_value(comparison.get("p_noninferior"))
    if note == words.NONE:
        note = "no margin set" if comparison.get("margin") is None else "no test exists"
    elif safety == "safe" and significant == "worse":
        note = "worse, but within margin"
    elif safety == "breached":
        note = "beyond the margin"
    return words.GUARDRAILS[safety], note, GUARDRAIL_TONES[safety]


def _p_note(comparison: Content) -> str:
    p = comparison["p_value"] if comparison["p_adjusted"] is None else comparison["p_adjusted"]
    if p is None:
        return ""
    corrected = comparison["p_adjusted"] not in (None, comparison["p_value"])
    text = words.p_value(p, None if corrected else comparison.get("p_log10"))
    return f"{text}, corrected" if corrected else text


def _margin_place(metric: Content, comparison: Content) -> float | None:
    margin, base = comparison.get("margin"), comparison["control_value"]
    if metric["role"] != "guardrail" or margin is None or not base:
        return None
    size = margin / abs(base) if comparison.get("margin_scale") == "absolute" else margin
    return float(size if metric["better"] == "lower" else -size)


def truth_text(truth: Mapping[str, Any] | None, kind: str) -> str:
    """A sample's known truth, such as ``true change +5.0%``."""
    if not truth:
        return ""
    if truth.get("lift") is not None:
        return f"true change {words.lift(truth['lift'])}"
    if truth.get("difference") is not None:
        return f"true change {words.difference(truth['difference'], kind)}"
    return ""


def _true_lift(truth: Mapping[str, Any] | None, comparison: Content) -> float | None:
    if not truth:
        return None
    if truth.get("lift") is not None:
        return float(truth["lift"])
    base = comparison["control_value"]
    known = truth.get("difference")
    return None if known is None or not base else float(known) / abs(base)


def key_text(rows: Sequence[Row]) -> str:
    """What the marks of these rows mean."""
    if any(row.grey for row in rows):
        parts = ["Grey: not to be read, because the data cannot support a result."]
    else:
        parts = ["Filled diamond: the interval excludes 0. Hollow ring: it does not."]
    if any(row.margin is not None for row in rows):
        parts.append("Dashed line: margin.")
    if any(row.truth_place is not None for row in rows):
        parts.append("Triangle: known truth of this sample.")
    return " ".join(parts)
