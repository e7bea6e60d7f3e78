"""From a log that just came in to a draft study, which keeps what the intake says of the log."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis import logs
from analysis.core import Notice
from analysis.store import LogRecord, Store, StudyRow, forget, study_place, study_work
from pages.ui import uploads

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
        },
    )
    if not {"ab", "interleaving"} & row.definition.keys():
        suggested = logs.suggest(source, paths, row.name)
        store.edit(row.id, {**suggested, **row.definition}, ready=True)


def read_as(store: Store, row: StudyRow, lens: str) -> None:
    """Begin the study anew on the same log, as a study of arms or of lists."""
    path = row.definition["log"]["path"]
    paths = (path,) if isinstance(path, str) else tuple(path)
    source = logs.open_source(paths, base=study_place(store, row), work=study_work(store, row))
    bare = {"version": 1, "name": row.name, "columns": {}, "interleaving": {"alpha": 0.05}}
    if lens == "interleaving":
        suggested = logs.suggest_lists(source, paths, row.name) or bare
    else:
        suggested = logs.suggest(source, paths, row.name, lists=False)
    store.edit(row.id, {**suggested, "log": row.definition["log"]}, ready=True)


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
