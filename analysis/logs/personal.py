"""Columns whose cells look like personal data, pointed out before anything is kept."""

import re
from dataclasses import dataclass

import duckdb

from analysis.core import Notice
from analysis.logs.intake import Source
from analysis.logs.intake.preview import looking, quoted
from analysis.logs.profile import PROFILED_ROWS, plain_name

CARDS_CHECKED = 500
SHARE = 0.2
PHONE_NAME = re.compile(r"phone|mobile|(^|_)(tel|cell|msisdn|fax)(_|$)")


@dataclass(frozen=True)
class _Kind:
    """A kind of personal data and the pattern (RE2) of its cells."""

    name: str
    pattern: str


EMAIL = _Kind("e-mail addresses", r"^\s*[^@\s]+@[^@\s]+\.[A-Za-z]{2,}\s*$")
IP = _Kind(
    "IP addresses",
    r"^\s*(?:(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    r"|(?:[0-9A-Fa-f]{1,4}:){4,7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,6}:[0-9A-Fa-f:]*)\s*$",
)
PHONE = _Kind("telephone numbers", r"^\s*\+[1-9][\d ().\-]{7,18}\d\s*$")
NAMED_PHONE = _Kind("telephone numbers", r"^\s*\+?[\d ().\-]{7,20}\s*$")
CARD = _Kind("card numbers", r"^\s*\d(?:[ \-]?\d){12,18}\s*$")


def personal_columns(source: Source) -> tuple[Notice, ...]:
    """One notice for each column where a fifth or more of the cells look personal."""
    with looking(source) as connection:
        connection.execute(f"CREATE TEMP VIEW part AS SELECT * FROM log LIMIT {PROFILED_ROWS}")
        found = [(name, _personal(connection, name)) for name in source.names]
    return tuple(_notice(name, kind) for name, kind in found if kind is not None)


def _personal(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """What a column's cells look like, if they look personal."""
    column, plain = quoted(name), plain_name(name)
    kinds = [EMAIL, NAMED_PHONE if PHONE_NAME.search(plain) else PHONE, CARD]
    if "version" not in plain:
        kinds.append(IP)
    counts = ", ".join(
        f"count(CASE WHEN regexp_matches({column}, '{kind.pattern}') THEN 1 END)" for kind in kinds
    )
    row = connection.execute(f"SELECT count({column}), {counts} FROM part").fetchall()[0]
    for kind, count in zip(kinds, row[1:], strict=True):
        enough = count > 0 and count >= SHARE * row[0]
        if enough and (kind is not CARD or _mostly_cards(connection, column)):
            return kind.name
    return None


def _mostly_cards(connection: duckdb.DuckDBPyConnection, column: str) -> bool:
    """Whether numbers as long as a card's also pass its check digit: one in ten does by chance."""
    found = connection.execute(
        f"SELECT DISTINCT {column} FROM part WHERE regexp_matches({column}, '{CARD.pattern}') "
        f"ORDER BY 1 LIMIT {CARDS_CHECKED}"
    ).fetchall()
    passing = sum(luhn(str(row[0])) for row in found)
    return passing >= 0.9 * len(found)


def luhn(text: str) -> bool:
    """Whether the digits pass the check of ISO/IEC 7812-1, annex B.

    >>> luhn("4111 1111 1111 1111"), luhn("4111 1111 1111 1112")
    (True, False)
    """
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _notice(name: str, kind: str) -> Notice:
    return Notice(
        "personal_data",
        "warn",
        "log",
        f'Column "{name}" looks like {kind}.',
        "Leave the column out of the file, or replace its cells by ids that name nobody.",
    )
