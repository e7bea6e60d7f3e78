"""One set of lists in every accepted shape reads as the same arrays."""

import gzip
import json
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from analysis.core import LogError
from analysis.logs import ListLog
from tests.logs.lists.making import (
    HEADER,
    NINE,
    codes,
    joined_of,
    json_of,
    read,
    rows_of,
    slots_of,
    text_of,
)

ROWS = rows_of(NINE)


@pytest.fixture
def long(tmp_path: Path) -> ListLog:
    (tmp_path / "long").mkdir()
    return read(tmp_path / "long", text_of(ROWS))


def test_the_nine_lists_read_as_they_were_drawn(long: ListLog) -> None:
    """Section 20.1's data."""
    assert (long.shape, long.rankers, long.users, long.lists) == ("long", ("old", "new"), 5, 9)
    assert long.slots.list.tolist() == [i for i in range(9) for _ in range(4)]
    assert long.slots.position is not None
    assert long.slots.position.tolist() == [1, 2, 3, 4] * 9
    place = {"o": 0, "n": 1, "s": -1}
    drawn = [slot for slots in NINE.values() for slot in slots.split()]
    assert long.slots.ranker.tolist() == [place[slot[0]] for slot in drawn]
    assert long.slots.clicked.tolist() == ["*" in slot for slot in drawn]
    assert long.table.user is not None
    assert long.table.user.tolist() == [0, 0, 1, 1, 2, 3, 3, 4, 4]
    clicks = [int((long.slots.clicked & (long.slots.ranker == code)).sum()) for code in (-1, 0, 1)]
    assert clicks == [1, 5, 8]
    assert long.counts["shared_clicks"] == 1
    assert long.counts["rows_shared"] == 1


def test_json_lists_with_clicks_beside_them_read_alike(tmp_path: Path, long: ListLog) -> None:
    shown, clicks = json_of(ROWS)
    log = read(tmp_path, shown, "log.jsonl", events=clicks)
    assert log.shape == "json"
    assert slots_of(log) == slots_of(long)
    assert log.accounting.rows == 9 + 14


def test_json_in_the_cells_of_a_csv_reads_alike(tmp_path: Path, long: ListLog) -> None:
    lists: dict[tuple[str, str], list[dict[str, object]]] = {}
    for user, name, place, item, label, click in ROWS:
        slot = {"slot": place, "sku": item, "Ranker": label, "clicked": bool(click)}
        lists.setdefault((user, name), []).insert(0, slot)
    table = pa.table(
        {
            "user": [user for user, _ in lists],
            "list id": [name for _, name in lists],
            "Results": [json.dumps(slots) for slots in lists.values()],
        }
    )
    pacsv.write_csv(table, tmp_path / "log.csv")
    log = read(tmp_path, (tmp_path / "log.csv").read_bytes())
    assert log.shape == "json"
    assert slots_of(log) == slots_of(long)


def test_joined_lists_read_alike(tmp_path: Path, long: ListLog) -> None:
    log = read(tmp_path, joined_of(ROWS))
    assert log.shape == "joined"
    assert slots_of(log) == slots_of(long)


def test_shown_rows_and_click_rows_in_one_file_read_alike(tmp_path: Path, long: ListLog) -> None:
    rows = [["view", *row[:5]] for row in ROWS]
    rows += [["click", user, name, "", item, ""] for user, name, _, item, _, hit in ROWS if hit]
    random.Random(1).shuffle(rows)
    log = read(tmp_path, text_of(rows, "event,user_id,impression_id,position,item_id,model"))
    assert log.shape == "long"
    assert slots_of(log) == slots_of(long)
    assert log.accounting.used == log.accounting.rows == 36 + 14


def test_positions_from_zero_read_alike(tmp_path: Path, long: ListLog) -> None:
    rows = [[user, name, place - 1, *rest] for user, name, place, *rest in ROWS]
    log = read(tmp_path, text_of(rows))
    assert slots_of(log) == slots_of(long)
    assert log.counts["position_base"] == 0
    assert "positions_zero_based" in codes(log)
    assert long.counts["position_base"] == 1


