"""A whole study to begin with, from what a log holds."""

import re
from dataclasses import dataclass
from typing import Any

from analysis.logs.guess import GuessedColumns, guess_roles
from analysis.logs.intake import Source
from analysis.logs.intake.preview import looking, quoted
from analysis.logs.lists.suggest import suggest_lists
from analysis.logs.profile import Profile, plain_name

EXPOSURES = (
    "exposure", "exposed", "exposures", "experiment_exposure", "experiment_viewed",
    "experiment_started", "variant_assigned", "assignment", "assigned", "enrolled", "enrollment",
    "enrolment", "allocated", "allocation",
)  # fmt: skip
# The outcomes that most launches are about, the likeliest first.
GOALS = re.compile(
    r"(?P<g0>purchase|order|transaction|payment|paid|buy|bought|sale)|"
    r"(?P<g1>conver)|(?P<g2>subscri|upgrade)|(?P<g3>sign_?up|regist|activat|complet)|"
    r"(?P<g4>booking|booked|install|trial)|(?P<g5>add_to_cart|cart|checkout)|(?P<g6>click)"
)
HARMS = re.compile(
    r"unsubscri|refund|error|crash|complain|churn|cancel|bounce|latenc|load|timeout|fail|"
    r"slow|uninstall|report_abuse|returned|contact|support|ticket"
)
MEASURED = re.compile(r"latenc|load|duration|seconds|millis|_ms\b|time|score|rating|depth")
# Numbers that describe a unit or a row and are no outcome.
ATTRIBUTES = re.compile(
    r"(^|_)(id|key|zip|zipcode|postcode|age|tenure|year|month|day|week|hour|lat|latitude|lon|"
    r"longitude|index|row|rank|position|birth|timestamp|ts|epoch|weight|phone)$|^column_\d+$"
)
CONTROLS = (
    "control", "ctrl", "control_group", "baseline", "base", "placebo", "holdout", "original",
    "default", "off", "legacy", "current", "existing", "old", "champion", "none", "a", "0",
    "false",
)  # fmt: skip
MOST_METRICS = 8


@dataclass(frozen=True)
class _Event:
    """One event's rows."""

    name: str
    rows: int
    with_arm: int
    with_value: int

    @property
    def plain(self) -> str:
        return plain_name(self.name)


def suggest(
    source: Source, path: tuple[str, ...], name: str, *, lists: bool = True
) -> dict[str, Any]:
    """A study as a mapping with the contract's keys.

    It runs as it is if the log has an arm and something to measure; what was not found is
    left out. Guardrail margins are the owner's to say, so every further metric is secondary.

    Args:
        source: The log.
        path: What the study's ``[log] path`` shall say.
        name: The study's name.
        lists: Whether a log that looks like lists becomes a study of lists.
    """
    of_lists = suggest_lists(source, path, name) if lists else None
    if of_lists is not None:
        return of_lists
    guessed = guess_roles(source)
    columns: dict[str, Any] = dict(guessed.roles)
    if guessed.segments:
        columns["segments"] = list(guessed.segments)
    settings: dict[str, Any] = {"alpha": 0.05}
    control = _control(guessed)
    if control is not None:
        settings = {"control": control, **settings}
    if "event" in guessed.roles:
        events = _events(source, guessed)
        exposure = _exposure(events)
        if exposure is not None:
            settings["exposure"] = exposure
        metrics = _event_metrics([event for event in events if event.name != exposure])
    else:
        metrics = _column_metrics(guessed)
    return {
        "version": 1,
        "name": name,
        "log": {"path": path[0] if len(path) == 1 else list(path), "timezone": "UTC"},
        "columns": columns,
        "metrics": metrics[:MOST_METRICS],
        "ab": settings,
    }


def _control(guessed: GuessedColumns) -> str | None:
    """The arm that is called like a control, else the first by name."""
    if "arm" not in guessed.roles:
        return None
    values = guessed.profile(guessed.roles["arm"]).values
    labels = [value.strip() for value, _ in values if value.strip()]
    for wanted in CONTROLS:
        for label in labels:
            if plain_name(label) == wanted:
                return label
    return min(labels, default=None)


