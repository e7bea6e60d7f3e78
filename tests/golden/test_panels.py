"""Published panels by study, file and the whole road, against the numbers printed for them."""

from pathlib import Path
from typing import Any

import pytest

from analysis import Study, readout

PANELS = Path(__file__).parent / "panels"


def block(file: str, time: str, **lens: Any) -> dict[str, Any]:
    """The synthetic control block of a wide file's readout."""
    study = Study.parse(
        {
            "version": 1,
            "log": {"path": file},
            "columns": {"time": time},
            "metrics": [{"name": "Outcome", "role": "primary"}],
            "synthetic_control": lens,
        }
    )
    found: dict[str, Any] = readout.run(study, base=PANELS).content["synthetic_control"]
    return found


def test_geolift_example() -> None:
    """Meta's walkthrough: two cities, 90 days and 15 of the test, with fixed effects.

    https://facebookincubator.github.io/GeoLift/docs/GettingStarted/Walkthrough
    """
    cities = ["chicago", "portland"]
    found = block("geolift.csv", "date", treated=cities, start="2021-04-01", method="demeaned")
    assert (found["n_pre"], found["n_post"], found["n_donors"]) == (90, 15, 38)
    assert found["att"] == pytest.approx(155.556, abs=5e-4)
    assert found["lift"] == pytest.approx(0.054, abs=5e-4)
    assert found["incremental_total"] == pytest.approx(4667, abs=0.5)


def test_kansas_tax_cut_classic() -> None:
    """augsynth's vignette: an average effect of -0.029 on log GDP a head, seven donors."""
    found = block("kansas.csv", "year_qtr", treated=["Kansas"], start=2012.25, method="classic")
    assert (found["n_pre"], found["n_post"], found["n_donors"]) == (89, 16, 49)
    assert found["att"] == pytest.approx(-0.029, abs=5e-4)
    weights = {unit: round(weight, 2) for unit, weight in found["weights"].items()}
    published = {
        "South Carolina": 0.30, "Washington": 0.22, "Texas": 0.15, "North Dakota": 0.13,
        "West Virginia": 0.09, "Alaska": 0.07, "Kentucky": 0.05,
    }  # fmt: skip
    assert {unit: weight for unit, weight in weights.items() if weight} == published


def test_kansas_tax_cut_ridge() -> None:
    """The same, augmented with ridge regression: -0.040."""
    found = block("kansas.csv", "year_qtr", treated=["Kansas"], start=2012.25, method="ridge")
    assert found["att"] == pytest.approx(-0.040, abs=5e-4)
