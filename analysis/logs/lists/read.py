"""From a study to what the interleaving wing sees of its log."""

from collections.abc import Callable
from pathlib import Path

from analysis.core import LogError
from analysis.logs.engines import Engine, open_duckdb, open_spark
from analysis.logs.intake import Source, open_source
from analysis.logs.list_log import ListLog
from analysis.logs.lists.headers import match_headers
from analysis.logs.lists.opened import Opened
from analysis.logs.lists.shapes import recognise
from analysis.logs.lists.slots import SlotReading
from analysis.logs.lists.totals import read_totals
from analysis.study import Study

Progress = Callable[[str, float], None]


def read_lists(
    study: Study,
    *,
    base: Path,
    work: Path,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> ListLog:
    """The log of a study, ready for the interleaving wing.

    Args:
        study: What to look at.
        base: Folder that paths in the study start from.
        work: Folder for converted rows and spilled tables.
        engine: An engine with the log open; else the study says which.
        progress: Hears (what is done, share from 0 to 1).

    Raises:
        LogError: The log cannot be read, or does not fit the study.
    """
    report = progress or (lambda _what, _share: None)
    sources: dict[str, Source] = {}
    opened = engine
    if engine is not None and study.log.events:
        raise _events_need_a_file()
    if opened is None:
        opened, sources = _open(study, base, work, report)
    try:
        beside = sources["events"].columns if "events" in sources else ()
        fields = match_headers(
            opened.columns, study.columns, elsewhere=[name for name, _ in beside]
        )
        shape = recognise(opened, fields)
        if shape.name == "aggregated":
            return read_totals(opened, study, fields, sources.get("log"))
        log = Opened(opened, study, fields, shape, sources, work)
        return SlotReading(log, report).read()
    finally:
        if engine is None:
            opened.close()


def _open(
    study: Study, base: Path, work: Path, report: Progress
) -> tuple[Engine, dict[str, Source]]:
    """An engine with the log, and the file of events beside it."""
    if study.log.engine == "spark":
        if study.log.events:
            raise _events_need_a_file()
        return open_spark(study.log.table, study.log.connection), {}
    report("Opening the log", 0.0)
    sources = {"log": _intake(study.log.path, base, work, report)}
    if study.log.events:
        sources["events"] = _intake(study.log.events, base, work, report)
    beside = {name: source for name, source in sources.items() if name != "log"}
    return open_duckdb(sources["log"], work, beside=beside), sources


def _events_need_a_file() -> LogError:
    return LogError(
        "events_need_duckdb",
        "A second file of events is read by the embedded engine only.",
        where="log.events",
        fix="Put shown slots and events into one table, told apart by a column event.",
    )


def _intake(paths: tuple[str, ...], base: Path, work: Path, report: Progress) -> Source:
    return open_source(
        paths, base=base, work=work, progress=lambda what, share: report(what, share * 0.3)
    )
