"""The rows of a panel file as arrays: which unit, which time, and the numbers."""

from dataclasses import dataclass

import numpy as np

from analysis.core import Floats, LogError
from analysis.logs.engines import Engine
from analysis.logs.panels.calendar import Int
from analysis.logs.panels.event_groups import places
from analysis.logs.panels.event_read import MOST_CELLS
from analysis.logs.panels.roles import Roles
from analysis.logs.panels.spellings import Spellings, merge_spellings, too_many_units
from analysis.logs.panels.stamps import Stamps, read_stamps
from analysis.logs.sql.times import kind_of_time, time_columns


@dataclass(frozen=True)
class FileRows:
    """The cells of a panel file, one a row of a long file, one a row and unit of a wide one.

    Attributes:
        row: (rows,) their numbers.
        stamp: (rows,) places of their times; -1 for none.
        unit: (rows,) places of their units, -1 for none; None in a wide file.
        numbers: Column -> (rows,) values, NaN for blank cells and texts.
        units: By code point.
        stamps: The times.
        spellings: The units' names.
        since: (unit, cell of ``treated_from``), every pair that occurs.
    """

    row: Int
    stamp: Int
    unit: Int | None
    numbers: dict[str, Floats]
    units: tuple[str, ...]
    stamps: Stamps
    spellings: Spellings
    since: list[tuple[str, str]]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.row.size)


def read_rows(
    engine: Engine, roles: Roles, columns: tuple[str, ...], timezone: str, most_units: int
) -> FileRows:
    """The rows of an open panel file.

    Args:
        engine: Has the log open.
        roles: Role -> column.
        columns: Columns of numbers.
        timezone: Of times without an offset.
        most_units: Most units a panel may have.

    Raises:
        LogError: ``empty_log``, ``panel_file_too_large``, ``no_usable_times``, ``no_units``,
            ``too_many_units``, ``two_columns_one_unit`` or ``not_a_time_column``.
    """
    count = int(engine.run("SELECT count(*) AS n FROM log").column("n").to_pylist()[0])
    if not count:
        raise LogError("empty_log", "The log has no rows.", where="log.path")
    if count * max(len(columns), 1) > MOST_CELLS:
        raise LogError(
            "panel_file_too_large",
            f"The log has {count:,} rows; a panel file has one a unit and period, and at most "
            f"{MOST_CELLS:,} cells.",
            where="log.path",
            fix='If its rows are events, name what they count: event = "..." in a metric.',
        )
    table = engine.run(_query(engine, roles, columns, timezone))
    order = np.argsort(table.column("row_no").to_numpy(), kind="stable")
    cells = table.column("moment").combine_chunks().dictionary_encode()
    written = cells.dictionary.to_pylist()
    code = cells.indices.fill_null(-1).to_numpy().astype(np.int64)
    counts = np.bincount(code[code >= 0], minlength=len(written)).tolist()
    assert roles.time is not None
    stamps = read_stamps(dict(zip(written, counts, strict=True)), timezone, roles.time)
    place = np.array([*(stamps.place_of.get(cell, -1) for cell in written), -1], dtype=np.int64)
    stamp = place[code]
    unit: Int | None = None
    since: list[tuple[str, str]] = []
    if roles.region is None:
        spellings = merge_spellings(dict.fromkeys(columns, 1))
        for name, several in spellings.merged.items():
            raise _two_columns(name, several)
        units = tuple(sorted(name for name in spellings.unit_of.values() if name is not None))
    else:
        names = table.column("unit").combine_chunks().dictionary_encode()
        seen = names.indices.drop_null().to_numpy()
        found = np.bincount(seen, minlength=len(names.dictionary)).tolist()
        spellings = merge_spellings(dict(zip(names.dictionary.to_pylist(), found, strict=True)))
        units = tuple(sorted({u for u in spellings.unit_of.values() if u is not None}))
        unit = _units(table.column("unit"), spellings, units)
        if roles.treated_from is not None:
            pairs = {
                (units[i], cell)
                for i, cell in zip(unit, table.column("since").to_pylist(), strict=True)
                if i >= 0 and cell is not None
            }
            since = sorted(pairs)
    if not units:
        raise LogError(
            "no_units",
            f'No cell of the column "{roles.region}" names a unit.',
            where="columns.region",
            fix="Name the column of the panel's units.",
        )
    if len(units) > most_units:
        raise too_many_units(f"{len(units):,}", most_units, roles.region or "")
    numbers = {
        column: table.column(f"v{i}").fill_null(np.nan).to_numpy().astype(float)[order]
        for i, column in enumerate(columns)
    }
    return FileRows(
        row=table.column("row_no").to_numpy().astype(np.int64)[order],
        stamp=stamp[order],
        unit=unit[order] if unit is not None else None,
        numbers=numbers,
        units=units,
        stamps=stamps,
        spellings=spellings,
        since=since,
    )


def _units(column: object, spellings: Spellings, units: tuple[str, ...]) -> Int:
    """(n,) places of the units, whatever their spelling."""
    written = tuple(sorted(spellings.unit_of))
    own = {unit: i for i, unit in enumerate(units)}
    named = [spellings.unit_of[name] for name in written]
    place = np.array([*(own[name] if name is not None else -1 for name in named), -1])
    found: Int = place[places(column, written)].astype(np.int64)
    return found


def _query(engine: Engine, roles: Roles, columns: tuple[str, ...], timezone: str) -> str:
    dialect = engine.dialect

    def text(column: str | None) -> str:
        if column is None:
            return f"CAST(NULL AS {dialect.text})"
        return dialect.as_text(dialect.identifier(column), roles.kind(column))

    assert roles.time is not None
    kind = roles.kind(roles.time)
    at = dialect.filled(text(roles.time))
    if kind_of_time(kind) in ("instant", "naive"):
        at = time_columns(dialect.identifier(roles.time), kind, timezone, dialect)[0]
    elif kind == "BOOLEAN":
        raise LogError(
            "not_a_time_column",
            f'The column "{roles.time}" holds {kind} values, which are no times.',
            where="columns.time",
            fix="Name a column of dates or numbers.",
        )
    numbers = "".join(
        f", {dialect.number(dialect.identifier(column), roles.kind(column))} AS v{i}"
        for i, column in enumerate(columns)
    )
    return (
        f"SELECT __row AS row_no, {text(roles.region)} AS unit, {at} AS moment, "
        f"{dialect.filled(text(roles.treated_from))} AS since{numbers} FROM log"
    )


def _two_columns(unit: str, columns: tuple[str, ...]) -> LogError:
    return LogError(
        "two_columns_one_unit",
        f"The columns {' and '.join(map(repr, columns))} name one unit, {unit}.",
        where="log.path",
        fix="Rename or remove one of them.",
    )
