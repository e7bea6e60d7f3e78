"""The event log of a planned experiment, drawn in whole arrays from one seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.core import Floats
from analysis.simulate.experiment import DAY, EventPlan, Experiment

Ints = NDArray[np.int64]

COLUMNS = ("event_id", "ts", "user_id", "event", "variant", "value", "country", "device")

# Share of first visits by hour of the day, UTC: quiet nights, busy evenings.
HOURS = np.array(
    [2, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5, 6, 6, 5, 5, 5, 6, 7, 7, 7, 5, 4, 2], dtype=np.float64
)


@dataclass(frozen=True)
class _Units:
    """The units of an experiment; arrays of one entry a unit."""

    arm: Ints
    activity: Floats
    first: Ints
    country: Ints
    device: Ints


@dataclass(frozen=True)
class _Rows:
    """Some rows of the log: whose, when, which event, in which arm (-1: says none), how much."""

    unit: Ints
    second: Ints
    event: Ints
    arm: Ints
    value: Floats


def ab_log(plan: Experiment, seed: int) -> pa.Table:
    """The log of one run of an experiment, in order of time.

    Args:
        plan: What is planted.
        seed: The same plan and seed give the same rows.

    Returns:
        A table of COLUMNS: times in UTC to the second, values null where an event has none,
        the arm on exposure rows only.
    """
    random = np.random.default_rng(seed)
    units = _units(plan, random)
    parts = [_exposures(plan, units, random)]
    for at, event in enumerate(plan.events, start=1):
        parts.append(_happenings(plan, event, at, units, random))
    rows = _Rows(
        np.concatenate([part.unit for part in parts]),
        np.concatenate([part.second for part in parts]),
        np.concatenate([part.event for part in parts]),
        np.concatenate([part.arm for part in parts]),
        np.concatenate([part.value for part in parts]),
    )
    return _table(plan, units, rows, random)


def _units(plan: Experiment, random: np.random.Generator) -> _Units:
    shares = np.array(list(plan.arms.values()))
    arm = random.choice(len(shares), size=plan.units, p=shares / shares.sum())
    activity = random.gamma(plan.shape, 1.0 / plan.shape, size=plan.units)
    day = random.integers(0, plan.enrol_days, size=plan.units)
    hour = random.choice(24, size=plan.units, p=HOURS / HOURS.sum())
    second = random.integers(0, 3_600, size=plan.units)
    begin = int(datetime.fromisoformat(plan.start).replace(tzinfo=UTC).timestamp())
    units = _Units(
        arm,
        activity,
        begin + day * DAY + hour * 3_600 + second,
        _labels(plan.countries, plan.units, random),
        _labels(plan.devices, plan.units, random),
    )
    return _without_lost(plan, units, random)


def _labels(weights: Mapping[str, float], size: int, random: np.random.Generator) -> Ints:
    share = np.array(list(weights.values()))
    return random.choice(share.size, size=size, p=share / share.sum())


def _without_lost(plan: Experiment, units: _Units, random: np.random.Generator) -> _Units:
    """The units that reach the log; the less active half of an arm bears its loss."""
    chance = np.zeros(plan.units)
    for at, name in enumerate(plan.arms):
        members = units.arm == at
        if plan.lost.get(name, 0.0) > 0:
            quiet = units.activity <= np.median(units.activity[members])
            chance[members & quiet] = 2 * plan.lost[name]
    kept = random.random(plan.units) >= chance
    return _Units(
        units.arm[kept],
        units.activity[kept],
        units.first[kept],
        units.country[kept],
        units.device[kept],
    )


def _exposures(plan: Experiment, units: _Units, random: np.random.Generator) -> _Rows:
    """One exposure a unit, and for mixed units a second one in the next arm, a day later."""
    everyone = np.arange(units.arm.size)
    mixed = everyone[random.random(everyone.size) < plan.mixed]
    unit = np.concatenate([everyone, mixed])
    return _Rows(
        unit,
        np.concatenate([units.first, units.first[mixed] + DAY]),
        np.zeros(unit.size, dtype=np.int64),
        np.concatenate([units.arm, (units.arm[mixed] + 1) % len(plan.arms)]),
        np.full(unit.size, np.nan),
    )


def _happenings(
    plan: Experiment, event: EventPlan, at: int, units: _Units, random: np.random.Generator
) -> _Rows:
    """An event's rows in the outcome window (as the arm has it) and before (as the control)."""
    names = list(plan.arms)
    mean = np.array([event.mean[name] for name in names])
    level = np.exp(
        event.unit_spread * random.standard_normal(units.arm.size) - event.unit_spread**2 / 2
    )
    after = random.poisson(mean[units.arm] * units.activity)
    before = random.poisson(mean[0] * units.activity * plan.pre_days / plan.window_days)
    everyone = np.arange(units.arm.size)
    later, earlier = np.repeat(everyone, after), np.repeat(everyone, before)
    step_after = (random.random(later.size) * plan.window_days * DAY).astype(np.int64)
    step_before = 1 + (random.random(earlier.size) * plan.pre_days * DAY).astype(np.int64)
    unit = np.concatenate([later, earlier])
    value = np.full(unit.size, np.nan)
    if event.value is not None:
        centre = np.array([event.value[name] for name in names])
        arm = np.concatenate([units.arm[later], np.zeros(earlier.size, dtype=np.int64)])
        noise = np.exp(event.spread * random.standard_normal(unit.size) - event.spread**2 / 2)
        value = np.round(centre[arm] * level[unit] * noise, event.decimals)
    return _Rows(
        unit,
        np.concatenate([units.first[later] + step_after, units.first[earlier] - step_before]),
        np.full(unit.size, at, dtype=np.int64),
        np.full(unit.size, -1, dtype=np.int64),
        value,
    )


