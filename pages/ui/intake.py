"""From a log that just came in to a draft study, which keeps what the intake says of the log."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis import logs
from analysis.core import Notice
from analysis.store import LogRecord, Store, StudyRow, forget, study_place, study_work
from pages.ui import frame, uploads

PREVIEW_ROWS = 20
CELL_LENGTH = 120

Progress = Callable[[str, float], None]


def new_study(
    store: Store,
    paths: list[str],
    progress: Progress,
    *,
    record: LogRecord | None = None,
) -> str:
    """Look at a log and save a draft study on it, guesses filled in; give the study's id.

    Raises:
        LogError: The log cannot be used; then no study is saved.
    """
    name = uploads.title_of(record.name if record else Path(paths[0]).name)
    definition = {"version": 1, "name": name, "log": {"path": paths}}
    study_id = store.save_study(definition, record.sha256 if record else None)
    try:
        understand(store, store.study(study_id), progress)
    except BaseException:
        forget(store, study_id)
        raise
    return study_id


def understand(store: Store, row: StudyRow, progress: Progress) -> None:
    """Look at the study's log, keep what was seen, and fill in what the study does not say."""
    path = row.definition["log"]["path"]
    paths = (path,) if isinstance(path, str) else tuple(path)
    source = logs.open_source(
        paths, base=study_place(store, row), work=study_work(store, row), progress=progress
    )
    guessed = logs.guess_roles(source)
    columns, rows = logs.preview(source, PREVIEW_ROWS)
    store.keep_facts(
        row.id,
        {
            "format": source.format,
            "encoding": source.encoding,
            "rows": source.rows,
            "columns": [list(one) for one in source.columns],
            "why": dict(guessed.reasons),
            "preview": {
                "columns": list(columns),
                "rows": [[_short(cell) for cell in one] for one in rows],
            },
            "personal": [_plain(one) for one in logs.personal_columns(source)],
            "rejected": dict(source.rejected_count),
            "examples": [[one.reason, one.row, one.text] for one in source.rejected[:5]],
            "notices": [_plain(one) for one in source.notices],
            "numbers": [one.name for one in guessed.profiles if one.numeric],
            "names": {
                one.name: one.distinct
                for one in guessed.profiles
                if one.distinct and not one.numeric and not one.temporal
            },
        },
    )
    if not set(frame.LENSES) & row.definition.keys():
        suggested = logs.suggest(source, paths, row.name)
        store.edit(row.id, {**suggested, **row.definition}, ready=True)


def read_as(store: Store, row: StudyRow, lens: str) -> None:
    """Begin the study anew on the same log, for another kind of launch."""
    path = row.definition["log"]["path"]
    paths = (path,) if isinstance(path, str) else tuple(path)
    source = logs.open_source(paths, base=study_place(store, row), work=study_work(store, row))
    bare = {"version": 1, "name": row.name, "columns": {}, "interleaving": {"alpha": 0.05}}
    if lens == "interleaving":
        suggested = logs.suggest_lists(source, paths, row.name) or bare
    elif lens == "synthetic_control":
        suggested = _of_panel(source, paths, row.name)
    else:
        suggested = _of_arms(source, paths, row.name)
    store.edit(row.id, {**suggested, "log": row.definition["log"]}, ready=True)


def _of_arms(source: logs.Source, paths: tuple[str, ...], name: str) -> dict[str, Any]:
    """A study of arms to begin with, also where the log looks like something else."""
    suggested = logs.suggest(source, paths, name, lists=False)
    if "ab" in suggested:
        return suggested
    bare = {key: suggested[key] for key in ("version", "name", "log", "metrics")}
    roles = logs.guess_roles(source).roles
    return {**bare, "columns": dict(roles), "ab": {"alpha": 0.05}}


def _of_panel(source: logs.Source, paths: tuple[str, ...], name: str) -> dict[str, Any]:
    """A study of a panel to begin with: its own suggestion, else that of arms made to fit."""
    suggested = logs.suggest(source, paths, name, lists=False)
    if "synthetic_control" in suggested:
        return suggested
    columns = suggested["columns"]
    metrics = [_in_a_panel(one) for one in suggested["metrics"]]
    if "event" not in columns:
        # Roles of a unit table are no roles of a panel; the panel finds its own.
        columns = {role: columns[role] for role in ("time",) if role in columns}
    else:
        columns = {r: c for r, c in columns.items() if r in ("time", "event", "value", "id")}
    if not metrics:
        metrics = [{"name": "Value", "role": "primary", "better": "higher"}]
    bare = {key: suggested[key] for key in ("version", "name", "log")}
    return {**bare, "columns": columns, "metrics": metrics, "synthetic_control": {"alpha": 0.05}}


def _in_a_panel(metric: dict[str, Any]) -> dict[str, Any]:
    """A metric of units as one of periods: a share of units becomes a number of events."""
    kept = {key: one for key, one in metric.items() if key not in ("covariate", "day")}
    if "event" in kept and kept.get("kind") in ("proportion", "retention"):
        return {**kept, "name": f"{kept['event']} events", "kind": "count"}
    if "column" in kept:
        kept.pop("kind", None)
    return kept


def _plain(notice: Notice) -> dict[str, Any]:
    return {
        "code": notice.code, "level": notice.level, "lens": notice.lens,
        "text": notice.text, "fix": notice.fix,
    }  # fmt: skip


def _short(cell: object) -> str | None:
    if cell is None:
        return None
    text = str(cell)
    return text if len(text) <= CELL_LENGTH else f"{text[: CELL_LENGTH - 1]}…"
