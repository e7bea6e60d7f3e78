"""Every trap of the method, one test a trap, on the command line wherever a log is the trap."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.core import Floats
from analysis.logs import read_panel
from analysis.study import Study
from analysis.synthetic_control.block import Asked, Measured, measure
from analysis.synthetic_control.choose import placebo_method
from analysis.synthetic_control.conformal import conformal
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.placebos import last_rank, rank
from tests.synthetic_control.panels import formula, random_panel
from tests.synthetic_control.road import (
    Answer,
    long_rows,
    names,
    run_panel,
    run_study,
    write_rows,
)

ROOT = Path(__file__).parents[2]
START = 24
CHECKED = ("classic", "demeaned", "indexed")


def small(seed: int = 1, units: int = 12, effect: float = 0.0) -> Floats:
    """(30, units); the first unit is treated from period 24."""
    values = random_panel(seed, 30, units) + 60
    values[:, 0] = values[:, 1:5].mean(axis=1) + np.random.default_rng(seed).normal(0, 0.3, 30)
    values[START:, 0] += effect
    return values


def measured(values: Floats, key: str, pre: int = START, **asked: Any) -> Measured:
    panel = Panel(values, pre, pre)
    method = placebo_method(key, panel, None, demean=False)
    units = tuple(names(values.shape[1])[1:])
    labels = tuple(str(t) for t in range(values.shape[0]))
    told = {"alpha": 0.05, "estimator": key, "residuals": method.residuals, **asked}
    return measure(panel, method.make, Asked(units, labels, **told))


@pytest.mark.parametrize("key", (*CHECKED, "ridge", "sdid"))
def test_1_weights_do_not_look_at_post_values(key: str) -> None:
    plain = small(effect=3.0)
    other = plain.copy()
    other[START:] = np.random.default_rng(3).normal(50, 20, other[START:].shape)
    one, two = measured(plain, key), measured(other, key)
    assert one.weights.weights.tobytes() == two.weights.weights.tobytes()
    assert one.own.gaps[:START].tobytes() == two.own.gaps[:START].tobytes() or key == "sdid"


def test_2_a_start_one_period_later_adds_one_pre_period() -> None:
    first, later = run_panel(small(), START).panel, run_panel(small(), START + 1).panel
    assert (first["n_pre"], first["n_post"]) == (24, 6)
    assert (later["n_pre"], later["n_post"]) == (25, 5)
    phases = [row["phase"] for row in first["gaps"]]
    assert phases == ["pre"] * 24 + ["post"] * 6


def test_5_the_order_of_rows_columns_and_units_changes_no_byte() -> None:
    values = small(effect=2.0)
    rows = long_rows(values, names(12))
    mixed = [rows[i] for i in np.random.default_rng(5).permutation(len(rows))]
    first, second = run_panel(values, START), run_panel(values, START, rows=mixed)
    assert json.dumps(first.panel) == json.dumps(second.panel)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        turned = [[value, period, unit] for unit, period, value in mixed]
        write_rows(folder / "panel.csv", ["value", "period", "unit"], turned)
        study = {
            "log": {"path": "panel.csv"},
            "columns": {"region": "unit", "time": "period"},
            "metrics": [{"name": "Value", "column": "value", "role": "primary"}],
            "synthetic_control": {"treated": ["u00"], "start": START},
        }
        third = run_study(study, folder)
    assert json.dumps(first.panel) == json.dumps(third.panel)
    assert first.content["verdict"] == third.content["verdict"]


def test_6_without_a_donor_of_no_weight_the_classic_fit_is_the_same() -> None:
    values = small(effect=2.0)
    plain = measured(values, "classic")
    idle = 1 + int(np.flatnonzero(plain.weights.weights == 0)[0])
    fewer = measured(np.delete(values, idle, axis=1), "classic")
    np.testing.assert_allclose(fewer.own.gaps, plain.own.gaps, atol=1e-9)


@pytest.mark.parametrize("key", ("classic", "demeaned"))
def test_7_a_donor_twice_leaves_the_counterfactual_as_it_is(key: str) -> None:
    values = small(effect=2.0)
    plain = measured(values, key)
    carrier = 1 + int(plain.weights.weights.argmax())
    twice = measured(np.column_stack([values, values[:, carrier]]), key)
    np.testing.assert_allclose(twice.own.gaps, plain.own.gaps, atol=1e-8)
    assert not twice.content["weights_unique"]


def test_7_the_audit_keeps_one_of_two_equal_donors() -> None:
    values = small(effect=2.0)
    plain = run_panel(values, START)
    answer = run_panel(np.column_stack([values, values[:, 3]]), START)
    assert answer.codes["duplicate_donor"] == "warn"
    dropped = [row["unit"] for row in answer.panel["donors"] if row["reason"] == "duplicate_donor"]
    assert dropped == ["u12"]
    assert answer.panel["att"] == pytest.approx(plain.panel["att"], rel=1e-12)


def event_rows(seed: int = 4) -> list[tuple[str, str, str, float]]:
    """Unit, day, event, value: six units, 30 days from 1 March; u5 skips tasks on some days."""
    rng = np.random.default_rng(seed)
    rows = []
    for t in range(30):
        day = f"2026-03-{t + 1:02d}"
        common = rng.normal(0, 2)
        for j in range(6):
            tasks = max(int(20 + 2 * j + common + rng.normal(0, 2)), 1)
            tasks += 6 * (j == 0 and t >= START)
            if j == 5 and t in (3, 11, 17):
                tasks = 0
            stamps = [f"{day}T{9 + i % 12:02d}:{i % 60:02d}:00Z" for i in range(tasks)]
            rows += [(f"u{j}", stamp, "task", float(rng.normal(5, 1))) for stamp in stamps]
        rows.append(("u1", f"{day}T23:50:00Z", "page", 1.0))
        rows.append(("u1", f"{day}T00:05:00Z", "page", 1.0))
    return rows


def run_events(rows: Sequence[Sequence[Any]], metric: dict[str, Any], **lens: Any) -> Answer:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_rows(folder / "log.csv", ["unit", "ts", "event", "value"], rows)
        study = {
            "log": {"path": "log.csv"},
            "columns": {"region": "unit", "time": "ts", "event": "event", "value": "value"},
            "metrics": [{"name": "M", "role": "primary", **metric}],
            "synthetic_control": {"treated": ["u0"], "start": "2026-03-25", **lens},
        }
        return run_study(study, folder)


def test_8_a_count_without_rows_is_zero_and_a_mean_without_rows_is_missing() -> None:
    count = run_events(event_rows(), {"kind": "count", "event": "task"}).panel
    cells = {(row["unit"], row["period"]): row["value"] for row in count["panel"]["rows"]}
    assert [cells["u5", f"2026-03-{day:02d}"] for day in (4, 12, 18)] == [0, 0, 0]
    assert count["panel"]["missing_cells"] == []
    # A series that touches 0 has no level to index by.
    assert count["estimator"] == "demeaned"
    mean = run_events(event_rows(), {"kind": "mean", "event": "task"}).panel
    gone = [(row["unit"], row["period"], row["reason"]) for row in mean["panel"]["missing_cells"]]
    assert gone == [("u5", f"2026-03-{day:02d}", "zero_exposure") for day in (4, 12, 18)]
    assert next(row for row in mean["donors"] if row["unit"] == "u5")["reason"] == "missing_cells"


def test_8_zeros_in_place_of_missing_rates_would_change_the_effect() -> None:
    values = small(effect=2.0)
    carrier = 1 + int(measured(values, "classic").weights.weights.argmax())
    holes, zeros = values.copy(), values.copy()
    holes[[3, 9], carrier], zeros[[3, 9], carrier] = np.nan, 0.0
    kept = run_panel(holes, START, method="classic", missing="drop_periods").panel
    filled = run_panel(zeros, START, method="classic").panel
    plain = run_panel(values, START, method="classic").panel
    assert kept["n_pre"] == 22
    assert abs(filled["att"] - plain["att"]) > 5 * abs(kept["att"] - plain["att"])


@pytest.mark.parametrize("name", ("Total", "  ALL regions", "worldwide", "zz-region", "u99"))
@pytest.mark.parametrize("how", ("sum", "mean"))
def test_9_a_total_of_the_units_is_dropped_under_any_name(name: str, how: str) -> None:
    values = small(effect=2.0)
    total = getattr(values, how)(axis=1)
    units = [*names(12), name]
    answer = run_panel(np.column_stack([values, total]), START, units=units)
    assert answer.codes["aggregate_donor"] == "warn"
    reasons = {row["unit"]: row["reason"] for row in answer.panel["donors"]}
    assert reasons[name.strip()] == "aggregate_donor"
    plain = run_panel(values, START).panel
    assert answer.panel["att"] == pytest.approx(plain["att"], rel=1e-9)


def test_10_no_placebo_ever_has_a_treated_unit_as_its_donor() -> None:
    values = small(effect=4.0)
    other = values.copy()
    other[:, 0] = 0.3 * values[:, 0] + 11
    for key in ("classic", "demeaned"):
        one, two = measured(values, key), measured(other, key)
        assert [p.t for p in one.others] == [p.t for p in two.others]
        assert one.content["p_t_with_treated"] is not None
    starts = {"u00": START, "u03": START + 2}
    third = values.copy()
    third[:, 3] = 0.5 * values[:, 3] + 7
    found = [staggered(one, starts) for one in (values, third)]
    for block in found:
        assert {row["unit"] for row in block["donors"] if row["status"] == "kept"}.isdisjoint(
            starts
        )
    one, two = (next(row for row in block["per_unit"] if row["unit"] == "u00") for block in found)
    assert one["placebos"] == two["placebos"]
    assert one["att"] == two["att"]


def staggered(values: Floats, starts: dict[str, int]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows = long_rows(values, names(values.shape[1]))
        write_rows(folder / "panel.csv", ["unit", "period", "value"], rows)
        study = {
            "log": {"path": "panel.csv"},
            "columns": {"region": "unit", "time": "period"},
            "metrics": [{"name": "Value", "column": "value", "role": "primary"}],
            "synthetic_control": {"method": "classic", "starts": starts},
        }
        return run_study(study, folder).panel


def test_12_ties_count_against_the_treated_and_no_p_is_below_one_in_n() -> None:
    assert rank(2.0, [2.0, 1.0]) == 2
    assert rank(2.0, [2.0 * (1 - 1e-12), 1.0]) == 2
    assert rank(2.0, [1.9, 1.0]) == 1
    assert rank(0.0, [0.0] * 9) == 10
    found = run_panel(small(effect=50.0), START).panel
    for name in ("p_value", "p_t", "p_ratio", "p_att", "p_t_with_treated", "p_floor"):
        assert found[name] == 1 / 12
    assert found["conformal"]["p_zero_effect"] >= found["conformal"]["p_min"] == 1 / 30


def test_13_eight_donors_reach_no_level_have_no_interval_and_are_never_green() -> None:
    answer = run_panel(small(units=9, effect=50.0), START)
    found = answer.panel
    assert found["p_value"] == found["p_floor"] == 1 / 9
    assert found["k"] == 0
    assert found["att_low"] is found["att_high"] is found["lift_low"] is None
    assert [(row["low"], row["high"], row["status"]) for row in found["intervals"]] == [
        (None, None, "unbounded")
    ] * 2
    assert answer.codes["p_floor"] == "warn"
    assert found["verdict"]["finding"] == "mixed"
    assert found["verdict"]["rule"] == "sc3"
    assert found["verdict"]["decision"] == "keep_running"
    assert "0.111" in found["verdict"]["headline"]


def test_14_an_exact_combination_of_donors_leaves_nothing_to_test() -> None:
    values = small()
    values[:, 0] = 0.25 * values[:, 1] + 0.75 * values[:, 2]
    values[START:, 0] += 2
    answer = run_panel(values, START, method="classic")
    found = answer.panel
    assert found["att"] == pytest.approx(2, abs=1e-6)
    assert found["rmspe_ratio"] is found["t"] is found["p_value"] is found["p_ratio"] is None
    assert found["fit_status"] == "perfect_fit"
    assert answer.codes["perfect_fit"] == "stop"
    assert_no_claim(answer)


def test_15_a_treated_unit_above_all_donors_is_no_case_for_the_classic_method() -> None:
    values = small()
    values[:, 0] = values[:, 1:5].mean(axis=1) * 3
    values[START:, 0] += 80
    answer = run_panel(values, START, method="classic")
    assert answer.codes["outside_convex_hull"] == "stop"
    assert answer.panel["pre_fit"]["outside_share"] == 1.0
    assert answer.panel["conformal"]["p_zero_effect"] <= 0.05
    assert_no_claim(answer)
    indexed = run_panel(values, START, method="indexed")
    level = indexed.codes.get(
        "outside_convex_hull", indexed.codes.get("outside_convex_hull_intercept")
    )
    assert level == "warn"
    assert indexed.panel["verdict"]["rule"] != "sc1"


def test_16_six_pre_periods_and_thirty_donors_cannot_say_anything() -> None:
    values = random_panel(8, 12, 31) + 60
    values[6:, 0] += 30
    answer = run_panel(values, 6)
    assert answer.codes["too_few_pre_periods"] == "stop"
    assert answer.panel["fit_equivalent"]
    assert_no_claim(answer)


def assert_no_claim(answer: Answer) -> None:
    """A stop: the finding, the decision, and no word that says more."""
    found = answer.panel
    ruled = found["verdict"]
    assert (ruled["finding"], ruled["rule"]) == ("cannot_say", "sc1")
    assert answer.content["verdict"]["decision"] == "do_not_use"
    assert ruled["headline"].startswith("Cannot say: ")
    said = json.dumps({"verdict": ruled, "metrics": found["metrics"]}).casefold()
    for word in ('"significant": true', "significant at", 'better"', 'worse"', "rose", " fell "):
        assert word not in said.replace('"better": "higher"', ""), word


def test_no_stop_of_a_further_metric_lets_it_be_called_significant_or_better() -> None:
    """A guardrail far outside its donors moves a lot, and nothing is said of it."""
    values = small(effect=4.0)
    other = values.copy()
    other[:, 0] = values[:, 1:5].mean(axis=1) + np.repeat([30.0, -30.0], [12, 18])
    rows = [
        [unit, period, value, float(other[int(period), int(unit[1:])])]
        for unit, period, value in long_rows(values, names(12))
    ]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_rows(folder / "panel.csv", ["unit", "period", "value", "cost"], rows)
        metrics = [
            {"name": "Value", "column": "value", "role": "primary"},
            {
                "name": "Cost", "column": "cost", "role": "guardrail", "better": "lower",
                "margin": 0.05,
            },
        ]  # fmt: skip
        study = {
            "log": {"path": "panel.csv"},
            "columns": {"region": "unit", "time": "period"},
            "metrics": metrics,
            "synthetic_control": {"treated": ["u00"], "start": START},
        }
        found = run_study(study, folder).panel
    row = found["metrics"][0]
    assert row["stops"] == ["poor_pre_fit"]
    assert row["significant"] is False
    assert row["reading"] == "no_clear_change"
    assert row["guardrail"] == "unproven"
    assert found["verdict"]["decision"] != "ship"


def test_17_a_pretended_start_shows_an_effect_that_came_early() -> None:
    values = small(effect=5.0)
    leaked = values.copy()
    leaked[START - 6 : START, 0] += 5
    clean, early = run_panel(values, START), run_panel(leaked, START)
    assert "anticipation_or_wrong_date" not in clean.codes
    assert clean.panel["verdict"]["finding"] == "effect_likely" or clean.panel["k"] == 0
    assert early.codes["anticipation_or_wrong_date"] == "warn"
    assert any(row["flagged"] for row in early.panel["in_time_placebo"])
    assert early.panel["verdict"]["finding"] != "effect_likely"


@pytest.mark.parametrize("theta", (0.0, 2.0, 5.0))
def test_18_a_conformal_p_value_refits_under_its_null(theta: float) -> None:
    """Twin: every step spelled out, with weights by the classic solver on all periods."""
    from analysis.synthetic_control.weights import simplex

    values = small(effect=3.0)
    method = placebo_method("classic", Panel(values, START, START), None, demean=False)
    working = method.make(Panel(values, START, START))
    assert method.residuals is not None
    residuals = method.residuals
    found = conformal(Panel(values, START, START), lambda one: residuals(one, working), (theta,))
    null = values.copy()
    null[START:, 0] -= theta
    weights = simplex(null[:, 1:] - null[:, :1]).weights
    left = np.abs(null[:, 0] - null[:, 1:] @ weights)
    sums = [np.roll(left, shift)[-6:].sum() for shift in range(30)]
    p = np.mean(np.array(sums) >= left[-6:].sum() * (1 - 1e-9))
    assert found.grid == ((theta, pytest.approx(p)),)


def test_18_residuals_of_a_fit_before_the_start_are_another_test() -> None:
    """They are larger after it without any effect, so its p is too small: far below half."""
    once, refitted = [], []
    for seed in range(12):
        found = measured(random_panel(seed, 30, 12) + 60, "classic")
        assert found.conformal is not None
        sizes = np.abs(found.own.gaps)
        shifts = [np.roll(sizes, s)[-6:].sum() >= sizes[-6:].sum() for s in range(30)]
        once.append(float(np.mean(shifts)))
        refitted.append(found.conformal.p_zero_effect)
    assert np.mean(once) < 0.35
    assert np.mean(refitted) > 0.45


def test_19_and_29_two_runs_on_other_seeds_and_hashes_give_the_same_bytes(tmp_path: Path) -> None:
    rows = long_rows(small(effect=2.0), names(12))
    write_rows(tmp_path / "panel.csv", ["unit", "period", "value"], rows)
    study = {
        "log": {"path": "panel.csv"},
        "columns": {"region": "unit", "time": "period"},
        "metrics": [{"name": "Value", "column": "value", "role": "primary"}],
        "synthetic_control": {"treated": ["u00"], "start": START},
    }
    (tmp_path / "study.json").write_text(json.dumps(study), encoding="utf-8")
    found = []
    for seed, threads in (("1", "1"), ("4242", "2")):
        done = subprocess.run(
            [sys.executable, "-m", "analysis", "run", str(tmp_path / "study.json"), "--json", "-"],
            cwd=ROOT, capture_output=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "OPENBLAS_NUM_THREADS": threads},
        )  # fmt: skip
        found.append(done.stdout)
    assert found[0] == found[1]
    error = json.loads(found[0])["synthetic_control"]["sdid"]["se_placebo"]
    assert error > 0


def test_22_and_23_every_row_of_the_worked_example_is_accounted_for(tmp_path: Path) -> None:
    """Berlin, where the clocks change on 29 March 2026."""
    rows = [
        ("e1", "A", "2026-03-27T23:30:00Z", "task"),
        ("e2", "A", "2026-03-28T22:59:59Z", "task"),
        ("e3", "A", "2026-03-28T23:00:00Z", "task"),
        ("e4", "B", "2026-03-29T21:59:59Z", "task"),
        ("e5", "B", "2026-03-29T22:00:00Z", "task"),
        ("e5", "B", "2026-03-29T22:00:00Z", "task"),
        ("e6", " ", "2026-03-29T10:00:00Z", "task"),
        ("e7", "C", "2026-03-28T12:00:00Z", "page_view"),
        ("e8", "C", "yesterday", "task"),
        ("e9", "C", "2026-03-30T21:30:00Z", "task"),
        ("e10", "B", "2026-03-28T10:00:00Z", "task"),
        ("e11", "C", "2026-03-28T10:00:00Z", "task"),
    ]
    write_rows(tmp_path / "log.csv", ["id", "unit", "ts", "event"], rows)
    for zone, first in (("Europe/Berlin", "2026-03-28"), ("UTC", "2026-03-27")):
        study = Study.parse(
            {
                "log": {"path": "log.csv", "timezone": zone},
                "columns": {"region": "unit", "time": "ts", "event": "event", "id": "id"},
                "metrics": [{"name": "T", "kind": "count", "event": "task", "role": "primary"}],
                "synthetic_control": {
                    "treated": ["A"], "start": "2026-03-30", "partial_periods": "keep",
                },
            }
        )  # fmt: skip
        log = read_panel(study, base=tmp_path, work=tmp_path / "work")
        assert log.axis.labels[0] == first
        panel = log.panels[0]
        lost = {entry.reason: entry.rows for entry in panel.left_out}
        assert panel.rows_in == 12 == panel.rows_used + sum(lost.values())
        if zone == "UTC":
            continue
        assert panel.rows_used == 8
        assert lost == {
            "unparsable_time": 1, "blank_unit": 1, "other_event": 1, "duplicate_event_id": 1,
        }  # fmt: skip
        assert log.units == ("A", "B", "C")
        assert panel.values.tolist() == [[2, 1, 1], [1, 1, 0], [0, 1, 1]]
        assert log.partial_periods == ()


def test_24_a_quiet_night_is_not_a_partial_day() -> None:
    """The log begins at 08:00; a day within began as late, so the first day is whole."""
    rows = [row for row in event_rows() if row[2] == "task"]
    metric = {"kind": "count", "event": "task"}
    kept = run_events(rows, metric)
    assert kept.panel["n_pre"] == 24
    assert not {"partial_first_period", "partial_last_period"} & set(kept.codes)
    cut = [row for row in event_rows() if not (row[1] > "2026-03-30T14:00:00Z")]
    partial = run_events(cut, metric)
    assert partial.codes["partial_last_period"] == "warn"
    assert partial.panel["n_post"] == 5


def test_25_a_unit_launched_within_the_window_is_not_a_series_of_zeros() -> None:
    rows = [row for row in event_rows() if row[0] != "u4" or row[1] >= "2026-03-12"]
    found = run_events(rows, {"kind": "count", "event": "task"}).panel
    reasons = {row["unit"]: row["reason"] for row in found["donors"]}
    assert reasons["u4"] == "short_history"
    # Three empty days among full ones are zeros.
    assert reasons["u5"] is None


@pytest.mark.parametrize("effect", (0.0, 1.0, 40.0))
def test_26_stars_intervals_and_words_come_from_one_test(effect: float) -> None:
    values = random_panel(2, 30, 30) + 60
    values[:, 0] = values[:, 1:5].mean(axis=1) + np.random.default_rng(1).normal(0, 0.3, 30)
    values[START:, 0] += effect
    found = run_panel(values, START).panel
    significant = found["rank"] <= found["k"]
    assert significant == (found["p_value"] <= found["alpha"])
    assert significant == (found["att_low"] > 0 or found["att_high"] < 0)
    assert significant == (abs(found["att"]) > found["detectable_att"])
    assert significant == (found["verdict"]["rule"] in ("sc4", "sc5"))
    signs = [np.sign(found[f"{kind}_{end}"]) for end in ("low", "high") for kind in ("att", "lift")]
    assert signs[0] == signs[1]
    assert signs[2] == signs[3]


@pytest.mark.parametrize("column", ("log_sales", "Sales (log)", "ln sales"))
def test_31_a_metric_in_logs_is_not_indexed(column: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows = long_rows(np.log(small(effect=2.0)), names(12))
        write_rows(folder / "panel.csv", ["unit", "period", column], rows)
        study = {
            "log": {"path": "panel.csv"},
            "columns": {"region": "unit", "time": "period"},
            "metrics": [{"name": "Sales", "column": column, "role": "primary"}],
            "synthetic_control": {"treated": ["u00"], "start": START},
        }
        answer = run_study(study, folder)
    assert answer.panel["estimator"] == "demeaned"
    assert "log_index" in answer.codes


def test_32_mean_and_sum_of_treated_units_have_one_lift_and_say_which_they_are() -> None:
    values = small(effect=3.0)
    values[:, 7] = values[:, 0] + np.random.default_rng(3).normal(0, 0.2, 30)
    mean, total = (
        run_panel(values, START, treated=["u00", "u07"], aggregate=how, alpha=0.1).panel
        for how in ("mean", "sum")
    )
    assert (mean["aggregate"], total["aggregate"]) == ("mean", "sum")
    for name in ("lift", "lift_low", "lift_high", "p_value", "t", "rank"):
        assert mean[name] == pytest.approx(total[name], rel=1e-12)
    assert total["att"] == pytest.approx(2 * mean["att"], rel=1e-12)
    assert total["incremental_total"] == pytest.approx(mean["incremental_total"], rel=1e-12)
    alone = {row["unit"]: row for row in mean["per_unit"]}
    assert set(alone) == {"u00", "u07"}
    for row in alone.values():
        assert not {"u00", "u07"} & {one["unit"] for one in row["placebos"]}
        assert not {"u00", "u07"} & set(row["weights"])


def test_k_is_counted_in_units_and_not_compared_as_floats() -> None:
    assert [last_rank(0.05, n) for n in (19, 20, 39, 40, 100)] == [0, 1, 1, 2, 5]
    assert last_rank(0.1, 10) == last_rank(0.3, 10) - 2 == 1


def test_the_formula_panel_is_what_the_page_says() -> None:
    values = formula()
    assert values.sum() == pytest.approx(70326.7563, abs=5e-5)
    assert (values[0, 0], values[40, 0], values[40, 1]) == (50.7, 67.6732, 70.6082)
