"""Everybody got it: what is refused, what is offered instead, and the forecast without donors."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import Study, readout, synthetic_control
from analysis.core import VerdictError
from analysis.synthetic_control import OtherColumn
from tests.synthetic_control.launches import NAMES, by_formula, read, study, weeks, write

ALL = {"treated": list(NAMES), "start": "2025-10-13"}


def offered(folder: Path, asked: Study, columns: tuple[OtherColumn, ...] = ()) -> list[Any]:
    lens = asked.synthetic_control
    assert lens is not None
    definition = asked.to_mapping()
    return list(synthetic_control.offers(read(asked, folder), lens, definition, columns))


def test_a_launch_to_all_is_refused_and_says_so(tmp_path: Path) -> None:
    asked = study(write(tmp_path, by_formula(), weeks(52)), ALL)
    with pytest.raises(VerdictError) as refused:
        readout.check(asked)
    assert refused.value.code == "no_untreated_unit"


def test_a_forecast_without_donors_is_allowed_and_labelled(tmp_path: Path) -> None:
    asked = study(write(tmp_path, by_formula(), weeks(52)), ALL | {"method": "bsts", "donors": []})
    made = readout.run(asked).content
    found = made["synthetic_control"]
    assert "forecast_not_causal" in [one["code"] for one in made["notices"]]
    assert found["verdict"]["rule"] == "sc2"
    assert found["verdict"]["decision"] in ("keep_running", "iterate")
    assert found["bsts"]["n_covariates"] == 0
    assert found["n_donors"] == 0
    rows = {one["method"]: one["status"] for one in found["specifications"]}
    assert {rows[one] for one in rows if one != "bsts"} == {"too_few_units"}
    assert found["att_low"] < found["att"] < found["att_high"]


def test_the_forecast_has_guardrails_that_are_not_called_safe(tmp_path: Path) -> None:
    metrics = [
        {"name": "Value", "role": "primary", "column": "value"},
        {"name": "Same", "role": "guardrail", "column": "value", "margin": 0.05},
    ]
    file = write(tmp_path, by_formula(), weeks(52))
    asked = study(file, ALL | {"method": "bsts", "donors": []}, metrics=metrics)
    (row,) = readout.run(asked).content["synthetic_control"]["metrics"]
    assert row["status"] == "not_applicable"
    assert row["guardrail"] is None


def test_a_method_with_placebos_is_still_refused_without_donors(tmp_path: Path) -> None:
    file = write(tmp_path, by_formula(), weeks(52))
    for lens in (ALL | {"donors": []}, ALL | {"method": "bsts"}):
        with pytest.raises(VerdictError) as refused:
            readout.check(study(file, lens))
        assert refused.value.code == "no_untreated_unit"


def test_everything_is_offered_in_order_and_what_cannot_be_done_says_why(tmp_path: Path) -> None:
    found = offered(tmp_path, study(write(tmp_path, by_formula(), weeks(52)), ALL))
    keys = [one.key for one in found]
    assert keys == [
        "later_units", "other_unit", "other_metrics", "older_cohorts", "last_year", "forecast",
    ]  # fmt: skip
    possible = {one.key for one in found if one.study is not None}
    assert possible == {"forecast"}
    assert all(one.why_not for one in found if one.study is None)
    assert "52 weeks" in found[4].why_not


def test_units_with_a_later_start_are_donors_until_it(tmp_path: Path) -> None:
    labels = weeks(52)
    starts = dict.fromkeys(NAMES[:4], labels[30]) | dict.fromkeys(NAMES[4:7], labels[35])
    starts |= dict.fromkeys(NAMES[7:], labels[40])
    file = write(tmp_path, by_formula(), labels)
    found = offered(tmp_path, study(file, {"starts": starts}))
    early, late = [one for one in found if one.key == "later_units"]
    assert early.study["synthetic_control"]["end"] == labels[35]
    lens = late.study["synthetic_control"]
    assert lens["treated"] == list(NAMES[:4])
    assert lens["end"] == labels[40]
    assert set(lens["exclude"]) == set(NAMES[4:7])
    made = readout.check(Study.parse(late.study))["synthetic_control"]
    assert (made["n_pre"], made["n_post"], made["n_donors"]) == (30, 10, 17)


def test_last_year_serves_when_the_log_reaches_back_a_year(tmp_path: Path) -> None:
    labels = weeks(70)
    values = np.vstack([by_formula(), by_formula()[:18] + 10])
    file = write(tmp_path, values, labels)
    asked = study(file, {"treated": list(NAMES), "start": labels[60]})
    found = {one.key: one for one in offered(tmp_path, asked)}
    assert found["last_year"].study["synthetic_control"]["season"] == 52
    made = readout.run(Study.parse(found["last_year"].study)).content["synthetic_control"]
    assert made["bsts"]["season"] == 52


def events(folder: Path) -> Study:
    """Three workspaces, all launched on week 20; rows have an event and a surface."""
    file = folder / "events.csv"
    rng = np.random.default_rng(3)
    with file.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["ts", "workspace", "event", "surface"])
        for k, label in enumerate(weeks(30)):
            for event in ("task", "search", "share", "export"):
                for surface in ("chat", "docs", "mail", "code"):
                    for _ in range(int(rng.poisson(6 + k % 3))):
                        rows.writerow([label, f"w{rng.integers(3)}", event, surface])
    return Study.parse(
        {
            "version": 1,
            "name": "Everywhere",
            "log": {"path": [str(file)]},
            "columns": {"region": "workspace", "time": "ts", "event": "event"},
            "metrics": [{"name": "Tasks", "role": "primary", "kind": "count", "event": "task"}],
            "synthetic_control": {
                "treated": ["w0", "w1", "w2"], "start": weeks(21)[-1], "frequency": "week",
                "partial_periods": "keep",
            },
        }
    )  # fmt: skip


def test_an_event_log_can_be_compared_by_another_column(tmp_path: Path) -> None:
    found = offered(tmp_path, events(tmp_path), (OtherColumn("surface", 4),))
    (one,) = [one for one in found if one.key == "other_unit"]
    assert one.study["columns"]["region"] == "surface"
    lens = one.study["synthetic_control"]
    assert "treated" not in lens
    named = {**one.study, "synthetic_control": lens | {"treated": ["chat"]}}
    made = readout.check(Study.parse(named))["synthetic_control"]
    assert {row["unit"] for row in made["donors"]} == {"chat", "docs", "mail", "code"}


def test_an_event_log_can_compare_its_events_as_indices(tmp_path: Path) -> None:
    found = offered(tmp_path, events(tmp_path))
    (one,) = [one for one in found if one.key == "other_metrics"]
    made = readout.check(Study.parse(one.study))["synthetic_control"]
    assert made["treated"] == ["task"]
    assert {row["unit"] for row in made["donors"] if row["status"] == "kept"} == {
        "search", "share", "export",
    }  # fmt: skip


def test_the_offers_of_all_kinds_can_be_read_as_studies(tmp_path: Path) -> None:
    for one in offered(tmp_path, events(tmp_path), (OtherColumn("surface", 4),)):
        if one.study is not None:
            assert Study.parse(one.study).synthetic_control is not None
            assert one.action
