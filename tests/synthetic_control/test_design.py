"""Who is treated when, which periods and donors count, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import synthetic_control
from analysis.core import VerdictError
from analysis.synthetic_control.design import design
from tests.synthetic_control.launches import by_formula, read, study, write

LABELS = list(range(52))


def made(folder: Path, lens: dict[str, Any], values: Any = None) -> Any:
    """The design of a lens on the panel by formula."""
    values = by_formula() if values is None else values
    asked = study(write(folder, values, LABELS), lens)
    return design(read(asked, folder), asked)


def result(folder: Path, lens: dict[str, Any], values: Any = None) -> dict[str, Any]:
    """The content of a lens on the panel by formula."""
    values = by_formula() if values is None else values
    asked = study(write(folder, values, LABELS), lens)
    return synthetic_control.analyze(read(asked, folder), asked).content


def test_a_start_one_period_later_has_one_more_pre_period(tmp_path: Path) -> None:
    assert made(tmp_path, {"treated": ["u00"], "start": 40}).pre == 40
    assert made(tmp_path, {"treated": ["u00"], "start": 41}).pre == 41


def test_a_transition_is_in_neither_window(tmp_path: Path) -> None:
    found = result(tmp_path, {"treated": ["u00"], "start": 40, "evaluate_from": 43})
    assert (found["n_pre"], found["n_transition"], found["n_post"]) == (40, 3, 9)
    phases = [row["phase"] for row in found["gaps"]]
    assert phases == ["pre"] * 40 + ["transition"] * 3 + ["post"] * 9
    after = [row["gap"] for row in found["gaps"] if row["phase"] == "post"]
    assert found["att"] == pytest.approx(np.mean(after), rel=1e-12)
    assert found["cumulative"] == pytest.approx(np.sum(after), rel=1e-12)


def test_a_later_adopter_serves_until_its_own_start_and_no_longer(tmp_path: Path) -> None:
    values = by_formula()
    values[46:, 23] += 2
    starts = {"u00": 40, "u23": 46}
    lens = {"starts": starts, "method": "classic"}
    apart = result(tmp_path, lens, values)
    serving = result(tmp_path, {**lens, "not_yet_treated": True}, values)
    first, second = serving["per_unit"]
    # The first unit has the second as a donor, and is looked at until that one's start.
    assert (first["n_donors"], first["n_post"]) == (23, 6)
    assert (second["n_donors"], second["n_post"]) == (22, 6)
    assert [one["n_donors"] for one in apart["per_unit"]] == [22, 22]
    # The same first unit, cut by hand.
    alone = result(tmp_path, {"treated": ["u00"], "start": 40, "end": 45, "method": "classic"})
    assert first["att"] == pytest.approx(alone["att"], rel=1e-9)
    assert first["weights"] == pytest.approx(alone["weights"], rel=1e-9)
    # Only those that are never treated play all the starts.
    assert serving["n_units"] == 23


def test_a_hole_in_the_treated_unit_drops_the_period_for_all(tmp_path: Path) -> None:
    values = by_formula()
    values[[3, 44], 0] = np.nan
    found = made(tmp_path, {"treated": ["u00"], "start": 40}, values)
    assert "3" not in found.labels
    assert "44" not in found.labels
    assert found.pre == 39
    assert len(found.donors) == 23
    assert "missing_periods" in {one.code for one in found.notices}


@pytest.mark.parametrize("way", ["drop_donors", "drop_periods"])
def test_missing_cells_of_donors_drop_the_side_that_the_study_names(
    tmp_path: Path, way: str
) -> None:
    values = by_formula()
    values[5, 7] = np.nan
    values[10:30, 8] = np.nan
    found = made(tmp_path, {"treated": ["u00"], "start": 40, "missing": way}, values)
    fate = {one.unit: one.reason for one in found.audited if not one.kept}
    # More than a fifth is missing in u08, so it goes either way.
    assert fate["u08"] == "missing_cells"
    assert ("u07" in fate) == (way == "drop_donors")
    assert ("5" in found.labels) == (way == "drop_donors")


@pytest.mark.parametrize(
    ("lens", "code"),
    [
        ({"treated": ["nowhere"], "start": 40}, "unknown_unit"),
        ({"treated": ["u00"], "start": 99}, "start_outside_log"),
        ({"treated": ["u00"], "start": 0}, "start_outside_log"),
        ({"treated": ["u00"], "start": 1}, "no_pre_period"),
        ({"treated": ["u00"], "start": 40, "evaluate_from": 30}, "evaluated_before_start"),
        ({"treated": ["u00"], "start": 40, "evaluate_from": 77}, "no_post_period"),
        ({"treated": ["u00"], "start": 40, "donors": ["u01"]}, "too_few_donors"),
        ({"treated": [f"u{j:02d}" for j in range(24)], "start": 40}, "no_untreated_unit"),
        ({"treated": ["u00"], "start": 40, "global_rollout": True}, "no_untreated_unit"),
        ({"treated": ["u00"]}, "missing_start"),
        ({}, "no_treated_unit"),
        ({"starts": {"u00": 40}, "treated": ["u00", "u01"]}, "missing_start"),
    ],
)
def test_a_design_that_cannot_be_analysed_is_refused(
    tmp_path: Path, lens: dict[str, Any], code: str
) -> None:
    with pytest.raises(VerdictError) as caught:
        made(tmp_path, lens)
    assert caught.value.code == code
    assert caught.value.fix


def test_sum_and_mean_of_treated_units_have_one_lift(tmp_path: Path) -> None:
    lens = {"treated": ["u00", "u04"], "start": 40, "method": "demeaned"}
    mean = result(tmp_path, lens)
    total = result(tmp_path, {**lens, "aggregate": "sum"})
    assert total["att"] == pytest.approx(2 * mean["att"], rel=1e-12)
    for name in ("lift", "lift_low", "lift_high", "p_value", "t"):
        assert total[name] == pytest.approx(mean[name], rel=1e-12)
    assert total["incremental_total"] == pytest.approx(mean["incremental_total"], rel=1e-12)
    assert (mean["aggregate"], total["aggregate"]) == ("mean", "sum")
    # Each alone, without the other in any pool.
    assert [one["n_donors"] for one in mean["per_unit"]] == [22, 22]