def _table(plan: Experiment, units: _Units, rows: _Rows, random: np.random.Generator) -> pa.Table:
    order = np.lexsort((rows.event, rows.unit, rows.second))
    number = np.arange(order.size)
    sent_twice = number[random.random(order.size) < plan.repeats]
    blank = random.random(order.size) < plan.blank_units
    # A repeat arrives a few rows after its twin, as a client's retry does.
    arrival = np.concatenate([number * 1.0, sent_twice + 5.5])
    number = np.concatenate([number, sent_twice])[np.argsort(arrival, kind="stable")]
    at = order[number]
    unit = rows.unit[at]
    value = rows.value[at]
    # Shuffled numbers, so that an id does not tell the arm or the order of arrival.
    name = random.permutation(units.arm.size)
    return pa.table(
        {
            "event_id": _numbered("e", number + 1, order.size),
            "ts": pa.array(rows.second[at] * 1_000_000, pa.timestamp("us", tz="UTC")),
            "user_id": _numbered("u", name[unit] + 1, units.arm.size, missing=blank[number]),
            "event": _named(["exposure", *(event.name for event in plan.events)], rows.event[at]),
            "variant": _named(list(plan.arms), rows.arm[at]),
            "value": pa.array(value, mask=np.isnan(value)),
            "country": _named(list(plan.countries), units.country[unit]),
            "device": _named(list(plan.devices), units.device[unit]),
        }
    )


def _named(names: list[str], codes: Ints) -> pa.Array:
    """Text from codes into names; a negative code is null."""
    return pa.array(names).take(pa.array(codes, mask=codes < 0))


def _numbered(
    letter: str, numbers: Ints, most: int, *, missing: NDArray[np.bool_] | None = None
) -> pa.Array:
    """Ids such as e000017, all of one length."""
    import pyarrow.compute as pc

    digits = pc.utf8_lpad(
        pc.cast(pa.array(numbers, mask=missing), pa.string()), len(str(most)), "0"
    )
    return pc.binary_join_element_wise(letter, digits, "")
