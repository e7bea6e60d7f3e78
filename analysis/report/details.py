"""Every number behind a metric row, and where the readout came from, as named facts."""

from collections.abc import Mapping
from typing import Any

from analysis.report import rows, words
from analysis.report.reasons import reason

Content = Mapping[str, Any]
Facts = list[tuple[str, list[tuple[str, str]]]]

_CORRECTIONS = {
    "holm": "Holm", "hochberg": "Hochberg", "bonferroni": "Bonferroni",
    "bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli", "none": "none",
}  # fmt: skip
_DESIGNS = {"fixed": "fixed horizon: one look, at the end"}


def of_metric(content: Content, name: str) -> Facts:
    """All numbers of one metric, a section for each treatment."""
    metric = next(one for one in content["ab"]["metrics"] if one["name"] == name)
    sections: Facts = []
    for comparison in metric["comparisons"]:
        title = f"{comparison['treatment']} v {comparison['control']}"
        sections.append((title, _comparison(content, metric, comparison)))
        if comparison.get("raw"):
            sections.append(("Without the pre-period adjustment", _raw(comparison, metric["kind"])))
    return sections


def _comparison(content: Content, metric: Content, one: Content) -> list[tuple[str, str]]:
    kind = metric["kind"]
    level = words.level(one.get("interval_alpha") or rows.alpha_of(content))
    facts = [
        ("Units", f"{words.count(one['n_control'])} v {words.count(one['n_treatment'])}"),
        (
            "Value",
            _versus(
                words.level_value(one["control_value"], kind),
                words.level_value(one["treatment_value"], kind),
            ),
        ),
        (f"Difference ({level} CI)", _difference(one, kind)),
        (f"Lift ({level} CI)", _lift(one)),
        ("p-value", words.p_exact(one["p_value"], one.get("p_log10"))),
    ]
    if one["p_adjusted"] is not None and one["p_adjusted"] != one["p_value"]:
        correction = _CORRECTIONS.get(content["study"]["ab"].get("correction", ""), "")
        facts.append(("Corrected p-value", f"{words.p_exact(one['p_adjusted'])} ({correction})"))
    facts += _guardrail(metric, one)
    if one.get("variance_reduction") is not None:
        removed = words.share(one["variance_reduction"])
        facts.append(("Variance removed by the pre-period adjustment", removed))
    if metric.get("cap"):
        value, capped = words.number(metric["cap"]["value"]), metric["cap"]["capped_units"]
        facts.append(("Cap", f"{value}; {words.counted(capped, 'unit')} above it count as that"))
    if one.get("mde_now") is not None:
        least = words.difference(one["mde_now"], kind).lstrip("+")
        facts.append(("Smallest change this log would usually show", least))
    if one.get("units_needed"):
        facts.append(
            (
                "Units needed to show the smallest lift worth having",
                words.count(one["units_needed"]),
            )
        )
    if one.get("interval_note") == "matched_to_test":
        facts.append(("Note", "one end of the interval was set to 0 to agree with the test"))
    return [*facts, *_method(one)]


def methods(content: Content) -> list[tuple[str, str]]:
    """The test behind each metric, with its source."""
    found = []
    for metric in content["ab"]["metrics"]:
        named = (_method(one) for one in metric["comparisons"])
        first = next((facts for facts in named if facts), [])
        if first:
            found.append((metric["name"], ". ".join(text for _, text in first)))
    return found


def _method(one: Content) -> list[tuple[str, str]]:
    from analysis.methods.ab import METHODS

    method = next((known for known in METHODS if known.key == one.get("test")), None)
    return [] if method is None else [("Method", method.label), ("Source", method.source)]


def _versus(control: str, treatment: str) -> str:
    return f"{control} v {treatment}"


def _planned(arm: Content, total: int) -> str:
    observed = f"{words.count(arm['n'])} units, {words.share(arm['n'] / total)}"
    return f"{observed} (planned {words.share(arm['weight'])})"


def _difference(one: Content, kind: str) -> str:
    said = words.difference(one["difference"], kind)
    interval = words.difference_interval(one["difference_low"], one["difference_high"], kind)
    return f"{said} ({interval})" if interval != words.NONE else _without(said, one)


