"""Clicks and purchases from rows of their own."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.logs.lists.making import codes, left_out, read, slots_of, text_of

SHOWN = [
    ["ann", "A", 1, "x", "old"],
    ["ann", "A", 2, "y", "new"],
    ["ann", "A", 3, "x", "new"],
    ["bob", "B", 1, "x", "new"],
]
SLOTS = text_of(SHOWN, "user_id,impression_id,position,item_id,model")


def with_events(
    folder: Path, *rows: list[Any], header: str = "event,impression_id,item_id,ts"
) -> Any:
    """The four slots and some events."""
    return read(folder, SLOTS, events=text_of(rows, header))


def test_of_two_slots_with_one_item_the_upper_one_is_clicked(tmp_path: Path) -> None:
    log = with_events(tmp_path, ["click", "A", "x", 1])
    assert log.slots.clicked.tolist() == [True, False, False, False]
    assert log.accounting.rows == 5


def test_a_second_click_changes_nothing_but_its_count(tmp_path: Path) -> None:
    """Trap 10."""
    once = with_events(tmp_path, ["click", "A", "x", 1], ["click", "B", "x", 5])
    twice = with_events(
        tmp_path, ["click", "A", "x", 1], ["CLICK ", "A", "x", 2], ["tap", "B", "x", 5]
    )
    assert slots_of(once) == slots_of(twice)
    assert twice.counts["repeat_clicks"] == 1
    assert "repeat_clicks" in codes(twice)
    assert once.counts["repeat_clicks"] == 0


def test_clicks_without_a_slot_exact_repeats_and_other_events_leave(tmp_path: Path) -> None:
    log = with_events(
        tmp_path,
        ["click", "A", "x", 1],
        ["click", "A", "x", 1],
        ["click", "B", "y", 1],
        ["click", "Z", "x", 1],
        ["scroll", "A", "x", 1],
    )
    assert left_out(log) == {"duplicate_event_row": 1, "click_without_slot": 2, "other_event": 1}
    assert log.counts["duplicate_event_rows"] == 1
    assert log.counts["repeat_clicks"] == 0
    assert {"clicks_unmatched", "duplicates_removed"} <= codes(log)
    assert log.accounting.used == log.accounting.rows - 4 == 5


def test_a_list_id_under_two_users_needs_the_events_user(tmp_path: Path) -> None:
    slots = text_of([["ann", "A", 1, "x", "old"], ["bob", "A", 1, "x", "new"]],
                    "user_id,impression_id,position,item_id,model")  # fmt: skip
    log = read(tmp_path, slots, events=text_of([["A", "x"]], "impression_id,item_id"))
    assert not log.slots.clicked.any()
    log = read(
        tmp_path, slots, events=text_of([["bob", "A", "x"]], "user_id,impression_id,item_id")
    )
    assert log.slots.clicked.tolist() == [False, True]


def test_conversions_from_a_file_of_events_are_the_outcome_if_asked(tmp_path: Path) -> None:
    events = text_of([["conversion", "A", "y"]], "event,impression_id,item_id")
    log = read(tmp_path, SLOTS, events=events, outcome="conversion")
    assert log.slots.clicked.tolist() == [False, True, False, False]
    plain = "user_id,impression_id,position,item_id,model,clicked,converted"
    rows = [[*row, 1, i % 2] for i, row in enumerate(SHOWN)]
    log = read(tmp_path, text_of(rows, plain), outcome="conversion")
    assert log.slots.clicked.tolist() == [False, True, False, True]


EXPOSED = [
    ["u", "L1", 1, "i", "old", "2026-03-01T10:00:00Z"],
    ["u", "L2", 1, "i", "new", "2026-03-03T09:00:00Z"],
    ["u", "L3", 1, "i", "", "2026-03-03T12:00:00Z"],
    ["u", "L3", 2, "j", "new", "2026-03-03T12:00:00Z"],
]
BOUGHT = [
    ["purchase", "u", "i", "2026-03-03T11:00:00Z", 30],
    ["purchase", "u", "i", "2026-03-10T09:00:00Z", 80],
    ["purchase", "u", "i", "2026-03-10T12:01:00Z", 5],
    ["purchase", "u", "i", "2026-03-01T09:59:00Z", 5],
]
EXPOSED_HEADER = "user_id,impression_id,position,item_id,model,timestamp"
BOUGHT_HEADER = "event,user_id,item_id,timestamp,value"


def by_value(log: Any) -> dict[float, list[list[int]]]:
    """Value -> the eligible slots of each purchase of it."""
    bought = log.purchases
    found: dict[float, list[list[int]]] = {}
    for i, value in enumerate(bought.value.tolist()):
        part = bought.exposure[bought.start[i] : bought.start[i + 1]]
        found.setdefault(value, []).append(part.tolist())
    return found


def test_purchases_know_every_exposure_in_their_window(tmp_path: Path) -> None:
    """Section 20.7."""
    for seed in range(3):
        shown, bought = list(EXPOSED), list(BOUGHT)
        random.Random(seed).shuffle(shown)
        random.Random(seed).shuffle(bought)
        log = read(tmp_path, text_of(shown, EXPOSED_HEADER), events=text_of(bought, BOUGHT_HEADER))
        assert by_value(log) == {30.0: [[0, 1]], 80.0: [[1, 2]], 5.0: [[], []]}
        assert log.counts["unattributed_purchases"] == 2
        assert left_out(log) == {"purchase_without_exposure": 2}
        assert "unattributed_purchases" in codes(log)
        # Last exposure: the 30 is credited to new, the 80 falls on the shared slot.
        assert log.purchases is not None
        assert [
            log.slots.ranker[part[-1]] for part in (by_value(log)[30.0][0], by_value(log)[80.0][0])
        ] == [1, -1]
        assert log.purchases.user.tolist() == [0, 0, 0, 0]
        assert not log.slots.clicked.any()


def test_a_purchase_with_a_list_id_joins_on_list_and_item(tmp_path: Path) -> None:
    events = text_of(
        [
            ["buy", "u", "L2", "i", "2026-03-03T11:00:00Z", 30],
            ["buy", "u", "L9", "i", "2026-03-03T11:00:00Z", 7],
        ],
        "event,user_id,impression_id,item_id,timestamp,value",
    )
    log = read(tmp_path, text_of(EXPOSED, EXPOSED_HEADER), events=events)
    assert by_value(log) == {30.0: [[1]], 7.0: [[]]}


def test_purchases_in_the_log_itself_read_alike(tmp_path: Path) -> None:
    rows = [["view", *row, ""] for row in EXPOSED]
    rows += [[kind, user, "", "", item, "", at, value] for kind, user, item, at, value in BOUGHT]
    log = read(tmp_path, text_of(rows, f"event,{EXPOSED_HEADER},value"))
    assert by_value(log) == {30.0: [[0, 1]], 80.0: [[1, 2]], 5.0: [[], []]}
    assert log.slots.list.size == 4


def test_equal_exposure_times_keep_the_order_of_the_file(tmp_path: Path) -> None:
    at = "2026-03-01T10:00:00Z"
    shown = [["u", name, 1, "i", "old", at] for name in ("L2", "L1", "L3")]
    log = read(tmp_path, text_of(shown, EXPOSED_HEADER), events=text_of(BOUGHT[:1], BOUGHT_HEADER))
    assert by_value(log) == {30.0: [[1, 0, 2]]}


def test_a_window_of_other_length_is_kept(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        text_of(EXPOSED, EXPOSED_HEADER),
        events=text_of(BOUGHT, BOUGHT_HEADER),
        window_days=0.1,
    )
    assert by_value(log) == {30.0: [[1]], 80.0: [[]], 5.0: [[], []]}


def test_purchases_agree_with_a_join_by_hand(tmp_path: Path) -> None:
    """A twin: every pair of a purchase and an exposure, compared one by one."""
    dice = random.Random(3)
    start, day = 1_772_352_000, 86_400
    shown: list[list[Any]] = [
        [
            f"u{dice.randrange(6)}",
            f"L{i}",
            1,
            f"i{dice.randrange(4)}",
            "old",
            start + dice.randrange(20 * day),
        ]
        for i in range(200)
    ]
    bought: list[list[Any]] = [
        [
            "order",
            f"u{dice.randrange(8)}",
            f"i{dice.randrange(5)}",
            start + dice.randrange(25 * day),
            i,
        ]
        for i in range(150)
    ]
    log = read(tmp_path, text_of(shown, EXPOSED_HEADER), events=text_of(bought, BOUGHT_HEADER))
    found = by_value(log)
    names = sorted({row[1] for row in shown})
    for _, user, item, at, value in bought:
        pairs = [
            (row[5], names.index(row[1]))
            for row in shown
            if row[0] == user and row[3] == item and 0 <= at - row[5] <= 7 * day
        ]
        assert found[float(value)] == [[place for _, place in sorted(pairs)]]


def test_converted_slots_with_a_value_are_purchases_of_their_own(tmp_path: Path) -> None:
    rows = [["u", "A", 1, "x", "old", 1, 9.5], ["u", "A", 2, "y", "new", 0, 3]]
    log = read(tmp_path, text_of(rows, "user,list_id,pos,item,model,converted,price"))
    assert log.purchases is not None
    assert log.purchases.value.tolist() == [9.5]
    assert np.array_equal(log.purchases.exposure, [0])


@pytest.mark.parametrize("lost", ["timestamp", "item_id"])
def test_purchases_that_cannot_be_placed_are_listed_apart(tmp_path: Path, lost: str) -> None:
    at = BOUGHT_HEADER.split(",").index(lost)
    rows = [[cell for i, cell in enumerate(row) if i != at] for row in BOUGHT]
    header = ",".join(name for name in BOUGHT_HEADER.split(",") if name != lost)
    log = read(tmp_path, text_of(EXPOSED, EXPOSED_HEADER), events=text_of(rows, header))
    assert log.counts["unattributed_purchases"] == log.purchases.value.size  # type: ignore[union-attr]
