"""From a study to what the synthetic control wing sees of its log."""

from collections.abc import Callable
from pathlib import Path

from analysis.core import LogError
from analysis.logs.engines import Engine, open_duckdb, open_spark
from analysis.logs.intake import Source, open_source
from analysis.logs.panel_log import PanelLog, fold
from analysis.logs.panels.event_account import EventAccount
from analysis.logs.panels.event_read import read_events
from analysis.logs.panels.roles import Roles, find_roles
from analysis.logs.panels.spellings import MOST_UNITS
from analysis.logs.panels.starts import read_starts
from analysis.study import Study, SyntheticControl

Progress = Callable[[str, float], None]


def read_panel(
    study: Study,
    *,
    base: Path,
    work: Path,
    engine: Engine | None = None,
    progress: Progress | None = None,
    most_units: int = MOST_UNITS,
) -> PanelLog:
    """The log of a study, ready for the synthetic control wing.

    Args:
        study: What to look at.
        base: Folder that paths in the study start from.
        work: Folder for converted rows and spilled tables.
        engine: An engine with the log open; else the study says which.
        progress: Hears (what is done, share from 0 to 1).
        most_units: Most units a panel may have.

    Raises:
        LogError: The log cannot be read, or does not fit the study.
    """
    report = progress or (lambda _what, _share: None)
    source: Source | None = None
    opened = engine
    if opened is None:
        opened, source = _open(study, base, work, report)
    lens = study.synthetic_control or SyntheticControl()
    try:
        roles = find_roles(study, opened)
        if roles.shape == "events":
            return _events(opened, study, lens, roles, source, work, report, most_units)
        from analysis.logs.panels.file_read import read_file

        return read_file(opened, study, lens, roles, source, work, report, most_units)
    finally:
        if engine is None:
            opened.close()


def _open(study: Study, base: Path, work: Path, report: Progress) -> tuple[Engine, Source | None]:
    """An engine with the log, and what the intake says of the file."""
    if study.log.engine == "spark":
        if study.log.table is None:
            raise LogError(
                "no_table",
                "The Spark engine reads a table, and the study names none.",
                where="log.table",
                fix='Add table = "schema.name" under [log].',
            )
        return open_spark(study.log.table, study.log.connection), None
    report("Opening the log", 0.0)
    source = open_source(
        study.log.path,
        base=base,
        work=work,
        progress=lambda what, share: report(what, share * 0.3),
    )
    return open_duckdb(source, work), source


def _events(
    engine: Engine,
    study: Study,
    lens: SyntheticControl,
    roles: Roles,
    source: Source | None,
    work: Path,
    report: Progress,
    most_units: int,
) -> PanelLog:
    """An event log as a panel."""
    reading = read_events(engine, study, lens, roles, source, report, most_units)
    account = EventAccount(reading, source, work)
    window, units = reading.window, reading.profile.units
    return PanelLog(
        units=units,
        axis=window.axis(),
        panels=reading.panels,
        columns={},
        treated_from=read_starts(reading.rows.since(), roles.treated_from or ""),
        n_periods_in_log=len(window.touched),
        partial_periods=tuple(window.calendar.label(one.period) for one in window.partial),
        log_gaps=tuple(map(window.calendar.label, window.holes)),
        accounting=account.accounting(),
        notices=(*(source.notices if source is not None else ()), *account.notices()),
        folded={fold(unit): unit for unit in units},
    )
