"""A simulated panel as a table, one row a unit and day, and the same days without the version."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from analysis.core import Floats
from analysis.simulate.geo import WEEK, GeoPlan, fading, geo_values
from analysis.simulate.panel_plan import PanelPlan


@dataclass(frozen=True)
class Days:
    """What every unit did on every day, (days, units) each; tasks and complaints are whole."""

    tasks: Floats
    cost: Floats
    complaints: Floats


def draw_days(plan: PanelPlan, seed: int) -> Days:
    """The days of a seed.

    With the same seed, a plan without effects draws the same units, shocks and luck: what the
    treated units would have done.
    """
    rng = np.random.default_rng([seed, len(plan.units)])
    days, units = plan.pre + plan.post, len(plan.units)
    shape = (days, units)
    size = plan.tasks * np.exp(rng.normal(0, plan.spread, units))
    growth = 1 + 0.0008 * np.arange(days)[:, None] * rng.uniform(0.6, 1.4, units)
    shock = fading(0.85, rng.normal(0, 0.012, days), first=0.0)
    load = rng.uniform(0.6, 1.4, units)
    noise = rng.normal(0, plan.noise, shape)
    own = fading(0.3, np.sqrt(1 - 0.3**2) * noise, first=noise[0])
    price = np.exp(fading(0.95, rng.normal(0, 0.004, days), first=0.0))
    dearness = np.exp(rng.normal(0, 0.12, units))
    luck = np.exp(rng.normal(0, 0.012, shape))
    anger = plan.complaints * np.exp(rng.normal(0, 0.2, units))
    tenths = rng.uniform(size=shape)
    effect = _effect(plan)
    week = np.resize(WEEK, days)
    level = size * growth * week[:, None] * np.exp(shock[:, None] * load + own)
    level[plan.pre :] *= 1 + plan.autumn
    tasks = np.round(level * (1 + plan.lift * effect))
    each = plan.cost * dearness * price[:, None] * luck * (1 + plan.cost_lift * effect)
    expected = tasks * anger * (1 + plan.complaint_lift * effect)
    # About Poisson, and monotone in what is expected, so that a version moves no luck.
    complaints = np.round(np.square(np.sqrt(expected) + 0.5 * _normal(tenths)))
    return Days(tasks, np.round(tasks * each, 2), complaints)


def panel_table(plan: PanelPlan, seed: int) -> pa.Table:
    """One row a day and unit (a unit that has not opened yet has none), then the total's."""
    drawn = draw_days(plan, seed)
    measures = (drawn.tasks, drawn.cost, drawn.complaints)
    day: list[str] = []
    unit: list[str] = []
    cells: list[list[float]] = []
    begin = date.fromisoformat(plan.first)
    for at in range(plan.pre + plan.post):
        open_ones = [i for i, name in enumerate(plan.units) if plan.opened.get(name, 0) <= at]
        rows = [[float(one[at, i]) for one in measures] for i in open_ones]
        unit += [plan.units[i] for i in open_ones]
        if plan.total is not None:
            rows.append([float(one[at, open_ones].sum()) for one in measures])
            unit.append(plan.total)
        day += [(begin + timedelta(days=at)).isoformat()] * len(rows)
        cells += rows
    tasks, cost, complaints = zip(*cells, strict=True)
    columns = {
        "day": day,
        plan.kind: unit,
        "tasks": pa.array([round(one) for one in tasks], pa.int64()),
        "cost_usd": pa.array([round(one, 2) for one in cost], pa.float64()),
        "complaints": pa.array([round(one) for one in complaints], pa.int64()),
    }
    if plan.tells:
        columns["treated_from"] = _starts(plan, unit)
    return pa.table(columns)


def _starts(plan: PanelPlan, unit: Sequence[str]) -> list[str | None]:
    start = (date.fromisoformat(plan.first) + timedelta(days=plan.pre)).isoformat()
    return [start if plan.reached.get(name) == 1.0 else None for name in unit]


def geo_table(plan: GeoPlan, seed: int) -> pa.Table:
    """Markets day by day; the first one, M01, is treated after the pre-periods."""
    values = geo_values(plan, seed)
    days, markets = values.shape
    begin = date(2026, 1, 5)
    names = [f"M{i + 1:02d}" for i in range(markets)]
    return pa.table(
        {
            "day": [(begin + timedelta(days=at)).isoformat() for at in range(days) for _ in names],
            "market": names * days,
            "sales": values.ravel(),
        }
    )


def untreated(plan: PanelPlan) -> PanelPlan:
    """The plan had the version not come."""
    return replace(plan, lift=0.0, cost_lift=0.0, complaint_lift=0.0)


def _effect(plan: PanelPlan) -> Floats:
    """(days, units) share of the version's effect."""
    effect = np.zeros((plan.pre + plan.post, len(plan.units)))
    for name, share in plan.reached.items():
        effect[plan.pre :, plan.units.index(name)] = share
    return effect


def _normal(uniform: Floats) -> Floats:
    from scipy.special import ndtri

    found: Floats = ndtri(uniform)
    return found
