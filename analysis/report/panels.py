"""A synthetic control readout as rows, badges and the finding of its main figure."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report import words
from analysis.report.badges import Badge
from analysis.report.markup import Row
from analysis.report.notices import summary
from analysis.report.rows import GUARDRAIL_TONES, margin_text, stopped

Content = Mapping[str, Any]


def alpha_of(content: Content) -> float:
    """The lens's two-sided false-positive rate."""
    return float((content["study"].get("synthetic_control") or {}).get("alpha", 0.05))


def metric_of(content: Content) -> Content:
    """The metric that the headline is about."""
    found = content["synthetic_control"]
    named = found.get("metric")
    if isinstance(named, Mapping):
        return named
    metrics = content["study"].get("metrics") or [{}]
    primary = next((one for one in metrics if one.get("role") == "primary"), metrics[0])
    known = next((one for one in metrics if named and one.get("name") == named), primary)
    return {"name": str(named or known.get("name") or "Effect"), "role": "primary"} | dict(known)


def means(found: Content) -> tuple[float | None, float | None]:
    """Counterfactual and actual a period after the start."""
    after = [one for one in found.get("gaps") or () if one.get("phase") == "post"]
    sides = []
    for side in ("counterfactual", "actual"):
        known = [one[side] for one in after if one.get(side) is not None]
        sides.append(sum(known) / len(known) if known else None)
    return sides[0], sides[1]


def rows_of(content: Content, role: str) -> list[Row]:
    """The rows of one role: the metric of the headline, and the others the study names."""
    found = content["synthetic_control"]
    metric = metric_of(content)
    others = [one for one in found.get("metrics") or () if one.get("name") != metric["name"]]
    rows = [_row(content, metric, found)] if role == "primary" else []
    return rows + [_row(content, one, one) for one in others if one.get("role") == role]


def _row(content: Content, metric: Content, found: Content) -> Row:
    grey = stopped(content)
    kind = str(metric.get("kind") or "mean")
    low, lift, high = (found.get(key) for key in ("lift_low", "lift", "lift_high"))
    drawn = low is not None and lift is not None and high is not None
    ends = (low, high) if drawn else (found.get("att_low"), found.get("att_high"))
    clear = ends[0] is not None and ends[1] is not None and not ends[0] <= 0 <= ends[1]
    way = (lift if drawn else found.get("att")) or 0
    better = (way > 0) == (metric.get("better", "higher") == "higher")
    tone = ("better" if better else "worse") if clear and not grey else "neutral"
    reading, note, reading_tone = _reading(metric, found, tone)
    before, after = means(found)
    margin = found.get("margin")
    side = -1 if metric.get("better", "higher") == "higher" else 1
    relative = margin is not None and found.get("margin_scale") != "absolute"
    return Row(
        name=str(metric["name"]),
        notes=(f"a {_period(content)}, {_about(metric, found)}",),
        control=words.number(before),
        treatment=words.number(after),
        change=words.lift(lift) if drawn else words.difference(found.get("att"), kind),
        interval=(
            words.lift_interval(low, high) if drawn else words.difference_interval(*ends, kind)
        ).replace(words.NONE, ""),
        truth="",
        place=(low, lift, high) if drawn else None,  # type: ignore[arg-type]
        why_not="" if drawn else _why_not(found),
        margin=side * float(margin) if relative and drawn and margin is not None else None,
        truth_place=None,
        filled=clear and not grey,
        tone=tone,
        reading="Not read" if grey else reading,
        reading_note="" if grey else note,
        reading_tone="neutral" if grey else reading_tone,
        grey=grey,
    )


def _reading(metric: Content, found: Content, tone: str) -> tuple[str, str, str]:
    note = words.p_value(found.get("p_value"))
    rank = found.get("rank_t")
    if rank is not None and found.get("n_units"):
        note = f"{note}, rank {rank} of {found['n_units']}"
    if metric.get("role") == "guardrail":
        safety = found.get("guardrail") or "unproven"
        return words.GUARDRAILS[safety], note, GUARDRAIL_TONES[safety]
    word = words.READINGS["no_clear_change" if tone == "neutral" else tone]
    return word, note if note != words.NONE else "", tone


def _period(content: Content) -> str:
    return str((content["study"].get("synthetic_control") or {}).get("frequency") or "period")


def _about(metric: Content, found: Content) -> str:
    said = f"{metric.get('better', 'higher')} is better"
    if metric.get("role") == "guardrail":
        known = found.get("margin") is not None
        said += f", {margin_text(metric, found)}" if known else ", no margin set"
    return said


def _why_not(found: Content) -> str:
    status = str(found.get("status") or "")
    return words.STATUSES.get(status, status.replace("_", " ")) or "no interval"


def badges(content: Content) -> list[Badge]:
    """The badges in the order of trust: fit, donors, checks, method."""
    found = content["synthetic_control"]
    codes = {notice["code"] for notice in content["notices"]}
    checks, state = summary(content["notices"])
    fit = "stop" if codes & {"poor_pre_fit", "outside_convex_hull", "perfect_fit"} else "fine"
    said = []
    if found.get("rmspe_pre") is not None:
        said.append(
            Badge("fit", f"Pre-period fit: RMSPE {words.number(found['rmspe_pre'])}", fit, "Fit")
        )
    weights = sorted((found.get("weights") or {}).values(), reverse=True)
    if weights:
        carrying = weights[:5]
        text = (
            f"{words.counted(len(carrying), 'donor')} carry {words.share(sum(carrying), 0)} of"
            " weight"
        )
        dependent = "donor_dependence" in codes
        said.append(Badge("donors", text, "look" if dependent else "plain", "Donors"))
    method = str(found.get("estimator") or found.get("method") or "").replace("_", " ")
    level = words.level(alpha_of(content))
    said.append(Badge("checks", checks, state, "Data checks"))
    said.append(Badge("method", f"{level} placebo intervals, {method}", "plain", "Method"))
    return said


def title(content: Content) -> str:
    """One sentence that states what the figure of actual and counterfactual shows."""
    found = content["synthetic_control"]
    name = metric_of(content)["name"]
    if stopped(content):
        return f"{name}, actual and counterfactual: not to be read as an effect"
    finding = (found.get("verdict") or {}).get("finding")
    lift = found.get("lift")
    if finding == "not_distinguishable" or lift is None:
        return f"{name} stays within usual drift of its counterfactual"
    side = "above" if lift > 0 else "below"
    return f"{name} runs {words.lift(lift).lstrip('+−')} {side} its counterfactual"


def alt(content: Content) -> str:
    """What a reader who cannot see the figure needs to know."""
    found = content["synthetic_control"]
    before, after = means(found)
    gaps: Sequence[Content] = found.get("gaps") or ()
    return (
        f"Two charts over {words.counted(len(gaps), 'period')}: the actual line and its"
        f" counterfactual, {words.number(after)} and {words.number(before)} a period after the"
        f" start on {words.day(str(found.get('start') or ''))}; below them the gap with its band."
    )
