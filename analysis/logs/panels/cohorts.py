"""A file of cohorts and ages, made from an event log that names people."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from analysis.core import LogError
from analysis.logs.engines import open_duckdb
from analysis.logs.intake import open_source
from analysis.logs.panels.event_rows import EventRows
from analysis.logs.panels.roles import find_roles
from analysis.logs.sql import cohort_rows as sql
from analysis.study import Study

# Kind of a metric -> the column that is divided by the people of a cohort.
SUMMED = {"count": "n", "sum": "total", "proportion": "who"}


def cohort_file(
    study: Study,
    *,
    base: Path,
    work: Path,
    oldest: int,
    launch: int,
    size: int,
    ages: int,
    names: dict[int, str],
    progress: Callable[[str, float], None] | None = None,
) -> str:
    """CSV text with a row for each cohort and age: how many people, and the metric a person.

    The metric is the study's first one; it counts or adds up one event. Its values have 12 digits.

    Args:
        study: Of the log.
        base: Folder that paths in the study start from.
        work: Folder for converted rows.
        oldest: When the oldest cohort begins to be seen, UTC microseconds.
        launch: Whoever is first seen from it on is in no cohort.
        size: Microseconds of a cohort and of an age.
        ages: Ages of each cohort.
        names: Place of a cohort from the oldest on -> its name; others are left out.
        progress: Hears (what is done, share from 0 to 1).

    Raises:
        LogError: The log cannot be read, or ``empty_cohort``: nobody was first seen in one.
    """
    metric = study.metrics[0]
    source = open_source(study.log.path, base=base, work=work, progress=progress)
    engine = open_duckdb(source, work)
    try:
        # A share of users is what makes the users' column looked for.
        share = replace(metric, name="people", kind="proportion")
        roles = find_roles(replace(study, metrics=(metric, share)), engine)
        dialect = engine.dialect
        EventRows(engine, roles, (), study.log.timezone).open()
        engine.view("people_rows", sql.rows(ids=roles.id is not None))
        engine.table("first_seen", sql.first_seen(oldest, launch, size, dialect))
        people = {row["cohort"]: row["people"] for row in engine.run(sql.sizes()).to_pylist()}
        found = engine.run(sql.at_ages(metric.event, ages, size, dialect)).to_pylist()
    finally:
        engine.close()
    column = SUMMED[str(metric.kind)]
    value = {(row["cohort"], row["age"]): row[column] for row in found}
    lines = ["cohort,age,people,value"]
    for place, name in names.items():
        if not people.get(place):
            raise LogError(
                "empty_cohort",
                f"Nobody was {name}.",
                where="log",
                fix="Take weeks instead of days as the period.",
            )
        lines += [
            f"{name},{age},{people[place]},{value.get((place, age), 0) / people[place]:.12g}"
            for age in range(ages)
        ]
    return "\n".join(lines) + "\n"
