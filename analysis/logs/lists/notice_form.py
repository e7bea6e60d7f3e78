"""How notices of this lens are made and counted in words."""

from analysis.core import Level, Notice


def notice(code: str, level: Level, text: str, fix: str = "") -> Notice:
    """A notice of this lens."""
    return Notice(code, level, "interleaving", text, fix)


def many(n: int, one: str) -> str:
    """A count with its word.

    >>> many(1, "row"), many(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{n:,} {one}{'s' * (n != 1)}"
