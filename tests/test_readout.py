"""From a study and a log to a readout: the same bytes, the right numbers, every refusal said."""

import csv
import gzip
import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from analysis import Readout, Study, check, run
from analysis.simulate import write

HEADER = ("event_id", "ts", "user", "event", "variant", "value", "country")

STUDY: dict[str, Any] = {
    "name": "A small test",
    "columns": {
        "unit": "user",
        "time": "ts",
        "arm": "variant",
        "event": "event",
        "value": "value",
        "id": "event_id",
        "segments": ["country"],
    },
    "metrics": [
        {"name": "Converted", "kind": "proportion", "event": "purchase"},
        {"name": "Revenue", "kind": "sum", "event": "purchase", "covariate": "none"},
        {
            "name": "Order value",
            "kind": "ratio",
            "role": "guardrail",
            "margin": 0.2,
            "numerator": {"event": "purchase", "value": "sum"},
            "denominator": {"event": "purchase", "value": "count"},
            "covariate": "none",
        },
        {"name": "Clicks", "kind": "count", "event": "click", "role": "secondary"},
    ],
    "ab": {"control": "a", "exposure": "exposure", "window_days": 3, "pre_days": 3},
}


def rows_of(seed: int, units: int = 120) -> list[tuple[str, ...]]:
    """A clean event log: exposures, clicks before and after, purchases with cents."""
    rng = random.Random(seed)
    rows: list[tuple[str, ...]] = []

    def add(day: float, unit: int, event: str, arm: str, value: str) -> None:
        seconds = round(day * 86_400)
        stamp = f"2026-03-{10 + seconds // 86_400:02d}T{seconds % 86_400 // 3600:02d}:"
        stamp += f"{seconds % 3600 // 60:02d}:{seconds % 60:02d}Z"
        country = ("DE", "US", "FR")[unit % 3]
        rows.append((f"e{len(rows)}", stamp, f"u{unit}", event, arm, value, country))

    for unit in range(units):
        arm, start = ("a", "b")[rng.random() < 0.5], rng.random() * 4
        add(start, unit, "exposure", arm, "")
        for _ in range(rng.randrange(4)):
            add(max(start + rng.uniform(-3, 5), 0), unit, "click", "", "")
        for _ in range(rng.randrange(3)):
            add(start + rng.uniform(0, 5), unit, "purchase", "", f"{rng.uniform(1, 90):.2f}")
    return rows


def write_csv(path: Path, rows: list[tuple[str, ...]], separator: str = ",") -> Path:
    """The rows as delimited text."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(HEADER)
        writer.writerows(rows)
    return path


def read(*logs: Path, **changes: Any) -> Readout:
    """The readout of the small study on some files."""
    mapping = STUDY | {"log": {"path": [str(log) for log in logs]}} | changes
    return run(Study.parse(mapping))


def test_order_format_and_split_change_no_byte(tmp_path: Path) -> None:
    rows = rows_of(1)
    expected = read(write_csv(tmp_path / "log.csv", rows)).to_json()
    shuffled = rows.copy()
    random.Random(2).shuffle(shuffled)
    packed = tmp_path / "log.csv.gz"
    packed.write_bytes(gzip.compress(write_csv(tmp_path / "shuffled.csv", shuffled).read_bytes()))
    lines = tmp_path / "log.jsonl"
    lines.write_text("\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in shuffled))
    columns = {
        name: pa.array([row[i] or None for row in rows], pa.string())
        for i, name in enumerate(HEADER)
    }
    columns["value"] = columns["value"].cast(pa.float64())
    pq.write_table(pa.table(columns), tmp_path / "log.parquet", row_group_size=50)
    halves = (
        write_csv(tmp_path / "first.csv", shuffled[:100]),
        write_csv(tmp_path / "second.csv", shuffled[100:]),
    )
    for logs in (
        (tmp_path / "shuffled.csv",),
        (packed,),
        (lines,),
        (tmp_path / "log.parquet",),
        (write_csv(tmp_path / "log.tsv", shuffled, "\t"),),
        (write_csv(tmp_path / "semicolon.csv", shuffled, ";"),),
        halves,
        halves[::-1],
    ):
        assert read(*logs).to_json() == expected, logs


def test_another_cell_makes_another_readout(tmp_path: Path) -> None:
    rows = rows_of(1)
    before = read(write_csv(tmp_path / "log.csv", rows))
    i = next(i for i, row in enumerate(rows) if row[5])
    rows[i] = (*rows[i][:5], str(float(rows[i][5]) + 0.01), *rows[i][6:])
    after = read(write_csv(tmp_path / "log.csv", rows))
    assert before.content["log"]["sha256"] != after.content["log"]["sha256"]
    assert before.id != after.id


def by_hand(rows: list[tuple[str, ...]]) -> dict[str, dict[str, list[float]]]:
    """Each unit's purchases, revenue, clicks and earlier clicks, in plain Python loops."""
    from datetime import datetime

    times = [datetime.fromisoformat(row[1]).timestamp() for row in rows]
    start = {r[2]: t for r, t in zip(rows, times, strict=True) if r[3] == "exposure"}
    arm = {row[2]: row[4] for row in rows if row[3] == "exposure"}
    window = 3 * 86_400
    found: dict[str, dict[str, list[float]]] = {}
    for unit, t0 in start.items():
        mine = [(r, t) for r, t in zip(rows, times, strict=True) if r[2] == unit]
        inside = [row for row, t in mine if t0 <= t < t0 + window]
        values = {
            "purchases": sum(row[3] == "purchase" for row in inside),
            "revenue": math.fsum(float(row[5]) for row in inside if row[3] == "purchase"),
            "clicks": sum(row[3] == "click" for row in inside),
            "earlier": sum(row[3] == "click" and t0 - window <= t < t0 for row, t in mine),
        }
        for name, value in values.items():
            found.setdefault(arm[unit], {}).setdefault(name, []).append(value)
    return found


