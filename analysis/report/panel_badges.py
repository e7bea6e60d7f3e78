"""The health badges of a synthetic control readout: fit, donors, rank, data checks, method."""

from collections.abc import Mapping
from typing import Any

from analysis.report import words
from analysis.report.badges import Badge
from analysis.report.notices import summary
from analysis.report.panel_rows import metric_of
from analysis.report.rows import stopped

Content = Mapping[str, Any]

PLACEBOS, DONORS, CHECKS, METHOD = "Placebos", "Donors", "Data checks", "Method"
ESTIMATORS = {
    "classic": "Classic",
    "demeaned": "Demeaned",
    "indexed": "Indexed",
    "ridge": "Ridge-augmented",
    "sdid": "Synthetic diff-in-diff",
    "did": "Diff-in-diff",
    "penalised": "Penalised",
    "predictors": "Predictors",
    "bsts": "Structural time series",
}
MISFITS = ("poor_pre_fit", "perfect_fit", "too_few_pre_periods")
# So many donors are summed up.
HEAVIEST = 5


def badges(content: Content) -> list[Badge]:
    """The badges in the order of trust: fit, donors, rank, checks, method."""
    checks, state = summary(content["notices"])
    return [
        *_fit(content),
        *_donors(content),
        *_rank(content),
        Badge("checks", checks, state, CHECKS),
        Badge("method", method(content), "plain", METHOD),
    ]


def method(content: Content) -> str:
    """The method, in a word or two."""
    found = content["synthetic_control"]
    key = str(found.get("estimator") or found.get("method") or "")
    return ESTIMATORS.get(key, key.replace("_", " ").capitalize())


def _codes(content: Content, level: str = "") -> set[str]:
    return {one["code"] for one in content["notices"] if not level or one["level"] == level}


def _fit(content: Content) -> list[Badge]:
    found = content["synthetic_control"]
    if found.get("estimator") == "bsts":
        return [Badge("fit", "Forecast, not a comparison", "look", METHOD)]
    size = found.get("rmspe_pre")
    if size is None:
        return []
    kind = str(metric_of(content)["kind"])
    text = f"Fit: RMSPE {words.difference(size, kind).lstrip('+')}"
    stops = _codes(content, "stop") & {*MISFITS, "outside_convex_hull"}
    outside = "outside_convex_hull" in _codes(content)
    return [Badge("fit", text, "stop" if stops else "look" if outside else "fine", DONORS)]


def _donors(content: Content) -> list[Badge]:
    found, codes = content["synthetic_control"], _codes(content)
    said = []
    weights = sorted((found.get("weights") or {}).values(), key=abs, reverse=True)
    if weights:
        carrying = weights[:HEAVIEST]
        verb = "carries" if len(carrying) == 1 else "carry"
        who = f"{words.counted(len(carrying), 'donor')} {verb}"
        text = f"{who} {words.share(sum(carrying), 0)} of weight"
        said.append(Badge("donors", text, "look" if "donor_dependence" in codes else "plain",
                          DONORS))  # fmt: skip
    if "donor_breaks_at_start" in codes:
        said.append(Badge("treated", "A donor breaks at the start", "look", DONORS))
    else:
        said.append(Badge("treated", "No donor treated", "fine", DONORS))
    return said


def _rank(content: Content) -> list[Badge]:
    found = content["synthetic_control"]
    rank, n = found.get("rank", found.get("rank_t")), found.get("n_units")
    if rank is None or not n:
        return []
    if stopped(content):
        return [Badge("rank", "Rank not read", "stop", PLACEBOS)]
    k = found.get("k") or 0
    state = "fine" if rank <= k else "look" if k < 1 else "plain"
    return [Badge("rank", f"Rank {rank} of {n}", state, PLACEBOS)]
