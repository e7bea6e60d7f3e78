"""Small logs on disk read as panels, and a form to compare panels by."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.logs import PanelLog, read_panel
from analysis.study import Study
from tests.logs.making import plain

COUNT = {"name": "Tasks", "event": "task", "kind": "count"}
COLUMN = {"name": "Sales", "column": "sales"}


def study(
    metrics: list[dict[str, Any]] | dict[str, Any] = COUNT,
    *,
    path: str | list[str] = "log.csv",
    columns: dict[str, Any] | None = None,
    log: dict[str, Any] | None = None,
    **lens: Any,
) -> Study:
    """A study of a panel; what is not named is a setting of the lens."""
    return Study.parse(
        {
            "version": 1,
            "log": {"path": path, **(log or {})},
            "columns": columns or {},
            "metrics": metrics if isinstance(metrics, list) else [metrics],
            "synthetic_control": lens,
        }
    )


def read(folder: Path, text: str | Iterable[str], of: Study, **said: Any) -> PanelLog:
    """A log as text, written under the study's first name and read."""
    lines = text if isinstance(text, str) else "\n".join(text) + "\n"
    (folder / of.log.path[0]).write_text(lines, encoding="utf-8")
    return read_panel(of, base=folder, work=folder / "work", **said)


def cells(panel: PanelLog, metric: int = 0) -> dict[str, dict[str, float]]:
    """Period -> unit -> value, of one metric."""
    values = panel.panels[metric].values.tolist()
    return {
        label: dict(zip(panel.units, row, strict=True))
        for label, row in zip(panel.axis.labels, values, strict=True)
    }


def reasons(panel: PanelLog, metric: int = 0) -> dict[str, int]:
    """Why rows left, of one metric."""
    return {one.reason: one.rows for one in panel.panels[metric].left_out}


def lost(panel: PanelLog) -> dict[str, int]:
    """Why rows left, of the log as a whole."""
    return {one.reason: one.rows for one in panel.accounting.left_out}


def notices(panel: PanelLog) -> dict[str, Any]:
    """Code -> notice."""
    return {notice.code: notice for notice in panel.notices}


def dump(panel: PanelLog) -> Any:
    """Everything that must not depend on the order of rows, on files or on engines."""
    assert panel.axis.labels
    return plain(panel, rows=False)
