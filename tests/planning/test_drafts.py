"""Drafts: every outcome of tiny lists with its exact chance, fairness, and refusals."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations, product
from math import prod

import numpy as np
import pytest
from scipy import stats

from analysis.core import StudyError
from analysis.planning import (
    Chance,
    Seeded,
    Slot,
    balanced,
    balanced_credit,
    competitive_pair,
    log_rows,
    probabilistic,
    team_draft,
    team_draft_multileaving,
)
from analysis.simulate.list_drafts import SHARED
from analysis.simulate.list_drafts import competitive_pair as many_pairs
from analysis.simulate.list_drafts import team_draft as many_teams

Draft = Callable[[Chance], tuple[Slot, ...]]
DRAFTS = (team_draft, team_draft_multileaving, competitive_pair, balanced, probabilistic)


class Script:
    """Follows given draws, then takes the first of everything; remembers what was offered."""

    def __init__(self, said: Sequence[int]) -> None:
        self.said = list(said)
        self.offered: list[tuple[float, ...]] = []

    def pick(self, weights: Sequence[float]) -> int:
        at = len(self.offered)
        self.offered.append(tuple(weights))
        return self.said[at] if at < len(self.said) else 0


def outcomes(draft: Draft) -> Iterator[tuple[tuple[Slot, ...], float]]:
    """Every way the draws can fall, with its chance."""
    waiting: list[list[int]] = [[]]
    while waiting:
        said = waiting.pop()
        script = Script(said)
        shown = draft(script)
        if len(script.offered) > len(said):
            waiting += [[*said, one] for one in range(len(script.offered[len(said)]))]
        else:
            chances = (
                weights[one] / sum(weights)
                for one, weights in zip(said, script.offered, strict=True)
            )
            yield shown, prod(chances)


def law(draft: Draft) -> dict[str, float]:
    """Shown list -> chance; items as ``x/a``, shared ones as ``x/-``."""
    found: dict[str, float] = {}
    for shown, chance in outcomes(draft):
        key = " ".join(f"{slot.item}/{slot.ranker or '-'}" for slot in shown)
        found[key] = found.get(key, 0) + chance
    assert sum(found.values()) == pytest.approx(1)
    return found


def test_a_team_draft_of_x_y_and_y_z_has_two_lists_only() -> None:
    found = law(lambda coin: team_draft({"a": "xy", "b": "yz"}, 3, coin))
    shown = {"".join(one.split("/")[0] for one in key.split()): 0.0 for key in found}
    assert set(shown) == {"xyz", "yxz"}
    assert found["x/a y/b z/b"] == pytest.approx(0.5)
    assert found["y/b x/a z/b"] == pytest.approx(0.5)


def test_a_competitive_pair_has_one_coin_and_credits_nobody_where_rankers_agree() -> None:
    rankings = {"C": "pqrs", "T": "qprt"}
    assert law(lambda coin: competitive_pair(rankings, 5, coin)) == {
        "p/C q/T r/- s/C t/T": 0.5,
        "q/T p/C r/- t/T s/C": 0.5,
    }


def test_balanced_merging_of_a_shifted_list_lets_random_clicks_name_a_winner() -> None:
    """The trap for which it is no design here: B wins 3 clicks of 4, a team draft 2."""
    rankings = {"A": "pqrs", "B": "qrsp"}
    found = law(lambda coin: balanced(rankings, 4, coin))
    assert found == {"p/- q/- r/- s/-": 0.5, "q/- p/- r/- s/-": 0.5}
    for shown, _ in outcomes(lambda coin: balanced(rankings, 4, coin)):
        won = [balanced_credit(rankings, shown, [slot.item]) for slot in shown]
        assert sum(one["B"] > one["A"] for one in won) == 3
        assert sum(one["A"] > one["B"] for one in won) == 1
    for shown, _ in outcomes(lambda coin: team_draft(rankings, 4, coin)):
        assert [slot.ranker for slot in shown].count("B") == 2


def test_balanced_credit_reads_both_lists_down_to_the_deepest_click() -> None:
    rankings = {"A": ["p", "q", "r"], "B": ["q", "s", "p"]}
    shown = balanced(rankings, 4, Script([0]))
    assert [slot.item for slot in shown] == ["p", "q", "s", "r"]
    assert balanced_credit(rankings, shown, []) == {"A": 0, "B": 0}
    assert balanced_credit(rankings, shown, ["q"]) == {"A": 0, "B": 1}
    assert balanced_credit(rankings, shown, ["p", "s"]) == {"A": 1, "B": 1}


def test_probabilistic_interleaving_by_hand() -> None:
    """Two items, tau 1: the first slot holds the ranker's best with chance 2/3."""
    rankings = {"a": "xy", "b": "yx"}
    found = law(lambda chance: probabilistic(rankings, 2, chance, tau=1.0))
    first = {name: sum(p for key, p in found.items() if key.startswith(name)) for name in
             ("x/a", "y/a", "x/b", "y/b")}  # fmt: skip
    assert first == pytest.approx({"x/a": 1 / 3, "y/a": 1 / 6, "x/b": 1 / 6, "y/b": 1 / 3})


def test_multileaving_lets_every_ranker_start_equally_often_in_every_order() -> None:
    rankings = {"a": "pqr", "b": "stu", "c": "vwx"}
    found = law(lambda draw: team_draft_multileaving(rankings, 3, draw))
    assert len(found) == 6
    assert list(found.values()) == pytest.approx([1 / 6] * 6)


