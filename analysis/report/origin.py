"""Where a readout comes from: its question, its rule, its log, its methods and its versions."""

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.methods import METHODS, Method
from analysis.report import details, heading

Content = Mapping[str, Any]
Facts = list[tuple[str, str]]

# What each deciding test of lists rests on, by the keys of the registry.
_LIST_TESTS = {
    "user_sqrt_t": ("user_sqrt_t",),
    "sqrt_t_holm": ("user_sqrt_t", "holm"),
    "sign_test_holm": ("holm",),
    "paired_delta_test": ("paired_delta",),
    "paired_t": ("paired_delta",),
    "position_jackknife": ("position_stratified", "jackknife"),
    "day_position_jackknife": ("position_stratified", "jackknife"),
}


def question(content: Content) -> Facts:
    """What was to be learnt, and whose study it is."""
    study = content["study"]
    return [
        (label, str(study[key]))
        for key, label in (("hypothesis", "Hypothesis"), ("owner", "Owner"))
        if study.get(key)
    ]


def decision(content: Content) -> Facts:
    """The rule that fired and the reasons it gives."""
    first, *others = heading.why(content["verdict"])
    return [("Decided by", first), *(("Because", one) for one in others)]


def methods(content: Content, lens: str) -> Facts:
    """Each method behind this readout's numbers, with its published source."""
    known = {one.key: one for one in METHODS.get(lens, ())}
    found: dict[str, Method] = {key: known[key] for key in _KEYS[lens](content) if key in known}
    return [(one.label, one.source) for one in found.values()]


def _of_arms(content: Content) -> Iterator[str]:
    ab = content["ab"]
    comparisons = [one for metric in ab["metrics"] for one in metric["comparisons"]]
    yield from (str(one.get("test")) for one in comparisons)
    yield from (str(one["raw"].get("test")) for one in comparisons if one.get("raw"))
    if any(one.get("margin") is not None for one in comparisons):
        yield from ("noninferiority", "intersection_union")
    if ab.get("srm"):
        yield "srm"
    if any(one["p_adjusted"] not in (None, one["p_value"]) for one in comparisons):
        yield str(content["study"]["ab"].get("correction"))
    if any(metric.get("cap") for metric in ab["metrics"]):
        yield "winsorise"
    if ab.get("segments"):
        yield "cochran"


def _of_lists(content: Content) -> Iterator[str]:
    found = content["interleaving"]
    verdict = found.get("verdict") or content["verdict"]
    yield from _LIST_TESTS.get(str(verdict.get("headline_test")), ())
    if found.get("user_level") or found.get("pairs"):
        yield from ("delta_ab", "wilson")
    if found.get("position_stratified"):
        yield from ("position_stratified", "jackknife")
    if str(found.get("theta_source")) in {"shuffled", "loglinear"}:
        yield from (str(found["theta_source"]), "coec")
    if verdict.get("headline_scope") == "competitive":
        yield "competitive"
    if found.get("effective_users") is not None:
        yield "effective_users"


def _of_panel(content: Content) -> Iterator[str]:
    found = content["synthetic_control"]
    yield from (str(found[key]) for key in ("estimator", "method") if found.get(key))
    if found.get("weights"):
        yield "nnls"
    if found.get("rank", found.get("rank_t")) is not None:
        yield "placebo_t"
    if found.get("staggered"):
        yield "staggered"
    if found.get("in_time_placebo") or found.get("leave_one_out"):
        yield "in_time"
    if (found.get("conformal") or {}).get("p_zero_effect") is not None:
        yield "conformal"
    if found.get("fit_equivalent"):
        yield "fit_range"
    if any(one.get("p_harm") is not None for one in found.get("metrics") or ()):
        yield "holm"


_KEYS = {"ab": _of_arms, "interleaving": _of_lists, "synthetic_control": _of_panel}


def made_by(content: Content) -> Facts:
    """The log's fingerprint and the versions that read it."""
    made = content["made_by"]
    return [
        ("Log (SHA-256)", str(content["log"]["sha256"])),
        ("Made by", f"Verdict {made['verdict']}, methods {made['methods']}"),
    ]


def rows_read(content: Content) -> Facts:
    """Where every row of the log went."""
    return details.rows_read(content)
