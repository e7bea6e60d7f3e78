"""What is planted in a simulated experiment: who takes part, what they do, and how arms differ."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

DAY = 86_400


@dataclass(frozen=True)
class EventPlan:
    """One kind of event.

    Attributes:
        name: The event's name in the log.
        mean: Arm -> events a unit has on average inside the outcome window.
        value: Arm -> mean of the event's value; None for an event without a value.
        spread: Log-scale standard deviation of values within a unit.
        unit_spread: Log-scale standard deviation of units' own levels of value.
        decimals: Places to which values are rounded.
    """

    name: str
    mean: Mapping[str, float]
    value: Mapping[str, float] | None = None
    spread: float = 0.5
    unit_spread: float = 0.0
    decimals: int = 2


@dataclass(frozen=True)
class Experiment:
    """A whole experiment.

    How active a unit is varies by a gamma factor of mean 1 that lasts from the pre-period into
    the window. So the past predicts the outcome (CUPED helps), a few units do much of everything,
    and the share of units with at least one event has a closed form (`share`).

    Attributes:
        events: What units do.
        units: Units assigned, all arms together.
        arms: Arm -> share of units; the first is the control.
        start: First day of enrolment, UTC.
        enrol_days: Days over which units meet their arm.
        window_days: Length of a unit's outcome window.
        pre_days: Length of the pre-period in which events are logged.
        shape: Gamma shape of activity; smaller means heavier users (variance 1 / shape).
        lost: Arm -> share of its units that never reach the log, the less active first:
            what breaks a split in practice.
        mixed: Share of units that meet two arms.
        repeats: Share of rows that the client sent twice, under the same event id.
        blank_units: Share of rows that lost their unit.
        countries: Country -> weight.
        devices: Device -> weight.
    """

    events: tuple[EventPlan, ...]
    units: int = 10_000
    arms: Mapping[str, float] = field(default_factory=lambda: {"control": 0.5, "treatment": 0.5})
    start: str = "2026-03-02"
    enrol_days: int = 14
    window_days: int = 7
    pre_days: int = 7
    shape: float = 1.5
    lost: Mapping[str, float] = field(default_factory=dict)
    mixed: float = 0.0
    repeats: float = 0.0
    blank_units: float = 0.0
    countries: Mapping[str, float] = field(
        default_factory=lambda: {"US": 0.38, "DE": 0.24, "GB": 0.16, "FR": 0.13, "BR": 0.09}
    )
    devices: Mapping[str, float] = field(
        default_factory=lambda: {"mobile": 0.58, "desktop": 0.35, "tablet": 0.07}
    )

    def event(self, name: str) -> EventPlan:
        """The plan of one event."""
        return next(plan for plan in self.events if plan.name == name)


def planned(
    name: str,
    mean: float,
    *,
    lift: float = 0.0,
    value: float | None = None,
    value_lift: float = 0.0,
    spread: float = 0.5,
    unit_spread: float = 0.0,
    decimals: int = 2,
) -> EventPlan:
    """An event of a two-arm experiment, given the control's means and the treatment's lifts."""
    values = None if value is None else {"control": value, "treatment": value * (1 + value_lift)}
    means = {"control": mean, "treatment": mean * (1 + lift)}
    return EventPlan(name, means, values, spread, unit_spread, decimals)


def share(mean: float, shape: float) -> float:
    """Share of units with at least one event, when units average `mean` events.

    Counts are Poisson given a gamma activity, hence negative binomial: the chance of none is
    (1 + mean / shape) ** -shape.

    Source:
        Greenwood, Yule (1920), "An inquiry into the nature of frequency distributions
        representative of multiple happenings", J. R. Stat. Soc. 83, 255-279.
    """
    return 1.0 - math.pow(1.0 + mean / shape, -shape)


def mean_for_share(wanted: float, shape: float) -> float:
    """The mean number of events at which that share of units has at least one.

    >>> round(share(mean_for_share(0.24, 1.5), 1.5), 12)
    0.24
    """
    return shape * (math.pow(1.0 - wanted, -1.0 / shape) - 1.0)
