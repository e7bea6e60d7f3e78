"""Planning: published power, its sets of units, what is held back, and refusals."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import synthetic_control
from analysis.__main__ import main
from analysis.core import VerdictError
from analysis.synthetic_control import best_sets
from tests.synthetic_control import launches
from tests.synthetic_control.launches import NAMES, by_formula, read, study, write

GOLDEN = {
    "treated": ["u00"], "method": "demeaned", "statistic": "ratio", "horizon": 6, "windows": 3,
    "lifts": [0.02, 0.05],
}  # fmt: skip
# A window is enough where two plans are compared.
QUICK = GOLDEN | {"windows": 1}


def planned(folder: Path, lens: dict[str, Any], values: Any = None, names: Any = NAMES) -> Any:
    values = by_formula()[:40] if values is None else values
    asked = study(write(folder, values, range(len(values)), names), lens)
    return synthetic_control.planned(read(asked, folder), asked)


def test_the_power_of_the_panel_by_formula_is_the_published_one(tmp_path: Path) -> None:
    """Specification, section 15.3: demeaned, ratio, pre-periods only, H = 6, L = 3."""
    power = planned(tmp_path, GOLDEN).content["power"]
    windows = power["windows"]
    assert [round(one["rmspe_pre"], 6) for one in windows] == [0.462617, 0.452703, 0.459314]
    ranks = [[round(p["p"] * 24) for p in one["p_by_lift"]] for one in windows]
    assert ranks == [[5, 22, 1], [4, 4, 1], [5, 2, 1]]
    assert [one["pre_periods"] for one in windows] == [34, 33, 32]
    assert power["mde"] == 0.05
    assert power["power_by_lift"][0] == {"lift": 0.0, "power": 0.0}


def test_a_start_in_the_study_leaves_the_periods_from_it_on_out(tmp_path: Path) -> None:
    """Twin: the whole panel with its launch plans as the panel cut off before it."""
    cut = planned(tmp_path, QUICK).content
    whole = planned(tmp_path, QUICK | {"start": 40}, by_formula()).content
    assert whole == cut


def test_a_past_launch_in_the_log_is_left_out_too(tmp_path: Path) -> None:
    asked = study(write(tmp_path, by_formula(), range(52)), QUICK)
    log = replace(read(asked, tmp_path), treated_from={"u07": 40.0})
    assert synthetic_control.plan(log, asked)["power"] == planned(tmp_path, QUICK).content["power"]


def test_the_order_of_units_and_rows_changes_nothing(tmp_path: Path) -> None:
    once = planned(tmp_path, QUICK).content
    turned = planned(tmp_path, QUICK, by_formula()[:40, ::-1], NAMES[::-1]).content
    assert turned == once


def test_the_best_sets_hold_every_unit_alone_and_some_together(tmp_path: Path) -> None:
    found = planned(tmp_path, {"method": "demeaned", "horizon": 6, "windows": 4}).content
    sets = found["best_sets"]
    alone = [one["units"][0] for one in sets if one["size"] == 1]
    assert sorted(alone) == list(NAMES)
    assert {one["size"] for one in sets} == {1, 2, 3}
    steady = [one["detectable_lift"] for one in sets if one["false_alarms"] <= 0.25]
    assert steady == sorted(steady)
    assert found["power"] is None
    assert found["untried"] == []


def test_a_quiet_unit_among_noisy_ones_is_the_best_to_treat(tmp_path: Path) -> None:
    """Planted: one unit follows the common path closely, the others loosely."""
    rng = np.random.default_rng(5)
    path = 100 + rng.normal(0, 2, 60).cumsum()
    noise = np.full(24, 6.0)
    noise[[3, 4, 5]] = 0.2
    values = path[:, None] + rng.normal(0, 1, (60, 24)) * noise
    best = planned(tmp_path, {"method": "demeaned", "horizon": 6, "windows": 4}, values).content[
        "best_sets"
    ][0]
    assert set(best["units"]) <= {"u03", "u04", "u05"}


def test_a_set_of_two_is_planned_as_their_mean(tmp_path: Path) -> None:
    """Twin: the two columns' mean as one unit of a panel without them."""
    values = by_formula()[:40]
    both = planned(tmp_path, QUICK | {"treated": ["u00", "u01"]}, values).content["power"]
    mean = np.column_stack([values[:, :2].mean(axis=1), values[:, 2:]])
    one = planned(tmp_path, QUICK, mean, ("u00", *NAMES[2:])).content["power"]
    assert both == one


