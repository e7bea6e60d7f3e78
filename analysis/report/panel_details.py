"""Every number behind a synthetic control readout, as named facts."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.core import wording
from analysis.report import panel_badges, panel_rows, words

Content = Mapping[str, Any]
Facts = list[tuple[str, str]]
Sections = list[tuple[str, Facts]]

REASONS = {
    "treated": "treated itself",
    "excluded_by_user": "excluded in the study",
    "affected": "touched by the launch",
    "missing_cells": "lacks periods",
    "short_history": "starts late or ends early",
    "constant": "never varies before the start",
    "duplicate_donor": "equals another donor",
    "aggregate_donor": "looks like a total of the others",
    "predictor_missing": "has no value of a predictor",
}
STATISTICS = {
    "t": "effect over pre-period RMSPE",
    "ratio": "RMSPE after over RMSPE before",
    "att": "size of the effect",
    "forecast": "none: the forecast's own tails",
}


def numbers(content: Content, block: Content) -> Sections:
    """All numbers of the headline, or of one treated unit's block."""
    found = content["synthetic_control"]
    kind = str(panel_rows.metric_of(content)["kind"])
    whole = block is found
    sections = [
        ("Effect", _effect(content, block, kind)),
        ("Test among placebos", _test(block, kind)),
        ("Fit before the start", _fit(block, kind)),
        ("Weights", _weights(block)),
        ("Conformal test", _conformal(block)),
        ("Different starts", _staggered(found, kind) if whole else []),
        ("Ridge-augmented", _ridge(found, kind) if whole else []),
        ("Synthetic difference in differences", _sdid(found, kind) if whole else []),
        ("Penalised", _penalised(found, kind) if whole else []),
        ("Structural time series", _forecast(found, kind) if whole else []),
        ("Predictors", _predictors(found, kind) if whole else []),
        ("Power before the start", _power(found, kind) if whole else []),
    ]
    return [(title, facts) for title, facts in sections if facts]


def _effect(content: Content, block: Content, kind: str) -> Facts:
    level, per = words.level(panel_rows.alpha_of(content)), panel_rows.per(content)
    facts = _known(
        (f"Actual, a {per}", words.level_value(block.get("actual_mean"), kind)),
        (f"Counterfactual, a {per}", words.level_value(block.get("counterfactual_mean"), kind)),
        (f"Effect a {per} ({level} CI)", _with_ends(block, "att", kind)),
        (f"Lift ({level} CI)", _lift(block)),
        (f"In total ({level} CI)", _with_ends(block, "cumulative", kind)),
    )
    if (block.get("n_treated") or 1) > 1:
        total = words.difference(block.get("incremental_total"), kind)
        facts.append(("In total, all treated units", total))
    for one in block.get("intervals") or ():
        ends = words.difference_interval(one["low"], one["high"], kind)
        said = ends if ends != words.NONE else panel_rows.WHY_NOT.get(one["status"], "no interval")
        facts.append((f"{words.level(one['alpha'])} interval, a {per}", said))
    facts += _known(
        ("Smallest effect that would have been seen", _size(block.get("detectable_att"), kind)),
    )
    return facts


def _test(block: Content, kind: str) -> Facts:
    del kind
    if block.get("n_units") is None:
        return []
    n = block["n_units"]
    facts = [("Ranked by", STATISTICS.get(str(block.get("statistic") or "t"), ""))]
    for key, name in (
        ("t", "effect over pre-period RMSPE"),
        ("ratio", "RMSPE after over before"),
        ("att", "size of the effect"),
    ):
        if block.get(f"rank_{key}") is not None:
            p = words.p_exact(block.get(f"p_{key}"))
            facts.append((f"By {name}", f"rank {block[f'rank_{key}']} of {n} (p {p})"))
    facts += _known(
        ("Effect over pre-period RMSPE (t)", words.number(block.get("t"))),
        ("RMSPE after over before", words.number(block.get("rmspe_ratio"))),
        ("With the treated unit in the placebos' pools: p", words.p_exact(
            block.get("p_t_with_treated"))),
        ("Smallest possible p", words.p_exact(block.get("p_floor"))),
        ("Last rank that rejects", words.count(block.get("k"))),
    )  # fmt: skip
    return facts


