"""Templates for people by when they were first seen, and what they did at each age."""

from analysis.logs.sql.dialect import Dialect


def rows(*, ids: bool) -> str:
    """Rows of people, each event once; the earliest of those that share an id stays."""
    timed = "SELECT * FROM panel_rows WHERE t IS NOT NULL AND person IS NOT NULL"
    if not ids:
        return timed
    return (
        f"SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY id ORDER BY t, row_no) AS nth "
        f"FROM ({timed}) q) p WHERE nth = 1 OR id IS NULL"
    )


def first_seen(base: int, launch: int, size: int, dialect: Dialect) -> str:
    """People who were first seen between two moments, with the place of their cohort."""
    cohort = dialect.divide(f"(t0 - {base})", size)
    return (
        f"SELECT person, t0, {cohort} AS cohort FROM (SELECT person, min(t) AS t0 "
        f"FROM people_rows GROUP BY person) q WHERE t0 >= {base} AND t0 < {launch}"
    )


def sizes() -> str:
    """People by cohort."""
    return "SELECT cohort, count(*) AS people FROM first_seen GROUP BY cohort"


def at_ages(event: str | None, ages: int, size: int, dialect: Dialect) -> str:
    """Rows of an event by cohort and age: rows, people, and the sum of values."""
    age = dialect.divide("(r.t - f.t0)", size)
    some = "" if event is None else f" AND {dialect.filled('r.event')} = {dialect.literal(event)}"
    return (
        f"SELECT f.cohort, {age} AS age, count(*) AS n, count(DISTINCT r.person) AS who, "
        "coalesce(sum(r.v), CAST(0 AS DOUBLE)) AS total "
        "FROM people_rows r JOIN first_seen f ON f.person = r.person "
        f"WHERE r.t - f.t0 < {ages * size}{some} GROUP BY f.cohort, {age}"
    )