def test_numbers_are_those_of_plain_loops_and_scipy(tmp_path: Path) -> None:
    rows = rows_of(7, units=300)
    content = read(write_csv(tmp_path / "log.csv", rows)).content
    metrics = {one["name"]: one["comparisons"][0] for one in content["ab"]["metrics"]}
    units = by_hand(rows)
    a = {name: np.array(values, dtype=float) for name, values in units["a"].items()}
    b = {name: np.array(values, dtype=float) for name, values in units["b"].items()}

    revenue = metrics["Revenue"]
    welch = stats.ttest_ind(b["revenue"], a["revenue"], equal_var=False)
    assert revenue["p_value"] == pytest.approx(welch.pvalue, rel=1e-10)
    bounds = welch.confidence_interval(1 - revenue["interval_alpha"])
    assert (revenue["difference_low"], revenue["difference_high"]) == pytest.approx(
        (bounds.low, bounds.high), rel=1e-10
    )

    # The covariate of clicks: earlier clicks, its coefficient pooled over both arms.
    y = np.concatenate([a["clicks"], b["clicks"]])
    x = np.concatenate([a["earlier"], b["earlier"]])
    theta = np.cov(y, x)[0, 1] / np.var(x, ddof=1)
    one, nil = (g["clicks"] - theta * (g["earlier"] - x.mean()) for g in (b, a))
    adjusted = stats.ttest_ind(one, nil, equal_var=False)
    assert metrics["Clicks"]["theta"] == pytest.approx(theta, rel=1e-10)
    assert metrics["Clicks"]["p_value"] == pytest.approx(adjusted.pvalue, rel=1e-9)

    ratio = metrics["Order value"]
    parts = []
    for group in (b, a):
        value = group["revenue"].sum() / group["purchases"].sum()
        line = (group["revenue"] - value * group["purchases"]) / group["purchases"].mean()
        parts.append((value, line.var(ddof=1) / line.size))
    difference = parts[0][0] - parts[1][0]
    assert ratio["difference"] == pytest.approx(difference, rel=1e-10)
    assert ratio["detail"]["delta"]["se"] == pytest.approx(
        math.sqrt(parts[0][1] + parts[1][1]), rel=1e-10
    )

    share = metrics["Converted"]["detail"]["z_pooled"]
    x1, x0 = (b["purchases"] > 0).sum(), (a["purchases"] > 0).sum()
    table = [[x1, len(b["purchases"]) - x1], [x0, len(a["purchases"]) - x0]]
    chi2 = stats.chi2_contingency(table, correction=False)
    assert share**2 == pytest.approx(chi2.statistic, rel=1e-10)


