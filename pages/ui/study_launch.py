"""Step 4 of a new study of a panel: who was treated from when, by which method, and donors."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import streamlit as st

from analysis.store import StudyRow
from pages.ui.study_panel import Looked, put
from pages.ui.words import plain

Lens = dict[str, Any]

ONE, EACH = "One date for all", "A date for each unit"
FREQUENCIES = {None: "As the file has it", "day": "Day", "week": "Week", "month": "Month"}
METHODS = {
    "auto": ("Automatic", "Indexed for volumes above 0, demeaned for rates and all else."),
    "indexed": ("Indexed", "Each unit over its own mean before the start: for counts and sums."),
    "demeaned": ("Demeaned", "Each unit less its own mean: for rates and series that touch 0."),
    "classic": ("Classic", "Plain weights on levels: the donors must surround the treated unit."),
    "ridge": (
        "Ridge-augmented",
        "Classic, corrected where it does not fit; weights may be below 0.",
    ),
    "sdid": ("Synthetic difference in differences", "Weighs donors and periods before the start."),
    "did": ("Difference in differences", "All donors alike: a plain before and after."),
    "penalised": ("Penalised", "Classic, leaning to the donors that are most alike."),
    "bsts": ("Structural time series", "A forecast with the donors as covariates, no placebos."),
}
STATISTICS = {
    "t": "Effect over the misfit before (t)",
    "ratio": "Misfit after over misfit before",
    "att": "Size of the effect",
}
MISSING = {"drop_donors": "Leave the donor out", "drop_periods": "Leave the period out for all"}
AGGREGATES = {"mean": "Their mean", "sum": "Their sum"}
MOST_REASONS = 8
AUDIT = ("aggregate_donor", "duplicate_donor", "short_history", "constant")


def show(row: StudyRow, definition: dict[str, Any], looked: Looked) -> dict[str, Any]:
    """Show who, when and how; the definition as it is now."""
    st.header("4. Who and when", anchor=False)
    lens: Lens = dict(definition.get("synthetic_control", {}))
    _treated(row, lens, looked)
    _when(row, lens, looked)
    _how(row, lens)
    _donors(row, lens, looked)
    _advanced(row, lens, looked)
    return {**definition, "synthetic_control": lens}


def treated_now(lens: Mapping[str, Any], looked: Looked) -> list[str]:
    """The treated units that the study names, else those of the log's own column."""
    said = lens.get("treated") or list(lens.get("starts") or {})
    if said:
        return list(said)
    return sorted(looked.log.treated_from) if looked.log is not None else []


def _treated(row: StudyRow, lens: Lens, looked: Looked) -> None:
    """Who got it; everybody, if nobody was left."""
    who, all_of_them = st.columns([3, 1], vertical_alignment="bottom")
    everyone = all_of_them.toggle(
        "Everyone got it", value=bool(lens.get("global_rollout")), key=f"{row.id}_everyone",
        help="Nobody was left untreated. Then nothing can be compared as it is; step 5 says what"
        " could serve instead.",
    )  # fmt: skip
    if everyone and not lens.get("global_rollout"):
        lens["global_rollout"] = True
        if "starts" not in lens and looked.units:
            lens["treated"] = looked.units
    elif not everyone and lens.pop("global_rollout", False):
        put(
            lens,
            "treated",
            None if set(looked.units) <= set(lens.get("treated") or []) else lens.get("treated"),
        )
    now = treated_now(lens, looked)
    options = [*looked.units, *(one for one in now if one not in looked.units)]
    chosen = who.multiselect(
        "Treated units", options, default=now, disabled=everyone,
        key=f"{row.id}_treated_{everyone}_{len(now) if everyone else ''}",
        help="The regions, products or workspaces that got the launch.",
        placeholder="Who got it?",
    )  # fmt: skip
    if everyone or chosen == now:
        return
    put(lens, "treated", chosen or None)
    if "starts" in lens:
        starts = {unit: one for unit, one in lens["starts"].items() if unit in chosen}
        put(lens, "starts", starts or None)