def test_shuffled_rows_read_alike(tmp_path: Path, long: ListLog) -> None:
    for seed in range(5):
        rows = list(ROWS)
        random.Random(seed).shuffle(rows)
        log = read(tmp_path, text_of(rows))
        assert slots_of(log) == slots_of(long)
        assert log.accounting.sha256 == long.accounting.sha256


@pytest.mark.parametrize("by", ["\t", ";", "|"])
def test_other_delimiters_line_ends_and_packing_read_alike(
    tmp_path: Path, long: ListLog, by: str
) -> None:
    text = "\ufeff" + text_of(ROWS, by=by).replace("\n", "\r\n")
    for data in (text.encode(), gzip.compress(text.encode())):
        log = read(tmp_path, data)
        assert slots_of(log) == slots_of(long)
        assert log.accounting.sha256 == long.accounting.sha256


def test_parquet_reads_alike(tmp_path: Path, long: ListLog) -> None:
    columns = dict(zip(HEADER.split(","), map(list, zip(*ROWS, strict=True)), strict=True))
    columns["clicked"] = [bool(one) for one in columns["clicked"]]
    pq.write_table(pa.table(columns), tmp_path / "made.parquet")
    log = read(tmp_path, (tmp_path / "made.parquet").read_bytes(), "log.parquet")
    assert slots_of(log) == slots_of(long)
    assert log.accounting.sha256 == long.accounting.sha256


def test_a_log_in_two_files_reads_alike(tmp_path: Path, long: ListLog) -> None:
    (tmp_path / "part1.csv").write_text(text_of(ROWS[20:]))
    log = read(tmp_path, text_of(ROWS[:20]), "part2.csv", log={"path": ["part*.csv"]})
    assert slots_of(log) == slots_of(long)
    assert log.accounting.sha256 == long.accounting.sha256


def test_renamed_ids_in_the_same_order_read_alike(tmp_path: Path, long: ListLog) -> None:
    rows = [
        [f"u/{user}", f"7{name}", place, f"x{item}", *rest]
        for user, name, place, item, *rest in ROWS
    ]
    assert slots_of(read(tmp_path, text_of(rows))) == slots_of(long)


def test_labels_and_flags_are_read_by_what_they_mean(tmp_path: Path, long: ListLog) -> None:
    labels = {"old": " OLD", "new": "\uff2eew ", "": "Shared"}
    yes = ["true", "Yes", "1.0", "T", "1"]
    rows = [
        [f" {user}", name, f"{place}.0", item, labels[label], yes[i % 5] if hit else "f"]
        for i, (user, name, place, item, label, hit) in enumerate(ROWS)
    ]
    log = read(tmp_path, text_of(rows))
    assert slots_of(log) == {**slots_of(long), "rankers": ["OLD", "\uff2eew"]}


def test_lists_with_neither_item_nor_ranker_are_empty_and_stay(tmp_path: Path) -> None:
    text = "user,list_id,items,models\nann,a,x|y,old|new\nbob,b,,\n"
    log = read(tmp_path, text)
    assert (log.lists, log.users, log.slots.list.tolist()) == (2, 2, [0, 0])
    shown = [
        '{"user": "ann", "list_id": "a", "items": [{"id": "x", "model": "old"}, {"id": "y"}]}',
        '{"user": "bob", "list_id": "b", "items": []}',
    ]
    log = read(tmp_path, "\n".join(shown), "log.jsonl")
    assert (log.lists, log.users, log.slots.list.tolist()) == (2, 2, [0, 0])
    assert log.slots.ranker.tolist() == [0, -1]


def test_joined_rows_of_unequal_lengths_are_left_out_and_counted(tmp_path: Path) -> None:
    text = "user,list_id,items,models\nann,a,x|y,old|new\nbob,b,x|y,old\ncat,c,x,old|new\n"
    log = read(tmp_path, text)
    assert (log.lists, log.users) == (1, 1)
    assert log.counts["list_length_mismatch"] == 2
    assert "list_length_mismatch" in codes(log)
    assert log.accounting.used == 1


EVENTS = """event,user_id,impression_id,item_id,position,model
serp,ann,A,,,
serp,ann,B,,,
search,bob,C,,,
click,ann,A,x,0,new
tap,ann,A,x,0,new
click,ann,A,y,1,old
select,bob,C,,2,new
open,bob,C,,2,new
click,cat,D,z,,new
page,cat,D,,,
"""


