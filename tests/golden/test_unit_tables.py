"""Worked examples, from a file through the whole road to the readout's numbers."""

from pathlib import Path
from typing import Any

import pytest

from analysis import Study, run

CLOSE = 1e-9


def readout(folder: Path, text: str, metrics: list[dict[str, Any]], **study: Any) -> dict[str, Any]:
    """The readout of a small table of units."""
    (folder / "log.csv").write_text(text.strip() + "\n")
    mapping: dict[str, Any] = {
        "log": {"path": str(folder / "log.csv")},
        "columns": {"unit": "unit", "arm": "arm"},
        "metrics": metrics,
        "ab": {"control": "control"},
    }
    for key, value in study.items():
        mapping[key] = mapping.get(key, {}) | value
    return run(Study.parse(mapping)).content


def comparison(content: dict[str, Any], metric: int = 0) -> dict[str, Any]:
    """The one comparison of a metric."""
    found: dict[str, Any] = content["ab"]["metrics"][metric]["comparisons"][0]
    return found


def table(columns: str, **arms: list[tuple[Any, ...]]) -> str:
    """A unit table as CSV: a row a unit, its arm, and its cells."""
    lines = [f"unit,arm,{columns}"]
    for arm, rows in arms.items():
        lines += [f"{arm[0]}{i},{arm},{','.join(map(str, r))}" for i, r in enumerate(rows)]
    return "\n".join(lines)


def column(*values: Any) -> list[tuple[Any, ...]]:
    """One cell a unit."""
    return [(value,) for value in values]


MEANS = table(
    "y",
    treatment=column(12.1, 9.8, 11.4, 13.0, 10.7, 12.6),
    control=column(9.9, 10.4, 8.7, 11.2, 9.5),
)


def test_means(tmp_path: Path) -> None:
    """Welch, Student and Mann-Whitney of eleven units (R: t.test, wilcox.test)."""
    found = comparison(readout(tmp_path, MEANS, [{"name": "y", "kind": "mean"}]))
    assert found["difference"] == pytest.approx(1.66, rel=CLOSE)
    assert found["p_value"] == pytest.approx(0.03065878791, rel=CLOSE)
    assert found["difference_low"] == pytest.approx(0.1935537788, rel=CLOSE)
    assert found["difference_high"] == pytest.approx(3.126446221, rel=CLOSE)
    assert found["lift"] == pytest.approx(0.1670020121, rel=CLOSE)
    assert found["lift_low"] == pytest.approx(0.0183290371, rel=CLOSE)
    assert found["lift_high"] == pytest.approx(0.3372357897, rel=CLOSE)
    assert found["detail"]["welch"]["df"] == pytest.approx(8.979224847, rel=CLOSE)
    assert found["detail"]["student"]["p"] == pytest.approx(0.0339260658, rel=CLOSE)
    assert found["detail"]["mann_whitney"]["u"] == 26
    assert found["detail"]["mann_whitney"]["p"] == pytest.approx(0.05523425372, rel=CLOSE)


@pytest.mark.parametrize(
    ("margin", "better", "t", "p", "fixed"),
    (
        (0.05, "higher", 3.399001309, 0.003997910107, 0.004423595118),
        (0.30, "lower", -1.796044246, 0.05379114901, 0.03591564255),
    ),
)
def test_guardrails_of_means(
    tmp_path: Path, margin: float, better: str, t: float, p: float, fixed: float
) -> None:
    metrics: list[dict[str, Any]] = [
        {"name": "first", "kind": "mean", "column": "y"},
        {
            "name": "y", "kind": "mean", "role": "guardrail", "margin": margin, "better": better
        },
    ]  # fmt: skip
    found = comparison(readout(tmp_path, MEANS, metrics), 1)
    assert found["p_noninferior"] == pytest.approx(p, rel=CLOSE)
    assert found["detail"]["noninferiority"]["t"] == pytest.approx(t, rel=CLOSE)
    assert found["detail"]["noninferiority"]["p_fixed_margin"] == pytest.approx(fixed, rel=CLOSE)


def test_a_negative_baseline(tmp_path: Path) -> None:
    """The lift's sign is that of the difference."""
    text = table(
        "y",
        treatment=column(-8.2, -7.1, -9.0, -7.7),
        control=column(-10.1, -9.4, -11.2, -10.6),
    )
    found = comparison(readout(tmp_path, text, [{"name": "y", "kind": "mean"}]))
    assert found["difference"] == pytest.approx(2.325, rel=CLOSE)
    assert found["p_value"] == pytest.approx(0.005757138716, rel=CLOSE)
    assert found["lift"] == pytest.approx(0.2251815981, rel=CLOSE)
    assert found["lift_low"] == pytest.approx(0.0997667106, rel=CLOSE)
    assert found["lift_high"] == pytest.approx(0.3378006786, rel=CLOSE)