def _when(row: StudyRow, lens: Lens, looked: Looked) -> None:
    """The start, or one for each unit; the first evaluated period; the length of a period."""
    own = looked.log.treated_from if looked.log is not None else {}
    several = "starts" in lens or ("start" not in lens and len(set(own.values())) > 1)
    ways, first, second, third = st.columns([1.4, 1, 1, 1], vertical_alignment="bottom")
    way = ways.segmented_control(
        "When did it start?", [ONE, EACH], default=EACH if several else ONE, required=True,
        key=f"{row.id}_way_{several}",
    )  # fmt: skip
    treated = treated_now(lens, looked)
    if way == ONE:
        if "starts" in lens:
            lens["start"] = min(lens.pop("starts").values(), key=str)
        now = lens.get("start")
        if now is None and len(set(own.values())) == 1:
            now = next(iter(own.values()))
        with first:
            start = _moment(row, "Start", now, looked, "The first period with it: that period is"
                            " after the start.")  # fmt: skip
        if start != now:
            put(lens, "start", start)
    elif not several:
        start = lens.pop("start", None)
        lens["starts"] = {unit: own.get(unit, start) for unit in treated}
        if None in lens["starts"].values():
            # A start for each needs one to begin with: the last period is the least claim.
            last = _written(looked.labels[-1]) if looked.labels else ""
            lens["starts"] = {
                unit: last if one is None else one for unit, one in lens["starts"].items()
            }
    with second:
        after = _moment(row, "Count the effect from", lens.get("evaluate_from"), looked, "Leaves"
                        " out a transition after the start. Empty: from the start on.")  # fmt: skip
    put(lens, "evaluate_from", after)
    if looked.on_calendar:
        frequency = third.selectbox(
            "Period", list(FREQUENCIES), index=list(FREQUENCIES).index(lens.get("frequency")),
            format_func=FREQUENCIES.__getitem__, key=f"{row.id}_frequency",
            help="Events are added up by it; days if nothing is said.",
        )  # fmt: skip
        put(lens, "frequency", frequency)
    if way == EACH and "starts" in lens:
        _each(row, lens, looked, treated)


def _each(row: StudyRow, lens: Lens, looked: Looked, treated: list[str]) -> None:
    """An editable table of starts; it begins from what is saved when the units change."""
    starts = {unit: lens["starts"].get(unit) for unit in treated}
    key = f"{row.id}_starts_{'|'.join(treated)}"
    begun: dict[str, Any] = st.session_state.setdefault(f"{key}_begun", starts)
    cells: dict[str, Any]
    if looked.on_calendar:
        column: Any = st.column_config.DateColumn("Start", required=True, format="YYYY-MM-DD")
        cells = {unit: _day(one) for unit, one in begun.items()}
    else:
        column = st.column_config.SelectboxColumn("Start", options=looked.labels, required=True)
        cells = {unit: _label(one) for unit, one in begun.items()}
    rows = st.data_editor(
        [{"unit": unit, "start": cell} for unit, cell in cells.items()],
        column_config={"unit": st.column_config.TextColumn("Unit", disabled=True), "start": column},
        hide_index=True, key=key, width="content",
    )  # fmt: skip
    found = {one["unit"]: _written(one["start"]) for one in rows if one["start"] is not None}
    if found:
        lens["starts"] = found
        lens.pop("treated", None)


def _moment(row: StudyRow, label: str, now: Any, looked: Looked, about: str) -> Any:
    """A date, or a period where the panel has no calendar; None if it is empty."""
    key = f"{row.id}_{label}_{looked.on_calendar}"
    if looked.on_calendar:
        day = _day(now)
        chosen = st.date_input(label, value=day, key=key, help=about, format="YYYY-MM-DD")
        # A time of day that the study file says stays as it is.
        return now if chosen == day else _written(chosen)
    labels = looked.labels
    at = _label(now)
    options = [*labels] if at is None or at in labels else [at, *labels]
    picked = st.selectbox(
        label, options, index=options.index(at) if at is not None else None, key=key, help=about,
        placeholder="Choose a period",
    )  # fmt: skip
    return now if picked == at else _written(picked)


def _day(moment: Any) -> date | None:
    try:
        return datetime.fromisoformat(str(moment)).date() if moment is not None else None
    except ValueError:
        return None


def _label(moment: Any) -> str | None:
    return f"{moment:g}" if isinstance(moment, int | float) else moment


def _written(chosen: Any) -> Any:
    """As a study file has it: an ISO date, or a number."""
    if chosen is None:
        return None
    if isinstance(chosen, datetime):
        return chosen.date().isoformat()
    if isinstance(chosen, date):
        return chosen.isoformat()
    try:
        number = float(chosen)
    except ValueError:
        return chosen
    return int(number) if number.is_integer() else number


def _how(row: StudyRow, lens: Lens) -> None:
    """The method, and what else changed."""
    first, second = st.columns([1, 2])
    now = lens.get("method", "auto")
    options = [*METHODS] if now in METHODS else [*METHODS, now]
    with first:
        method = st.selectbox(
            "Method", options, index=options.index(now), key=f"{row.id}_method",
            format_func=lambda key: METHODS[key][0] if key in METHODS else key.capitalize(),
        )  # fmt: skip
        if method in METHODS:
            st.caption(METHODS[method][1])
    if method != now:
        put(lens, "method", method if method != "auto" else None)
        if method != "predictors":
            lens.pop("predictors", None)
    other = second.text_input(
        "What else changed that day?", lens.get("other_changes", ""), key=f"{row.id}_other",
        max_chars=500, placeholder="A price, a campaign, a holiday, a bug fixed",
        help="It is printed on the readout: no method can tell two changes of one day apart.",
    )  # fmt: skip
    put(lens, "other_changes", other.strip() or None)