def _fit(block: Content, kind: str) -> Facts:
    fit = block.get("pre_fit") or {}
    return _known(
        ("RMSPE before the start", _size(block.get("rmspe_pre"), kind)),
        ("RMSPE after the start", _size(block.get("rmspe_post"), kind)),
        ("RMSPE before, over the series' own spread", words.number(block.get("rmspe_pre_over_sd"))),
        ("Periods outside all donors", words.share(fit.get("outside_share"))),
        ("Correlation of neighbouring gaps", words.number(fit.get("lag1"))),
        ("Mean gap over the gaps' spread", words.number(fit.get("mean_gap_over_sd"))),
    )


def _weights(block: Content) -> Facts:
    unique = {True: "yes", False: "no: other weights fit as well"}.get(
        block.get("weights_unique"), words.NONE  # type: ignore[arg-type]
    )  # fmt: skip
    return _known(
        ("Effective donors", words.number(block.get("effective_donors"))),
        ("Largest weight", words.share(block.get("max_weight"))),
        ("Smallest weight", words.share(block.get("min_weight")).replace("-", "−")),
        ("Sum of weights", words.number(block.get("sum_weights"))),
        ("Only these weights fit best", unique),
        (
            "Distance from the optimum (relative duality gap)",
            words.p_exact(block.get("duality_gap")),
        ),
    )


def _conformal(block: Content) -> Facts:
    found = block.get("conformal") or {}
    if found.get("p_zero_effect") is None:
        return []
    return [
        ("p-value of no effect", words.p_exact(found["p_zero_effect"])),
        ("Cyclic shifts of the residuals", words.count(found["n_permutations"])),
        ("Smallest possible p", words.p_exact(found["p_min"])),
    ]


def _staggered(found: Content, kind: str) -> Facts:
    block = found.get("staggered") or {}
    return _known(
        ("Mean of the units' effects", words.difference(block.get("att_unit_mean"), kind)),
        ("Mean over all treated periods", words.difference(block.get("att_cell_weighted"), kind)),
    )


def _ridge(found: Content, kind: str) -> Facts:
    block = found.get("ridge") or {}
    return _known(
        ("Effect", words.difference(block.get("att"), kind)),
        ("Penalty (lambda)", words.number(block.get("lambda"))),
        ("RMSPE before the start", _size(block.get("rmspe_pre"), kind)),
        ("Smallest weight", words.share(block.get("min_weight")).replace("-", "−")),
        (
            "Sum of negative weights",
            words.share(block.get("negative_weight_sum")).replace("-", "−"),
        ),
    )


def _sdid(found: Content, kind: str) -> Facts:
    block = found.get("sdid") or {}
    facts = _known(
        ("Effect", words.difference(block.get("att"), kind)),
        ("Difference in differences beside it", words.difference(block.get("did"), kind)),
        ("Standard error, all placebos", _size(block.get("se_placebo"), kind)),
        ("p-value by rank", words.p_exact(block.get("p_rank"))),
        ("Penalty of unit weights (zeta)", words.number(block.get("zeta_omega"))),
    )
    heavy = sorted((block.get("lambda") or {}).items(), key=lambda pair: -pair[1])[:3]
    if heavy:
        said = ", ".join(f"{label} {words.share(share)}" for label, share in heavy)
        facts.append(("Heaviest pre-periods", said))
    return facts


def _penalised(found: Content, kind: str) -> Facts:
    block = found.get("penalised") or {}
    return _known(
        ("Effect", words.difference(block.get("att"), kind)),
        ("Penalty (lambda)", words.number(block.get("lambda"))),
        ("Nearest donor", str(block.get("nearest_donor") or words.NONE)),
    )