@pytest.mark.parametrize("draft", (team_draft, team_draft_multileaving, probabilistic))
@pytest.mark.parametrize("slots", (1, 2, 3, 4))
def test_swapped_rankers_have_the_swapped_law(
    draft: Callable[..., tuple[Slot, ...]], slots: int
) -> None:
    there = law(lambda chance: draft({"a": "xyz", "b": "yzw"}, slots, chance))
    back = law(lambda chance: draft({"b": "yzw", "a": "xyz"}, slots, chance))
    assert there == pytest.approx(back)


@pytest.mark.parametrize("draft", (team_draft, competitive_pair, probabilistic))
def test_identical_rankers_stand_equally_often_at_every_position(
    draft: Callable[..., tuple[Slot, ...]],
) -> None:
    share = {"a": [0.0] * 4, "b": [0.0] * 4}
    for shown, chance in outcomes(lambda coin: draft({"a": "xyzw", "b": "xyzw"}, 4, coin)):
        for place, slot in enumerate(shown):
            if slot.ranker is not None:
                share[slot.ranker][place] += chance
    assert share["a"] == pytest.approx(share["b"])


@pytest.mark.parametrize("draft", DRAFTS)
def test_no_item_is_shown_twice_and_none_is_invented(
    draft: Callable[..., tuple[Slot, ...]],
) -> None:
    for one, other in product(combinations("pqrs", 2), combinations("qrst", 3)):
        rankings = {"a": list(one), "b": list(other)}
        for slots in (1, 3, 9):
            for shown, _ in outcomes(partial(draft, rankings, slots)):
                items = [slot.item for slot in shown]
                assert len(items) == len(set(items)) <= slots
                assert set(items) <= {*one, *other}
                if draft is not balanced:
                    assert len(items) == min(slots, len({*one, *other}))


def test_over_seeds_each_ranker_starts_half_of_the_lists() -> None:
    rankings = {"a": "pqr", "b": "stu"}
    for draft in (team_draft, competitive_pair, probabilistic):
        first = [draft(rankings, 4, Seeded(f"salt:{n}"))[0].ranker for n in range(4_000)]
        assert stats.binomtest(first.count("a"), len(first)).pvalue > 1e-4


def test_the_same_seed_gives_the_same_list_on_every_machine() -> None:
    rankings = {"a": "pqrs", "b": "qstu"}
    shown = team_draft(rankings, 4, Seeded("salt:request-17"))
    assert shown == team_draft(rankings, 4, Seeded("salt:request-17"))
    assert " ".join(f"{slot.item}/{slot.ranker}" for slot in shown) == PINNED


PINNED = "q/b p/a r/a s/b"


def test_the_simulation_merges_as_these_drafts_do() -> None:
    """Twin: the same coins, list by list here and in whole arrays there."""
    random = np.random.default_rng(1)
    order = np.stack([np.stack([random.permutation(9)[:6] for _ in range(5)]) for _ in range(2)])
    query = random.integers(0, 5, size=60)
    coins = random.integers(0, 2, size=(60, 2))
    pickers = np.stack([coins[:, :1], 1 - coins[:, :1], coins[:, 1:], 1 - coins[:, 1:]], axis=1)
    items, labels = many_teams(order, query, pickers.reshape(60, 4))
    paired, shared = many_pairs(order, query, coins[:, 0], 5)
    for at in range(60):
        rankings = {str(m): [str(one) for one in order[m, query[at]]] for m in (0, 1)}
        team = team_draft(rankings, 4, Script(coins[at].tolist()))
        assert [int(slot.item) for slot in team] == items[at].tolist()
        assert [int(slot.ranker or -9) for slot in team] == labels[at].tolist()
        pair = competitive_pair(rankings, 5, Script([int(coins[at, 0])]))
        assert [int(slot.item) for slot in pair] == paired[at].tolist()
        assert [SHARED if slot.ranker is None else int(slot.ranker) for slot in pair] == (
            shared[at].tolist()
        )


def test_what_to_log_of_a_list_has_the_columns_that_the_lens_reads() -> None:
    rankings = {"old": ["p", "q"], "new": ["q", "s"]}
    assert log_rows(rankings, [Slot("q", None), Slot("s", "new")]) == [
        {"position": 1, "item_id": "q", "model": None, "rank_old": 2, "rank_new": 1},
        {"position": 2, "item_id": "s", "model": "new", "rank_old": None, "rank_new": 2},
    ]


@pytest.mark.parametrize("draft", DRAFTS)
def test_what_cannot_be_drafted_is_refused(draft: Callable[..., tuple[Slot, ...]]) -> None:
    with pytest.raises(StudyError, match="wrong_ranker_count"):
        draft({"a": "xy"}, 3, Seeded(1))
    with pytest.raises(StudyError, match=r"repeated_item.*\"b\".*\"y\""):
        draft({"a": "xy", "b": "yy"}, 3, Seeded(1))
    with pytest.raises(StudyError, match="no_slots"):
        draft({"a": "xy", "b": "yz"}, 0, Seeded(1))
    if draft is not team_draft_multileaving:
        with pytest.raises(StudyError, match="multileaving"):
            draft({"a": "x", "b": "y", "c": "z"}, 3, Seeded(1))