def _donors(row: StudyRow, lens: Lens, looked: Looked) -> None:
    """Donors that the launch reached too, those left out by choice, those kept by choice."""
    treated = set(treated_now(lens, looked))
    others = [unit for unit in looked.units if unit not in treated]
    first, second = st.columns(2)
    affected = _units(
        row, first, "Which donors did the launch also reach?", lens.get("affected"), others,
        "Shared users, a campaign next door. A touched donor hides part of the effect.",
    )  # fmt: skip
    put(lens, "affected", affected or None)
    given = lens.get("exclude") or {}
    reasons = dict.fromkeys(given, "") if isinstance(given, list) else dict(given)
    left_out = _units(
        row, second, "Donors to leave out", list(reasons), others,
        "For another reason; each with its own, which the readout shows.",
    )  # fmt: skip
    with second:
        for unit in left_out[:MOST_REASONS]:
            reasons[unit] = st.text_input(
                f"Why is {plain(unit)} no donor?", reasons.get(unit, ""), max_chars=200,
                key=f"{row.id}_why_{unit}",
            ).strip()  # fmt: skip
    found = {unit: reasons.get(unit, "") for unit in left_out}
    if found != reasons or not isinstance(given, list):
        put(lens, "exclude", found or None)
    dropped = [
        one["unit"]
        for one in (looked.content or {}).get("donors", [])
        if one["reason"] in AUDIT and one["status"] == "dropped"
    ]
    if dropped or lens.get("keep"):
        keep = _units(
            row, first, "Keep although the audit leaves them out", lens.get("keep"), dropped,
            "The audit leaves out totals, copies, constant series and units that came later.",
        )  # fmt: skip
        put(lens, "keep", keep or None)


def _units(
    row: StudyRow, place: Any, label: str, now: list[str] | None, others: list[str], about: str
) -> list[str]:
    chosen = list(now or [])
    options = [*others, *(one for one in chosen if one not in others)]
    found: list[str] = place.multiselect(
        label, options, default=chosen, key=f"{row.id}_{label}", help=about,
        placeholder="None",
    )  # fmt: skip
    return found


def _advanced(row: StudyRow, lens: Lens, looked: Looked) -> None:
    """Settings that few studies change."""
    with st.expander("Advanced", icon=":material/tune:"):
        first, second, third = st.columns(3)
        alpha = first.number_input(
            "Alpha", 0.001, 0.5, float(lens.get("alpha", 0.05)), step=0.01, format="%g",
            key=f"{row.id}_panel_alpha", help="Two-sided level of the test and the intervals.",
        )  # fmt: skip
        _said(lens, "alpha", round(alpha, 6), 0.05)
        for place, key, label, options, about in (
            (second, "statistic", "Rank placebos by", STATISTICS,
             "By the misfit no interval is given."),
            (third, "missing", "Where a cell is missing", MISSING, "Nothing is filled in."),
            (first, "aggregate", "Several treated units count as", AGGREGATES,
             "The lift is the same; the absolute effect is not."),
        ):  # fmt: skip
            default = next(iter(options))
            chosen = place.selectbox(
                label, list(options), index=list(options).index(lens.get(key, default)),
                format_func=options.__getitem__, key=f"{row.id}_{key}", help=about,
            )  # fmt: skip
            _said(lens, key, chosen, default)
        with second:
            end = _moment(row, "End", lens.get("end"), looked, "Periods from it on are left out.")
        put(lens, "end", end)
        with third:
            _gaps(row, lens)


def _gaps(row: StudyRow, lens: Lens) -> None:
    """Spans to leave out for all, as text: ``2026-01-01 to 2026-01-02; 2026-02-03``."""
    now = "; ".join(
        str(first) if first == last else f"{first} to {last}"
        for first, last in lens.get("gaps", [])
    )
    text = st.text_input(
        "Periods to leave out", now, key=f"{row.id}_gaps",
        placeholder="2026-01-01 to 2026-01-02; 2026-02-03",
        help="For all units, both ends included: holidays, outages.",
    )  # fmt: skip
    if text == now:
        return
    spans = [one.split(" to ") for one in text.split(";") if one.strip()]
    put(
        lens,
        "gaps",
        [[_written(one[0].strip()), _written(one[-1].strip())] for one in spans] or None,
    )


def _said(section: Lens, key: str, value: object, default: object) -> None:
    """Say it in the study unless it is the default and was not said before."""
    if key in section or value != default:
        section[key] = value
