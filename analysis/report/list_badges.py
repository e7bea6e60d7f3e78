"""The health badges of an interleaving readout: who starts, users, data checks, method."""

from collections.abc import Callable, Mapping
from typing import Any

from analysis.report import notices, words
from analysis.report.badges import Badge

Content = Mapping[str, Any]
ENOUGH = 50
TESTS = {
    "user_sqrt_t": "test by user",
    "sqrt_t_holm": "tests by user, Holm",
    "impression_sign_test": "sign test by list",
    "sign_summary": "sign test of sums",
    "paired_delta_test": "paired test of users' sums",
    "paired_t": "paired t-test of users' sums",
    "purchase_count_last": "purchases by user, last exposure",
    "purchase_count_fractional": "purchases by user, shared credit",
    "purchase_value_last": "value by user, last exposure",
    "purchase_value_fractional": "value by user, shared credit",
    "sign_test_holm": "sign tests by list, Holm",
    "position_jackknife": "same position, by user",
    "day_position_jackknife": "same day and position, by user",
}
SCOPES = {"all": "all slots", "competitive": "slots where rankers differ"}


def badges(content: Content, said: Callable[[str], str] = str) -> list[Badge]:
    """The badges in the order of trust: draw, users, checks, method.

    Args:
        content: The readout's content.
        said: How a ranker's own name is written.
    """
    checks, state = notices.summary(content["notices"])
    return [
        *_starts(content, said),
        *_users(content),
        Badge("checks", checks, state, "Data checks"),
        Badge("method", method(content), "plain", "Method"),
    ]


def _starts(content: Content, said: Callable[[str], str]) -> list[Badge]:
    found = content["interleaving"]
    balance = found.get("balance") or {}
    names, share = found.get("rankers") or [], balance.get("control_first_share")
    codes = {notice["code"] for notice in content["notices"]}
    if share is None or not names:
        return [Badge("starts", "Who starts is not known", "look", "Balance")]
    shares = balance.get("first_share") or [share, 1 - share]
    if "first_pick_fixed" in codes:
        most = max(range(len(shares)), key=lambda at: shares[at])
        text = f"{said(names[most])} starts {words.share(shares[most])} of lists"
        return [Badge("starts", text, "stop", "Balance")]
    split = " / ".join(f"{one * 100:.1f}" for one in shares)
    if "first_pick_biased" in codes:
        return [Badge("starts", f"Who starts is off: {split}", "look", "Balance")]
    if "share_drift" in codes:
        return [Badge("starts", "Shares move by the day", "look", "Balance")]
    if "first_pick_sticky" in codes:
        return [Badge("starts", "Who starts is fixed for a user", "look", "Balance")]
    return [Badge("starts", f"Who starts: {split}", "fine", "Balance")]


def _users(content: Content) -> list[Badge]:
    found = content["interleaving"]
    effective = found.get("effective_users")
    if effective is None:
        return []
    what = "user" if found.get("user_level") else "list"
    text = f"{words.count(int(effective))} effective {what}{'' if int(effective) == 1 else 's'}"
    return [Badge("users", text, "fine" if effective >= ENOUGH else "stop", "Data checks")]


def method(content: Content) -> str:
    """The test that decides, and in which slots."""
    verdict = content["interleaving"].get("verdict") or content["verdict"]
    test = verdict.get("headline_test")
    if not test:
        return "No test decides"
    said = TESTS.get(test, str(test).replace("_", " "))
    scope = SCOPES.get(str(verdict.get("headline_scope")), "")
    said = f"{said[:1].upper()}{said[1:]}"
    return f"{said}, {scope}" if scope else said
