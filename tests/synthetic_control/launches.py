"""Small panels as files, read as any other log is."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from analysis import Study, logs
from analysis.core import Floats
from analysis.logs import PanelLog

NAMES = tuple(f"u{j:02d}" for j in range(24))


def by_formula() -> Floats:
    """(52, 24): the panel by formula of the specification; u00 is treated from period 40."""
    rows = []
    for t in range(52):
        wave = np.sin(t / 6)
        row = []
        for j in range(24):
            jitter = ((t * t * (7 + j) + 31 * j * j + 17 * t * j + 3 * t) % 103) / 103 - 0.5
            level = 40 + 3 * ((5 * j) % 7) + 6 * (1 + ((3 * j) % 5) / 4) * wave
            row.append((level + 0.1 * (1 + (2 * j) % 3) * t, 2 * jitter))
        base = [one for one, _ in row]
        base[0] = 0.5 * base[4] + 0.3 * base[9] + 0.2 * base[14]
        lifted = 3 if t >= 40 else 0
        rows.append([round(base[j] + row[j][1] + (lifted if j == 0 else 0), 4) for j in range(24)])
    return np.array(rows)


def weeks(count: int) -> list[str]:
    """Mondays."""
    return [(date(2025, 1, 6) + timedelta(weeks=k)).isoformat() for k in range(count)]


def write(
    folder: Path, values: Floats, labels: Sequence[Any], names: Sequence[str] = NAMES
) -> Path:
    """A long file: region, period, value."""
    file = folder / "panel.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["region", "period", "value"])
        for t, label in enumerate(labels):
            for j in range(values.shape[1]):
                rows.writerow([names[j], label, repr(float(values[t, j]))])
    return file


def study(file: Path, lens: Mapping[str, Any], **more: Any) -> Study:
    """A study of the column `value`."""
    return Study.parse(
        {
            "version": 1,
            "name": "A launch",
            "log": {"path": [str(file)]},
            "columns": {"region": "region", "time": "period"},
            "metrics": [{"name": "Value", "role": "primary", "column": "value"}],
            "synthetic_control": dict(lens),
            **more,
        }
    )


def read(study: Study, folder: Path) -> PanelLog:
    """The study's log."""
    return logs.read_panel(study, base=folder, work=folder)
