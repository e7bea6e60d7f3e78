"""Panels kept on disk under a key of log and question, so that asking again only reads."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from analysis.core import Notice
from analysis.logs.accounting import Accounting, LeftOut, Repair
from analysis.logs.column_store import ColumnStore, key_of
from analysis.logs.metric_memo import JUDGED_BY
from analysis.logs.panel_log import Axis, MetricPanel, PanelLog, fold
from analysis.logs.panels.axes import CalendarAxis, LabelAxis
from analysis.logs.panels.calendar import Calendar
from analysis.study import Study, SyntheticControl

# What of the lens shapes a panel; who was treated and how it is analysed does not.
SHAPING = ("frequency", "end", "gaps", "partial_periods")
FACTS = "panel"


def panel_key(study: Study, content: str, most_units: int) -> str:
    """Names a panel: by the log's content and everything of the study that shapes it.

    Args:
        study: What to look at.
        content: Names the log's content.
        most_units: Most units a panel may have.
    """
    lens = study.synthetic_control or SyntheticControl()
    predictors = [
        (one.column, one.train.column if one.train is not None else None) for one in lens.predictors
    ]
    metrics = [
        {name: said for name, said in asdict(metric).items() if name not in JUDGED_BY}
        for metric in study.metrics
    ]
    shaping = [getattr(lens, name) for name in SHAPING]
    columns = asdict(study.columns)
    return key_of(
        "panel", content, study.log.timezone, columns, metrics, shaping, predictors, most_units
    )


class KeptPanel:
    """One panel's place in a folder.

    Mappings come back in the order of their keys, in which they are made.

    Args:
        work: Folder for built tables.
        key: Names the panel.
    """

    def __init__(self, work: Path, key: str) -> None:
        self.store = ColumnStore(work / f"panels-{key[:32]}")

    def read(self) -> PanelLog | None:
        """The panel, if it is there whole."""
        if not self.store.has(FACTS):
            return None
        facts = self.store.facts(FACTS)
        path = facts["accounting"]["left_out_file"]
        if path is not None and not Path(path).exists():
            return None
        return PanelLog(
            units=tuple(facts["units"]),
            axis=_axis(facts["axis"]),
            panels=tuple(self._panel(i, said) for i, said in enumerate(facts["panels"])),
            columns={name: self._array(f"column-{i}") for i, name in enumerate(facts["columns"])},
            treated_from=facts["treated_from"],
            n_periods_in_log=facts["n_periods_in_log"],
            partial_periods=tuple(facts["partial_periods"]),
            log_gaps=tuple(facts["log_gaps"]),
            accounting=_accounting(facts["accounting"]),
            notices=tuple(Notice(**notice) for notice in facts["notices"]),
            folded={fold(unit): unit for unit in facts["units"]},
        )

    def write(self, panel: PanelLog) -> None:
        """Keep a panel; its facts come last, so that half a panel is none."""
        for i, one in enumerate(panel.panels):
            self.store.put(f"values-{i}", one.values)
            self.store.put(f"reasons-{i}", one.reasons)
        for i, values in enumerate(panel.columns.values()):
            self.store.put(f"column-{i}", values)
        path = panel.accounting.left_out_file
        facts = {
            "units": panel.units,
            "axis": {"kind": type(panel.axis).__name__, **_said(panel.axis)},
            "panels": [
                {
                    "metric": one.metric,
                    "kind": one.kind,
                    "zero_filled": one.zero_filled,
                    "rows_in": one.rows_in,
                    "rows_used": one.rows_used,
                    "left_out": [asdict(entry) for entry in one.left_out],
                }
                for one in panel.panels
            ],
            "columns": list(panel.columns),
            "treated_from": panel.treated_from,
            "n_periods_in_log": panel.n_periods_in_log,
            "partial_periods": panel.partial_periods,
            "log_gaps": panel.log_gaps,
            "accounting": asdict(panel.accounting)
            | {"left_out_file": str(path) if path is not None else None},
            "notices": [asdict(notice) for notice in panel.notices],
        }
        self.store.put_facts(FACTS, facts)

    def _array(self, name: str) -> Any:
        return np.array(self.store.array(name))

    def _panel(self, i: int, said: dict[str, Any]) -> MetricPanel:
        left_out = tuple(_left_out(entry) for entry in said.pop("left_out"))
        return MetricPanel(
            values=self._array(f"values-{i}"),
            reasons=self._array(f"reasons-{i}"),
            left_out=left_out,
            **said,
        )


def _said(axis: Axis) -> dict[str, Any]:
    assert isinstance(axis, CalendarAxis | LabelAxis)
    return asdict(axis)


def _axis(said: dict[str, Any]) -> Axis:
    kind = said.pop("kind")
    if kind == CalendarAxis.__name__:
        first, last = said["touched"]
        return CalendarAxis(Calendar(**said["calendar"]), tuple(said["kept"]), (first, last))
    keys, names, kept = (tuple(said[name]) for name in ("keys", "names", "kept"))
    return LabelAxis(keys, names, kept, said["timezone"])


def _left_out(entry: dict[str, Any]) -> LeftOut:
    return LeftOut(entry["reason"], entry["rows"], tuple(entry["examples"]))


def _accounting(said: dict[str, Any]) -> Accounting:
    path = said["left_out_file"]
    given = said | {
        "left_out": tuple(map(_left_out, said["left_out"])),
        "repairs": tuple(Repair(**repair) for repair in said["repairs"]),
        "left_out_file": Path(path) if path is not None else None,
    }
    return Accounting(**given)