def test_events_without_slots_give_lists_and_counted_clicks(tmp_path: Path) -> None:
    """Shape 3: a click counts once by list and item, else by list and position."""
    log = read(tmp_path, EVENTS, control="old")
    assert log.shape == "events"
    assert (log.lists, log.users) == (4, 3)
    assert log.slots.list.tolist() == [0, 0, 2, 3]
    assert log.slots.ranker.tolist() == [1, 0, 1, 1]
    assert log.slots.position is None
    assert log.slots.clicked.all()
    assert log.counts["repeat_clicks"] == 2
    assert "no_impression_rows" in codes(log)
    assert {one.reason: one.rows for one in log.accounting.left_out} == {"other_event": 1}
    lines = EVENTS.splitlines()
    again = read(tmp_path, "\n".join([lines[0], *reversed(lines[1:])]), control="old")
    assert slots_of(again) == slots_of(log)


def test_a_position_log_keeps_equal_rows(tmp_path: Path) -> None:
    """Trap 15: without list ids equal rows are different exposures."""
    rows = [(1, 1), (2, 0), (2, 0), (1, 1), (3, 0)]
    log = read(tmp_path, text_of(rows, "position,clicked"))
    assert log.shape == "position"
    assert log.counts["duplicate_rows_removed"] == 0
    assert log.slots.position is not None
    assert log.slots.position.tolist() == [1, 1, 2, 2, 3]
    assert log.slots.clicked.tolist() == [True, True, False, False, False]
    assert {"no_list_or_user_id", "no_ranker_column"} <= codes(log)
    again = read(tmp_path, text_of(rows[::-1], "position,clicked"))
    assert slots_of(again) == slots_of(log)


def test_users_with_wins_and_losses_are_summed(tmp_path: Path) -> None:
    log = read(tmp_path, "user,wins,losses,ties\na,8,2,4\nb,4,4,3\n")
    assert log.totals is not None
    assert (log.totals.wins, log.totals.losses, log.totals.ties) == (12, 6, 7)


def test_users_with_sums_of_credit_keep_them(tmp_path: Path) -> None:
    """Section 20.6's users."""
    text = "user,x,y,n\na,3,1,4\nb,1,1,2\nc,0,0,1\nd,2,0,3\ne,4,2,5\n"
    log = read(tmp_path, text)
    totals = log.totals
    assert totals is not None
    assert totals.x is not None
    assert totals.y is not None
    assert totals.n is not None
    assert totals.x.tolist() == [3, 1, 0, 2, 4]
    assert (totals.x - totals.y).mean() / totals.n.mean() == pytest.approx(0.4)
    assert (totals.wins, totals.losses, totals.ties, log.users) == (3, 0, 2, 5)
    named = read(tmp_path, text.replace("user,x,y,n", "user,credit_new,credit_old,lists"))
    assert named.rankers == ("old", "new")
    assert named.totals is not None
    assert named.totals.x is not None
    assert named.totals.x.tolist() == [3, 1, 0, 2, 4]


def test_a_row_of_totals_and_sufficient_sums_are_read(tmp_path: Path) -> None:
    log = read(tmp_path, "wins,losses,ties\n12,6,7\n")
    assert log.totals is not None
    assert (log.totals.wins, log.totals.losses, log.totals.ties) == (12, 6, 7)
    log = read(tmp_path, "n,sum_x,sum_y,sum_n,sum_xx\n5,10,4,15,30\n")
    assert log.totals is not None
    assert log.totals.sums["sum_xx"] == 30.0


def test_a_log_of_nothing_known_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(LogError) as refused:
        read(tmp_path, "colour,size\nred,3\nblue,4\n")
    assert refused.value.code == "no_list_columns"
    assert "colour, size" in refused.value.what


def test_the_order_of_codes_is_that_of_the_text(tmp_path: Path) -> None:
    rows = [["u2", "b", 1, "z", "new", 0], ["u10", "a", 1, "y", "old", 0]]
    log = read(tmp_path, text_of(rows))
    assert log.table.user is not None
    assert log.table.user.tolist() == [0, 1]
    assert log.slots.item is not None
    assert np.array_equal(log.slots.item, [0, 1])
