"""A table of past experiments: when an A/B lift may be predicted from an interleaving lift."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis import Study, run
from analysis.core import LogError
from analysis.simulate import template

X = (0.04, -0.01, 0.03, 0.0, 0.06)
Y = (0.02, 0.01, 0.02, -0.01, 0.03)


def found(folder: Path, x: tuple[float, ...], y: tuple[float, ...]) -> dict[str, Any]:
    """The readout of the small example log beside a table of past pairs."""
    (folder / "log.csv").write_text(template("interleaving"))
    rows = [f"e{i},{a!r},0.01,{b!r},0.02" for i, (a, b) in enumerate(zip(x, y, strict=True))]
    table = ["experiment,interleaving_lift,interleaving_se,ab_lift,ab_se", *rows]
    (folder / "past.csv").write_text("\n".join(table) + "\n")
    study = {
        "log": {"path": str(folder / "log.csv")},
        "interleaving": {"past_pairs": str(folder / "past.csv")},
    }
    return run(Study.parse(study)).content


def test_five_pairs_are_described_and_predict_nothing(tmp_path: Path) -> None:
    content = found(tmp_path, X, Y)
    bridge = content["interleaving"]["bridge"]
    assert bridge["sign_agreement"] == pytest.approx(0.6)
    assert bridge["pearson_r"] == pytest.approx(0.8125037776, rel=1e-9)
    assert bridge["ols_slope_ab_on_il"] == pytest.approx(0.4277108434, rel=1e-9)
    assert bridge["deming_slope_ab_on_il"]["value"] == pytest.approx(0.4375516906, rel=1e-9)
    assert bridge["predicted_ab_lift"] is None
    assert "few_bridge_pairs" in {one["code"] for one in content["notices"]}


def test_ten_pairs_predict_with_an_interval(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    x = tuple(float(v) for v in rng.normal(0.03, 0.03, 12).round(4))
    y = tuple(float(v) for v in (np.array(x) * 0.5 + rng.normal(0, 0.005, 12)).round(4))
    bridge = found(tmp_path, x, y)["interleaving"]["bridge"]
    predicted = bridge["predicted_ab_lift"]
    line = stats.linregress(x, y)
    assert predicted["value"] == pytest.approx(
        line.intercept + line.slope * predicted["at"], rel=1e-9
    )
    assert predicted["low"] < predicted["value"] < predicted["high"]


def test_a_table_with_another_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(template("interleaving"))
    (tmp_path / "past.csv").write_text("experiment,lift\na,0.1\n")
    study = {
        "log": {"path": str(tmp_path / "log.csv")},
        "interleaving": {"past_pairs": str(tmp_path / "past.csv")},
    }
    with pytest.raises(LogError, match="interleaving_lift"):
        run(Study.parse(study))
