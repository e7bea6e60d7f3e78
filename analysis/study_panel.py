"""The [synthetic_control] section of a study: who was treated when, and how it is analysed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from analysis.study_fields import (
    Check,
    boolean,
    choice,
    integer,
    number,
    read_section,
    refuse,
    shown,
    text,
    texts,
    utc,
)

# A time as a study gives it: an ISO date or time, or a number on a numeric time axis.
Moment = str | float

METHODS = (
    "auto", "classic", "demeaned", "indexed", "ridge", "sdid", "did", "penalised", "predictors",
    "bsts",
)  # fmt: skip


def _key(check: Check, default: Any = None, name: str | None = None) -> Any:
    """A setting: how its value is checked, its default, and its key if that is no Python name."""
    return field(default=default, metadata={"check": check, **({"name": name} if name else {})})


def moment(value: Any, where: str) -> Moment:
    """A date, a time (UTC if it has an offset, else local), or a number, as a study keeps it."""
    if isinstance(value, bool):
        raise _no_moment(value, where)
    if isinstance(value, int | float):
        return float(number()(value, where))
    if isinstance(value, datetime):
        return utc(value) if value.tzinfo is not None else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str) or not value.strip():
        raise _no_moment(value, where)
    return _moment_text(value.strip(), where)


def _moment_text(given: str, where: str) -> Moment:
    try:
        return float(number()(float(given), where))
    except ValueError:
        pass
    try:
        # A month stands for its first day.
        return date.fromisoformat(
            f"{given}-01" if len(given) == len("2026-02") else given
        ).isoformat()
    except ValueError:
        pass
    try:
        read = datetime.fromisoformat(given)
        return utc(read) if read.tzinfo is not None else read.isoformat()
    except (ValueError, OverflowError):
        raise _no_moment(given, where) from None


def _no_moment(value: Any, where: str) -> Exception:
    return refuse(
        "not_a_time",
        f"is {shown(value)}, not a date or a number",
        where,
        fix='Write it like "2026-03-23", or as the panel counts its periods, like 1989.',
    )


def _moments(value: Any, where: str) -> tuple[Moment, ...]:
    given = value if isinstance(value, list | tuple) else [value]
    return tuple(moment(one, f"{where}[{i + 1}]") for i, one in enumerate(given))


def _moment_map(value: Any, where: str) -> dict[str, Moment]:
    if not isinstance(value, Mapping) or not value:
        raise refuse(
            "wrong_type",
            f"is {shown(value)}, not a start for each unit",
            where,
            fix='Write starts = { DE = "2026-02-10", AT = "2026-03-01" }.',
        )
    return {text(unit, where): moment(one, f"{where}.{unit}") for unit, one in value.items()}


def _reasons(value: Any, where: str) -> dict[str, str]:
    """Unit = why it is no donor; a plain list of units gives no reason."""
    if not isinstance(value, Mapping):
        return dict.fromkeys(texts(value, where), "")
    return {
        text(unit, where): one if one == "" else text(one, f"{where}.{unit}")
        for unit, one in value.items()
    }


def _spans(value: Any, where: str) -> tuple[tuple[Moment, Moment], ...]:
    """Pairs of first and last, both included."""
    if not isinstance(value, list | tuple):
        raise refuse("wrong_type", f"is {shown(value)}, not a list of [first, last]", where)
    return tuple(_span(one, f"{where}[{i + 1}]") for i, one in enumerate(value))


def _span(value: Any, where: str) -> tuple[Moment, Moment]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise refuse("wrong_type", f"is {shown(value)}, not [first, last]", where)
    return moment(value[0], where), moment(value[1], where)


def _numbers(value: Any, where: str) -> tuple[float, ...]:
    given = value if isinstance(value, list | tuple) else [value]
    check = number()
    return tuple(check(one, f"{where}[{i + 1}]") for i, one in enumerate(given))


def _shares(value: Any, where: str) -> tuple[float, ...]:
    given = value if isinstance(value, list | tuple) else [value]
    check = number(low=0, low_open=True)
    return tuple(check(one, f"{where}[{i + 1}]") for i, one in enumerate(given))


def _window(value: Any, where: str) -> "Window":
    return read_section(Window, value, where)


@dataclass(frozen=True)
class Window:
    """A window of periods, both ends included; an end left out is that of the pre-period.

    `first` and `last` are the keys `from` and `to` of a study.
    """

    first: Moment | None = _key(moment, name="from")
    last: Moment | None = _key(moment, name="to")


def _train(value: Any, where: str) -> "Predictor":
    return _predictor(value, where)


@dataclass(frozen=True)
class Predictor:
    """A predictor: the mean of a column over some pre-periods; over all of them by default.

    Attributes:
        column: A column of the panel, or the name of a metric.
        first, last: The window (keys `from` and `to`).
        at: Single periods instead of a window.
        train: What stands in its place while V is chosen by cross-validation.
    """

    column: str = _key(text, "")
    first: Moment | None = _key(moment, name="from")
    last: Moment | None = _key(moment, name="to")
    at: tuple[Moment, ...] | None = _key(_moments)
    train: "Predictor | None" = _key(_train)


def _predictor(value: Any, where: str) -> Predictor:
    if isinstance(value, str):
        return Predictor(column=text(value, where))
    read = read_section(Predictor, value, where)
    if not read.column:
        raise refuse("missing_key", "names no column", where, fix='Add column = "gdp".')
    if read.at is not None and (read.first is not None or read.last is not None):
        raise refuse("conflicting_keys", "gives both a window and single periods", where)
    return read


def _predictors(value: Any, where: str) -> tuple[Predictor, ...]:
    given = value if isinstance(value, list | tuple) else [value]
    return tuple(_predictor(one, f"{where}[{i + 1}]") for i, one in enumerate(given))


@dataclass(frozen=True)
class SyntheticControl:
    """The synthetic control lens: who was treated when, against which donors, and how.

    None means not said: the log's own say, the documented default, or "not planned".

    Attributes:
        treated: Treated units.
        start: First treated period, which is post.
        starts: Unit = start, where the starts differ; instead of `start`.
        donors: Units that may be donors; every other by default.
        exclude: Unit = why it is no donor.
        affected: Units that the launch touched too, so that they are no donors.
        keep: Donors kept although the audit would drop them.
        frequency: Length of a period; a panel file says it itself.
        method: Estimator of the headline.
        alpha: Two-sided level of intervals and decisions.
        end: The end of the study; later periods are left out.
        evaluate_from: First period of the post window; `start` by default.
        predictors: For ``predictors`` only.
        v_fit, v_search, v_custom: Its outcome window, search, and weights given by hand.
        demean: Whether ``ridge`` works on demeaned series.
        lambda_: A fixed penalty (key `lambda`) for ``ridge`` and ``penalised``.
        season: Periods of a season in ``bsts``.
        not_yet_treated: Whether later adopters serve as donors until their own start.
        aggregate: How several treated units become one series.
        missing: Which side gives way where a cell is missing.
        partial_periods: ``drop`` or ``keep`` a first or last period that is not whole.
        gaps: Spans of periods to leave out for all units, both ends included.
        placebo_starts: Pretended starts; two by rule if not said.
        placebo_pool: Whether placebos may use the treated unit as a donor.
        statistic: What placebos are ranked by.
        slack: Shares by which the fit may be worse in the fit-equivalent range.
        thetas: Constant effects to test by the conformal method.
        horizon, windows, lifts: The planned length in periods, back-tested windows and lifts
            of the power analysis.
        global_rollout: Nobody of the treated kind was left untreated.
        other_changes: What else changed that day, in words; printed on the readout.
    """

    treated: tuple[str, ...] | None = _key(texts)
    start: Moment | None = _key(moment)
    starts: dict[str, Moment] | None = _key(_moment_map)
    donors: tuple[str, ...] | None = _key(texts)
    exclude: dict[str, str] | None = _key(_reasons)
    affected: tuple[str, ...] = _key(texts, ())
    keep: tuple[str, ...] = _key(texts, ())
    frequency: str | None = _key(choice("day", "week", "month"))
    method: str = _key(choice(*METHODS), "auto")
    alpha: float = _key(number(low=0, high=0.5, low_open=True), 0.05)
    end: Moment | None = _key(moment)
    evaluate_from: Moment | None = _key(moment)
    predictors: tuple[Predictor, ...] = _key(_predictors, ())
    v_fit: Window | None = _key(_window)
    v_search: str | None = _key(choice("local", "wide"))
    v_custom: tuple[float, ...] | None = _key(_numbers)
    demean: bool = _key(boolean, False)
    lambda_: float | None = _key(number(low=0, low_open=True), name="lambda")
    season: int | None = _key(integer(low=2))
    not_yet_treated: bool = _key(boolean, False)
    aggregate: str = _key(choice("mean", "sum"), "mean")
    missing: str = _key(choice("drop_donors", "drop_periods"), "drop_donors")
    partial_periods: str = _key(choice("drop", "keep"), "drop")
    gaps: tuple[tuple[Moment, Moment], ...] = _key(_spans, ())
    placebo_starts: tuple[Moment, ...] | None = _key(_moments)
    placebo_pool: str = _key(choice("without_treated", "with_treated"), "without_treated")
    statistic: str = _key(choice("t", "ratio", "att"), "t")
    slack: tuple[float, ...] = _key(_shares, (0.02, 0.10))
    thetas: tuple[float, ...] = _key(_numbers, ())
    horizon: int | None = _key(integer(low=1))
    windows: int = _key(integer(low=1), 10)
    lifts: tuple[float, ...] = _key(_shares, (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3))
    global_rollout: bool = _key(boolean, False)
    other_changes: str | None = _key(text)


def synthetic_control(value: Any, where: str) -> SyntheticControl:
    """The section, checked as a whole."""
    lens = read_section(SyntheticControl, value, where)
    if lens.start is not None and lens.starts is not None:
        raise refuse(
            "conflicting_keys",
            "gives both start and starts",
            where,
            fix="Keep start for one date, or starts for a date a unit.",
        )
    if lens.predictors and lens.method != "predictors":
        raise refuse(
            "conflicting_keys",
            f'has predictors, but its method is "{lens.method}"',
            where,
            fix='Set method = "predictors" or remove them.',
        )
    if lens.method == "predictors" and not lens.predictors:
        raise refuse(
            "missing_key",
            'has method = "predictors" but names none',
            where,
            fix='Add predictors = ["income", { column = "sales", at = [1975, 1980] }].',
        )
    for treated in lens.treated or ():
        for role in ("donors", "exclude", "affected", "keep"):
            if treated in (getattr(lens, role) or ()):
                raise refuse(
                    "treated_is_donor",
                    f'names "{treated}" as treated and in {role}',
                    where,
                    fix=f"Remove it from {role}.",
                )
    return lens


__all__ = ["METHODS", "Moment", "Predictor", "SyntheticControl", "Window", "moment"]
