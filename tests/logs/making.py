"""Small logs written to disk and read through the whole road, and a form to compare them by."""

import hashlib
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.core import Moments
from analysis.logs import ABLog, read_ab
from analysis.study import Study

COLUMNS: dict[str, Any] = {
    "unit": "user",
    "time": "time",
    "arm": "variant",
    "event": "event",
    "value": "value",
    "id": "event_id",
    "segments": ["country"],
}
METRICS: list[dict[str, Any]] = [
    {"name": "clicks", "event": "click", "kind": "count"},
    {"name": "purchases", "event": "purchase", "kind": "count"},
    {"name": "revenue", "event": "purchase", "kind": "sum"},
    {"name": "converted", "event": "purchase", "kind": "proportion"},
]


def study(
    path: str | list[str],
    metrics: list[dict[str, Any]] | None = None,
    *,
    columns: dict[str, Any] | None = None,
    log: dict[str, Any] | None = None,
    **ab: Any,
) -> Study:
    """A study on a log in the working folder."""
    return Study.parse(
        {
            "version": 1,
            "name": "A study",
            "log": {"path": path, **(log or {})},
            "columns": COLUMNS if columns is None else columns,
            "metrics": METRICS if metrics is None else metrics,
            "ab": {"control": "control", **ab},
        }
    )


def read_text(folder: Path, text: str, name: str = "log.csv", **said: Any) -> ABLog:
    """A text log, read."""
    (folder / name).write_text(text, encoding="utf-8")
    return read_ab(study(name, **said), base=folder, work=folder / "work")


def plain(value: Any, *, rows: bool = True) -> Any:
    """Anything in a log as JSON-like values whose floats are exact.

    Args:
        value: What to write.
        rows: Keep row numbers, which say where in the file an example stands.
    """
    if isinstance(value, Moments):
        parts = (value.shift, value.total, value.cross)
        digest = hashlib.sha256(b"".join(np.asarray(p).tobytes() for p in parts)).hexdigest()
        return [value.n, list(value.columns), digest]
    if isinstance(value, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(value, dtype=float).tobytes()).hexdigest()
    if is_dataclass(value) and not isinstance(value, type):
        return plain(
            {k: v for k, v in vars(value).items() if k not in ("source", "left_out_file")},
            rows=rows,
        )
    if isinstance(value, dict):
        return {
            str(k): plain(v, rows=rows)
            for k, v in value.items()
            if k not in ("row", "format") or rows
        }
    if isinstance(value, list | tuple):
        return [plain(one, rows=rows) for one in value]
    if isinstance(value, float):
        return value.hex()
    return value() if callable(value) else value


def dump(log: ABLog, of: Study, *, rows: bool = True) -> Any:
    """Everything a log holds, all of its metrics included."""
    tables = {}
    for metric in of.metrics:
        table = log.metric(metric)
        values = table.values() if table.values is not None else None
        shown = {k: v for k, v in vars(table).items() if k not in ("values", "remember")}
        tables[metric.name] = plain({**shown, "values": values}, rows=rows)
    whole = plain(log, rows=rows)
    if not rows:
        whole["notices"] = [notice for notice in whole["notices"] if "row " not in notice["text"]]
    return {"log": whole, "tables": tables}
