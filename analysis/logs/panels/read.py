"""From a study to what the synthetic control wing sees of its log."""

import time
from collections.abc import Callable
from pathlib import Path

from analysis.logs.column_store import content_key
from analysis.logs.engines import Engine, open_duckdb, open_spark
from analysis.logs.intake import Source, open_source
from analysis.logs.panel_log import PanelLog, fold
from analysis.logs.panels.event_account import EventAccount
from analysis.logs.panels.event_read import read_events
from analysis.logs.panels.file_read import read_file
from analysis.logs.panels.kept import KeptPanel, panel_key
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
        work: Folder for built tables; the same question on the same log finds its panel there.
        engine: An engine with the log open; else the study says which.
        progress: Hears (what is done, share from 0 to 1).
        most_units: Most units a panel may have.

    Raises:
        LogError: The log cannot be read, or does not fit the study.
    """
    report = progress or (lambda _what, _share: None)
    if engine is not None:
        return _read(engine, study, None, work, report, most_units)
    if study.log.engine == "spark":
        engine = open_spark(study.log.table, study.log.connection)
        try:
            return _read(engine, study, None, work, report, most_units)
        finally:
            engine.close()
    report("Opening the log", 0.0)
    source = open_source(
        study.log.path,
        base=base,
        work=work,
        progress=lambda what, share: report(what, share * 0.3),
    )
    content = content_key(source.files, work, time.time())
    kept = KeptPanel(work, panel_key(study, content, most_units))
    panel = kept.read()
    if panel is None:
        engine = open_duckdb(source, work)
        try:
            panel = _read(engine, study, source, work, report, most_units)
        finally:
            engine.close()
        kept.write(panel)
    return panel


def _read(
    engine: Engine,
    study: Study,
    source: Source | None,
    work: Path,
    report: Progress,
    most_units: int,
) -> PanelLog:
    """An open log, in whichever of its shapes."""
    lens = study.synthetic_control or SyntheticControl()
    roles = find_roles(study, engine)
    if roles.shape == "events":
        return _events(engine, study, lens, roles, source, work, report, most_units)
    return read_file(engine, study, lens, roles, source, work, report, most_units)


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
