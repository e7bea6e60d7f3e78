"""The whole road: a log and a study on disk, `python -m analysis run`, and its JSON."""

import csv
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analysis.__main__ import main
from analysis.core import Floats

Cell = str | float | int
Content = dict[str, Any]


def write_rows(path: Path, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Path:
    """A CSV file; numbers with all their digits."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([repr(x) if isinstance(x, float) else x for x in row] for row in rows)
    return path


def names(units: int) -> list[str]:
    """u00, u01, ..."""
    return [f"u{j:02d}" for j in range(units)]


def long_rows(values: Floats, units: Sequence[str], first: int = 0) -> list[list[Cell]]:
    """Unit, period, value of every cell of a panel; a cell without a value is blank."""
    return [
        [unit, first + t, "" if values[t, j] != values[t, j] else float(values[t, j])]
        for t in range(values.shape[0])
        for j, unit in enumerate(units)
    ]


@dataclass(frozen=True)
class Answer:
    """What the command line did.

    Attributes:
        status: Its exit status.
        content: The whole readout; empty without one.
        said: What it printed to standard error.
        text: The readout's bytes as text.
    """

    status: int
    content: Content
    said: str
    text: str

    @property
    def panel(self) -> Content:
        """The lens's part."""
        found: Content = self.content["synthetic_control"]
        return found

    @property
    def codes(self) -> dict[str, str]:
        """Notice code = level."""
        return {one["code"]: one["level"] for one in self.content["notices"]}


def run_study(study: Mapping[str, Any], folder: Path) -> Answer:
    """Run a study in a folder that holds its log."""
    path = folder / "study.json"
    path.write_text(json.dumps(study), encoding="utf-8")
    out = folder / "readout.json"
    out.unlink(missing_ok=True)
    import contextlib
    import io

    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        status = main(["run", str(path), "--json", str(out)])
    text = out.read_text(encoding="utf-8") if out.exists() else ""
    return Answer(status, json.loads(text) if text else {}, said.getvalue(), text)


def run_panel(
    values: Floats,
    start: int,
    *,
    treated: Sequence[str] = ("u00",),
    units: Sequence[str] | None = None,
    metric: Mapping[str, Any] | None = None,
    rows: Sequence[Sequence[Cell]] | None = None,
    **lens: Any,
) -> Answer:
    """Run a panel (periods, units) as a long file with numbered periods.

    Args:
        values: The panel.
        start: First treated period.
        treated, units: Names.
        metric: More keys of the metric.
        rows: The file's rows, where they are not simply the panel's.
        lens: More keys of [synthetic_control].
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        units = names(values.shape[1]) if units is None else units
        rows = long_rows(values, units) if rows is None else rows
        write_rows(folder / "panel.csv", ["unit", "period", "value"], rows)
        study = {
            "log": {"path": "panel.csv"},
            "columns": {"region": "unit", "time": "period"},
            "metrics": [{"name": "Value", "column": "value", "role": "primary", **(metric or {})}],
            "synthetic_control": {"treated": list(treated), "start": start, **lens},
        }
        return run_study(study, folder)


def near(value: float, digits: int) -> Any:
    """Equal as printed with so many decimals."""
    return pytest.approx(value, abs=0.5000001 * 10**-digits)
