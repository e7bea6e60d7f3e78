"""Before launch: what a test on given units would show, and which units would show most."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.core import Notice, StudyError
from analysis.core.plain import plain
from analysis.core.wording import counted
from analysis.logs.panel_log import PanelLog
from analysis.study import Study
from analysis.study_panel import SyntheticControl
from analysis.synthetic_control.best_sets import MOST_FITS, Search, best_sets
from analysis.synthetic_control.choose import automatic, placebo_method
from analysis.synthetic_control.design import Design, design, quiet_design
from analysis.synthetic_control.framing import donor_rows
from analysis.synthetic_control.held_back import held_back
from analysis.synthetic_control.measuring import estimator, power_before
from analysis.synthetic_control.notices import notice
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.power import LEAST_PRE, power_block, windows
from analysis.synthetic_control.quiet import enough, quiet
from analysis.synthetic_control.treated import unit_of

Block = dict[str, Any]
Progress = Callable[[str, float], None]

# Methods whose placebos are quick enough to be made once a window and once a set of units.
PLANNED = ("auto", "classic", "demeaned", "indexed", "sdid", "did")
# Without a length in the study the pretended test takes this part of the periods.
DEFAULT_PART = 5


@dataclass(frozen=True)
class Planned:
    """What a plan holds.

    Attributes:
        content: The ``synthetic_control`` part of the plan.
        notices: What its reader must know.
    """

    content: Block
    notices: tuple[Notice, ...]


def plan(log: PanelLog, study: Study, progress: Progress | None = None) -> dict[str, Any]:
    """Power, detectable effect and the best units to treat, from periods without a launch.

    A study names no start yet. Where it does, or where the log has a past launch, the periods
    before that one count.

    Args:
        log: The log's panel.
        study: Its section says ``treated`` (optional), ``horizon``, ``windows``, ``lifts``,
            ``method``, ``alpha`` and ``statistic``.
        progress: Called with what is being done and the share done.

    Returns:
        ``power`` of the treated units (None if none are named), ``best_sets`` (see
        `best_sets` for the rule), ``held_back``, and what they rest on.

    Raises:
        VerdictError: Too few periods or donors, an unknown unit, or a method without power.
    """
    return planned(log, study, progress).content


def planned(log: PanelLog, study: Study, progress: Progress | None = None) -> Planned:
    """The plan with its notices; see `plan`."""
    from threadpoolctl import threadpool_limits

    # Many small problems: threads would cost more than they bring, and change last digits.
    with threadpool_limits(1):
        return _planned(log, study, progress or (lambda _what, _share: None))


def next_time(log: PanelLog, study: Study) -> list[Block]:
    """What a launch would show if some units were held back; see `held_back`.

    Raises:
        VerdictError: As `plan`.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        _, _, search = _prepared(log, study)
        return held_back(search)


def detectable(log: PanelLog, study: Study) -> Block | None:
    """Power on the periods before the study's own launch, before its result is looked at.

    None where it would take too long, or the method has no placebos or too few periods.

    Raises:
        VerdictError: The design cannot be analysed.
    """
    from threadpoolctl import threadpool_limits

    made = design(log, study)
    lens = made.lens
    if lens.method not in PLANNED or lens.windows * (len(made.donors) + 1) > MOST_FITS:
        return None
    with threadpool_limits(1):
        panel = made.panel(made.series[0])
        found = power_before(made, study, estimator(made, made.series[0]), panel)
        return None if found is None else dict(plain(found))


