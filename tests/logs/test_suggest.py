"""A suggested study can be run as it is, and says nothing that its owner must decide."""

from pathlib import Path
from typing import Any

import pytest

from analysis.logs.suggesting import suggest
from analysis.study import Study
from tests.logs.test_guess import EVENTS, table
from tests.logs.test_intake_text import read


def suggested(tmp_path: Path, text: str) -> dict[str, Any]:
    mapping = suggest(read(tmp_path, text), ("log.csv",), "My study")
    assert not any("margin" in metric for metric in mapping["metrics"])
    if mapping["metrics"] and "arm" in mapping["columns"]:
        study = Study.parse(mapping)
        assert [metric.role for metric in study.metrics].count("primary") == 1
    return mapping


def test_an_event_log(tmp_path: Path) -> None:
    mapping = suggested(tmp_path, "\n".join(EVENTS))
    assert mapping == {
        "version": 1,
        "name": "My study",
        "log": {"path": "log.csv", "timezone": "UTC"},
        "columns": {
            "unit": "user_id",
            "time": "ts",
            "arm": "variant",
            "event": "event",
            "value": "value",
            "id": "event_id",
            "segments": ["country", "device"],
        },
        "metrics": [
            {
                "name": "Purchase rate",
                "role": "primary",
                "kind": "proportion",
                "event": "purchase",
                "better": "higher",
            },
            {
                "name": "Purchase value",
                "role": "secondary",
                "kind": "sum",
                "event": "purchase",
                "better": "higher",
            },
            {
                "name": "Click rate",
                "role": "secondary",
                "kind": "proportion",
                "event": "click",
                "better": "higher",
            },
        ],
        "ab": {"control": "control", "alpha": 0.05, "exposure": "exposure"},
    }


def events(*names: str, arms: tuple[str, str] = ("control", "b"), armed: str = "") -> str:
    rows = []
    for i in range(40):
        for name in names:
            arm = arms[i % 2] if not armed or name == armed else ""
            rows.append(
                f"u{i},2025-01-01T00:00:{i:02d}Z,{arm},{name},{i if name == 'load' else ''}"
            )
    return table("user_id,ts,arm,event,value", *rows)


def test_the_only_event_with_an_arm_is_the_exposure(tmp_path: Path) -> None:
    mapping = suggested(tmp_path, events("saw_page", "click", armed="saw_page"))
    assert mapping["ab"]["exposure"] == "saw_page"
    assert [metric["event"] for metric in mapping["metrics"]] == ["click"]


def test_without_an_exposure_event_none_is_named(tmp_path: Path) -> None:
    mapping = suggested(tmp_path, events("click", "purchase"))
    assert "exposure" not in mapping["ab"]
    assert mapping["metrics"][0]["event"] == "purchase"


def test_measurements_are_averaged_and_harms_should_fall(tmp_path: Path) -> None:
    metrics = suggested(tmp_path, events("exposure", "load", "refund"))["metrics"]
    assert [(m["name"], m["kind"], m["better"]) for m in metrics] == [
        ("Refund rate", "proportion", "lower"),
        ("Load mean", "mean", "lower"),
    ]


@pytest.mark.parametrize(
    ("arms", "control"),
    (
        (("treatment", "Control "), "Control"),
        (("B", "A"), "A"),
        (("new", "legacy"), "legacy"),
        (("on", "off"), "off"),
        (("1", "0"), "0"),
        (("zebra", "apple"), "apple"),
    ),
)
def test_the_control_is_known_by_its_name(
    tmp_path: Path, arms: tuple[str, str], control: str
) -> None:
    assert suggested(tmp_path, events("exposure", "x", arms=arms))["ab"]["control"] == control


def test_a_unit_table(tmp_path: Path) -> None:
    rows = [
        f"u{i},{('control', 'new')[i % 2]},{i * 1.5},{i * 1.25},{('yes', 'no')[i % 2]},{i % 2},"
        f"{20 + i},{('DE', 'US')[i % 2]}"
        for i in range(30)
    ]
    header = "user_id,arm,revenue,pre_revenue,returned,converted,age,country"
    mapping = suggested(tmp_path, table(header, *rows))
    assert mapping["columns"] == {"unit": "user_id", "arm": "arm", "segments": ["country"]}
    assert [(m["name"], m["kind"], m["role"], m["better"]) for m in mapping["metrics"]] == [
        ("Converted", "proportion", "primary", "higher"),
        ("Revenue", "mean", "secondary", "higher"),
        ("Returned", "proportion", "secondary", "lower"),
    ]
    assert mapping["metrics"][1]["covariate"] == "pre_revenue"


def test_names_of_metrics_never_meet(tmp_path: Path) -> None:
    names = [m["name"] for m in suggested(tmp_path, events("a_b", "a-b", "A b"))["metrics"]]
    assert len({name.casefold() for name in names}) == len(names) == 3


def test_what_is_not_found_is_left_out(tmp_path: Path) -> None:
    mapping = suggested(tmp_path, "name,colour\nx,red\ny,blue\n")
    assert mapping["columns"] == {}
    assert mapping["metrics"] == []
    assert mapping["ab"] == {"alpha": 0.05}