def _lift(one: Content) -> str:
    interval = words.lift_interval(one["lift_low"], one["lift_high"])
    said = words.lift(one["lift"])
    return f"{said} ({interval})" if interval != words.NONE else _without(said, one)


def _without(said: str, one: Content) -> str:
    why = rows.why_not(one)
    return why if said == words.NONE else f"{said}, {why}"


def _guardrail(metric: Content, one: Content) -> list[tuple[str, str]]:
    if metric["role"] != "guardrail" or one.get("margin") is None:
        return []
    return [
        ("Margin", rows.margin_text(metric, one).removeprefix("margin ")),
        (
            "p-value against harm beyond the margin",
            f"{words.p_exact(one.get('p_noninferior'))} (one-sided; small means shown safe)",
        ),
    ]


def _raw(one: Content, kind: str) -> list[tuple[str, str]]:
    """What the same comparison says when the time before exposure is left out of it."""
    raw = one["raw"]
    return [
        ("Difference", _difference(raw, kind)),
        ("Lift", _lift(raw)),
        ("p-value", words.p_exact(raw["p_value"], raw.get("p_log10"))),
    ]


def split(content: Content) -> list[tuple[str, str]]:
    """What the split was planned to be, was, and how surprising that is."""
    arms, srm = content["ab"]["arms"], content["ab"].get("srm") or {}
    total = sum(arm["n"] for arm in arms) or 1
    facts = [
        (
            arm["name"],
            _planned(arm, total),
        )
        for arm in arms
    ]
    p = srm.get("p")
    if p is not None:
        facts.append(("p-value of the split", f"{words.p_exact(p)} (alarm below 0.001)"))
    units = content["ab"].get("units") or {}
    if units.get("mixed_units") is not None:
        mixed = f"{words.count(units['mixed_units'])}, {words.share(units.get('mixed_share'), 2)}"
        facts.append(("Units seen in several arms", f"{mixed} (left out; limit 1%)"))
    return facts


def rows_read(content: Content) -> list[tuple[str, str]]:
    """Where every row of the log went."""
    log = content["log"]
    facts = [("Rows read", words.count(log["rows"])), ("Rows used", words.count(log["used"]))]
    facts += [
        (f"Left out: {reason(one['reason']).label}", words.count(one["rows"]))
        for one in log["left_out"]
    ]
    facts += [
        (f"Repaired: {one['kind'].replace('_', ' ')}", f"{words.count(one['rows'])}, {one['text']}")
        for one in log.get("repairs") or ()
    ]
    return facts


def settings(content: Content) -> list[tuple[str, str]]:
    """The rules of the analysis that the study fixed."""
    ab = content["study"]["ab"]
    alpha = rows.alpha_of(content)
    facts = [
        ("Intervals", f"{words.level(alpha)}, two-sided (alpha {alpha:g})"),
        ("Design", _DESIGNS.get(ab["design"], ab["design"])),
        ("Correction for several comparisons", _CORRECTIONS.get(ab["correction"], "none")),
    ]
    if ab.get("horizon_units"):
        facts.append(("Planned units", words.count(ab["horizon_units"])))
    for field, name in (("horizon_end", "Planned end"), ("end", "Data used up to")):
        if ab.get(field):
            facts.append((name, words.day(ab[field])))
    for field, name in (("window_days", "Window after exposure"), ("pre_days", "Pre-period")):
        if ab.get(field):
            facts.append((name, f"{ab[field]:g} days"))
    if ab.get("mde") is not None:
        facts.append(("Smallest lift worth having", words.lift(ab["mde"]).lstrip("+")))
    return facts


def provenance(content: Content, readout_id: str) -> list[tuple[str, str]]:
    """What made this readout, and from what."""
    made = content["made_by"]
    facts = [
        ("Readout", readout_id),
        ("Log (SHA-256)", content["log"]["sha256"]),
        ("Made by", f"Verdict {made['verdict']}, methods {made['methods']}"),
    ]
    for field in ("hypothesis", "owner"):
        if content["study"].get(field):
            facts.insert(0, (field.capitalize(), content["study"][field]))
    return facts
