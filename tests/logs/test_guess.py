"""Roles are guessed from names and cells, the same for any order of rows and any format."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.logs.guess import GuessedColumns, guess_roles
from analysis.logs.intake import Source
from analysis.logs.profile import plain_name
from analysis.study import Columns
from tests.logs.test_intake_text import read

EVENTS = ["event_id,ts,user_id,variant,event,value,country,device"] + [
    f"e{i},2025-03-{1 + i % 28:02d}T10:00:00Z,u{i % 40},{('control', 'treatment')[i % 2]},"
    f"{('exposure', 'click', 'purchase')[i % 3]},{i / 4 if i % 3 == 2 else ''},"
    f"{('DE', 'FR', 'US')[i % 40 % 3]},{('phone', 'web')[i % 40 % 2]}"
    for i in range(120)
]


def guess(tmp_path: Path, text: str, said: Columns | None = None) -> GuessedColumns:
    source = read(tmp_path, text)
    return guess_roles(source) if said is None else guess_roles(source, said)


def table(header: str, *rows: str) -> str:
    return "\n".join([header, *rows]) + "\n"


def test_an_event_log_is_recognised(tmp_path: Path) -> None:
    found = guess(tmp_path, "\n".join(EVENTS))
    assert found.roles == {
        "unit": "user_id",
        "time": "ts",
        "arm": "variant",
        "event": "event",
        "value": "value",
        "id": "event_id",
    }
    assert found.segments == ("country", "device")
    assert set(found.reasons) == {*found.roles, "segments"}
    assert all(reason.endswith(".") for reason in found.reasons.values())


@pytest.mark.parametrize(
    "header",
    (
        "Event ID,Timestamp,User ID,Experiment Group,Event Name,Amount,Country,OS",
        "eventId,eventTime,userId,testGroup,eventType,orderValue,country,deviceType",
        "uuid,occurred-at,VISITOR,ARM,Action,Revenue,COUNTRY,Platform",
    ),
)
def test_names_are_read_in_any_manner_of_writing(tmp_path: Path, header: str) -> None:
    found = guess(tmp_path, "\n".join([header, *EVENTS[1:]]))
    assert tuple(found.roles) == ("unit", "time", "arm", "event", "value", "id")
    assert len(found.segments) == 2


def test_plain_names() -> None:
    assert plain_name("userID") == "user_id"
    assert plain_name("HTTPStatus2") == "http_status_2"
    assert plain_name(" größe (m²) ") != ""


def test_order_and_format_of_the_rows_change_nothing(tmp_path: Path) -> None:
    plain = guess(tmp_path, "\n".join(EVENTS))
    body = EVENTS[1:]
    random.Random(7).shuffle(body)
    assert guess(tmp_path, "\n".join([EVENTS[0], *body])) == plain
    names = EVENTS[0].split(",")
    cells = [dict(zip(names, line.split(","), strict=True)) for line in body]
    assert guess(tmp_path, "\n".join(map(json.dumps, cells))) == plain
    columns: dict[str, list[object]] = {name: [row[name] for row in cells] for name in names}
    columns["value"] = [float(str(cell)) if cell else None for cell in columns["value"]]
    pq.write_table(pa.table(columns), str(tmp_path / "typed.parquet"))
    typed = read(tmp_path, (tmp_path / "typed.parquet").read_bytes(), "log.parquet")
    found = guess_roles(typed)
    assert (found.roles, found.segments, found.reasons) == (
        plain.roles,
        plain.segments,
        plain.reasons,
    )


def test_a_unit_table_has_no_event_value_or_id(tmp_path: Path) -> None:
    rows = [f"u{i},{'ab'[i % 2]},{i % 2},{i * 1.5},DE,{i % 3}" for i in range(30)]
    found = guess(tmp_path, table("user_id,variant,converted,revenue,country,type", *rows))
    assert found.roles == {"unit": "user_id", "arm": "variant"}


def test_an_id_is_the_unit_of_a_table_that_has_no_other(tmp_path: Path) -> None:
    rows = [f"{i},{'ab'[i % 2]},{i % 2}" for i in range(30)]
    assert guess(tmp_path, table("id,arm,converted", *rows)).roles == {"unit": "id", "arm": "arm"}


def test_an_arm_is_found_by_its_labels(tmp_path: Path) -> None:
    rows = [f"u{i},{('Control', 'blue button')[i % 2]},{i % 2}" for i in range(30)]
    found = guess(tmp_path, table("user_id,button,converted", *rows))
    assert found.roles["arm"] == "button"
    assert found.reasons["arm"] == 'One of its labels is "control".'


def test_the_only_column_of_times_is_the_time(tmp_path: Path) -> None:
    rows = [f"u{i % 9},2025-01-01 10:00,{'ab'[i % 2]},x" for i in range(30)]
    found = guess(tmp_path, table("user,happened,arm,event", *rows))
    assert found.roles["time"] == "happened"
    assert found.reasons["time"] == "It is the only column of times."


def test_a_column_of_other_things_does_not_play_a_role_for_its_name(tmp_path: Path) -> None:
    rows = [f"u{i % 9},soon,{i},{'ab'[i % 2]}" for i in range(60)]
    found = guess(tmp_path, table("user,time,variant,arm_used", *rows))
    assert found.roles == {"unit": "user"}


def test_what_the_study_says_is_not_guessed_again(tmp_path: Path) -> None:
    said = Columns(unit="country", arm="device", segments=("variant",))
    found = guess(tmp_path, "\n".join(EVENTS), said)
    assert set(found.roles) == {"time", "event", "value", "id"}
    assert found.segments == ()


def test_panels_and_rankings_are_not_taken_for_experiments(tmp_path: Path) -> None:
    ranking = [
        f"i{i // 5},{i % 5},item{i % 7},{'ab'[i % 2]}ranker,{i % 2},2025-01-01" for i in range(50)
    ]
    header = "impression_id,position,item_id,model,clicked,ts"
    found = guess(tmp_path, table(header, *ranking))
    assert found.roles == {"time": "ts"}
    panel = [f"R{i % 5},2025-01-{1 + i // 5:02d},{i}" for i in range(50)]
    found = guess(tmp_path, table("region,date,sales", *panel))
    assert found.roles == {"time": "date"}
    assert found.segments == ("region",)


def test_daily_sums_are_recognised(tmp_path: Path) -> None:
    rows = [f"2025-01-0{i},{arm},{100 + i},{i},{i * 2}" for i in range(1, 9) for arm in "ab"]
    found = guess(tmp_path, table("date,arm,n,sum,sum_sq", *rows))
    assert found.roles == {"time": "date", "arm": "arm", "n": "n", "sum": "sum", "sum_sq": "sum_sq"}


def test_only_a_column_called_cluster_is_guessed_as_one(tmp_path: Path) -> None:
    rows = [f"u{i},o{i % 8},{i % 8},{'ab'[i % 2]},1" for i in range(40)]
    found = guess(tmp_path, table("user_id,org_id,cluster_id,arm,y", *rows))
    assert found.roles["cluster"] == "cluster_id"
    assert "org_id" not in found.roles.values()


def test_names_with_quotes_are_harmless(tmp_path: Path) -> None:
    source: Source = read(
        tmp_path, 'user_id,"a""; DROP TABLE log; --",arm\nu1,1,a\nu2,2,b\nu3,3,b\n'
    )
    assert guess_roles(source).roles == {"unit": "user_id", "arm": "arm"}
