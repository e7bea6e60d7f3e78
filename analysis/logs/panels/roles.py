"""Which columns make a panel of a log, and what shape the log has."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from analysis.core import LogError
from analysis.logs.engines import Engine
from analysis.logs.guess import EVENT, ID, TIME, UNIT, VALUE
from analysis.logs.mapping import metric_columns, names_events, unknown_column
from analysis.logs.panels.metrics import column_called
from analysis.logs.profile import plain_name
from analysis.study import Columns, Study

REGION = (
    "region", "market", "geo", "country", "state", "city", "dma", "panel_unit", "unit",
    "workspace", "workspace_id", "store", "store_id", "territory", "area", "district", "province",
    "county", "location", "site", "surface", "product", "tenant", "tenant_id", "org", "org_id",
    "account", "team", "segment", "unit_id", "region_id", "geo_id", "market_id", "country_code",
    "regionname", "region_name", "state_name", "id",
)  # fmt: skip
PERIOD = (*TIME, "period", "week", "month", "year", "quarter", "year_qtr", "yearqtr", "t")
TREATED_FROM = ("treated_from",)
# Roles of the panel, in the order in which a column is given away.
SAID = ("region", "unit", "time", "event", "value", "id", "treated_from")
# A column of which so many filled cells are numbers is one of numbers.
SHARE = 0.5


@dataclass(frozen=True)
class Roles:
    """Role -> column of one log.

    Attributes:
        kinds: Column -> type, in the log's order.
        shape: ``events``, ``long`` or ``wide``.
        region: The panel's unit; None in a wide file.
        time: When.
        event, value, id, treated_from: As in [columns].
        user: Whose share is counted.
        units: A wide file's columns of numbers, one a unit.
        aside: A wide file's other columns.
        by_unit: The role `unit` serves as the panel's unit.
        guessed: Role -> why that column, where the study does not say.
    """

    kinds: dict[str, str]
    shape: str = "long"
    region: str | None = None
    time: str | None = None
    event: str | None = None
    value: str | None = None
    id: str | None = None
    user: str | None = None
    treated_from: str | None = None
    units: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    by_unit: bool = False
    guessed: tuple[tuple[str, str], ...] = ()

    def shown(self) -> dict[str, str]:
        """Role -> column, in the words of [columns]."""
        named = {
            "unit" if self.by_unit else "region": self.region,
            "time": self.time,
            "event": self.event,
            "value": self.value,
            "id": self.id,
            "treated_from": self.treated_from,
        }
        if self.user is not None:
            named["unit"] = self.user
        return {role: column for role, column in sorted(named.items()) if column is not None}

    def kind(self, column: str) -> str:
        """The type of a column."""
        return self.kinds[column]


def find_roles(study: Study, engine: Engine) -> Roles:
    """Every role's column, and the shape of the log.

    Raises:
        LogError: ``unknown_column``, ``no_region_column``, ``no_time_column``,
            ``no_event_column`` or ``no_value_column``.
    """
    return _Finding(study, engine).found()


class _Finding:
    """One search: a column that has a role is not given another."""

    def __init__(self, study: Study, engine: Engine) -> None:
        self.study = study
        self.engine = engine
        self.said: Columns = study.columns
        self.kinds = dict(engine.columns)
        for role in SAID:
            column = getattr(self.said, role)
            if column is not None and column not in self.kinds:
                raise unknown_column(column, f"columns.{role}", self.kinds)
        self.roles = Roles(self.kinds)
        self.taken = {getattr(self.said, role) for role in SAID} - {None}
        for metric in study.metrics:
            if metric.event is None and metric.numerator is None and metric.column is None:
                self.taken.add(column_called(metric.name, self.kinds))
        self.taken |= metric_columns(study)
        lens = study.synthetic_control
        for predictor in lens.predictors if lens is not None else ():
            for one in (predictor, predictor.train):
                self.taken |= {one.column} if one is not None else set()

    def found(self) -> Roles:
        events = self._is_event_log()
        self._take("time", PERIOD, "time")
        self._take("treated_from", TREATED_FROM, "treated_from")
        if events:
            self._events()
        else:
            self._file()
        if self.roles.time is None:
            raise LogError(
                "no_time_column",
                f"No column says when; the log has {_listed(self.kinds)}.",
                where="columns.time",
                fix='Name it: [columns] time = "...".',
            )
        return self.roles

    def _is_event_log(self) -> bool:
        """Rows are events: metrics count or add them up."""
        if self.said.event is not None or any(map(names_events, self.study.metrics)):
            return True
        value = self.said.value is not None
        return all(
            metric.column is None
            and column_called(metric.name, self.kinds) is None
            and (metric.kind == "count" or (value and metric.kind in ("sum", "mean")))
            for metric in self.study.metrics
        )

    def _events(self) -> None:
        self.roles = replace(self.roles, shape="events")
        named = any(map(names_events, self.study.metrics))
        if named or self.said.event is not None:
            self._take("event", EVENT, "event")
            if self.roles.event is None:
                raise LogError(
                    "no_event_column",
                    f"The metrics name events, but no column says which event a row is; the log "
                    f"has {_listed(self.kinds)}.",
                    where="columns.event",
                    fix='Name it: [columns] event = "...".',
                )
        self._region(REGION[:-1], of_events=True)
        self._take("id", ID[:-1], "id")
        if self._adds_up():
            self._take("value", VALUE, "value")
            if self.roles.value is None:
                raise LogError(
                    "no_value_column",
                    f"A metric adds up values, but no column holds them; the log has "
                    f"{_listed(self.kinds)}.",
                    where="columns.value",
                    fix='Name it: [columns] value = "...".',
                )
        if self._counts_users():
            if not self.roles.by_unit and self.said.unit is not None:
                self.roles = replace(self.roles, user=self.said.unit)
            elif not self.roles.by_unit:
                self._take("user", UNIT, "unit")

    def _adds_up(self) -> bool:
        for metric in self.study.metrics:
            terms = (metric.numerator, metric.denominator)
            if metric.kind in ("sum", "mean") or any(t and t.value == "sum" for t in terms):
                return True
        return False

    def _counts_users(self) -> bool:
        return any(
            metric.kind in (None, "proportion") and metric.numerator is None
            for metric in self.study.metrics
        )

    def _file(self) -> None:
        if self._is_wide():
            self.roles = replace(self.roles, shape="wide")
            return
        self._region(REGION, of_events=False)

    def _is_wide(self) -> bool:
        """A time and a column a unit: no column of names, and none called like a metric."""
        if self.said.region is not None or self.said.unit is not None:
            return False
        named = [
            metric.column is not None
            or metric.numerator is not None
            or metric.successes is not None
            or column_called(metric.name, self.kinds) is not None
            for metric in self.study.metrics
        ]
        if any(named) or self.study.columns.treated_from is not None:
            return False
        free = self._free()
        numbers = self._number_columns(free)
        if len(numbers) < 2 or self._texts(numbers):
            return False
        aside = tuple(column for column in free if column not in numbers)
        self.roles = replace(self.roles, units=tuple(numbers), aside=aside)
        return True

    def _region(self, names: tuple[str, ...], *, of_events: bool) -> None:
        if self.said.region is not None or self.said.unit is not None:
            by_unit = self.said.region is None
            column = self.said.unit if by_unit else self.said.region
            self.roles = replace(self.roles, region=column, by_unit=by_unit)
            return
        self._take("region", names, "region")
        if self.roles.region is None and not of_events:
            free = self._free()
            texts = self._texts(self._number_columns(free))
            if len(texts) == 1:
                self._give("region", texts[0], "region", "It is the only column of names.")
        if self.roles.region is None:
            raise LogError(
                "no_region_column",
                f"No column says which unit of the panel a row belongs to; the log has "
                f"{_listed(self.kinds)}.",
                where="columns.region",
                fix='Name it: [columns] region = "...".',
            )

    def _free(self) -> list[str]:
        roles = {self.roles.time, self.roles.treated_from, self.roles.event}
        segments = set(self.said.segments or ())
        return [c for c in self.kinds if c not in self.taken | roles | segments]

    def _texts(self, numbers: Iterable[str]) -> list[str]:
        """Free columns that are neither numbers nor blank."""
        some = set(numbers)
        return [c for c in self._free() if c not in some and self._filled.get(c)]

    def _number_columns(self, columns: list[str]) -> list[str]:
        """Columns of numbers; how many cells are filled is remembered."""
        dialect = self.engine.dialect
        parts = []
        for i, column in enumerate(columns):
            name, kind = dialect.identifier(column), self.kinds[column]
            filled = dialect.filled(dialect.as_text(name, kind))
            number = dialect.number(name, kind)
            parts.append(f"count({filled}) AS f{i}, count({number}) AS n{i}")
        if not parts:
            self._filled: dict[str, int] = {}
            return []
        found = self.engine.run(f"SELECT {', '.join(parts)} FROM log").to_pylist()[0]
        self._filled = {column: found[f"f{i}"] for i, column in enumerate(columns)}
        return [
            column
            for i, column in enumerate(columns)
            if found[f"n{i}"] and found[f"n{i}"] >= SHARE * found[f"f{i}"]
        ]

    def _take(self, role: str, names: tuple[str, ...], word: str) -> None:
        """The study's column for a role, else the free one whose name stands first in a list."""
        said = getattr(self.said, word, None) if role != "user" else None
        if said is not None:
            given: dict[str, Any] = {role: said}
            self.roles = replace(self.roles, **given)
            return
        free = {plain_name(c): c for c in reversed(self._free())}
        name = next((name for name in names if name in free), None)
        if name is not None:
            self._give(role, free[name], word, f'It is named "{free[name]}".')

    def _give(self, role: str, column: str, word: str, why: str) -> None:
        self.taken.add(column)
        guessed = (*self.roles.guessed, (word, why))
        given: dict[str, Any] = {role: column}
        self.roles = replace(self.roles, guessed=guessed, **given)


def _listed(kinds: dict[str, str]) -> str:
    return ", ".join(list(kinds)[:40]) + (", ..." if len(kinds) > 40 else "")
