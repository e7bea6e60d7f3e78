"""What was planted, said metric by metric: the numbers that an estimate should find."""

from dataclasses import dataclass

from analysis.simulate.experiment import Experiment, share
from analysis.study import Metric, Study, Term


@dataclass(frozen=True)
class Truth:
    """A metric's true value in two arms.

    Attributes:
        control: Expected value in the control.
        treatment: Expected value in the treatment.
    """

    control: float
    treatment: float

    @property
    def difference(self) -> float:
        """Treatment minus control, in the metric's own unit."""
        return self.treatment - self.control

    @property
    def lift(self) -> float:
        """Relative change from the control."""
        return self.treatment / self.control - 1

    def to_mapping(self) -> dict[str, float]:
        """Twelve significant digits of each number, the same on every machine."""
        numbers = {
            "control": self.control,
            "treatment": self.treatment,
            "difference": self.difference,
            "lift": self.lift,
        }
        return {name: float(f"{number:.12g}") + 0.0 for name, number in numbers.items()}


def truths(plan: Experiment, study: Study, treatment: str = "treatment") -> dict[str, Truth]:
    """Each metric's truth under a plan.

    Args:
        plan: What was planted.
        study: Its metrics are read from events of the plan, over the plan's own window.
        treatment: The arm to compare with the plan's first arm.
    """
    control = next(iter(plan.arms))
    return {
        metric.name: Truth(_value(plan, metric, control), _value(plan, metric, treatment))
        for metric in study.metrics
    }


def _value(plan: Experiment, metric: Metric, arm: str) -> float:
    if metric.kind == "ratio" and metric.numerator and metric.denominator:
        return _term(plan, metric.numerator, arm) / _term(plan, metric.denominator, arm)
    event = plan.event(metric.event or "")
    mean = event.mean[arm]
    value = event.value[arm] if event.value else 0.0
    match metric.kind:
        case "proportion":
            return share(mean, plan.shape)
        case "retention":
            return share(mean / plan.window_days, plan.shape)
        case "mean":
            return value
        case "sum":
            return mean * value
        case "count":
            return mean
    raise ValueError(f"No truth is known for kind {metric.kind!r} of metric {metric.name!r}.")


def _term(plan: Experiment, term: Term, arm: str) -> float:
    event = plan.event(term.event or "")
    if term.value == "sum" and event.value:
        return event.mean[arm] * event.value[arm]
    return event.mean[arm]
