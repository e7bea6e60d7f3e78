"""Every step of cleaning, its count, its notice, and the account of rows."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.core import LogError
from tests.logs.lists.making import HEADER, NINE, codes, left_out, read, rows_of, slots_of, text_of

ROWS = rows_of(NINE)
CLEAN = [["ann", "A", 1, "x", "old", 0], ["ann", "A", 2, "y", "new", 1]]


def with_rows(folder: Path, *more: list[Any], header: str = HEADER, **said: Any) -> Any:
    """The two clean rows and some more."""
    return read(folder, text_of([*CLEAN, *more], header), **said)


def test_exact_duplicates_are_removed_after_trimming(tmp_path: Path) -> None:
    log = with_rows(tmp_path, ["ann ", " A", 2, "y", "new", 1], CLEAN[0], CLEAN[0])
    assert log.counts["duplicate_rows_removed"] == 3
    assert log.counts["rows_merged"] == 0
    assert "duplicates_removed" in codes(log)
    assert left_out(log) == {"duplicate_row": 3}
    assert log.slots.list.tolist() == [0, 0]


def test_a_column_that_is_not_used_keeps_rows_apart(tmp_path: Path) -> None:
    rows = [["ann", "A", 1, "x", "old", 0, note] for note in ("p", "p", "q")]
    log = read(tmp_path, text_of(rows, HEADER + ",note"))
    assert log.counts["duplicate_rows_removed"] == 1
    assert log.counts["rows_merged"] == 1
    assert log.slots.list.size == 1


def test_rows_of_one_slot_become_one_that_was_clicked_if_any_was(tmp_path: Path) -> None:
    rows = [["ann", "A", 1, "x", "", 1], ["ann", "A", 1, "x", "", 0]]
    for more in (rows, rows[::-1]):
        log = with_rows(tmp_path, *more)
        assert log.counts["rows_merged"] == 2
        assert "rows_merged" in codes(log)
        assert log.slots.clicked.tolist() == [True, True]
        # A row with a ranker says more than one without.
        assert log.slots.ranker.tolist() == [log.rankers.index("old"), log.rankers.index("new")]
        assert log.accounting.used == 4


def test_two_items_at_one_position_both_stay_in_file_order(tmp_path: Path) -> None:
    log = with_rows(tmp_path, ["ann", "A", 2, "a", "old", 0])
    assert log.counts["positions_repeated"] == 1
    notice = next(one for one in log.notices if one.code == "positions_repeated")
    assert "(first: A)" in notice.text
    assert log.slots.item is not None
    assert log.slots.item.tolist() == [1, 2, 0]
    assert log.counts["lists_with_gaps"] == 0


def test_one_item_at_two_positions_is_two_slots(tmp_path: Path) -> None:
    """Trap 15."""
    log = with_rows(tmp_path, ["ann", "A", 3, "y", "old", 0])
    assert log.slots.clicked.tolist() == [False, True, False]
    assert log.counts["rows_merged"] == log.counts["positions_repeated"] == 0


def test_positions_that_are_none_are_left_out_with_their_clicks(tmp_path: Path) -> None:
    bad = ["-1", "1.5", "top", "1001", "inf"]
    rows = [["ann", "A", one, f"b{i}", "new", 1] for i, one in enumerate(bad)]
    rows += [["ann", "A", one, f"c{i}", "new", 1] for i, one in enumerate(["", " ", "nan"])]
    log = with_rows(tmp_path, *rows, ["ann", "A", "1000", "z", "old", 0])
    assert log.counts["rows_missing_position"] == 3
    assert log.counts["rows_bad_position"] == 5
    assert left_out(log) == {"missing_position": 3, "bad_position": 5}
    assert int(log.slots.clicked.sum()) == 1
    notice = next(one for one in log.notices if one.code == "positions_bad")
    assert 'row 3: "-1"' in notice.text
    bad_rows = next(one for one in log.accounting.left_out if one.reason == "bad_position")
    assert bad_rows.examples[2] == {"row": 5, "value": "top"}
    kept = pq.read_table(log.accounting.left_out_file)
    assert kept.num_rows == 8


def test_labels_that_say_none_are_shared_and_others_unknown(tmp_path: Path) -> None:
    blank = ["", "NA", "n/a", "NaN", "null", "None", "-", "both", "SHARED"]
    rows = [["ann", "A", i + 3, f"s{i}", one, 1] for i, one in enumerate(blank)]
    log = with_rows(
        tmp_path, *rows, ["ann", "A", 20, "q", "Third", 1], control="old", candidates=["New"]
    )
    assert log.counts["rows_shared"] == log.counts["shared_clicks"] == 9
    assert log.counts["rows_unknown_model"] == 1
    assert {"shared_slots", "unknown_ranker_label"} <= codes(log)
    assert log.slots.ranker.tolist() == [0, 1, *[-1] * 9, -2]


def test_rankers_are_labels_with_a_share_and_the_usual_control_comes_first(tmp_path: Path) -> None:
    rows = [["u", f"L{i}", 1, "x", ["zeta", "Legacy", "alpha"][i % 3], 0] for i in range(300)]
    log = read(tmp_path, text_of([*rows, ["u", "M", 1, "x", "typo", 0]]))
    assert log.rankers == ("Legacy", "alpha", "zeta")
    assert log.counts["rows_unknown_model"] == 1
    assert "more_than_two_rankers" in codes(log)
    log = read(tmp_path, text_of(rows[::3] + rows[2::3] + [[*rows[0][:1], "Q", *rows[0][2:]]]))
    assert log.rankers == ("zeta", "alpha")


def test_spellings_of_a_ranker_are_merged_under_the_commonest(tmp_path: Path) -> None:
    log = with_rows(tmp_path, ["ann", "A", 3, "z", "NEW", 0], ["ann", "A", 4, "w", "new", 0])
    assert log.rankers == ("old", "new")
    assert "labels_merged" in codes(log)


def test_a_ranker_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(LogError) as refused:
        with_rows(tmp_path, control="bm25")
    assert refused.value.code == "unknown_ranker"
    assert "new, old" in refused.value.what


def test_click_counts_count_once_and_oddities_as_no(tmp_path: Path) -> None:
    rows = [["ann", "A", 3, "p", "old", 7], ["ann", "A", 4, "q", "old", "maybe"]]
    log = with_rows(tmp_path, *rows)
    assert log.slots.clicked.tolist() == [False, True, True, False]
    assert log.counts["click_counts_capped"] == 1
    assert log.counts["clicks_unreadable"] == 1
    assert {"click_counts_capped", "clicks_unreadable"} <= codes(log)


def test_rows_without_a_list_or_a_user_are_left_out(tmp_path: Path) -> None:
    log = with_rows(tmp_path, ["bob", "", 1, "x", "old", 1], ["", "B", 1, "x", "old", 1])
    assert left_out(log) == {"missing_list_id": 1, "missing_user_id": 1}
    assert (log.users, log.lists) == (1, 1)


def test_one_list_id_under_two_users_is_two_lists(tmp_path: Path) -> None:
    log = with_rows(tmp_path, ["bob", "A", 1, "x", "old", 1])
    assert (log.lists, log.users) == (2, 2)
    assert log.counts["user_per_list_conflict"] == 1
    assert "user_per_list_conflict" in codes(log)
    assert log.slots.list.tolist() == [0, 0, 1]


def test_gaps_lengths_and_lists_of_one_ranker_are_counted(tmp_path: Path) -> None:
    rows = [["u", "B", 1, "x", "old", 0], ["u", "B", 3, "y", "new", 0]]
    rows += [["u", "C", 1, "x", "old", 0], ["u", "D", 2, "x", "old", 0]]
    log = with_rows(tmp_path, *rows)
    assert log.counts["lists_with_gaps"] == 2
    assert log.counts["lists_of_other_length"] == 2
    assert log.counts["lists_uneven"] == 3
    assert log.counts["lists_one_ranker"] == 2
    assert "position_gaps" in codes(log)


def test_users_who_click_everything_or_see_lists_too_fast_are_suspected(tmp_path: Path) -> None:
    start = 1_772_352_000
    rows = []
    for i in range(30):
        rows.append(["slow", f"s{i}", 1, "x", "old", 0, start + 100 * i])
        rows.append(["fast", f"f{i}", 1, "x", "old", 0, start + 60 * (i > 0)])
        rows.append(["near", f"n{i}", 1, "x", "new", 0, start + 61 * (i > 0)])
    rows += [["eager", f"e{i}", 1, "x", "new", 1, start + 1000 * i] for i in range(10)]
    rows += [["keen", f"k{i}", 1, "x", "new", 1, start + 1000 * i] for i in range(9)]
    log = read(tmp_path, text_of(rows, HEADER + ",timestamp"))
    assert log.bots is not None
    assert log.bots.tolist() == [True, True, False, False, False]
    assert log.counts["suspected_bot_users"] == 2
    text = next(one.text for one in log.notices if one.code == "suspected_bots")
    assert "eager" not in text
    assert "2 users" in text


def test_days_are_those_of_the_time_zone_and_a_lists_time_is_its_earliest(tmp_path: Path) -> None:
    rows = [
        ["ann", "A", 1, "x", "old", 0, "2026-03-01T23:30:00Z"],
        ["ann", "A", 2, "y", "new", 0, "2026-03-01 22:59:59"],
        ["ann", "B", 1, "x", "old", 0, "2026-03-02T00:30:00+01:00"],
        ["ann", "C", 1, "x", "old", 0, "someday"],
    ]
    text = text_of(rows, HEADER + ",timestamp")
    log = read(tmp_path, text, log={"timezone": "Europe/Berlin"})
    assert log.days == ("2026-03-01", "2026-03-02")
    assert log.table.day is not None
    assert log.table.day.tolist() == [0, 1, -1]
    assert log.counts["bad_times"] == 1
    assert read(tmp_path, text).days == ("2026-03-01",)


def test_a_day_column_wins_over_times(tmp_path: Path) -> None:
    rows = [["u", f"L{i}", 1, "x", "old", 0, "2026-03-01", day] for i, day in enumerate([10, 9, 9])]
    log = read(tmp_path, text_of(rows, HEADER + ",timestamp,day"))
    assert log.days == ("9", "10")
    assert log.table.day is not None
    assert log.table.day.tolist() == [1, 0, 0]


def test_columns_of_the_lens_are_read(tmp_path: Path) -> None:
    header = HEADER + ",rank_Old,new rank,is_competitive,shuffled,pscore,device,search_term"
    rows = [
        ["ann", "A", 1, "x", "old", 0, 1, "", "yes", 1, 0.5, "phone", "shoes"],
        ["ann", "A", 2, "y", "new", 1, "2.0", 1, 0, 0, "", "phone", "shoes"],
        ["ann", "B", 1, "y", "new", 1, "", 1, "", 0, "", "desk", ""],
    ]
    log = read(tmp_path, text_of(rows, header))
    slots, table = log.slots, log.table
    assert slots.ranks is not None
    assert [one.tolist() for one in slots.ranks] == [[1, 2, 0], [0, 1, 1]]
    assert slots.competitive is not None
    assert slots.competitive.tolist() == [1, 0, -1]
    assert slots.randomized is not None
    assert slots.randomized.tolist() == [True, False, False]
    assert slots.propensity is not None
    assert slots.propensity[0] == 0.5
    names, code = table.segments["device"]
    assert [names[i] for i in code] == ["phone", "desk"]
    assert table.context is not None
    assert table.context.tolist() == [0, -1]


def test_headers_match_however_they_are_written_and_doubt_is_told(tmp_path: Path) -> None:
    header = "User.ID,device_id,Impression ID,POS,Item-Id,Model,is_click"
    rows = [["ann", "d", "A", 1, "x", "old", 1], ["ann", "d", "A", 2, "y", "new", 0]]
    log = read(tmp_path, text_of(rows, header))
    assert log.accounting.columns["user_id"] == "User.ID"
    notice = next(one for one in log.notices if one.code == "ambiguous_columns")
    assert "User.ID and device_id" in notice.text
    said = read(tmp_path, text_of(rows, header), columns={"unit": "device_id"})
    assert said.accounting.columns["user_id"] == "device_id"
    assert "ambiguous_columns" not in codes(said)
    with pytest.raises(LogError) as refused:
        read(tmp_path, text_of(rows, header), columns={"unit": "who"})
    assert refused.value.code == "unknown_column"


def test_two_spellings_of_one_header_are_in_doubt(tmp_path: Path) -> None:
    rows = [["ann", "bob", "A", 1, "x", "old", 1], ["ann", "bob", "A", 2, "y", "new", 0]]
    log = read(tmp_path, text_of(rows, "user.id,User-ID,list_id,pos,item,model,clicked"))
    notice = next(one for one in log.notices if one.code == "ambiguous_columns")
    assert "user.id and User-ID" in notice.text
    assert log.accounting.columns["user_id"] == "user.id"


@pytest.mark.parametrize("missing", HEADER.split(","))
def test_a_missing_column_is_a_named_loss_and_no_error(tmp_path: Path, missing: str) -> None:
    """Trap 16."""
    at = HEADER.split(",").index(missing)
    rows = [[cell for i, cell in enumerate(row) if i != at] for row in ROWS]
    header = ",".join(name for name in HEADER.split(",") if name != missing)
    log = read(tmp_path, text_of(rows, header))
    told = {"user_id": "no_user_id", "model": "no_ranker_column"}.get(missing)
    if told:
        assert told in codes(log)
    else:
        texts = [one.text for one in log.notices if one.code == "missing_column"]
        assert any(f" {missing}," in text for text in texts)
    assert not log.has[missing]
    assert log.slots.list.size
    if missing == "clicked":
        assert "no_clicks" in codes(log)


def test_one_ranker_is_a_stop(tmp_path: Path) -> None:
    log = read(tmp_path, text_of([["u", "A", 1, "x", "only", 1]]))
    assert "one_ranker" in codes(log)
    assert log.rankers == ("only",)


CELL = st.sampled_from(["", "1", "2", "0", "3.0", "-4", "x", "1", "2"])
ROW = st.tuples(
    st.sampled_from(["u1", "u2", " u1", ""]),
    st.sampled_from(["A", "B", "C", ""]),
    CELL,
    st.sampled_from(["x", "y", "z", ""]),
    st.sampled_from(["old", "new", "", "third", "NEW"]),
    st.sampled_from(["0", "1", "2", "yes", "", "?"]),
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(ROW, min_size=1, max_size=25), seed=st.randoms(use_true_random=False))
def test_every_row_is_used_or_left_out_for_a_reason_in_any_order(
    tmp_path: Path, rows: list[tuple[str, ...]], seed: Any
) -> None:
    rows = [*rows, ("u9", "Q", "1", "x", "old", "1")]
    log = read(tmp_path, text_of(rows))
    book = log.accounting
    assert book.rows == log.counts["rows_in_file"] == len(rows)
    assert book.used + sum(left_out(log).values()) == len(rows)
    counts = log.counts
    assert log.slots.list.size == book.used - counts["rows_merged"]
    reasons = left_out(log)
    assert reasons.get("missing_position", 0) == counts["rows_missing_position"]
    assert reasons.get("bad_position", 0) == counts["rows_bad_position"]
    assert reasons.get("duplicate_row", 0) == counts["duplicate_rows_removed"]
    by_hand = {tuple(cell.strip() for cell in row) for row in rows}
    assert counts["duplicate_rows_removed"] == len(rows) - len(by_hand)
    shuffled = list(rows)
    seed.shuffle(shuffled)
    again = read(tmp_path, text_of(shuffled))
    assert again.accounting.sha256 == book.sha256
    assert again.counts == counts
    if not counts["positions_repeated"]:
        assert slots_of(again) == slots_of(log)


def test_a_column_without_a_single_id_is_none(tmp_path: Path) -> None:
    rows = [["", *row[1:]] for row in ROWS]
    log = read(tmp_path, text_of(rows))
    assert "no_user_id" in codes(log)
    assert (log.users, log.lists, log.table.user) == (0, 9, None)
    assert log.accounting.used == 36


def test_a_log_of_which_nothing_is_left_is_refused_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(LogError) as refused:
        read(tmp_path, text_of([["u", "A", "top", "x", "old", 1]]))
    assert refused.value.code == "no_usable_rows"
    assert "bad position 1" in refused.value.what


def test_whole_lists_may_say_that_their_order_was_drawn(tmp_path: Path) -> None:
    log = read(tmp_path, "user,list_id,items,models,shuffled\na,A,x|y,o|n,1\na,B,x,o,no\n")
    assert log.slots.randomized is not None
    assert log.slots.randomized.tolist() == [True, True, False]


def test_hostile_names_and_cells_are_text(tmp_path: Path) -> None:
    header = 'user,list_id,pos,item,model,clicked,"rank_a""; DROP TABLE log; --"'
    rows = [["'u", "A'--", 1, '"x"".y"', "a'); DROP VIEW log; --", 1, 1]]
    rows += [["'u", "A'--", 2, "é\u0301", "<b>b</b>", 0, 2]]
    log = read(tmp_path, text_of(rows, header.replace(",", ",")))
    assert (log.users, log.lists, log.slots.list.size) == (1, 1, 2)
    assert set(log.rankers) == {"a'); DROP VIEW log; --", "<b>b</b>"}