def test_what_is_held_back_is_told_with_whether_a_test_is_possible(tmp_path: Path) -> None:
    rows = planned(tmp_path, {"method": "demeaned", "horizon": 6, "windows": 4}).content[
        "held_back"
    ]
    assert [(one["n"], one["enough"]) for one in rows] == [(2, False), (3, False), (19, True)]
    assert rows[0]["mde"] is None
    assert len(rows[2]["held_back"]) == 19


def test_too_few_donors_for_the_level_are_said(tmp_path: Path) -> None:
    few = by_formula()[:40, :9]
    made = planned(tmp_path, QUICK, few, NAMES[:9])
    assert [one.code for one in made.notices] == ["p_floor"]
    assert made.content["power"]["mde"] is None


@pytest.mark.parametrize(
    ("lens", "code"),
    (
        ({"horizon": 31}, "too_few_periods"),
        ({"treated": ["nowhere"]}, "unknown_unit"),
        ({"method": "bsts"}, "no_power_by_method"),
        ({"start": 0}, "no_quiet_period"),
    ),
)
def test_a_plan_that_cannot_be_made_is_refused(
    tmp_path: Path, lens: dict[str, Any], code: str
) -> None:
    with pytest.raises(VerdictError) as refused:
        planned(tmp_path, QUICK | lens)
    assert refused.value.code == code
    assert refused.value.fix


def test_a_large_panel_lists_what_was_not_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound on refits, set as low as a panel of thousands of units would find it."""
    monkeypatch.setattr(best_sets, "MOST_FITS", 96 * 4)
    found = planned(tmp_path, {"method": "demeaned", "horizon": 6, "windows": 4}).content
    tried = {one["units"][0] for one in found["best_sets"] if one["size"] == 1}
    assert len(tried) == 2
    assert {one["unit"] for one in found["untried"]} == set(NAMES) - tried
    misses = [one["rmspe_pre_over_mean"] for one in found["untried"]]
    assert misses == sorted(misses)


def plan_file(folder: Path, *lines: str) -> Path:
    write(folder, by_formula()[:40], range(40))
    file = folder / "plan.toml"
    file.write_text(
        'version = 1\nname = "Plan"\n[log]\npath = "panel.csv"\n[columns]\nregion = "region"\n'
        'time = "period"\n[[metrics]]\nname = "Value"\nrole = "primary"\ncolumn = "value"\n'
        "[synthetic_control]\n" + "\n".join(lines) + "\n",
        encoding="utf-8",
    )
    return file


def test_the_command_line_plans(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = plan_file(
        tmp_path, 'treated = ["u00"]', "horizon = 6", "windows = 4", 'method = "demeaned"'
    )
    assert main(["plan", str(file)]) == 0
    said = capsys.readouterr().out
    assert "Treated u00: a lift of 5.0% would be found four times in five" in said
    assert "Best units to treat" in said
    assert main(["plan", str(file), "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["synthetic_control"]["power"]["mde"] == 0.05
    assert found["log"]["rows"] == 960


def test_the_command_line_refuses_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(plan_file(tmp_path, "horizon = 35"))]) == 2
    said = capsys.readouterr().err
    assert "too_few_periods" in said
    assert "Traceback" not in said
    assert main(["plan", str(launches.write(tmp_path, by_formula(), range(52)))]) == 2