RATIOS = table(
    "y,d,x,py,pd",
    treatment=[
        (3, 20, 18, 2, 18), (0, 6, 9, 1, 9), (5, 31, 27, 4, 27),
        (2, 14, 15, 2, 15), (7, 40, 33, 5, 33), (1, 9, 8, 0, 8),
    ],
    control=[
        (2, 22, 20, 2, 20), (1, 10, 12, 1, 12), (4, 35, 33, 5, 33), (0, 5, 7, 1, 7),
        (3, 28, 25, 3, 25),
    ],
)  # fmt: skip
RATIO = {
    "name": "rate",
    "kind": "ratio",
    "numerator": {"column": "y"},
    "denominator": {"column": "d"},
}


def test_ratios(tmp_path: Path) -> None:
    """The delta method on a ratio of sums."""
    found = comparison(readout(tmp_path, RATIOS, [RATIO]))
    assert (found["treatment_value"], found["control_value"]) == pytest.approx((0.15, 0.1))
    assert found["p_value"] == pytest.approx(0.01213756441, rel=CLOSE)
    assert found["difference_low"] == pytest.approx(0.01413737533, rel=CLOSE)
    assert found["lift_low"] == pytest.approx(0.127261991, rel=CLOSE)
    assert found["lift_high"] == pytest.approx(0.9916422457, rel=CLOSE)
    delta = found["detail"]["delta"]
    assert delta["se"] == pytest.approx(0.01563916025, rel=CLOSE)
    assert delta["df"] == pytest.approx(8.266455229, rel=CLOSE)
    assert delta["p_z"] == pytest.approx(0.001388155383, rel=CLOSE)


def test_cuped_means(tmp_path: Path) -> None:
    """A covariate column, its coefficient pooled over both arms."""
    metric = {"name": "d", "kind": "mean", "covariate": "x"}
    found = comparison(readout(tmp_path, RATIOS, [metric]))
    assert found["difference"] == pytest.approx(1.343097113, rel=CLOSE)
    assert found["p_value"] == pytest.approx(0.1874226254, rel=CLOSE)
    assert found["theta"] == pytest.approx(1.259153543, rel=CLOSE)
    assert found["variance_reduction"] == pytest.approx(0.9852377627, rel=CLOSE)
    assert found["lift_low"] == pytest.approx(-0.05089496946, rel=CLOSE)
    assert found["lift_high"] == pytest.approx(0.221878457, rel=CLOSE)
    cuped = found["detail"]["cuped"]
    assert cuped["treatment_adjusted"] == pytest.approx(20.61049869, rel=CLOSE)
    assert cuped["ancova"]["difference"] == pytest.approx(1.347624565, rel=CLOSE)
    assert cuped["lin"]["se_hc2"] == pytest.approx(0.9604642712, rel=CLOSE)
    raw = found["raw"]
    assert raw["difference"] == pytest.approx(0.0, abs=1e-12)


def test_cuped_ratios(tmp_path: Path) -> None:
    """A ratio adjusted by its own ratio before exposure."""
    metric = RATIO | {"covariate": {"numerator": "py", "denominator": "pd"}}
    found = comparison(readout(tmp_path, RATIOS, [metric]))
    assert found["difference"] == pytest.approx(0.04751826623, rel=CLOSE)
    assert found["theta"] == pytest.approx(0.6968447193, rel=CLOSE)
    cuped = found["detail"]["cuped"]
    assert cuped["se"] == pytest.approx(0.01268068811, rel=CLOSE)
    assert cuped["p_z"] == pytest.approx(0.0001787525434, rel=CLOSE)
    assert cuped["variance_reduction"] == pytest.approx(0.3425559761, rel=CLOSE)


CLUSTERS = {
    "control": ("1001", "000010", "111", "00100"),
    "treatment": ("11011", "001", "1110111", "0001"),
}


def test_clusters(tmp_path: Path) -> None:
    """Members' 0/1 by cluster, the cluster being randomised."""
    lines = ["unit,arm,org,y"]
    for arm, clusters in CLUSTERS.items():
        for i, members in enumerate(clusters):
            lines += [f"{arm}{i}-{j},{arm},{arm}{i},{y}" for j, y in enumerate(members)]
    content = readout(
        tmp_path,
        "\n".join(lines),
        [{"name": "y", "kind": "proportion"}],
        columns={"cluster": "org"},
    )
    found = comparison(content)
    assert found["difference"] == pytest.approx(0.2426900585, rel=CLOSE)
    assert found["p_value"] == pytest.approx(0.3151357027, rel=CLOSE)
    assert found["difference_low"] == pytest.approx(-0.2993406437, rel=CLOSE)
    cluster = found["detail"]["cluster"]
    assert cluster["cr0_se"] == pytest.approx(0.1917413451, rel=CLOSE)
    assert cluster["cr1_se"] == pytest.approx(0.2078877847, rel=CLOSE)
    assert cluster["member_se"] == pytest.approx(0.1640326809, rel=CLOSE)
    assert cluster["design_effect"] == pytest.approx(1.821836966, rel=CLOSE)
    assert cluster["icc"] == pytest.approx(0.2541, abs=2e-5)
    assert content["ab"]["srm"]["counts"] == {"control": 4, "treatment": 4}


