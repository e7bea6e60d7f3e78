"""Step 3 of a new study: the metrics, their margins, and what each reads now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from analysis.store import StudyRow
from pages.ui import words
from pages.ui.words import plain

ROLES = {"primary": "Primary", "guardrail": "Guardrail", "secondary": "Secondary"}
EVENT_KINDS: dict[str | None, str] = {
    "proportion": "Share of units",
    "count": "Events per unit",
    "sum": "Total per unit",
    "mean": "Mean value",
    "retention": "Retention",
    "ratio": "Ratio",
}
COLUMN_KINDS: dict[str | None, str] = {
    "proportion": "Share of units",
    "mean": "Mean per unit",
    "ratio": "Ratio",
}
BETTER = {"higher": "Higher", "lower": "Lower"}
TERM_VALUES = {"count": "number of events", "sum": "sum of values"}
WIDTHS = (2.5, 1.5, 1.9, 2.1, 1.4, 0.5)
BELOW = (1.1, 2.2, 4.2)
# Metrics of rows that are sums already name several columns, which the study file says.
SUMMED = ("successes", "trials", "n", "sum", "sum_sq")


@dataclass(frozen=True)
class Wording:
    """What a lens calls the kinds of metrics, and what a margin is a share of.

    Attributes:
        by_event: Kind -> its name, of metrics on events.
        by_column: The same of metrics on columns; the key None is a column as it stands.
        against: What a relative margin is a share of.
    """

    by_event: Mapping[str | None, str]
    by_column: Mapping[str | None, str]
    against: str


OF_ARMS = Wording(EVENT_KINDS, COLUMN_KINDS, "control")


def show(
    row: StudyRow,
    definition: dict[str, Any],
    sources: Sequence[str],
    values: Mapping[str, Any],
    wording: Wording = OF_ARMS,
) -> dict[str, Any]:
    """Show the metrics to edit, each with its value by arm; the definition as it is now.

    Args:
        row: The study.
        definition: Its mapping so far.
        sources: Events of an event log, or columns of a unit table.
        values: Metric -> arm -> value as text; empty while the log cannot be read.
        wording: What the lens calls things.
    """
    st.header("3. Metrics", anchor=False)
    columns = definition.get("columns", {})
    by_event = "event" in columns
    summed = {"n", "sum"} <= columns.keys()
    metrics = [dict(metric) for metric in definition.get("metrics", [])]
    marks = _marks(row.id, len(metrics))
    edited: list[dict[str, Any]] = []
    for mark, metric in zip(list(marks), metrics, strict=True):
        with st.container(border=True, key=f"metric_{mark}", gap="small"):
            now = _edit(
                f"{row.id}_{mark}", metric, sources, wording, by_event=by_event, summed=summed
            )
            if now is None:
                marks.remove(mark)
                continue
            edited.append(now)
            _values(now, values)
    if not metrics:
        st.markdown("A study needs at least one metric: the primary one decides.")
    if st.button("Add metric", icon=":material/add:", disabled=not sources):
        marks.append(max(marks, default=-1) + 1)
        edited.append(_fresh(edited, sources, by_event=by_event))
    return {**definition, "metrics": edited}


def _marks(study_id: str, count: int) -> list[int]:
    """A lasting mark for each metric, so that removing one does not mix up the others' fields."""
    marks: list[int] = st.session_state.setdefault(f"{study_id}_marks", list(range(count)))
    if len(marks) != count:
        start = max(marks, default=-1) + 1
        marks[:] = list(range(start, start + count))
    return marks


def _edit(
    key: str,
    metric: dict[str, Any],
    sources: Sequence[str],
    wording: Wording,
    *,
    by_event: bool,
    summed: bool,
) -> dict[str, Any] | None:
    """One metric's fields; None if it is to be removed."""
    name_at, role_at, kind_at, source_at, better_at, remove_at = st.columns(
        WIDTHS, gap="xsmall", vertical_alignment="bottom"
    )
    now = dict(metric)
    now["name"] = name_at.text_input("Name", metric.get("name", ""), key=f"{key}_name") or "Metric"
    now["role"] = role_at.selectbox(
        "Role", list(ROLES), index=_at(ROLES, metric.get("role"), 2), format_func=ROLES.__getitem__,
        key=f"{key}_role",
        help="The primary metric decides. A guardrail must not get worse by more than its margin.",
    )  # fmt: skip
    with kind_at:
        kind = _kind(key, metric, wording.by_event if by_event else wording.by_column)
    _put(now, "kind", kind)
    if kind == "ratio":
        now.pop("event", None)
        now.pop("column", None)
        for side, place in zip(("numerator", "denominator"), st.columns(2), strict=True):
            with place:
                given = metric.get(side) or {}
                now[side] = _term(f"{key}_{side}", side, given, sources, by_event=by_event)
    elif not sources:
        # A wide file's columns are its units: a metric there is a name alone.
        pass
    elif not summed and not any(field in metric for field in SUMMED):
        now.pop("numerator", None)
        now.pop("denominator", None)
        field = "event" if by_event else "column"
        now.pop("column" if by_event else "event", None)
        with source_at:
            now[field] = _source(f"{key}_source", field.capitalize(), metric, field, sources)
    now["better"] = better_at.selectbox(
        "Better", list(BETTER), index=_at(BETTER, metric.get("better")),
        format_func=BETTER.__getitem__, key=f"{key}_better", help="Which direction is good?",
    )  # fmt: skip
    _margin(key, metric, now, wording.against)
    _day(key, metric, now)
    if remove_at.button(
        "Remove metric", icon=":material/delete:", key=f"{key}_remove", type="tertiary"
    ):
        return None
    return now


