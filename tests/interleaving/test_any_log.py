"""Whatever small log comes: no crash, no number that is none, roles may be swapped."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.interleaving import check
from analysis.logs.list_log import ListLog, Purchases
from tests.interleaving.made import Made, of_lists, read, strange_numbers, study

SLOT = st.sampled_from(["o", "n", "o*", "n*", "s", "s*", "u", "u*"])
LIST = st.builds(
    Made,
    st.sampled_from(["ann", "bob", "cat", "dan"]),
    st.lists(SLOT, min_size=1, max_size=5).map(" ".join),
    st.integers(-1, 3),
)
LISTS = st.lists(LIST, min_size=1, max_size=12)
LENS = st.fixed_dictionaries(
    {
        "alpha": st.sampled_from([0.05, 0.1]),
        "monitoring": st.sampled_from(["fixed", "anytime"]),
        "credit_scope": st.sampled_from(["auto", "all", "competitive"]),
        "examination": st.sampled_from(["auto", "none", {"eta": 1.0}, (1.0, 0.5), (1.0,) * 5]),
        "attribution": st.sampled_from(["last", "fractional"]),
        "outcome": st.sampled_from(["click", "conversion", "purchase_count", "purchase_value"]),
        "positions_randomised": st.sampled_from(["yes", "no", "unknown"]),
    }
)


def dressed(log: ListLog, seed: int) -> ListLog:
    """The log with some further columns, drawn at random."""
    rng = np.random.default_rng(seed)
    n = log.slots.list.size
    parts: dict[str, Any] = {}
    if rng.random() < 0.5:
        parts["item"] = rng.integers(-1, 4, n)
    if rng.random() < 0.5:
        parts["ranks"] = tuple(rng.integers(0, 6, n) for _ in log.rankers)
    if rng.random() < 0.3:
        parts["competitive"] = rng.integers(-1, 2, n)
    if rng.random() < 0.3:
        parts["randomized"] = rng.random(n) < 0.5
    if rng.random() < 0.2:
        parts["position"] = None
    log = replace(log, slots=replace(log.slots, **parts))
    if rng.random() < 0.4:
        level = rng.integers(-1, 2, log.lists)
        log = replace(log, table=replace(log.table, segments={"device": (("a", "b"), level)}))
    if rng.random() < 0.3:
        log = replace(log, bots=rng.random(log.users) < 0.4)
    if rng.random() < 0.4:
        exposures = rng.integers(0, 3, 6)
        start = np.concatenate([[0], np.cumsum(exposures)])
        assert log.table.user is not None
        slot = rng.integers(0, n, int(start[-1]))
        user = rng.integers(-1, log.users, 6)
        log = replace(log, purchases=Purchases(rng.random(6) * 10, user, start, slot))
    if rng.random() < 0.3:
        table = replace(log.table, user=None)
        log = replace(log, users=0, bots=None, table=table)
    return log


@settings(max_examples=150, deadline=None)
@given(LISTS, LENS, st.integers(0, 10**6), st.booleans())
def test_any_small_log_is_read(
    lists: list[Made], lens: dict[str, Any], seed: int, three: bool
) -> None:
    names = ("old", "new", "third") if three else ("old", "new")
    log = dressed(of_lists(lists, rankers=names), seed)
    result = read(log, **lens)
    assert result.verdict["headline"].strip()
    if result.verdict["winner"] is not None:
        assert not [one for one in result.notices if one.level == "stop"]
    content, notices = check(log, study(**lens))
    assert strange_numbers(content) == []
    assert all(one.text for one in notices)


@settings(max_examples=60, deadline=None)
@given(LISTS)
def test_roles_may_be_swapped_in_any_log(lists: list[Made]) -> None:
    turned = str.maketrans("on", "no")
    other = [Made(one.user, one.slots.translate(turned), one.day) for one in lists]
    one = read(of_lists(lists)).content
    two = read(of_lists(other, rankers=("new", "old"))).content
    for block, field in (
        ("user_level", "t_test_p"),
        ("user_sqrt_t", "p"),
        ("credit_share_clustered", "p"),
        ("impression_level", "sign_test_p"),
        ("position_stratified", "p"),
    ):
        a, b = one[block].get(field), two[block].get(field)
        assert (a is None) == (b is None)
        if a is not None:
            assert b == pytest.approx(a, abs=1e-12)
    first, second = one["position_stratified"], two["position_stratified"]
    if first.get("log_ratio") is not None:
        assert second["log_ratio"] == pytest.approx(-first["log_ratio"], abs=1e-12)