def _forecast(found: Content, kind: str) -> Facts:
    block = found.get("bsts") or {}
    ends = words.difference_interval(block.get("low"), block.get("high"), kind)
    effect = words.difference(block.get("effect"), kind)
    return _known(
        ("Effect", effect if ends == words.NONE else f"{effect} ({ends})"),
        ("p-value", words.p_exact(block.get("p_value"))),
        ("Covariates", words.count(block.get("n_covariates"))),
        ("Season, periods", words.count(block.get("season"))),
    )


def _predictors(found: Content, kind: str) -> Facts:
    block = found.get("predictors") or {}
    v = block.get("v") or {}
    facts = _known(
        ("Search for V", str(block.get("v_search") or words.NONE)),
        ("Loss of V", words.number(block.get("v_loss"))),
        ("MSPE before", words.number(block.get("pre_mspe"))),
        ("MSPE after over before", words.number(block.get("mspe_ratio"))),
        ("Rank by that", words.count(block.get("rank_mspe"))),
        ("Effect by the wide search", words.difference(block.get("wide_att"), kind)),
    )
    named = v.items() if isinstance(v, Mapping) else ()
    return facts + [(f"Weight of {name}", words.share(share)) for name, share in named]


def _power(found: Content, kind: str) -> Facts:
    power = found.get("power") or {}
    if not power:
        return []
    rows = power.get("power_by_lift") or ()
    none = next((one["power"] for one in rows if one["lift"] == 0), None)
    least = [one.get("detectable_att") for one in power.get("windows") or ()]
    known = [one for one in least if one is not None]
    return _known(
        ("Pretended launches", words.count(len(power["windows"]))),
        ("Periods of each", words.count(power.get("horizon"))),
        ("Smallest lift found in 80%", words.lift(power.get("mde"))),
        ("Found without any lift", words.share(none)),
        (
            "Smallest effect seen, best and worst launch",
            f"{_size(min(known), kind)} to {_size(max(known), kind)}" if known else words.NONE,
        ),
    )


def windows(found: Content) -> list[dict[str, Any]]:
    """Each pretended launch, a row."""
    return [
        {
            "launch": one["window"] + 1,
            "periods_before": one["pre_periods"],
            "typical_miss": one["rmspe_pre"],
            "share_of_the_mean": one["rmspe_pre_over_mean"],
            "smallest_effect_seen": one["detectable_att"],
        }
        for one in (found.get("power") or {}).get("windows") or ()
    ]


def left_out(found: Content) -> list[dict[str, Any]]:
    """Donors that the audit dropped, with the reason, treated units aside."""
    treated = {str(one) for one in found.get("treated") or ()}
    return [
        {
            "unit": str(one["unit"]),
            "why": REASONS.get(str(one["reason"]), str(one["reason"]).replace("_", " ")),
            "detail": str(one.get("detail") or ""),
        }
        for one in found.get("donors") or ()
        if one["status"] != "kept" and str(one["unit"]) not in treated
    ]


def kept_anyway(found: Content) -> list[tuple[str, str]]:
    """Donors that stay although the audit would drop them."""
    return [
        (str(one["unit"]), str(one["detail"] or ""))
        for one in found.get("donors") or ()
        if one["status"] == "kept" and one.get("reason")
    ]


