"""The periods of a panel before any launch, on which the next one is planned."""

from dataclasses import dataclass, replace

from analysis.core import LogError
from analysis.core.wording import counted
from analysis.logs.panel_log import Axis, PanelLog
from analysis.study_panel import Moment, SyntheticControl
from analysis.synthetic_control.treated import starts_of


@dataclass(frozen=True)
class Shortened:
    """The first periods of another axis.

    Attributes:
        whole: The axis.
        count: How many of its periods are left.
    """

    whole: Axis
    count: int

    @property
    def labels(self) -> tuple[str, ...]:
        """The periods that are left."""
        return self.whole.labels[: self.count]

    @property
    def frequency(self) -> str:
        """As of the whole axis."""
        return self.whole.frequency

    @property
    def range(self) -> tuple[str, str]:
        """As of the whole axis."""
        return self.whole.range

    def place(self, moment: Moment, where: str) -> tuple[str, int, bool]:
        """As of the whole axis, but not beyond what is left."""
        label, before, inside = self.whole.place(moment, where)
        return label, min(before, self.count), inside


def quiet(log: PanelLog, lens: SyntheticControl) -> PanelLog:
    """The log up to the first launch that the study or the log knows of; whole without one.

    Raises:
        LogError: ``no_quiet_period``: there is nothing before the first launch.
    """
    starts: dict[str, Moment] = dict(log.treated_from)
    if lens.start is not None:
        starts["start"] = lens.start
    if lens.starts is not None or (lens.treated is not None and lens.start is not None):
        starts |= starts_of(log, lens)
    if not starts:
        return log
    placed = {one: log.axis.place(one, "synthetic_control.start") for one in set(starts.values())}
    label, count, _ = min(placed.values(), key=lambda one: one[1])
    if count == 0:
        raise LogError(
            "no_quiet_period",
            f"The log has no period before the launch of {label}.",
            where="synthetic_control.start",
            fix="Bring periods from before it, or remove start if nothing was launched.",
        )
    return replace(
        log,
        axis=Shortened(log.axis, count),
        panels=tuple(
            replace(one, values=one.values[:count], reasons=one.reasons[:count])
            for one in log.panels
        ),
        columns={name: values[:count] for name, values in log.columns.items()},
        treated_from={},
    )


def enough(periods: int, horizon: int, least: int) -> None:
    """Refuse a plan without room for one pretended launch.

    Raises:
        LogError: ``too_few_periods``.
    """
    if periods - horizon >= least:
        return
    raise LogError(
        "too_few_periods",
        f"The log has {counted(periods, 'period')} without a launch; a test of {horizon} needs "
        f"{horizon + least}, {least} of them before it.",
        where="synthetic_control.horizon",
        fix="Bring more periods, or plan a shorter test.",
    )
