"""Older cohorts in place of donors: which there are, the file made of a log, and what comes out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import Study, logs, readout, synthetic_control
from analysis.core import LogError
from analysis.synthetic_control import cohorts

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
DAYS, LAUNCH = 126, 98
REGIONS = 6


def write(folder: Path, *, lift: float, users: int = 3000, seed: int = 2) -> None:
    """People join all the time, do less as they age, and more on some days; from a day on lifted.

    One row in thirty is there twice.
    """
    draw = np.random.default_rng(seed)
    joined = np.sort(draw.uniform(0, DAYS, users))
    rows = []
    for user, begin in enumerate(joined):
        left = DAYS - begin
        n = draw.poisson(3 * left)
        at = begin + draw.uniform(0, left, n)
        age = at - begin
        keep = draw.uniform(0, 1, n) < (0.3 + 0.5 * np.exp(-age / 10)) * np.where(
            at >= LAUNCH, 1 + lift, 1
        ) / (1 + max(lift, 0))
        times = np.concatenate([[begin], at[keep]])
        kinds = np.where(draw.uniform(0, 1, times.size) < 0.7, "task", "view")
        rows += [
            (f"r{user % REGIONS}", f"u{user}", BEGIN + timedelta(days=float(t)), kind)
            for t, kind in zip(times, kinds, strict=True)
        ]
    frame = pd.DataFrame(rows, columns=["region", "user", "ts", "event"])
    frame["id"] = [f"e{i}" for i in range(len(frame))]
    again = frame.iloc[::30]
    pd.concat([frame, again]).to_parquet(folder / "log.parquet", index=False)


def definition(**lens: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "log": {"path": "log.parquet"},
        "columns": {"region": "region", "unit": "user", "time": "ts", "event": "event", "id": "id"},
        "metrics": [{"name": "Tasks", "kind": "count", "event": "task"}],
        "synthetic_control": {
            "treated": [f"r{i}" for i in range(REGIONS)], "start": "2026-04-13", **lens,
        },
    }  # fmt: skip


def offer(folder: Path, of: dict[str, Any]) -> synthetic_control.Offer:
    study = Study.parse(of)
    assert study.synthetic_control is not None
    log = logs.read_panel(study, base=folder, work=folder / "work")
    found = synthetic_control.offers(log, study.synthetic_control, of, ())
    return next(one for one in found if one.key == "older_cohorts")


def made(folder: Path, of: dict[str, Any], found: cohorts.Cohorts) -> str:
    return logs.cohort_file(
        Study.parse(of), base=folder, work=folder / "work",
        oldest=found.base, launch=found.launch, size=found.size, ages=found.ages,
        names={place: found.name(place) for place in (*range(found.donors), found.treated)},
    )  # fmt: skip


def test_who_is_compared() -> None:
    """Each donor is through with its last age before the launch, the treated one in the log."""
    launch = 1_000 * 86_400_000_000
    for before, after in ((98, 28), (34, 3), (60, 9), (400, 90)):
        found = cohorts.plan_cohorts("day", launch, "UTC", before, after)
        assert isinstance(found, cohorts.Cohorts)
        day = found.size
        last_of_youngest = found.base + found.donors * day + found.ages * day
        assert last_of_youngest == launch
        assert (launch - found.base) // day == before - cohorts.WARM_UP["day"]
        met = found.base + found.treated * day
        # At the age that is not compared, all of the cohort meet the launch.
        assert met + (found.before - 1) * day < launch <= met + found.before * day
        assert met + day + found.ages * day <= launch + after * day


@pytest.mark.parametrize(("before", "after"), ((31, 28), (98, 2), (0, 0)))
def test_a_short_log_says_what_it_takes(before: int, after: int) -> None:
    said = cohorts.plan_cohorts("day", 0, "UTC", before, after)
    assert isinstance(said, str)
    assert said.startswith("It takes about 32 days before the launch and 3 after it")


def test_the_file_is_what_pandas_counts(tmp_path: Path) -> None:
    write(tmp_path, lift=0.3)
    found = offer(tmp_path, definition()).cohorts
    assert found is not None
    text = made(tmp_path, definition(), found)
    lines = [line.split(",") for line in text.splitlines()]
    assert lines[0] == ["cohort", "age", "people", "value"]

    rows = pd.read_parquet(tmp_path / "log.parquet").drop_duplicates("id")
    first = rows.groupby("user")["ts"].transform("min")
    base = pd.Timestamp(found.base, unit="us", tz="UTC")
    micros = 86_400_000_000
    since_base = (first - base).dt.total_seconds() * 1e6
    rows["cohort"] = np.floor(since_base / micros)
    rows["age"] = np.floor((rows["ts"] - first).dt.total_seconds() * 1e6 / micros)
    people = rows.groupby("cohort")["user"].nunique()
    tasks = rows[rows["event"] == "task"].groupby(["cohort", "age"]).size()
    places = [*range(found.donors), found.treated]
    by_hand = [
        [f"first seen {base + pd.Timedelta(days=place):%Y-%m-%d}", str(age), str(people[place]),
         tasks.get((place, age), 0) / people[place]]
        for place in places for age in range(found.ages)
    ]  # fmt: skip
    assert [line[:3] for line in lines[1:]] == [row[:3] for row in by_hand]
    values = np.array([float(line[3]) for line in lines[1:]])
    assert values == pytest.approx([row[3] for row in by_hand], rel=1e-11)


@pytest.mark.parametrize("lift", (0.0, 0.5))
def test_the_lift_is_found_and_nothing_else(lift: float, tmp_path: Path) -> None:
    write(tmp_path, lift=lift, users=9000)
    found = offer(tmp_path, definition())
    assert found.cohorts is not None
    assert found.study is not None
    (tmp_path / "cohorts.csv").write_text(made(tmp_path, definition(), found.cohorts))
    of = Study.parse({**found.study, "log": {"path": "cohorts.csv"}})
    content = readout.run(of, base=tmp_path).content
    block = content["synthetic_control"]
    assert block["n_donors"] == found.cohorts.donors
    assert block["lift_low"] < lift < block["lift_high"]
    assert (block["lift_low"] > 0) == (lift > 0)
    said = next(one for one in content["notices"] if one["code"] == "other_changes")
    assert "what the calendar brought is not matched" in said["text"]


def test_a_log_that_cannot_serve_says_why(tmp_path: Path) -> None:
    write(tmp_path, lift=0.0, users=300)
    no_users = definition()
    del no_users["columns"]["unit"]
    ratio = definition()
    ratio["metrics"] = [
        {"name": "Share", "numerator": {"event": "task"}, "denominator": {"event": "view"}}
    ]
    late = definition(start="2026-02-01")
    months = definition(frequency="month")
    for of, why in (
        (no_users, "names no users"), (ratio, "counts or adds up an event"),
        (late, "It takes about"), (months, "days or weeks"),
    ):  # fmt: skip
        found = offer(tmp_path, of)
        assert found.study is None
        assert why in found.why_not


def test_an_empty_cohort_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, lift=0.0, users=40)
    found = offer(tmp_path, definition()).cohorts
    assert found is not None
    with pytest.raises(LogError) as refused:
        made(tmp_path, definition(), found)
    assert refused.value.code == "empty_cohort"