def test_swapping_the_arms_flips_signs_and_keeps_p(tmp_path: Path) -> None:
    log = write_csv(tmp_path / "log.csv", rows_of(3))
    plain = read(log).content["ab"]["metrics"]
    swapped = read(log, ab=STUDY["ab"] | {"control": "b"}).content["ab"]["metrics"]
    for one, other in zip(plain, swapped, strict=True):
        first, second = one["comparisons"][0], other["comparisons"][0]
        assert first["difference"] == pytest.approx(-second["difference"], rel=1e-12, abs=1e-15)
        assert first["p_value"] == pytest.approx(second["p_value"], rel=1e-12)


def test_values_near_ten_million_with_a_tenth_of_spread_are_right(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    arm = rng.integers(0, 2, 400)
    value = 1e7 + 0.1 * rng.standard_normal(400) + 0.05 * arm
    path = tmp_path / "units.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("user,variant,level\n")
        file.writelines(f"u{i},{'ab'[arm[i]]},{float(value[i])!r}\n" for i in range(400))
    content = run(
        Study.parse(
            {
                "log": {"path": str(path)},
                "columns": {"unit": "user", "arm": "variant"},
                "metrics": [{"name": "level", "kind": "mean"}],
                "ab": {"control": "a"},
            }
        )
    ).content
    found = content["ab"]["metrics"][0]["comparisons"][0]
    y1, y0 = value[arm == 1] - 1e7, value[arm == 0] - 1e7
    expected = stats.ttest_ind(y1, y0, equal_var=False)
    assert found["p_value"] == pytest.approx(expected.pvalue, rel=1e-6)
    assert found["detail"]["welch"]["se"] == pytest.approx(
        math.sqrt(y1.var(ddof=1) / y1.size + y0.var(ddof=1) / y0.size), rel=1e-7
    )


def test_a_readout_goes_through_json_unchanged(tmp_path: Path) -> None:
    made = read(write_csv(tmp_path / "log.csv", rows_of(1)))
    again = Readout.from_json(made.to_json())
    assert again.content == made.content
    assert again.id == made.id
    assert "NaN" not in made.to_json()
    assert "Infinity" not in made.to_json()


def test_no_unit_id_is_in_a_readout(tmp_path: Path) -> None:
    rows = rows_of(1)
    rows += [("e90", "no time", "u1", "click", "", "", "DE"), rows[0]]
    rows.append(("e91", "2026-03-11T00:00:00Z", "u2", "exposure", "b", "", "DE"))
    text = read(write_csv(tmp_path / "log.csv", rows)).to_json()
    assert not [unit for unit in {row[2] for row in rows} if f'"{unit}"' in text]


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    rows = rows_of(1)
    rows += [("e90", "no time", "u1", "click", "", "", "DE"), rows[0]]
    rows.append(("e92", "2026-03-11T00:00:00Z", "", "click", "", "", "DE"))
    log = read(write_csv(tmp_path / "log.csv", rows)).content["log"]
    left = {one["reason"]: one["rows"] for one in log["left_out"]}
    assert log["rows"] == len(rows)
    assert log["used"] + sum(left.values()) == len(rows)
    assert left["bad_time"] == left["duplicate_event_id"] == left["missing_unit"] == 1


def test_a_check_says_what_would_be_used_and_gives_no_result(tmp_path: Path) -> None:
    log = write_csv(tmp_path / "log.csv", rows_of(1))
    found = check(Study.parse(STUDY | {"log": {"path": str(log)}}))
    assert "metrics" not in found["ab"]
    assert sum(arm["n"] for arm in found["ab"]["arms"]) == 120


def test_defaults_are_written_out(tmp_path: Path) -> None:
    log = write_csv(tmp_path / "log.csv", rows_of(1))
    study = read(log).content["study"]
    assert study["ab"]["treatments"] == ["b"]
    assert study["ab"]["allocation"] == {"a": 0.5, "b": 0.5}
    assert study["ab"]["alpha"] == 0.05
    assert study["ab"]["options"]["relative_interval"] == "auto"
    assert "path" not in study["log"]


def test_a_planted_effect_is_found_and_its_truth_is_covered(tmp_path: Path) -> None:
    write("ab", 11, tmp_path / "log.parquet")
    study = Study.parse(
        {
            "log": {"path": str(tmp_path / "log.parquet")},
            "metrics": [{"name": "Bought", "kind": "proportion", "event": "purchase"}],
            "ab": {"control": "control", "exposure": "exposure", "window_days": 7},
        }
    )
    found = run(study).content["ab"]["metrics"][0]["comparisons"][0]
    assert found["significant"]
    assert found["reading"] == "better"
