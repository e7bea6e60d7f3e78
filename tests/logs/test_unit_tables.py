"""Logs without events: unit, observation, counted and summed tables, and clusters."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.logs import ABLog, MetricTable
from tests.logs.making import read_text, study

UNITS: dict[str, Any] = {"unit": "user", "arm": "arm", "segments": []}


def read(
    folder: Path,
    text: str,
    metric: dict[str, Any],
    columns: dict[str, Any] | None = None,
    **ab: Any,
) -> tuple[ABLog, MetricTable]:
    columns = columns or UNITS
    log = read_text(folder, text, metrics=[metric], columns=columns, **ab)
    return log, log.metric(study("log.csv", [metric], columns=columns, **ab).metrics[0])


def values(table: MetricTable) -> dict[str, list[float]]:
    assert table.values is not None
    return {arm: list(columns["y"]) for arm, columns in table.values().items()}


def test_a_blank_cell_is_missing_and_never_zero(tmp_path: Path) -> None:
    text = "user,arm,spent\na,control,1\nb,control,\nc,t,n/a\nd,t,4\ne,t,inf\n"
    log, table = read(tmp_path, text, {"name": "spent"})
    assert log.units == {"control": 2, "t": 3}
    assert values(table) == {"control": [1], "t": [4]}
    assert table.missing == log.accounting.units["missing_values"]["spent"] == 3
    assert [n.code for n in table.notices] == ["missing_values"]


def test_repeated_rows_leave_and_a_unit_in_two_arms_is_in_neither(tmp_path: Path) -> None:
    """Trap 4."""
    text = "user,arm,y\na,control,1\na,control,1\nb,control,2\nc,t,3\nd,t,4\nd,control,4\n"
    log, table = read(tmp_path, text, {"name": "y"})
    assert values(table) == {"control": [1, 2], "t": [3]}
    assert log.accounting.units["exact_repeats"] == 1
    assert log.mixed_units == 1
    assert log.accounting.used == 3


@pytest.mark.parametrize(
    "words", [("TRUE", "FALSE"), ("yes", "No"), ("t", "f"), ("Y", "n"), ("1", "0.0")]
)
def test_words_of_truth_are_a_proportion(tmp_path: Path, words: tuple[str, str]) -> None:
    one, nil = words
    text = f"user,arm,y\na,control,{one}\nb,control,{nil}\nc,t,{nil}\nd,t,{nil}\n"
    _, table = read(tmp_path, text, {"name": "y"})
    assert table.proportion
    assert values(table) == {"control": [1, 0], "t": [0, 0]}


def test_a_success_label_reads_as_one(tmp_path: Path) -> None:
    text = "user,arm,state\na,control,paid\nb,control,open\nc,t,paid \nd,t,\n"
    _, table = read(
        tmp_path, text, {"name": "p", "column": "state", "success": "paid", "kind": "proportion"}
    )
    assert values(table) == {"control": [1, 0], "t": [1]}


def test_a_proportion_that_holds_a_number_is_refused(tmp_path: Path) -> None:
    text = "user,arm,y\na,control,1\nb,control,0\nc,t,7\nd,t,1\n"
    _, table = read(tmp_path, text, {"name": "y", "kind": "proportion"})
    assert [(n.code, n.level) for n in table.notices] == [("not_binary", "stop")]
    assert "7 (row 3)" in table.notices[0].text
    assert all(cell.observed.n == 0 for cell in table.arms.values())
    _, table = read(tmp_path, text, {"name": "y"})
    assert not table.proportion
    assert values(table)["t"] == [7, 1]


def test_without_a_unit_column_every_row_counts(tmp_path: Path) -> None:
    text = "arm,y\ncontrol,2\ncontrol,2\nt,3\nt,4\n"
    log, table = read(tmp_path, text, {"name": "y"}, {"arm": "arm", "segments": []})
    assert values(table) == {"control": [2, 2], "t": [3, 4]}
    assert "rows_are_units" in [n.code for n in log.notices]


OBSERVED = """user,arm,y,d,w
a,control,1,2,yes
a,control,1,2,yes
a,control,4,1,no
b,control,3,1,no
c,t,5,5,no
d,t,,1,
"""


def test_rows_of_one_unit_are_observations(tmp_path: Path) -> None:
    """mean: sum over rows as a ratio; sum: totals; proportion: any; errors by unit."""
    log, mean = read(tmp_path, OBSERVED, {"name": "y"})
    assert [n.code for n in log.notices] == ["repeats_kept", "several_rows_per_unit"]
    assert mean.ratio
    assert mean.values is not None
    assert list(mean.values()["control"]["y"]) == [6, 3]
    assert list(mean.values()["control"]["d"]) == [3, 1]
    _, total = read(tmp_path, OBSERVED, {"name": "t", "column": "y", "kind": "sum"})
    assert values(total) == {"control": [6, 3], "t": [5]}
    _, some = read(tmp_path, OBSERVED, {"name": "w", "kind": "proportion"})
    assert values(some) == {"control": [1, 0], "t": [0]}


def test_a_ratio_of_columns_keeps_units_whose_denominator_is_zero(tmp_path: Path) -> None:
    """Trap 28."""
    text = "user,arm,y,d\na,control,1,2\nb,control,0,0\nc,t,3,4\nd,t,2,\n"
    metric = {"name": "r", "kind": "ratio", "numerator": {"column": "y"},
              "denominator": {"column": "d"}}  # fmt: skip
    _, table = read(tmp_path, text, metric)
    assert table.arms["control"].observed.n == 2
    assert table.arms["t"].observed.n == 1
    assert table.missing == 1


def test_a_blank_covariate_is_counted_apart(tmp_path: Path) -> None:
    text = "user,arm,y,x\na,control,1,2\nb,control,2,\nc,t,3,4\nd,t,2,5\n"
    _, table = read(tmp_path, text, {"name": "y", "covariate": "x"})
    assert table.covariate == "x"
    assert table.arms["control"].observed.columns == ("y", "x")
    assert table.arms["control"].observed.n == 1
    blind = table.arms["control"].unobserved
    assert blind is not None
    assert (blind.n, blind.columns, blind.sum("y")) == (1, ("y",), 2.0)
    assert table.arms["t"].unobserved is None


def test_weights_and_trials_stand_for_many_units(tmp_path: Path) -> None:
    text = "arm,w,y\ncontrol,3,1\ncontrol,4,0\nt,5,1\nt,6,0\n"
    log, table = read(tmp_path, text, {"name": "y"}, {"arm": "arm", "weight": "w", "segments": []})
    assert log.units == {"control": 7, "t": 11}
    assert (table.arms["control"].observed.n, table.arms["control"].observed.sum("y")) == (7, 3)
    text = "day,arm,s,n\n2025-01-01,control,10,100\n2025-01-01,t,12,100\n"
    text += (
        "2025-01-02,control,,80\n2025-01-02,t,30,90\n2025-01-03,control,1,10\n2025-01-03,t,2,10\n"
    )
    columns = {"arm": "arm", "time": "day", "segments": []}
    metric = {"name": "p", "kind": "proportion", "successes": "s", "trials": "n"}
    log, table = read(tmp_path, text, metric, columns)
    # The second day is blank for control, so it leaves the metric in both arms.
    assert (table.arms["t"].observed.n, table.arms["t"].observed.sum("y")) == (110, 14)
    assert (table.arms["control"].observed.n, table.arms["control"].observed.sum("y")) == (110, 11)
    assert log.units == {"control": 190, "t": 200}
    assert [(day, by["t"].n) for day, by in table.daily] == [
        ("2025-01-01", 100), ("2025-01-02", 100), ("2025-01-03", 110),
    ]  # fmt: skip


def test_daily_sums_give_the_variance_of_the_rows(tmp_path: Path) -> None:
    rows: dict[str, list[list[float]]] = {
        "control": [[1.0, 2, 3], [4, 5]],
        "t": [[2.0, 2, 5], [1, 9]],
    }
    text = "day,arm,n,sum,sum_sq\n" + "".join(
        f"2025-01-0{i + 1},{arm},{len(day)},{sum(day)},{sum(v * v for v in day)}\n"
        for arm, days in rows.items()
        for i, day in enumerate(days)
    )
    columns = {"arm": "arm", "time": "day", "n": "n", "sum": "sum", "sum_sq": "sum_sq",
               "segments": []}  # fmt: skip
    log, table = read(tmp_path, text, {"name": "m", "kind": "mean"}, columns)
    for arm, days in rows.items():
        every = np.concatenate([np.array(day) for day in days])
        assert table.arms[arm].observed.mean("y") == pytest.approx(every.mean())
        assert table.arms[arm].observed.variance("y") == pytest.approx(every.var(ddof=1))
        assert table.daily[0][1][arm].n == 3
    assert log.units == {"control": 5, "t": 5}
    flat = text.replace("2025-01-01,t,3,9.0,33.0", "2025-01-01,t,3,9e8,2.7e17")
    _, table = read(tmp_path, flat.replace("2025-01-02,t,2,10,82", "2025-01-02,t,2,6e8,1.8e17"),
                    {"name": "m", "kind": "mean"}, columns)  # fmt: skip
    assert "sums_lose_precision" in [n.code for n in table.notices]


CLUSTERS = {
    "control": ["1001", "000010", "111", "00100"],
    "treatment": ["11011", "001", "1110111", "0001"],
}


def clustered(extra: str = "") -> str:
    return "user,arm,org,y\n" + extra + "".join(
        f"{arm}{i}{j},{arm},{arm}{i},{value}\n"
        for arm, orgs in CLUSTERS.items()
        for i, org in enumerate(orgs)
        for j, value in enumerate(org)
    )  # fmt: skip


def test_clusters_are_the_rows_of_the_moments(tmp_path: Path) -> None:
    """Methods, A/B, section 8 Ex.: sizes, sums, squares between clusters, MSB 0.498614592."""
    columns = UNITS | {"cluster": "org"}
    log, table = read(tmp_path, clustered(), {"name": "y"}, columns)
    assert log.clusters == {"control": 4, "treatment": 4}
    assert log.units == {"control": 18, "treatment": 19}
    assert table.ratio
    assert table.proportion
    for arm, orgs in CLUSTERS.items():
        moments = table.arms[arm].observed
        assert moments.n == 4
        assert moments.sum("y") == sum(org.count("1") for org in orgs)
        assert moments.sum("d") == sum(map(len, orgs))
        assert table.members is not None
        assert table.members[arm].n == sum(map(len, orgs))
    assert table.between is not None
    assert sum(b for b, _ in table.between.values()) / 6 == pytest.approx(0.498614592)


def test_a_cluster_in_two_arms_leaves_with_all_of_its_members(tmp_path: Path) -> None:
    columns = UNITS | {"cluster": "org"}
    extra = "z1,control,torn,1\nz2,treatment,torn,1\nz3,control,,1\n"
    log, table = read(tmp_path, clustered(extra), {"name": "y"}, columns)
    assert log.mixed_units == 1
    assert log.clusters == {"control": 4, "treatment": 4}
    assert table.arms["control"].observed.sum("d") == 18
    assert {one.reason: one.rows for one in log.accounting.left_out} == {"mixed_cluster": 3}


def test_one_cap_for_all_arms_segments_and_days(tmp_path: Path) -> None:
    """Methods, A/B, section 19 Ex.; traps 18 and 19."""
    arms = {"treatment": [0, 0, 3, 8, 0, 40, 5, 0, 12, 900],
            "control": [0, 6, 0, 2, 0, 31, 0, 9, 0, 0]}  # fmt: skip
    text = "user,arm,seg,y\n" + "".join(
        f"{arm}{i},{arm},s{i % 2},{value}\n"
        for arm, row in arms.items()
        for i, value in enumerate(row)
    )
    columns = UNITS | {"segments": ["seg"]}
    metric = {"name": "y", "cap_quantile": 0.9}
    _, table = read(tmp_path, text, metric, columns)
    assert table.cap is not None
    assert table.cap.value == pytest.approx(31.9)
    assert table.cap.capped_units == 2
    means = {arm: cell.observed.mean("y") for arm, cell in table.arms.items()}
    assert means["treatment"] - means["control"] == pytest.approx(4.38)
    odd = table.segments["seg"]["s1"]["treatment"].observed
    assert odd.sum("y") == pytest.approx(0 + 8 + 31.9 + 0 + 31.9)
    _, positive = read(tmp_path, text, metric, columns, options={"cap_base": "positive"})
    assert positive.cap is not None
    assert positive.cap.value == pytest.approx(126)
    assert positive.cap.capped_units == 1
    means = {arm: cell.observed.mean("y") for arm, cell in positive.arms.items()}
    assert means["treatment"] - means["control"] == pytest.approx(14.6)


def test_a_cap_of_zero_is_taken_over_positive_values(tmp_path: Path) -> None:
    text = "user,arm,y\n" + "".join(
        f"u{i},{'control' if i % 2 else 't'},{max(0, i - 17)}\n" for i in range(20)
    )
    _, table = read(tmp_path, text, {"name": "y", "cap_quantile": 0.5})
    assert table.cap is not None
    assert (table.cap.base, table.cap.value) == ("positive", 1.5)
    assert [n.code for n in table.notices] == ["cap_zero"]


def test_values_that_pass_1e150_are_scaled_by_a_power_of_two(tmp_path: Path) -> None:
    text = "user,arm,y\na,control,1\nb,control,2\nc,t,1e308\nd,t,-1e308\n"
    _, table = read(tmp_path, text, {"name": "y"})
    assert np.log2(table.scale) == round(np.log2(table.scale))
    assert "extreme_values" in [n.code for n in table.notices]
    moments = table.arms["t"].observed
    assert np.isfinite(moments.variance("y"))
    assert moments.variance("y") ** 0.5 * table.scale == pytest.approx(2**0.5 * 1e308)


def test_large_values_keep_their_small_spread(tmp_path: Path) -> None:
    """Methods, A/B, 1.3 Ex.: mean 500000000.5, standard deviation 0.25 exactly."""
    values = [500000000.5, *[500000000.25, 500000000.75] * 600]
    text = "user,arm,y\n" + "".join(f"u{i},control,{v!r}\n" for i, v in enumerate(values))
    text += "x1,t,1\nx2,t,2\n"
    _, table = read(tmp_path, text, {"name": "y"})
    moments = table.arms["control"].observed
    assert moments.mean("y") == 500000000.5
    assert moments.variance("y") == 0.0625


def test_a_unit_tables_time_is_the_day_of_exposure(tmp_path: Path) -> None:
    text = """user,arm,joined,y
a,control,2025-01-01,1
b,t,2025-01-01,2
c,t,2025-01-03T23:30:00-02:00,5
d,control,soon,3
"""
    log, table = read(tmp_path, text, {"name": "y"}, UNITS | {"time": "joined"})
    assert log.days == ("2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04")
    assert [by["t"].n for _, by in table.daily] == [1, 1, 1, 2]
    assert log.accounting.units["bad_times"] == 1
    assert "naive_times" in [n.code for n in log.notices]