def _prepared(log: PanelLog, study: Study) -> tuple[PanelLog, Design, Search]:
    """The quiet log, its units after the audit, and how sets of them are tried."""
    lens = study.synthetic_control or SyntheticControl()
    if lens.method not in PLANNED:
        raise StudyError(
            "no_power_by_method",
            f'method = "{lens.method}" has no placebos that a plan could make in time.',
            where="synthetic_control.method",
            fix=f"Plan with {', '.join(PLANNED)}.",
        )
    before = quiet(log, lens)
    periods = len(before.axis.labels)
    horizon = lens.horizon or max(1, periods // DEFAULT_PART)
    enough(periods, horizon, LEAST_PRE)
    pool = quiet_design(before, study, ())
    # Units that the log lacks cells of are no candidates; periods that all lack are gone.
    enough(len(pool.labels), horizon, LEAST_PRE)
    key = _method_of(pool, lens)
    search = Search(
        names=pool.donor_names,
        values=pool.series[0].values[:, pool.donors],
        make=lambda panel: placebo_method(key, panel).make(panel),
        on_index=key == "indexed",
        horizon=horizon,
        windows=lens.windows,
        lifts=tuple(sorted(set(lens.lifts))),
        alpha=lens.alpha,
        statistic="att" if key == "sdid" else lens.statistic,
    )
    return before, pool, search


def _planned(log: PanelLog, study: Study, progress: Progress) -> Planned:
    lens = study.synthetic_control or SyntheticControl()
    before, pool, search = _prepared(log, study)
    key, horizon = _method_of(pool, lens), search.horizon
    named = [unit_of(before, one, "treated") for one in lens.treated or ()]
    notices = list(pool.notices)
    content: Block = {
        "metric": pool.series[0].metric.name,
        "better": pool.series[0].metric.better,
        "kind": pool.series[0].kind,
        "method": lens.method,
        "estimator": key,
        "statistic": search.statistic,
        "alpha": lens.alpha,
        "frequency": before.axis.frequency,
        "first_period": pool.labels[0],
        "last_period": pool.labels[-1],
        "n_periods": len(pool.labels),
        "n_units": len(pool.donors),
        "units": donor_rows(pool, {}),
        "horizon": horizon,
        "windows": lens.windows,
        "treated": sorted(named),
        "share_of_total": None,
        "power": None,
    }
    progress("Power of the units named", 0.0)
    if named:
        made = quiet_design(before, study, named)
        enough(len(made.labels), horizon, LEAST_PRE)
        content |= _power(made, search)
        notices += [one for one in made.notices if one not in notices]
        donors = len(made.donors)
    else:
        donors = len(pool.donors) - 1
    if math.floor(lens.alpha * (donors + 1) + 1e-9) < 1:
        notices.append(
            notice(
                "p_floor",
                donors=counted(donors, "donor"),
                floor=f"{1 / (donors + 1):.3g}",
                need=math.ceil(1 / lens.alpha - 1e-9) - 1,
                alpha=f"{lens.alpha:g}",
            )
        )
    content |= best_sets(search, lambda what, share: progress(what, 0.1 + 0.7 * share))
    progress("Holding units back", 0.8)
    content["held_back"] = held_back(search)
    return Planned(plain(content), tuple(dict.fromkeys(notices)))


def _method_of(pool: Design, lens: SyntheticControl) -> str:
    """The study's method, else the one that suits every unit that may be treated.

    Raises:
        StudyError: ``indexed_needs_positive``.
    """
    series = pool.series[0]
    before = series.values[:, pool.donors]
    if lens.method == "auto":
        return automatic(series.kind, series.metric.column or series.metric.name, before)
    if lens.method == "indexed" and not (before > 0).all():
        raise StudyError(
            "indexed_needs_positive",
            f'"{series.metric.name}" is not above 0 in every period of every unit.',
            where="synthetic_control.method",
            fix='Use method = "demeaned", or "auto".',
        )
    return lens.method


def _power(made: Design, search: Search) -> Block:
    """Power of the named units, as one mean against the donors."""
    whole = made.panel(made.series[0])
    panel = Panel(whole.values, whole.periods, whole.periods, len(made.treated))
    found = windows(
        panel, search.make, horizon=search.horizon, count=search.windows, lifts=search.lifts,
        alpha=search.alpha, statistic=search.statistic,
    )  # fmt: skip
    return {
        "n_donors": len(made.donors),
        "donors": donor_rows(made, {}),
        "share_of_total": _share(made),
        "power": power_block(found, search.lifts, search.alpha, search.horizon),
    }


def _share(made: Design) -> float | None:
    """The named units' part of the whole; None for a metric that does not add up over units."""
    series = made.series[0]
    if series.kind not in ("count", "sum"):
        return None
    chosen: Sequence[int] = [made.column(unit) for unit in made.treated]
    total = float(series.values[:, [*chosen, *made.donors]].sum())
    return float(series.values[:, chosen].sum()) / total if total > 0 else None
