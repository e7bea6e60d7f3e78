"""Many simulated panels, each measured as the synthetic control lens measures it."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from analysis.core import Floats
from analysis.simulate import GeoPlan, geo_values
from analysis.synthetic_control.analyze import evidence
from analysis.synthetic_control.block import Asked, Measured, measure
from analysis.synthetic_control.choose import automatic, placebo_method
from analysis.synthetic_control.flags import flags
from analysis.synthetic_control.in_time import default_starts
from analysis.synthetic_control.panel import Panel
from analysis.synthetic_control.placebos import fitted
from analysis.synthetic_control.ruling import verdict
from analysis.synthetic_control.working import headline, indexed
from tests.calibration.runs import FULL

# The gate's own number; the short form takes the first of the same panels.
PANELS = 300 if FULL else 40
PRE, POST, MARKETS = 84, 14, 24
NAMES = tuple(f"M{i + 1:02d}" for i in range(1, MARKETS))
DAYS = tuple(f"day {t + 1}" for t in range(PRE + POST))
LIFT = 0.08
ALPHA = 0.05


def panel(seed: int, lift: float) -> Panel:
    """One panel of the recipe."""
    return Panel(geo_values(GeoPlan(MARKETS, PRE, POST, lift), seed), PRE, PRE)


def measured(one: Panel, key: str) -> Measured:
    """A panel by one method, with every check; ``auto`` is left to the product."""
    if key == "auto":
        key = automatic("sum", "Sales", one.values[:PRE])
    method = placebo_method(key, one, None, demean=False)
    asked = Asked(
        NAMES, DAYS, ALPHA, key, "att" if key == "sdid" else "t",
        pretended=default_starts(one.pre, one.n_post), residuals=method.residuals,
    )  # fmt: skip
    return measure(one, method.make, asked)


def headline_gaps(seed: int) -> Floats:
    """(periods,) actual minus counterfactual of a null panel, on indices; no placebos."""
    one = panel(seed, 0.0)
    working = indexed(one)
    problem = headline(one)
    return fitted(one, working, problem, working.solve_all([problem])[0].weights).gaps


@dataclass(frozen=True)
class Found:
    """What is kept of one panel.

    Attributes:
        p: Name = every p-value that the readout prints of this method.
        truth: The planted effect a period, of these very days.
        att: The estimate.
        bounds: Level alpha = (low, high).
        flagged: A pretended start showed an effect.
        finding: The verdict's.
        decision: The verdict's, for a metric that is better higher.
        pointwise: Conformal p of each post-period.
    """

    p: dict[str, float | None]
    truth: float
    att: float
    bounds: dict[float, tuple[float, float]]
    flagged: bool
    finding: str
    decision: str
    pointwise: tuple[float, ...]

    def covers(self, alpha: float) -> bool:
        """Whether the interval holds the truth."""
        low, high = self.bounds[alpha]
        return low <= self.truth <= high

    def rejects(self, name: str, alpha: float = ALPHA) -> bool:
        """Whether a p-value is at most alpha."""
        p = self.p[name]
        return p is not None and p <= alpha


@cache
def runs(key: str, lift: float, count: int = PANELS) -> tuple[Found, ...]:
    """The first panels of the recipe, measured."""
    return tuple(_found(seed, key, lift) for seed in range(count))


def _found(seed: int, key: str, lift: float) -> Found:
    one = panel(seed, lift)
    head = measured(one, key)
    content = head.content
    method = placebo_method(str(content["estimator"]), one, None, demean=False)
    said = flags(head, method, "M01", "day", NAMES)
    about = {"metric": "Sales", "better": "higher", "alpha": ALPHA, "frequency": "day"}
    ruled = verdict(evidence(content | about, said, [head]), [])
    names = ("p_t", "p_ratio", "p_att", "p_t_with_treated", "p_ratio_with_treated", "p_value")
    p = {name: content[name] for name in names}
    p["conformal"] = content["conformal"]["p_zero_effect"]
    after = one.values[PRE:, 0]
    return Found(
        p=p,
        truth=float((after - after / (1 + lift)).mean()),
        att=content["att"],
        bounds={row["alpha"]: (row["low"], row["high"]) for row in content["intervals"]},
        flagged=any(row["flagged"] for row in content["in_time_placebo"]),
        finding=ruled["finding"],
        decision=ruled["decision"],
        pointwise=tuple(row["p"] for row in content["conformal"]["pointwise"]),
    )


def share(found: tuple[Found, ...], name: str) -> float:
    """Share of panels that a p-value rejects at 5 %."""
    return float(np.mean([one.rejects(name) for one in found]))