def _kind(key: str, metric: dict[str, Any], offered: Mapping[str | None, str]) -> str | None:
    """The kind; a study file may leave it to the column, and then it stays so."""
    kinds = dict(offered)
    now = metric.get("kind")
    if now not in kinds:
        kinds[now] = "By its column" if now is None else str(now).capitalize()
    options = list(kinds)
    return st.selectbox(
        "Kind", options, index=options.index(now), format_func=kinds.__getitem__,
        key=f"{key}_kind",
    )  # fmt: skip


def _day(key: str, metric: dict[str, Any], now: dict[str, Any]) -> None:
    """Retention's day."""
    if now.get("kind") != "retention":
        now.pop("day", None)
        return
    now["day"] = int(
        st.columns(BELOW)[0].number_input(
            "Day", 0, 365, int(metric.get("day", 7)), key=f"{key}_day",
            help="Days since exposure on which the unit must come back.",
        )
    )  # fmt: skip


def _margin(key: str, metric: dict[str, Any], now: dict[str, Any], against: str) -> None:
    """A guardrail's margin: in per cent of something, in points, or in the metric's own unit."""
    if now["role"] != "guardrail":
        now.pop("margin", None)
        now.pop("margin_scale", None)
        return
    scale = metric.get("margin_scale", "relative")
    unit = "points" if words.is_rate(str(now.get("kind"))) else "absolute"
    labels = {"relative": f"% of {against}", "absolute": unit}
    factor = 100 if scale == "relative" or unit == "points" else 1
    given = metric.get("margin")
    amount, unit_of, _ = st.columns(BELOW, gap="xsmall", vertical_alignment="bottom")
    typed = amount.number_input(
        "Margin", min_value=0.0, value=None if given is None else round(given * factor, 9),
        step=1.0 if factor == 100 else None, format="%g", key=f"{key}_margin_{scale}",
        help="The worst harm that you accept. Without a margin a guardrail cannot be shown safe.",
    )  # fmt: skip
    chosen = unit_of.selectbox(
        "Margin in", list(labels), index=_at(labels, scale), format_func=labels.__getitem__,
        key=f"{key}_margin_scale",
    )  # fmt: skip
    if typed is None or chosen != scale:
        # 5% of control is not 5 points: another unit begins without a number.
        now.pop("margin", None)
    else:
        now["margin"] = round(typed / factor, 12)
    if chosen == "absolute":
        now["margin_scale"] = chosen
    else:
        now.pop("margin_scale", None)


def _term(
    key: str, side: str, term: dict[str, Any], sources: Sequence[str], *, by_event: bool
) -> dict[str, Any]:
    """One side of a ratio."""
    label = side.capitalize()
    if not by_event:
        return {"column": _source(f"{key}_source", label, term, "column", sources)}
    what, which = st.columns(2, gap="xsmall", vertical_alignment="bottom")
    with what:
        counted = st.selectbox(
            label, list(TERM_VALUES), index=_at(TERM_VALUES, term.get("value")),
            format_func=TERM_VALUES.__getitem__, key=f"{key}_value",
        )  # fmt: skip
    with which:
        return {
            "event": _source(f"{key}_source", f"{label}'s event", term, "event", sources),
            "value": counted,
        }


def _source(
    key: str, label: str, thing: dict[str, Any], field: str, sources: Sequence[str]
) -> str | None:
    # A column may be left out where the metric is called like it.
    current = thing.get(field) or (thing.get("name") if thing.get("name") in sources else None)
    options = [*sources] if current is None or current in sources else [current, *sources]
    chosen: str | None = st.selectbox(
        label, options, index=options.index(current) if current is not None else 0, key=key
    )
    return chosen


def _values(metric: dict[str, Any], values: Mapping[str, Any]) -> None:
    """What the metric reads in each arm, or why it reads nothing."""
    found = values.get(metric["name"])
    if isinstance(found, str):
        st.caption(f":orange[{plain(found)}]")
    elif found:
        said = " · ".join(f"{plain(arm)} **{plain(text)}**" for arm, text in found.items())
        st.caption(f"Now: {said}")


def _fresh(
    metrics: list[dict[str, Any]], sources: Sequence[str], *, by_event: bool
) -> dict[str, Any]:
    used = {one.get("event") or one.get("column") for one in metrics}
    source = next((one for one in sources if one not in used), sources[0])
    base = " ".join(source.replace("_", " ").split()).capitalize()
    taken = {one["name"] for one in metrics}
    name = next(one for one in (base, *(f"{base} {k}" for k in range(2, 1000))) if one not in taken)
    primary = any(one.get("role") == "primary" for one in metrics)
    return {
        "name": name,
        "role": "secondary" if primary else "primary",
        "kind": "proportion" if by_event else "mean",
        "event" if by_event else "column": source,
        "better": "higher",
    }


def _put(section: dict[str, Any], key: str, value: object) -> None:
    if value is None:
        section.pop(key, None)
    else:
        section[key] = value


def _at(options: Mapping[str, str], value: Any, otherwise: int = 0) -> int:
    return list(options).index(value) if value in options else otherwise
