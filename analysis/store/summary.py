"""What the list of studies shows of a readout, so that a list need not open every readout."""

from collections import Counter
from typing import Any

LENSES = ("ab", "interleaving", "synthetic_control")
SHOWN = (
    "treatment", "lift", "lift_low", "lift_high", "difference", "difference_low",
    "difference_high", "reading", "status",
)  # fmt: skip


def summarise(content: dict[str, Any]) -> dict[str, Any]:
    """Verdict, first primary comparison, guardrail counts and units of one readout.

    Args:
        content: A readout's JSON content.

    Returns:
        ``decision``, ``headline``, ``lenses``, ``units``, ``alpha``, ``primary`` (None when no
        primary metric was compared) and ``guardrails`` (word -> how many).
    """
    verdict = content.get("verdict") or {}
    ab = content.get("ab") or {}
    if not ab and content.get("interleaving"):
        return _of_lists(content)
    if not ab and content.get("synthetic_control"):
        return _of_panel(content)
    metrics = ab.get("metrics") or []
    return {
        "decision": verdict.get("decision"),
        "headline": verdict.get("headline", ""),
        "lenses": [lens for lens in LENSES if content.get(lens)],
        "units": sum(int(arm.get("n") or 0) for arm in ab.get("arms") or []),
        "alpha": (content.get("study", {}).get("ab") or {}).get("alpha", 0.05),
        "primary": _primary(metrics, verdict.get("treatment")),
        "guardrails": dict(_guardrails(metrics)),
    }


def _of_lists(content: dict[str, Any]) -> dict[str, Any]:
    """The same of a readout of lists: the lift at the same position stands for the primary."""
    verdict, found = content.get("verdict") or {}, content["interleaving"]
    same = found.get("position_stratified") or {}
    low, high = (same.get("jackknife") or {}).get("lift_ci95") or (None, None)
    known = same.get("lift") is not None
    primary = {
        "name": "Clicks at the same position",
        "kind": "ratio",
        "better": "higher",
        "treatment": next(iter((found.get("rankers") or [])[1:2]), None),
        "lift": same.get("lift"),
        "lift_low": low,
        "lift_high": high,
    }
    return {
        "decision": verdict.get("decision"),
        "headline": verdict.get("headline", ""),
        "lenses": [lens for lens in LENSES if content.get(lens)],
        "units": int(found.get("users") or found.get("lists") or 0),
        "alpha": (content.get("study", {}).get("interleaving") or {}).get("alpha", 0.05),
        "primary": primary if known or verdict.get("decision") == "do_not_use" else None,
        "guardrails": {},
    }


def _of_panel(content: dict[str, Any]) -> dict[str, Any]:
    """The same of a panel: the headline's effect is the primary, and its donors are the units."""
    verdict, found = content.get("verdict") or {}, content["synthetic_control"]
    primary = {
        "name": found.get("metric"),
        "kind": found.get("kind"),
        "better": found.get("better"),
        "treatment": ", ".join(str(unit) for unit in (found.get("treated") or [])[:3]),
        "lift": found.get("lift"),
        "lift_low": found.get("lift_low"),
        "lift_high": found.get("lift_high"),
        "difference": found.get("att"),
        "difference_low": found.get("att_low"),
        "difference_high": found.get("att_high"),
    }
    return {
        "decision": verdict.get("decision"),
        "headline": verdict.get("headline", ""),
        "lenses": [lens for lens in LENSES if content.get(lens)],
        "units": int(found.get("n_donors") or 0),
        "alpha": found.get("alpha", 0.05),
        "primary": primary if found.get("att") is not None else None,
        "guardrails": dict(
            Counter(
                str(metric.get("guardrail") or "unproven")
                for metric in found.get("metrics") or []
                if metric.get("role") == "guardrail"
            )
        ),
    }


def _primary(metrics: list[dict[str, Any]], treatment: str | None) -> dict[str, Any] | None:
    """The first primary metric against the arm the verdict speaks of, else the first one."""
    for metric in metrics:
        comparisons = metric.get("comparisons") or []
        if metric.get("role") == "primary" and comparisons:
            named = [one for one in comparisons if one.get("treatment") == treatment]
            chosen = (named or comparisons)[0]
            about = {key: metric.get(key) for key in ("name", "kind", "better")}
            return about | {key: chosen.get(key) for key in SHOWN}
    return None


def _guardrails(metrics: list[dict[str, Any]]) -> Counter[str]:
    """How many guardrails read as what: each by its worst comparison."""
    worst_first = ("breached", "unproven", "safe")
    counts: Counter[str] = Counter()
    for metric in metrics:
        if metric.get("role") == "guardrail":
            words = {one.get("guardrail") for one in metric.get("comparisons") or []}
            counts[next((word for word in worst_first if word in words), "unproven")] += 1
    return counts
