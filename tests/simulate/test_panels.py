"""Simulated panels: the recipe of the calibration gate, planted effects, the rollout samples."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import Study, run
from analysis.core import StudyError
from analysis.simulate import PANEL_KINDS, GeoPlan, geo_values, panel_log, panel_truth, template
from analysis.simulate.panel import draw_days, untreated
from analysis.simulate.panel_plan import PanelPlan
from analysis.simulate.panel_scenarios import ASSISTANT_ROLLOUT
from analysis.simulate.samples import REAL


def sample(project: Path, name: str) -> Path:
    return project / "data" / "samples" / f"{name}.toml"


def test_the_recipe_of_the_gate_draws_the_panel_whose_first_number_is_known() -> None:
    assert geo_values(GeoPlan(), 0)[0, 0] == pytest.approx(526.11612314, abs=5e-9)
    assert geo_values(GeoPlan(), 0).shape == (98, 24)


def test_a_lift_moves_the_treated_market_after_the_start_and_nothing_else() -> None:
    plain, lifted = geo_values(GeoPlan(), 7), geo_values(GeoPlan(lift=0.08), 7)
    np.testing.assert_array_equal(lifted[:84], plain[:84])
    np.testing.assert_array_equal(lifted[:, 1:], plain[:, 1:])
    np.testing.assert_allclose(lifted[84:, 0], 1.08 * plain[84:, 0], rtol=1e-15)


def test_a_version_moves_nothing_before_it_came_and_nobody_whom_it_does_not_reach() -> None:
    plan = ASSISTANT_ROLLOUT
    with_it, without = draw_days(plan, 5), draw_days(untreated(plan), 5)
    reached = [plan.units.index(name) for name in plan.reached]
    others = [i for i in range(len(plan.units)) if i not in reached]
    for one, other in ((with_it.tasks, without.tasks), (with_it.complaints, without.complaints)):
        np.testing.assert_array_equal(one[: plan.pre], other[: plan.pre])
        np.testing.assert_array_equal(one[:, others], other[:, others])
        assert (one[plan.pre :, reached] != other[plan.pre :, reached]).any()


def test_the_total_adds_up_the_regions_and_a_late_region_has_no_rows_before_it_opened() -> None:
    log = panel_log(ASSISTANT_ROLLOUT, 31).to_pandas()
    regions = log[log["region"] != "All regions"]
    total = log[log["region"] == "All regions"].set_index("day")
    sums = regions.groupby("day")[["tasks", "cost_usd", "complaints"]].sum()
    pd.testing.assert_frame_equal(
        sums, total[["tasks", "cost_usd", "complaints"]], check_dtype=False, rtol=1e-12
    )
    days = sorted(total.index)
    assert regions[regions["region"] == "Vietnam"]["day"].min() == days[66]
    assert len(days) == ASSISTANT_ROLLOUT.pre + ASSISTANT_ROLLOUT.post


def test_the_truth_of_a_panel_is_what_its_treated_days_would_have_been(project: Path) -> None:
    """Read off the log and off the log of the same seed without the version, by hand."""
    study = Study.read(sample(project, "assistant_rollout"))
    told = panel_truth(ASSISTANT_ROLLOUT, 31, study)
    means = []
    for plan in (untreated(ASSISTANT_ROLLOUT), ASSISTANT_ROLLOUT):
        log = panel_log(plan, 31).to_pandas()
        after = log[(log["region"] == "Netherlands") & (log["day"] >= "2026-05-25")]
        means.append([after["tasks"].mean(), (after["cost_usd"] / after["tasks"]).mean()])
    for place, metric in enumerate(("Tasks completed", "Cost per task")):
        assert told[metric].control == pytest.approx(means[0][place], rel=1e-12)
        assert told[metric].treatment == pytest.approx(means[1][place], rel=1e-12)
    assert told["Tasks completed"].lift == pytest.approx(0.07, abs=5e-4)
    assert told["Cost per task"].lift == pytest.approx(0.01, abs=5e-4)


def test_the_rollout_sample_ends_in_ship_and_its_intervals_hold_the_truth(project: Path) -> None:
    content = run(Study.read(sample(project, "assistant_rollout"))).content
    found = content["synthetic_control"]
    truth = json.loads(
        (project / "data" / "samples" / "assistant_rollout.truth.json").read_text("utf-8")
    )
    assert content["verdict"]["decision"] == "ship"
    assert found["verdict"]["finding"] == "effect_likely"
    lift = truth["Tasks completed"]["lift"]
    assert found["lift_low"] < lift < found["lift_high"]
    dropped = {row["unit"]: row["reason"] for row in found["donors"] if row["status"] == "dropped"}
    assert dropped == {
        "All regions": "aggregate_donor",
        "Belgium": "affected",
        "Netherlands": "treated",
        "Vietnam": "missing_cells",
    }
    rows = {row["name"]: row for row in found["metrics"]}
    cost = rows["Cost per task"]
    assert cost["guardrail"] == "safe"
    assert cost["lift_low"] < truth["Cost per task"]["lift"] < cost["lift_high"]


def test_a_touched_donor_that_is_not_declared_makes_the_effect_look_smaller(project: Path) -> None:
    """Why the form asks which donors the launch reached."""
    path = sample(project, "assistant_rollout")
    study = Study.read(path)
    assert study.synthetic_control is not None
    declared = run(study).content["synthetic_control"]
    lens = replace(study.synthetic_control, affected=(), donors=("Belgium", "Germany"))
    undeclared = run(replace(study, synthetic_control=lens)).content["synthetic_control"]
    assert undeclared["weights"]["Belgium"] > 0.2
    assert undeclared["lift"] < declared["lift"]


def test_a_switch_of_everybody_is_refused_with_what_could_serve(project: Path) -> None:
    with pytest.raises(StudyError) as refused:
        run(Study.read(sample(project, "workspace_switch")))
    assert refused.value.code == "no_untreated_unit"
    assert "12 units" in refused.value.what
    assert "hold back" in refused.value.fix


def test_what_is_known_of_a_real_log_was_published_and_is_not_called_its_truth(
    project: Path,
) -> None:
    for name in REAL:
        study = Study.read(sample(project, name))
        path = project / "data" / "samples" / f"{name}.truth.json"
        told = json.loads(path.read_text(encoding="utf-8"))
        assert list(told) == [metric.name for metric in study.metrics]
        for one in told.values():
            assert list(one) == ["published"]
            assert all(row["source"] and row["method"] for row in one["published"])
        assert (project / "data" / "samples" / f"LICENSE.{name}").exists()


@pytest.mark.parametrize("kind", ("panel", "geo_panel", "geo_panel_null"))
def test_a_panel_kind_is_a_panel_of_every_unit_and_day(kind: str) -> None:
    log = panel_log(PANEL_KINDS[kind], 3).to_pandas()
    unit = "market" if kind.startswith("geo") else "region"
    counts = log.groupby(unit)["day"].nunique()
    assert len(counts) == 24
    assert counts.nunique() == 1
    assert not log.duplicated(["day", unit]).any()


def test_the_template_is_a_small_panel_that_says_who_was_treated_when(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(template("synthetic_control"))))
    assert len(rows) == 12 * 56
    assert {row["treated_from"] for row in rows} == {"", "2026-03-16"}
    log = tmp_path / "log.csv"
    log.write_text(template("synthetic_control"))
    study = Study.parse(
        {
            "log": {"path": str(log)},
            "columns": {"region": "region", "time": "day"},
            "metrics": [{"name": "Tasks", "column": "tasks", "role": "primary"}],
            "synthetic_control": {},
        }
    )
    found = run(study).content["synthetic_control"]
    assert found["treated"] == ["Argentina"]
    assert found["n_pre"] == 42
    assert found["lift"] == pytest.approx(0.08, abs=0.05)


def test_a_plan_without_effects_says_nothing_happened(project: Path) -> None:
    study = Study.read(sample(project, "workspace_switch"))
    told = panel_truth(PanelPlan(("a", "b"), reached={"a": 1.0}), 1, study)
    assert told["Tasks completed"].difference == 0
