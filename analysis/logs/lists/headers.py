"""Which column of a list log holds which field, by its header or by the study's word."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from analysis.core import LogError
from analysis.study import Columns

FIELDS: dict[str, tuple[str, ...]] = {
    "user_id": (
        "user_id", "user", "uid", "userid", "customer_id", "visitor_id", "member_id",
        "account_id", "client_id", "unit_id", "device_id",
    ),
    "impression_id": (
        "impression_id", "impression", "request_id", "list_id", "ranking_id", "interleave_id",
        "interleaving_id", "serp_id", "search_id", "slate_id", "page_view_id",
    ),
    "position": ("position", "pos", "slot", "rank", "index", "place"),
    "item_id": (
        "item_id", "item", "sku", "doc_id", "document_id", "product_id", "listing_id",
        "content_id", "asin", "url",
    ),
    "model": (
        "model", "ranker", "team", "variant", "variation", "source", "algorithm",
        "ranking_function", "engine",
    ),
    "clicked": ("clicked", "click", "is_click", "is_clicked", "clicks"),
    "converted": ("converted", "conversion", "purchased", "booked", "ordered"),
    "value": ("value", "revenue", "amount", "price", "order_value"),
    "timestamp": (
        "timestamp", "time", "ts", "datetime", "event_time", "created_at", "date",
    ),
    "day": ("day",),
    "context": ("query", "context", "search_term", "keyword", "query_id"),
    "competitive": ("competitive", "is_competitive"),
    "randomized": ("randomized", "randomised", "shuffled", "is_random"),
    "propensity": ("propensity", "propensity_score", "pscore"),
    "event": ("event", "event_type", "event_name", "action"),
}  # fmt: skip
LAST_RESORT = {"impression_id": ("session_id", "session")}
SEGMENTS = ("campaign", "segment", "device", "country", "platform", "market")
# How the study calls the fields.
SAID = {
    "unit": "user_id", "list": "impression_id", "position": "position", "item": "item_id",
    "model": "model", "clicked": "clicked", "converted": "converted", "value": "value",
    "time": "timestamp", "day": "day", "context": "context", "competitive": "competitive",
    "randomized": "randomized", "propensity": "propensity", "event": "event",
}  # fmt: skip
# Keys inside the objects of a list in JSON, where they are called otherwise.
KEYS: dict[str, tuple[str, ...]] = {
    "item_id": ("item_id", "id", "sku"),
    "model": ("model", "team", "variation", "ranker", "source"),
    "position": ("position", "rank", "slot"),
    "competitive": ("competitive", "is_competitive"),
    "clicked": FIELDS["clicked"],
    "converted": FIELDS["converted"],
    "value": ("value", "revenue", "amount", "price"),
    "randomized": FIELDS["randomized"],
    "propensity": FIELDS["propensity"],
}
SEPARATORS = re.compile(r"[\s.\-_]+")


@dataclass(frozen=True)
class Fields:
    """Fields of one file.

    Attributes:
        of: Field -> column as the file calls it.
        segments: Columns to cut by.
        ranks: Label, as far as a header can hold it -> column of ranks in its own list.
        why: Field -> why this column, where the study does not say.
        ambiguous: (field, headers that fit, the chosen one).
        kinds: Column -> type, of every column.
    """

    of: dict[str, str]
    segments: tuple[str, ...]
    ranks: dict[str, str]
    why: dict[str, str]
    ambiguous: tuple[tuple[str, tuple[str, ...], str], ...]
    kinds: dict[str, str]
    plain: dict[str, str] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether the file has all of some fields."""
        return all(name in self.of for name in names)

    def named(self, *headers: str) -> str | None:
        """The column of the first of some headers that there is."""
        return next((self.plain[header] for header in headers if header in self.plain), None)


def plain_header(name: str) -> str:
    """A header without what does not count: case, blanks, and which separator.

    >>> plain_header(" Impression-ID "), plain_header("user.id"), plain_header("order  value")
    ('impression_id', 'user_id', 'order_value')
    """
    return SEPARATORS.sub("_", name.lstrip("\ufeff").strip().casefold())


def match_headers(
    columns: Iterable[tuple[str, str]], said: Columns, *, elsewhere: Iterable[str] = ()
) -> Fields:
    """The fields of a file.

    Args:
        columns: (name, type) of the file.
        said: Columns that the study names.
        elsewhere: Columns of the study's other file: a name may belong there.

    Raises:
        LogError: ``unknown_column``: the study names a column that no file has.
    """
    kinds = dict(columns)
    plain: dict[str, str] = {}
    for name in kinds:
        plain.setdefault(plain_header(name), name)
    other = set(elsewhere)
    found: dict[str, str] = {}
    for role, target in SAID.items():
        column = getattr(said, role)
        if column is None:
            continue
        if column in kinds:
            found[target] = column
        elif column not in other:
            raise _unknown(f"columns.{role}", column, kinds)
    why: dict[str, str] = {}
    ambiguous = []
    # A column of the study's belongs to the role that the study gives it.
    free = {header: name for header, name in plain.items() if name not in found.values()}
    for target, headers in FIELDS.items():
        if target in found:
            continue
        fitting = [header for header in headers if header in free]
        names = tuple(
            name
            for header in fitting
            for name in kinds
            if plain_header(name) == header and name not in found.values()
        )
        if len(names) > 1:
            ambiguous.append((target, names, names[0]))
        fitting = fitting or [h for h in LAST_RESORT.get(target, ()) if h in free]
        if fitting:
            found[target] = free[fitting[0]]
            why[target] = f'It is named "{free[fitting[0]]}".'
    segments = _segments(said, free, kinds, other)
    if segments and said.segments is None:
        why["segments"] = "Their names say so."
    taken = {*found.values(), *segments}
    ranks = {
        label: name
        for header, name in plain.items()
        if name not in taken and (label := _ranked(header))
    }
    return Fields(found, segments, ranks, why, tuple(ambiguous), kinds, plain)


def _segments(
    said: Columns, free: Mapping[str, str], kinds: Mapping[str, str], other: set[str]
) -> tuple[str, ...]:
    if said.segments is None:
        return tuple(free[header] for header in SEGMENTS if header in free)
    for column in said.segments:
        if column not in kinds and column not in other:
            raise _unknown("columns.segments", column, kinds)
    return tuple(column for column in said.segments if column in kinds)


def _ranked(header: str) -> str:
    """The label in ``rank_old`` or ``old_rank``."""
    if header.startswith("rank_"):
        return header.removeprefix("rank_")
    return header.removesuffix("_rank") if header.endswith("_rank") else ""


def _unknown(where: str, column: str, kinds: Mapping[str, str]) -> LogError:
    return LogError(
        "unknown_column",
        f'The log has no column "{column}"; it has {", ".join(kinds)}.',
        where=where,
        fix="Write the name as the log has it.",
    )