def _events(source: Source, guessed: GuessedColumns) -> list[_Event]:
    """Every event with its counts, most frequent first."""
    event = quoted(guessed.roles["event"])
    arm, value = guessed.roles.get("arm"), guessed.roles.get("value")
    arms = f"count(trim({quoted(arm)}))" if arm else "0"
    finite = f"isfinite(TRY_CAST({quoted(value)} AS DOUBLE))" if value else "false"
    with looking(source) as connection:
        found = connection.execute(
            f"SELECT trim({event}), count(*), {arms}, count(CASE WHEN {finite} THEN 1 END) "
            f"FROM log WHERE {event} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
    return [_Event(str(row[0]), *map(int, row[1:])) for row in found]


def _exposure(events: list[_Event]) -> str | None:
    """The event that exposes a unit: by its name, else the only one that carries an arm."""
    named = [event for event in events if event.plain in EXPOSURES]
    if named:
        return min(named, key=lambda event: EXPOSURES.index(event.plain)).name
    carrying = [event for event in events if event.with_arm]
    if len(carrying) == 1 and len(events) > 1:
        return carrying[0].name
    return None


def _event_metrics(events: list[_Event]) -> list[dict[str, Any]]:
    if not events:
        return []
    goal = min(range(len(events)), key=lambda i: (_measured(events[i]), _goal(events[i].plain), i))
    ordered = [events[goal], *(event for i, event in enumerate(events) if i != goal)]
    values = [_value_metric(event) for event in ordered if 2 * event.with_value > event.rows]
    # A share of units with "page_load" says nothing: there the value is the outcome.
    shares = [_rate(e, primary=e is ordered[0]) for e in ordered if not _measured(e)]
    if not shares:
        values[0]["role"] = "primary"
    # The goal's share, the values, then the other events' shares.
    return _distinct([*shares[:1], *values, *shares[1:]])


def _goal(plain: str) -> int:
    if HARMS.search(plain):
        return len(GOALS.groupindex) + 1
    found = GOALS.search(plain)
    if found is None or found.lastgroup is None:
        return len(GOALS.groupindex)
    return int(found.lastgroup[1:])


def _rate(event: _Event, *, primary: bool) -> dict[str, Any]:
    return {
        "name": f"{_title(event.name)} rate",
        "role": "primary" if primary else "secondary",
        "kind": "proportion",
        "event": event.name,
        "better": _better(event.plain),
    }


def _value_metric(event: _Event) -> dict[str, Any]:
    measured = _measured(event)
    return {
        "name": f"{_title(event.name)} {'mean' if measured else 'value'}",
        "role": "secondary",
        "kind": "mean" if measured else "sum",
        "event": event.name,
        "better": _better(event.plain),
    }


def _measured(event: _Event) -> bool:
    """The event's value is a measurement, to be averaged and not added up."""
    return 2 * event.with_value > event.rows and bool(MEASURED.search(event.plain))


def _column_metrics(guessed: GuessedColumns) -> list[dict[str, Any]]:
    """Every 0/1 column as a proportion, every other column of numbers as a mean."""
    used = {*guessed.roles.values(), *guessed.segments}
    before = {p.plain: p.name for p in guessed.profiles if p.numeric and _is_pre(p.plain)}
    outcomes = [
        p
        for p in guessed.profiles
        if p.name not in used
        and not _is_pre(p.plain)
        and (p.truths or (p.numeric and p.distinct > 1 and not ATTRIBUTES.search(p.plain)))
    ]
    if {"n", "sum", "sum_sq"} <= guessed.roles.keys():
        return [{"name": "Mean", "role": "primary", "kind": "mean", "better": "higher"}]
    if not outcomes:
        return []
    # A share is the steadier primary among equally likely goals.
    ranks = [(_goal(p.plain), not p.truths, i) for i, p in enumerate(outcomes)]
    goal = ranks.index(min(ranks))
    ordered = [outcomes[goal], *(p for i, p in enumerate(outcomes) if i != goal)]
    return _distinct([_column_metric(p, before, primary=p is ordered[0]) for p in ordered])


def _column_metric(profile: Profile, before: dict[str, str], *, primary: bool) -> dict[str, Any]:
    metric: dict[str, Any] = {
        "name": _title(profile.name),
        "role": "primary" if primary else "secondary",
        "kind": "proportion" if profile.truths else "mean",
        "column": profile.name,
        "better": _better(profile.plain),
    }
    covariate = before.get(f"pre_{profile.plain}") or before.get(f"{profile.plain}_pre")
    if covariate is not None and not profile.truths:
        metric["covariate"] = covariate
    return metric


def _is_pre(plain: str) -> bool:
    return plain.startswith("pre_") or plain.endswith("_pre")


def _better(plain: str) -> str:
    return "lower" if HARMS.search(plain) else "higher"


def _title(name: str) -> str:
    words = re.sub(r"[\s_\-.]+", " ", name).strip()
    return words[:1].upper() + words[1:] if words else name


def _distinct(metrics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same metrics; names that meet are told apart by a number."""
    seen: dict[str, int] = {}
    for metric in metrics:
        folded = metric["name"].casefold()
        seen[folded] = seen.get(folded, 0) + 1
        if seen[folded] > 1:
            metric["name"] += f" ({seen[folded]})"
    return metrics
