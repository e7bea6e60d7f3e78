"""Numbers as rows and as CSV that no spreadsheet runs."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from analysis.report.aggregates import aggregates

Content = Mapping[str, Any]

# A spreadsheet runs a cell that starts with one of these; full-width forms are read alike.
_STARTS = tuple("=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20\uff5c\uff05")

_COMPARISON = (
    "treatment", "control", "n_control", "n_treatment", "control_value", "treatment_value",
    "difference", "difference_low", "difference_high", "lift", "lift_low", "lift_high",
    "p_value", "p_adjusted", "significant", "reading", "status", "lift_status", "margin",
    "margin_scale", "p_noninferior", "guardrail", "variance_reduction",
)  # fmt: skip


def metric_table(content: Content) -> list[dict[str, Any]]:
    """Every comparison of every metric, one a row; a number that cannot be given is None."""
    about = ("name", "role", "kind", "better")
    return [
        {**{field: metric[field] for field in about}}
        | {field: comparison.get(field) for field in _COMPARISON}
        for metric in content["ab"]["metrics"]
        for comparison in metric["comparisons"]
    ]


def flat(found: Content) -> list[dict[str, Any]]:
    """Every number of a lens, one a row, named by its place: ``user_level.wins``.

    >>> [one["field"] for one in flat({"a": {"b": 1, "c": [0.5, None]}})]
    ['a.b', 'a.c.1', 'a.c.2']
    """
    return [{"field": field, "value": value} for field, value in _leaves("", found)]


def _leaves(place: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _leaves(f"{place}.{name}" if place else str(name), one)
    elif isinstance(value, list | tuple):
        for at, one in enumerate(value, start=1):
            yield from _leaves(f"{place}.{at}", one)
    else:
        yield place, value


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV; text that a spreadsheet would run as a formula starts with an apostrophe.

    >>> print(csv_text([{"arm": "=1+1", "lift": -0.01}]), end="")
    arm,lift
    '=1+1,-0.01
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if rows:
        writer.writerow([safe_cell(name) for name in rows[0]])
        writer.writerows(_cells(row.values()) for row in rows)
    return out.getvalue()


def safe_cell(value: object) -> object:
    """The value for a CSV cell: numbers as they are, text that cannot act as a formula."""
    if isinstance(value, str) and value.startswith(_STARTS):
        return f"'{value}"
    return value


def _cells(values: Iterable[object]) -> list[object]:
    return ["" if value is None else safe_cell(value) for value in values]


def csv_of(content: Content) -> str:
    """The metric table, else all numbers of the lens, as CSV; small segments stay out."""
    shown = aggregates(content)
    if shown.get("ab"):
        return csv_text(metric_table(shown))
    lens = next((one for one in ("interleaving", "synthetic_control") if shown.get(one)), None)
    return csv_text(flat(shown[lens])) if lens else ""
