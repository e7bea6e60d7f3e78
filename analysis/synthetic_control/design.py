"""Who was treated when, which periods and donors count: a log and a study made into arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.core import Floats, LogError, Notice
from analysis.core.wording import agreeing, counted
from analysis.logs.panel_log import PanelLog
from analysis.study import Metric, Study
from analysis.study_panel import SyntheticControl
from analysis.synthetic_control.donors import Audited, audit
from analysis.synthetic_control.matching import without_predictor
from analysis.synthetic_control.missing import observed
from analysis.synthetic_control.notices import notice
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.treated import (
    evaluated,
    forecast_alone,
    placed,
    refuse_global_rollout,
    starts_of,
    unit_of,
)

SHOWN = 8


@dataclass(frozen=True)
class Series:
    """One metric of the study on the kept periods.

    Attributes:
        metric: The metric.
        kind: Its kind in the panel.
        values: (periods, units) all units of the panel, NaN where a dropped unit has none.
    """

    metric: Metric
    kind: str
    values: Floats


@dataclass(frozen=True)
class Design:
    """Everything that is decided before a weight is sought.

    Attributes:
        log: The log's panel.
        lens: The study's section.
        labels: Kept periods.
        treated: Treated units, sorted.
        starts: Treated unit = number of kept periods before its start.
        start_labels: Treated unit = label of its first treated period.
        evaluate: Number of kept periods before the post window, where one start holds.
        evaluate_label: Its label.
        donors: Columns of the donors that are never treated.
        audited: What became of every unit, by name.
        later: Unit = number of kept periods before its start, of units that may serve as donors
            until then.
        series: The study's metrics, the headline's first.
        kept: (periods of the log,) which are kept.
        notices: What was found on the way.
    """

    log: PanelLog
    lens: SyntheticControl
    labels: tuple[str, ...]
    treated: tuple[str, ...]
    starts: dict[str, int]
    start_labels: dict[str, str]
    evaluate: int
    evaluate_label: str
    donors: tuple[int, ...]
    audited: tuple[Audited, ...]
    later: dict[str, int]
    series: tuple[Series, ...]
    kept: NDArray[np.bool_]
    notices: tuple[Notice, ...]

    @property
    def staggered(self) -> bool:
        """Whether treated units start at different times."""
        return len(set(self.starts.values())) > 1

    @property
    def pre(self) -> int:
        """Periods before the (first) start."""
        return min(self.starts.values())

    @property
    def donor_names(self) -> tuple[str, ...]:
        """The donors that are never treated, by name."""
        return tuple(self.log.units[one] for one in self.donors)

    def column(self, unit: str) -> int:
        """The column of a unit."""
        return self.log.units.index(unit)

    def donors_of(self, units: Sequence[str]) -> tuple[int, ...]:
        """Columns of the donors of some treated units, later adopters that may serve included."""
        first = self._evaluated(units)
        serving = [unit for unit, place in self.later.items() if place > first]
        columns = {*self.donors, *(self.column(unit) for unit in serving)}
        return tuple(sorted(columns - {self.column(unit) for unit in units}))

    def names_of(self, units: Sequence[str]) -> tuple[str, ...]:
        """The donors of some treated units by name."""
        return tuple(self.log.units[one] for one in self.donors_of(units))

    def _evaluated(self, units: Sequence[str]) -> int:
        """Periods before the post window of some treated units."""
        pre = self.starts[units[0]]
        return pre if self.staggered else max(pre, self.evaluate)

    def panel(self, series: Series, units: Sequence[str] | None = None) -> Panel:
        """The mean of some treated units (all by default) beside their donors.

        A later adopter that serves ends the panel at its own start.
        """
        meant = units or self.treated
        chosen = [self.column(unit) for unit in meant]
        donors = self.donors_of(meant)
        ends = [self.later[unit] for unit in self.later if self.column(unit) in donors] + [
            len(self.labels)
        ]
        target = series.values[:, chosen].mean(axis=1)
        values = np.column_stack([target, series.values[:, donors]])[: min(ends)]
        return Panel(values, self.starts[meant[0]], self._evaluated(meant), len(chosen))


def primary_first(metrics: Sequence[Metric]) -> list[int]:
    """Places of the metrics, the first primary before all others."""
    first = next((i for i, one in enumerate(metrics) if one.role == "primary"), 0)
    return [first, *(i for i in range(len(metrics)) if i != first)]


def design(log: PanelLog, study: Study) -> Design:
    """The design of a study on its log.

    Raises:
        StudyError, LogError: The design cannot be analysed; see the codes below.
    """
    lens = study.synthetic_control or SyntheticControl()
    notices: list[Notice] = []
    starts = starts_of(log, lens)
    refuse_global_rollout(log, lens, starts)
    places, labels = placed(log, starts, notices)
    evaluate_label, evaluate = evaluated(log, lens, places, labels)
    made = _assembled(
        log, study, starts=places, labels=labels, evaluate=(evaluate_label, evaluate),
        notices=notices,
    )  # fmt: skip
    _windows(made)
    _enough_donors(made)
    return made


def quiet_design(log: PanelLog, study: Study, treated: Sequence[str]) -> Design:
    """The design of a launch yet to come: every period of the log is one before it.

    Args:
        log: A panel without any launch.
        study: The study; its starts are not looked at.
        treated: Units of the panel that would be treated; none yet if it is empty.

    Raises:
        StudyError, LogError: A unit is unknown, or too few donors are left.
    """
    count = len(log.axis.labels)
    made = _assembled(
        log, study, starts=dict.fromkeys(sorted(treated), count),
        labels=dict.fromkeys(sorted(treated), ""), evaluate=("", count), notices=[],
    )  # fmt: skip
    _enough_donors(made)
    return made


def _assembled(
    log: PanelLog,
    study: Study,
    *,
    starts: Mapping[str, int],
    labels: dict[str, str],
    evaluate: tuple[str, int],
    notices: list[Notice],
) -> Design:
    """The design once it is known who is treated from which period on."""
    lens = study.synthetic_control or SyntheticControl()
    treated = tuple(sorted(starts))
    evaluate_label, evaluate_at = evaluate
    order = primary_first(study.metrics)
    declared = _declared(log, lens, starts)
    candidates = [i for i, unit in enumerate(log.units) if unit not in declared]
    columns = [log.units.index(unit) for unit in treated]
    kept, lacking = observed(log, lens, columns, candidates, notices)
    # Periods that fell out move every window.
    gone = np.cumsum(~kept, dtype=np.int64)
    places = {unit: place - _before(gone, place) for unit, place in starts.items()}
    evaluate_at -= _before(gone, evaluate_at)
    series = tuple(
        Series(study.metrics[i], log.panels[i].kind, log.panels[i].values[kept]) for i in order
    )
    found = {**declared, **lacking}
    candidates = [i for i in candidates if log.units[i] not in found]
    pre = min(places.values(), default=int(kept.sum()))
    found |= _audited(log, lens, series, order, candidates, columns, pre)
    if lens.method == "predictors":
        found |= without_predictor(log, study, candidates, columns, found, notices)
    for unit, one in found.items():
        if one.kept:
            notices.append(notice("kept_donor", unit=unit, detail=one.detail))
    donors = tuple(i for i in candidates if found.get(log.units[i], Audited("", kept=True)).kept)
    later = {
        unit: place - _before(gone, place)
        for unit, place in _later(log, lens, starts).items()
        if unit in places or log.units.index(unit) in donors
    }
    donors = tuple(i for i in donors if log.units[i] not in later)
    notices += _said_of(found)
    return Design(
        log=log,
        lens=lens,
        labels=tuple(label for label, one in zip(log.axis.labels, kept, strict=True) if one),
        treated=treated,
        starts=places,
        start_labels=labels,
        evaluate=evaluate_at,
        evaluate_label=evaluate_label,
        donors=donors,
        audited=tuple(found.get(unit, Audited(unit, kept=True)) for unit in log.units),
        later=later,
        series=series,
        kept=kept,
        notices=tuple(notices),
    )


def _later(log: PanelLog, lens: SyntheticControl, starts: Mapping[str, int]) -> dict[str, int]:
    """Unit = start in periods of the log, of those treated after the first start, if they serve."""
    if not lens.not_yet_treated or not starts:
        return {}
    found = {
        unit: log.axis.place(start, "treated_from")[1] for unit, start in log.treated_from.items()
    }
    first = min(starts.values())
    return {unit: place for unit, place in (found | dict(starts)).items() if place > first}


def _declared(
    log: PanelLog, lens: SyntheticControl, starts: Mapping[str, int]
) -> dict[str, Audited]:
    """Units that declared facts keep from being donors, in the order of the rules."""
    found: dict[str, Audited] = {}
    later = _later(log, lens, starts)
    for unit in sorted(starts):
        detail = "treated itself" + ("; serves until its own start" if unit in later else "")
        found[unit] = Audited(unit, kept=False, reason="treated", detail=detail)
    for unit in log.treated_from:
        if unit not in later:
            said = Audited(unit, kept=False, reason="treated", detail="treated at another time")
            found.setdefault(unit, said)
    for name, why in (lens.exclude or {}).items():
        unit = unit_of(log, name, "exclude")
        said = Audited(unit, kept=False, reason="excluded_by_user", detail=why or "excluded")
        found.setdefault(unit, said)
    if lens.donors is not None:
        wanted = {unit_of(log, name, "donors") for name in lens.donors}
        for unit in log.units:
            if unit not in wanted:
                said = Audited(
                    unit, kept=False, reason="excluded_by_user", detail="not among the donors named"
                )
                found.setdefault(unit, said)
    for name in lens.affected:
        unit = unit_of(log, name, "affected")
        said = Audited(unit, kept=False, reason="affected", detail="touched by the launch")
        if found.get(unit) is None or found[unit].reason != "treated":
            found[unit] = said
    for name in lens.keep:
        unit_of(log, name, "keep")
    return found


def _before(gone: NDArray[np.int64], place: int) -> int:
    return int(gone[place - 1]) if place else 0


def _audited(
    log: PanelLog,
    lens: SyntheticControl,
    series: Sequence[Series],
    order: Sequence[int],
    candidates: Sequence[int],
    treated: Sequence[int],
    pre: int,
) -> dict[str, Audited]:
    values = [
        (one.values[:pre], log.panels[i].zero_filled) for one, i in zip(series, order, strict=True)
    ]
    keep = frozenset(log.unit(name) or name for name in lens.keep)
    return audit(log.units, candidates, treated, values, keep)


def _said_of(found: Mapping[str, Audited]) -> list[Notice]:
    said = []
    others = []
    for unit, one in sorted(found.items()):
        if one.kept:
            continue
        if one.reason in ("aggregate_donor", "duplicate_donor"):
            said.append(notice(one.reason, unit=unit, detail=one.detail))
        elif one.reason == "affected":
            said.append(notice("affected_donor", unit=unit))
        elif one.reason in ("short_history", "constant"):
            others.append(f"{unit} ({one.detail})")
    if others:
        more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
        said.append(notice("dropped_donors", units=", ".join(others[:SHOWN]) + more))
    return said


def _windows(made: Design) -> None:
    for unit, pre in made.starts.items():
        if pre < 2:
            raise LogError(
                "no_pre_period",
                f"Only {counted(pre, 'period')} before the start {made.start_labels[unit]} "
                f"{agreeing(pre, 'has', 'have')} values.",
                where="synthetic_control.start",
                fix="Bring at least 10 periods from before the start.",
            )
    if made.evaluate >= len(made.labels):
        raise LogError(
            "no_post_period",
            f"No period from {made.evaluate_label} on has values.",
            where="synthetic_control.evaluate_from",
            fix="Wait for a period after the start, or move evaluate_from or end.",
        )


def _enough_donors(made: Design) -> None:
    if forecast_alone(made.lens):
        return
    serving = len(made.donors_of(made.treated[:1])) if made.treated else len(made.donors)
    if not serving and all(one.reason in ("treated", "") for one in made.audited):
        raise LogError(
            "no_untreated_unit", "Every unit was treated; nobody is left to compare with."
        )
    least = 1 if made.lens.method == "bsts" else 2
    if serving >= least:
        return
    lost = [one for one in made.audited if not one.kept and one.reason != "treated"]
    if lost and all(one.reason == "constant" for one in lost):
        raise LogError(
            "constant_donors",
            "Every donor has one and the same value in all pre-periods.",
            where="synthetic_control.donors",
            fix="Check the metric's column, or bring donors that vary.",
        )
    said = ", ".join(f"{one.unit}: {one.detail}" for one in lost[:SHOWN])
    raise LogError(
        "too_few_donors",
        f"{counted(serving, 'donor')} {agreeing(serving, 'is', 'are')} left; "
        f"at least {least} {agreeing(least, 'is', 'are')} needed.",
        where="synthetic_control.donors",
        fix=f"Left out: {said}. Bring more untreated units, or keep some by keep = [...]."
        if lost
        else "Bring more untreated units.",
    )
