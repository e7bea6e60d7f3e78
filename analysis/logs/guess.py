"""Which column plays which role, guessed from names and cells, each guess with its reason.

A guess depends on the set of rows only, never on their order or on the file's format.
"""

from collections.abc import Callable
from dataclasses import dataclass

from analysis.logs.intake import Source
from analysis.logs.profile import Profile, profiles
from analysis.study import Columns

UNIT = (
    "user_id", "unit_id", "unit", "userid", "user", "uid", "visitor_id", "visitor",
    "customer_id", "customer", "account_id", "account", "member_id", "client_id",
    "subscriber_id", "participant_id", "subject_id", "person_id", "player_id", "device_id",
    "cookie_id", "anonymous_id", "session_id", "session", "participant", "subject", "person",
)  # fmt: skip
TIME = (
    "ts", "time", "timestamp", "event_time", "event_timestamp", "event_ts", "occurred_at",
    "created_at", "datetime", "date_time", "event_date", "date", "day", "time_utc",
)  # fmt: skip
ARM = (
    "arm", "variant", "variation", "treatment", "experiment_group", "experiment_arm",
    "experiment_variant", "test_group", "treatment_group", "ab_group", "group", "bucket",
    "condition", "assignment", "experiment_cell", "cell", "version", "experiment",
)  # fmt: skip
EVENT = ("event", "event_name", "event_type", "action", "action_type", "activity", "type")
VALUE = (
    "value", "event_value", "amount", "revenue", "price", "total", "sales", "spend", "gmv",
    "order_value", "purchase_value", "quantity", "duration", "score",
)  # fmt: skip
ID = (
    "event_id", "event_uuid", "insert_id", "message_id", "row_id", "record_id", "log_id", "uuid",
    "id",
)  # fmt: skip
CLUSTER = ("cluster", "cluster_id")
SEGMENTS = (
    "country", "device", "device_type", "device_category", "platform", "os", "plan", "browser",
    "region", "language", "locale", "market", "channel", "source", "segment", "tier", "gender",
    "age_group", "app_version", "user_type", "customer_type", "category", "city", "state",
    "traffic_source", "operating_system", "new_user", "is_new", "cohort",
)  # fmt: skip
DAILY_SUMS = ("n", "sum", "sum_sq")

ROLES = ("unit", "time", "arm", "event", "value", "id", "cluster", *DAILY_SUMS)
SURE_EVENTS = ("event", "event_name", "event_type")
ARM_LABELS = frozenset({"control", "treatment", "ctrl", "baseline"})
MOST_ARMS = 20
MOST_LEVELS = 50
MOST_SEGMENTS = 8
NOTHING_SAID = Columns()


@dataclass(frozen=True)
class GuessedColumns:
    """Roles of columns that the study did not name.

    Attributes:
        roles: Role to column: unit, time, arm, event, value, id, cluster, n, sum, sum_sq.
        segments: Columns to cut by; empty if none was found, or the study names them.
        reasons: Role (``segments`` too) to one sentence.
        profiles: What every column holds.
    """

    roles: dict[str, str]
    segments: tuple[str, ...]
    reasons: dict[str, str]
    profiles: tuple[Profile, ...]

    def profile(self, column: str) -> Profile:
        """What a column holds."""
        return next(profile for profile in self.profiles if profile.name == column)


def guess_roles(source: Source, said: Columns = NOTHING_SAID) -> GuessedColumns:
    """The likeliest column of each role that `said` leaves open.

    Args:
        source: The log.
        said: Roles that the study names; their columns are not guessed again.

    Returns:
        Roles that were found; a role without a likely column is absent. A log is taken for
        an event log only if an event column is found; value and id belong to event logs.
    """
    return _Guess(source, said).made()