def windows_of(content: Content) -> Facts:
    """The design: who, when, and how many periods in each window."""
    found = content["synthetic_control"]
    panel = found.get("panel") or {}
    starts = found.get("starts") or {}
    facts: Facts = []
    if len(set(starts.values())) > 1:
        facts += [(f"Start of {unit}", words.day(str(at))) for unit, at in starts.items()]
    else:
        facts.append(("Start", words.day(str(found.get("start") or ""))))
    if found.get("n_transition"):
        facts.append(("Evaluated from", words.day(str(found.get("evaluate_from")))))
    facts += _known(
        ("Periods before", words.count(found.get("n_pre"))),
        ("Periods in transition", words.count(found.get("n_transition") or None)),
        ("Periods after", words.count(found.get("n_post"))),
        ("Periods in the log", words.count(found.get("n_periods_in_log"))),
        ("Not whole, left out", _labels(panel.get("partial_periods"))),
        ("Without any row, left out", _labels(panel.get("log_gaps"))),
        ("Cells without a value", words.count(len(panel.get("missing_cells") or ()) or None)),
        ("Donors", words.count(found.get("n_donors"))),
    )
    return facts


def rows_read(found: Content) -> Facts:
    """Where the rows of the headline's metric went."""
    panel = found.get("panel") or {}
    return _known(
        ("Rows in the log", words.count(panel.get("rows_in"))),
        ("Rows behind this metric", words.count(panel.get("rows_used"))),
        *(
            (f"Not: {str(one['reason']).replace('_', ' ')}", words.count(one["rows"]))
            for one in panel.get("left_out") or ()
        ),
    )


def settings(content: Content) -> Facts:
    """The rules of the analysis that the study fixed."""
    lens = content["study"].get("synthetic_control") or {}
    found, alpha = content["synthetic_control"], panel_rows.alpha_of(content)
    asked = str(lens.get("method") or found.get("method") or "auto")
    method = panel_badges.ESTIMATORS.get(str(found.get("estimator")), str(found.get("estimator")))
    if asked == "auto":
        method += ", chosen by the metric's kind"
    pools = {"without_treated": "without the treated unit", "with_treated": "with it"}
    missing = {"drop_donors": "the donor is left out", "drop_periods": "the period is left out"}
    return _known(
        ("Method", method),
        ("Intervals", f"{words.level(alpha)}, two-sided (alpha {alpha:g})"),
        ("Placebos are ranked by", STATISTICS.get(str(found.get("statistic") or "t"), "")),
        ("Pools of placebos", pools.get(str(lens.get("placebo_pool")), words.NONE)),
        ("Several treated units", str(found.get("aggregate")) if found.get("n_treated", 1) > 1
         else words.NONE),
        ("A missing cell", missing.get(str(lens.get("missing")), words.NONE)),
    )  # fmt: skip


def guardrails(content: Content) -> Facts:
    """How each guardrail was held against its margin."""
    return [
        (
            str(one["name"]),
            _held(one),
        )
        for one in content["synthetic_control"].get("metrics") or ()
        if one.get("role") == "guardrail" and one.get("margin") is not None
    ]


def _held(one: Content) -> str:
    word = words.GUARDRAILS[one.get("guardrail") or "unproven"]
    return f"{word}, p of harm beyond the margin {words.p_exact(one.get('p_harm'))} (Holm)"


def _labels(labels: Sequence[str] | None) -> str:
    if not labels:
        return words.NONE
    said = ", ".join(words.day(str(one)) for one in labels[:8])
    return f"{said} and {len(labels) - 8} more" if len(labels) > 8 else said


def _with_ends(block: Content, field: str, kind: str) -> str:
    said = words.difference(block.get(field), kind)
    ends = words.difference_interval(block.get(f"{field}_low"), block.get(f"{field}_high"), kind)
    return said if ends == words.NONE else f"{said} ({ends})"


def _lift(block: Content) -> str:
    low, high = block.get("lift_low"), block.get("lift_high")
    said = words.lift(block.get("lift"))
    return said if low is None and high is None else f"{said} ({wording.lift_interval(low, high)})"


def _size(value: float | None, kind: str) -> str:
    return words.difference(value, kind).lstrip("+")


def _known(*facts: tuple[str, str]) -> Facts:
    return [(name, said) for name, said in facts if said and said != words.NONE]
