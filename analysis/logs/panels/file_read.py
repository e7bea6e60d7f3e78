"""From a panel file, long or wide, to panels of its metrics."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.core import Floats, LogError, Notice
from analysis.core.wording import agreeing, counted
from analysis.logs.accounting import LeftOut
from analysis.logs.column_store import key_of
from analysis.logs.engines import Engine
from analysis.logs.intake import Source
from analysis.logs.panel_log import Axis, MetricPanel, PanelLog, fold
from analysis.logs.panels import notices
from analysis.logs.panels import outcomes as out
from analysis.logs.panels.calendar import Calendar, Int
from analysis.logs.panels.event_read import check_periods, left_out_by, too_large
from analysis.logs.panels.file_account import FileAccount
from analysis.logs.panels.file_cells import Table, aggregated, ratio, table_of
from analysis.logs.panels.file_rows import FileRows, read_rows
from analysis.logs.panels.metrics import FileMetric, column_called, file_metric, no_panel_kind
from analysis.logs.panels.roles import Roles
from analysis.logs.panels.starts import read_starts
from analysis.logs.panels.window import Window, calendar_window, label_axis
from analysis.logs.rejected import rejected_lines
from analysis.study import Study
from analysis.study_panel import SyntheticControl

Report = Callable[[str, float], None]


def read_file(
    engine: Engine,
    study: Study,
    lens: SyntheticControl,
    roles: Roles,
    source: Source | None,
    work: Path,
    report: Report,
    most_units: int,
) -> PanelLog:
    """An open panel file as a panel.

    Raises:
        LogError: The file does not fit the study.
    """
    report("Reading rows", 0.3)
    metrics = _metrics(study, roles)
    predictors = _predictors(study, lens, roles)
    columns = roles.units
    if roles.shape == "long":
        named = [column for one in (*metrics, *predictors) for column in one.columns]
        columns = tuple(dict.fromkeys(named))
    unreadable = _texts(engine, roles, columns)
    rows = read_rows(engine, roles, columns, study.log.timezone, most_units)
    for column in columns if roles.shape == "long" else ():
        if not np.isfinite(rows.numbers[column]).any():
            raise _no_numbers(column, unreadable.get(column))
    report("Making panels", 0.7)
    periods = _Periods(rows, lens)
    rejected = tuple(rejected_lines(source))
    panels, outcomes = [], []
    for metric in metrics:
        panel, outcome = periods.panel(metric, rejected)
        panels.append(panel)
        outcomes.append(outcome)
    made = {}
    for predictor in predictors:
        # A predictor is a level: over a longer period it is averaged.
        panel, outcome = periods.panel(replace(predictor, kind="mean"), rejected)
        made[predictor.name] = panel.values
        outcomes.append(outcome)
    digest = key_of(
        rows.units, rows.stamps.names, rows.since, roles.shown(),
        [_bytes(panel.values) for panel in panels], [_bytes(values) for values in made.values()],
        [[(one.reason, one.rows) for one in panel.left_out] for panel in panels],
    )  # fmt: skip
    account = FileAccount(engine, roles, rows, outcomes, source, work, digest)
    window = periods.window
    label = window.calendar.label if window is not None else None
    return PanelLog(
        units=rows.units,
        axis=periods.axis,
        panels=tuple(panels),
        columns=made,
        treated_from=read_starts(rows.since, roles.treated_from or ""),
        n_periods_in_log=periods.touched,
        partial_periods=tuple(label(p.period) for p in window.partial) if window and label else (),
        log_gaps=tuple(map(label, window.holes)) if window and label else (),
        accounting=account.accounting(),
        notices=(
            *(source.notices if source is not None else ()),
            *_wide_notices(roles, rows),
            *account.notices(),
            *_text_notices(unreadable),
            *(notices.window_notices(window) if window is not None else ()),
        ),
        folded={fold(unit): unit for unit in rows.units},
    )


def _bytes(values: Floats) -> str:
    return hashlib.sha256(np.ascontiguousarray(values, dtype=float).tobytes()).hexdigest()


def _metrics(study: Study, roles: Roles) -> list[FileMetric]:
    if roles.shape == "long":
        return [file_metric(metric, roles.kinds) for metric in study.metrics]
    if len(study.metrics) > 1:
        raise LogError(
            "wide_one_metric",
            f"A file with a column a unit holds one metric; the study names {len(study.metrics)}.",
            where="metrics",
            fix="Write one row a unit and period, with a column a metric.",
        )
    metric = study.metrics[0]
    if metric.kind in ("retention", "ratio"):
        raise no_panel_kind(metric)
    return [FileMetric(metric.name, metric.kind, None)]


def _predictors(study: Study, lens: SyntheticControl, roles: Roles) -> list[FileMetric]:
    """Columns that predictors name and that are no metric."""
    metrics = {metric.name for metric in study.metrics}
    named: dict[str, FileMetric] = {}
    for predictor in lens.predictors:
        for one in (predictor, predictor.train):
            if one is None or one.column in metrics or one.column in named:
                continue
            column = column_called(one.column, roles.kinds) if roles.shape == "long" else None
            if column is None or column in (roles.region, roles.time, roles.treated_from):
                raise _no_predictor(one.column, study, roles)
            named[one.column] = FileMetric(one.column, None, column)
    return list(named.values())


def _no_predictor(column: str, study: Study, roles: Roles) -> LogError:
    roles_of = set(roles.shown().values())
    free = [name for name in roles.kinds if name not in roles_of]
    there = free if roles.shape == "long" else [metric.name for metric in study.metrics]
    return LogError(
        "unknown_predictor",
        f'The predictor "{column}" is no metric and no column of the panel; there is '
        f"{', '.join(there[:40])}.",
        where="synthetic_control.predictors",
        fix="Write the column as the log has it.",
    )


def _texts(engine: Engine, roles: Roles, columns: tuple[str, ...]) -> dict[str, tuple[int, str]]:
    """Column -> how many of its cells hold a text that is no number, and the first by text."""
    dialect = engine.dialect
    parts = []
    some = [column for column in columns if roles.kind(column) == "VARCHAR"]
    for i, column in enumerate(some):
        name = dialect.identifier(column)
        number = dialect.number(name, "VARCHAR")
        text = f"CASE WHEN {number} IS NULL THEN {dialect.filled(name)} END"
        parts.append(f"count({text}) AS n{i}, min({text}) AS t{i}")
    if not parts:
        return {}
    found = engine.run(f"SELECT {', '.join(parts)} FROM log").to_pylist()[0]
    return {
        column: (found[f"n{i}"], found[f"t{i}"]) for i, column in enumerate(some) if found[f"n{i}"]
    }


def _no_numbers(column: str, text: tuple[int, str] | None) -> LogError:
    found = f'its cells hold texts such as "{text[1][:80]}"' if text else "every cell is blank"
    return LogError(
        "no_numbers",
        f'No cell of the column "{column}" is a number: {found}.',
        where=f'column "{column}"',
        fix="Name a column of numbers.",
    )


def _text_notices(unreadable: dict[str, tuple[int, str]]) -> list[Notice]:
    return [
        notices.panel_notice(
            "unreadable_cells",
            "warn",
            f'{counted(n, "cell")} of "{column}" {agreeing(n, "holds", "hold")} a text, such as '
            f'"{text[:80]}", and {agreeing(n, "is", "are")} missing.',
            "Mend the cells, or leave them blank.",
        )
        for column, (n, text) in unreadable.items()
    ]


def _wide_notices(roles: Roles, rows: FileRows) -> list[Notice]:
    if roles.shape != "wide":
        return []
    aside = ""
    if roles.aside:
        aside = f" Left aside, because they hold no numbers: {notices.some(roles.aside)}."
    return [
        notices.panel_notice(
            "wide_table_reshaped",
            "note",
            f"The file has a column a unit: {counted(len(rows.units), 'column')} by "
            f'"{roles.time}" were read as {counted(len(rows.units), "unit")}.{aside}',
            'If they are no units, name the column of units: [columns] region = "...".',
        )
    ]


class _Periods:
    """The periods of a panel file, and its columns over them."""

    def __init__(self, rows: FileRows, lens: SyntheticControl) -> None:
        self.rows = rows
        self.stamps = rows.stamps
        self.lens = lens
        self.window: Window | None = None
        self.axis: Axis
        self.aggregates = False
        seen = np.unique(rows.stamp[rows.stamp >= 0])
        assert seen.size == len(self.stamps.keys)
        frequency = self._frequency()
        if frequency == "label":
            axis = label_axis(self.stamps.keys, self.stamps.names, self.stamps.timezone, lens)
            self.axis = axis
            self.touched = len(axis.keys)
            check_periods(axis.kept, tuple(range(self.touched)), frequency)
            place = {at: i for i, at in enumerate(axis.kept)}
            self.place = np.array([place.get(i, -1) for i in range(self.touched)])
            self.after = np.where(self.place >= 0, out.USED, out.OUTSIDE)
            return
        self._on_calendar(frequency)

    def _frequency(self) -> str:
        """The length of a period: as the study says, else as far apart as the dates stand."""
        asked, stamps = self.lens.frequency, self.stamps
        if asked is None:
            return stamps.spacing if stamps.spacing in ("day", "week", "month") else "label"
        if stamps.timezone is None:
            raise LogError(
                "frequency_without_calendar",
                f"The time column holds numbers, {stamps.names[0]} to {stamps.names[-1]}, which "
                f"are no {asked}s of a calendar.",
                where="synthetic_control.frequency",
                fix="Remove frequency: the numbers are used as periods, in order.",
            )
        return asked

    def _on_calendar(self, frequency: str) -> None:
        stamps = self.stamps
        assert stamps.timezone is not None
        days = stamps.days
        start = int(days[0]) % 7 if stamps.spacing == frequency == "week" else 0
        calendar = Calendar(frequency, stamps.timezone, start)
        period = calendar.of_days(days)
        touched, at = np.unique(period, return_inverse=True)
        self.aggregates = touched.size < period.size
        if not self.aggregates and touched.size > 1 and np.diff(touched).min() > 1:
            raise LogError(
                "frequency_too_fine",
                f"The dates stand further apart than a {frequency}, such as {stamps.names[0]} "
                f"and {stamps.names[1]}.",
                where="synthetic_control.frequency",
                fix="Remove frequency, or choose a longer one.",
            )
        if self.aggregates and stamps.spacing == "week":
            raise LogError(
                "weeks_in_months",
                "The file has a value a week, and weeks do not fit into months.",
                where="synthetic_control.frequency",
                fix='Remove frequency, or set it to "week".',
            )
        low = np.full(touched.size, np.iinfo(np.int64).max)
        high = np.full(touched.size, np.iinfo(np.int64).min)
        np.minimum.at(low, at, np.array(stamps.keys, dtype=np.int64))
        np.maximum.at(high, at, stamps.over())
        window = calendar_window(calendar, touched, low, high, self.lens, whole=not self.aggregates)
        check_periods(window.kept, window.touched, frequency)
        self.window = window
        self.axis = window.axis()
        self.touched = touched.size
        self.after = np.array([self._after(window, int(one)) for one in period])
        if window.end is not None and self.aggregates:
            # What stands at or after the end counts for nothing, even if its period began before.
            late = np.array(stamps.keys, dtype=np.int64) >= window.end
            self.after = np.where(late, out.OUTSIDE, self.after)
        place = {one: i for i, one in enumerate(window.kept)}
        self.place = np.array([
            place.get(int(one), -1) if after == out.USED else -1
            for one, after in zip(period, self.after, strict=True)
        ])  # fmt: skip

    def _after(self, window: Window, period: int) -> int:
        if period in window.outside:
            return out.OUTSIDE
        return out.PARTIAL if period in window.dropped else out.USED

    def panel(self, metric: FileMetric, rejected: tuple[LeftOut, ...]) -> tuple[MetricPanel, Int]:
        """A column's panel, and what becomes of each row for it."""
        table = table_of(self.rows, metric)
        kind = "ratio" if metric.d is not None else "column"
        if self.aggregates:
            kind = self._kind(metric)
            table = aggregated(table, self.place, len(self.axis.labels), means=kind == "mean")
        else:
            kept = np.flatnonzero(self.place >= 0)
            table = _chosen(table, kept)
        values, reasons = ratio(table.y, table.d, table.reasons)
        if not np.isfinite(values[reasons == 0]).all():
            raise too_large(metric.name)
        after = np.where(table.stamp >= 0, self.after[table.stamp], out.USED)
        cells = np.where(table.outcome == out.USED, after, table.outcome)
        # A row is used if one of its cells is.
        outcome = out.for_the_log(list(cells.T))
        lost = left_out_by(outcome, np.ones(outcome.size, dtype=np.int64))
        left_out = (*(LeftOut(reason, n) for reason, n in lost.items()), *rejected)
        used = int((outcome == out.USED).sum())
        made = MetricPanel(
            metric=metric.name,
            kind=kind,
            values=values,
            reasons=reasons.astype(np.int8),
            zero_filled=False,
            rows_in=used + sum(one.rows for one in left_out),
            rows_used=used,
            left_out=left_out,
        )
        return made, outcome

    def _kind(self, metric: FileMetric) -> str:
        """How values of a shorter period become one of a longer."""
        if metric.d is not None:
            return "ratio"
        if metric.kind in ("sum", "count"):
            return "sum"
        if metric.kind == "mean":
            return "mean"
        raise LogError(
            "no_aggregation",
            f"The file has several values a {self.axis.frequency}, and the metric does not say "
            "how they become one.",
            where=f'metric "{metric.name}"',
            fix='Set kind = "sum" or "mean", or give a numerator and a denominator; or remove '
            "frequency.",
        )


def _chosen(table: Table, kept: Int) -> Table:
    """Some times of a table."""
    return replace(
        table,
        y=table.y[kept],
        d=table.d[kept] if table.d is not None else None,
        reasons=table.reasons[kept],
    )