HEAVY = table(
    "y",
    treatment=column(0, 0, 3, 8, 0, 40, 5, 0, 12, 900),
    control=column(0, 6, 0, 2, 0, 31, 0, 9, 0, 0),
)


@pytest.mark.parametrize(
    ("base", "cap", "capped", "difference", "p"),
    (("all", 31.9, 2, 4.38, 0.3969900146), ("positive", 126, 1, 14.6, 0.2812915433)),
)
def test_caps(
    tmp_path: Path, base: str, cap: float, capped: int, difference: float, p: float
) -> None:
    """One cap for both arms, of all values or of the positive ones."""
    metric = {"name": "y", "kind": "mean", "cap_quantile": 0.9}
    content = readout(tmp_path, HEAVY, [metric], ab={"options": {"cap_base": base}})
    found = content["ab"]["metrics"][0]
    assert found["cap"]["value"] == pytest.approx(cap, rel=CLOSE)
    assert found["cap"]["capped_units"] == capped
    assert found["comparisons"][0]["difference"] == pytest.approx(difference, rel=CLOSE)
    assert found["comparisons"][0]["p_value"] == pytest.approx(p, rel=CLOSE)


def test_segments(tmp_path: Path) -> None:
    """Cochran's Q, the interaction F and the stratified effect of three levels."""
    levels = {
        "a": ((12, 15, 11, 14, 13), (10, 11, 9, 12)),
        "b": ((9, 8, 10, 9), (9, 10, 8, 9, 11)),
        "c": ((20, 22, 19), (17, 18, 20, 16)),
    }
    treatment = [(y, level) for level, (one, _) in levels.items() for y in one]
    control = [(y, level) for level, (_, nil) in levels.items() for y in nil]
    text = table("y,level", treatment=treatment, control=control)
    content = readout(
        tmp_path, text, [{"name": "y", "kind": "mean"}], columns={"segments": ["level"]}
    )
    found = content["ab"]["segments"][0]
    assert [one["difference"] for one in found["levels"]] == pytest.approx([2.5, -0.4, 2.58333333])
    assert found["cochran_q"] == pytest.approx(8.62573912, rel=CLOSE)
    assert found["cochran_p"] == pytest.approx(0.01339505647, rel=CLOSE)
    assert found["interaction_f"] == pytest.approx(3.268240637, rel=CLOSE)
    assert found["post_stratified"]["se"] == pytest.approx(0.5405926789, rel=CLOSE)


@pytest.mark.parametrize(
    ("control", "treatment", "status", "difference"),
    (
        (("2", "4"), ("10",), "too_few_units", 7.0),
        (("1", "2", "3"), ("", ""), "one_arm_only", None),
        (("3", "3", "3"), ("8", "8", "8"), "no_variance", 5.0),
        (("6", "6", "6", "6"), ("4", "6.5", "5", "7", "8.5", "6"), "ok", 0.1666666667),
    ),
)
def test_degenerate_arms(
    tmp_path: Path,
    control: tuple[str, ...],
    treatment: tuple[str, ...],
    status: str,
    difference: float | None,
) -> None:
    text = table("y", control=column(*control), treatment=column(*treatment))
    found = comparison(readout(tmp_path, text, [{"name": "y", "kind": "mean"}]))
    assert found["status"] == status
    if difference is None:
        assert found["difference"] is None
    else:
        assert found["difference"] == pytest.approx(difference, rel=CLOSE)
    assert (found["p_value"] is None) == (status != "ok")


def test_counted_rows(tmp_path: Path) -> None:
    """37 of 412 against 21 of 398, as successes and trials by day."""
    (tmp_path / "log.csv").write_text(
        "day,arm,won,seen\n1,treatment,30,400\n2,treatment,7,12\n1,control,20,390\n2,control,1,8\n"
    )
    mapping = {
        "log": {"path": str(tmp_path / "log.csv")},
        "columns": {"arm": "arm"},
        "metrics": [{"name": "won", "kind": "proportion", "successes": "won", "trials": "seen"}],
        "ab": {"control": "control"},
    }
    found = comparison(run(Study.parse(mapping)).content)
    assert found["p_value"] == pytest.approx(0.04094269401, rel=CLOSE)
    assert found["difference_low"] == pytest.approx(0.0015725159689, rel=CLOSE)
    assert found["lift_high"] == pytest.approx(1.84349789992, rel=CLOSE)