class _Guess:
    """One guess in the making: each role takes its column away from the later ones."""

    def __init__(self, source: Source, said: Columns) -> None:
        self._profiles = profiles(source)
        self._rows = max((profile.filled for profile in self._profiles), default=0)
        self._said = said
        named = {role: getattr(said, role) for role in ROLES}
        self._said_roles = {role: column for role, column in named.items() if column}
        self._taken = {*self._said_roles.values(), *(said.segments or ())}
        self._roles: dict[str, str] = {}
        self._reasons: dict[str, str] = {}

    def made(self) -> GuessedColumns:
        """All roles, in the order in which one needs another."""
        self._by_name("time", TIME, lambda p: p.temporal, "and its cells are times")
        self._only_times()
        self._by_name("unit", UNIT, lambda p: p.distinct > 2, "")
        self._arm()
        self._by_name("event", EVENT, self._is_event, "and it has few different labels")
        event_log = self._column("event") is not None
        if event_log:
            numeric = "and its cells are numbers"
            self._by_name("value", VALUE, lambda p: p.numbers > 0.5 * p.filled, numeric)
            self._by_name("id", ID, _nearly_unique, "and nearly every row has its own")
        elif self._column("unit") is None:
            unique = "and every row has its own"
            self._by_name("unit", ("id",), lambda p: p.distinct == p.filled == self._rows, unique)
        self._by_name("cluster", CLUSTER, lambda p: p.distinct > 2, "")
        self._daily_sums()
        segments = self._segments() if self._said.segments is None else ()
        roles = {role: self._roles[role] for role in ROLES if role in self._roles}
        return GuessedColumns(roles, segments, self._reasons, self._profiles)

    def _column(self, role: str) -> str | None:
        return self._said_roles.get(role) or self._roles.get(role)

    def _take(self, role: str, column: str, reason: str) -> None:
        self._roles[role] = column
        self._reasons[role] = reason
        self._taken.add(column)

    def _free(self) -> list[Profile]:
        return [p for p in self._profiles if p.name not in self._taken and p.filled > 0]

    def _by_name(
        self, role: str, names: tuple[str, ...], fits: Callable[[Profile], bool], because: str
    ) -> None:
        """Take the free column whose name stands first in the list and whose cells fit."""
        if role in self._said_roles or role in self._roles:
            return
        fitting = [p for p in self._free() if p.plain in names and fits(p)]
        if fitting:
            best = min(fitting, key=lambda p: names.index(p.plain))
            self._take(role, best.name, _sentence(f'It is named "{best.name}"', because))

    def _only_times(self) -> None:
        temporal = [p for p in self._free() if p.temporal]
        if self._column("time") is None and len(temporal) == 1:
            self._take("time", temporal[0].name, "It is the only column of times.")

    def _arm(self) -> None:
        self._by_name(
            "arm", ARM, lambda p: 0 < p.distinct <= MOST_ARMS, "and it has few different labels"
        )
        if self._column("arm") is not None:
            return
        for p in self._free():
            labels = {value.strip().casefold() for value, _ in p.values}
            if labels & ARM_LABELS and 1 < len(labels) <= MOST_ARMS:
                found = min(labels & ARM_LABELS)
                self._take("arm", p.name, f'One of its labels is "{found}".')
                return

    def _is_event(self, profile: Profile) -> bool:
        """Few labels that are not numbers, in a log that has several rows for some unit."""
        if not profile.values or profile.numeric or profile.temporal:
            return False
        unit = self._column("unit")
        units = next((p.distinct for p in self._profiles if p.name == unit), 0)
        several_rows = 0 < units < self._rows
        sure = profile.plain in SURE_EVENTS and self._column("time") is not None
        return several_rows or sure

    def _daily_sums(self) -> None:
        columns = {p.plain: p for p in self._free() if p.plain in DAILY_SUMS and p.numeric}
        if len(columns) == len(DAILY_SUMS) and not self._said_roles.keys() & set(DAILY_SUMS):
            for role, p in columns.items():
                self._take(role, p.name, "The log has columns n, sum and sum_sq: daily sums.")

    def _segments(self) -> tuple[str, ...]:
        levels = [
            p
            for p in self._free()
            if p.plain in SEGMENTS and 2 <= p.distinct <= MOST_LEVELS and not p.temporal
        ]
        levels.sort(key=lambda p: SEGMENTS.index(p.plain))
        chosen = {p.name for p in levels[:MOST_SEGMENTS]}
        if chosen:
            self._reasons["segments"] = (
                f"Their names say so and each has 2 to {MOST_LEVELS} different values."
            )
        return tuple(p.name for p in self._profiles if p.name in chosen)


def _nearly_unique(profile: Profile) -> bool:
    return profile.distinct >= 0.9 * profile.filled


def _sentence(name: str, because: str) -> str:
    return f"{name}{' ' + because if because else ''}."
