"""The whole lens on logs made of moments: families, split, days, segments, guardrails, verdict."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.ab.analyze import Result, analyze, check
from analysis.core import Floats, Moments
from analysis.core.corrections import adjust_p_values
from analysis.logs import Cell, MetricTable
from analysis.study import Study
from tests.ab.made import C, T, cell, counted, log, strange_numbers, table, values

ARMS = (C, "t1", "t2")


def study(*metrics: Mapping[str, Any], **ab: Any) -> Study:
    """A study of some metrics, control named."""
    return Study.parse({"name": "S", "metrics": list(metrics), "ab": {"control": C} | ab})


def of_arrays(arms: Mapping[str, Floats], **how: Any) -> MetricTable:
    """A table of unit values."""
    arrays = {arm: {"y": y} for arm, y in arms.items()}
    return table({arm: cell(y=y) for arm, y in arms.items()}, arrays=arrays, **how)


def rates(**arms: tuple[int, int]) -> MetricTable:
    arrays = {arm: {"y": np.zeros(0)} for arm in arms}
    cells = {arm: counted(x, n) for arm, (x, n) in arms.items()}
    return table(cells, proportion=True, arrays=arrays)


def comparisons(result: Result, metric: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = next(
        one["comparisons"] for one in result.content["metrics"] if one["name"] == metric
    )
    return rows


def codes(result: Result) -> set[str]:
    return {notice.code for notice in result.notices}


def three_arms(**more: Any) -> Result:
    rng = np.random.default_rng(1)
    tables = {
        name: of_arrays({arm: rng.normal(10 + shift * i, 2, 100) for i, arm in enumerate(ARMS)})
        for name, shift in (("a", 0.5), ("b", 0.3), ("g", 0.1), ("s", 0.0))
    }
    metrics: list[dict[str, Any]] = [
        {"name": "a", "role": "primary", "kind": "mean"},
        {"name": "b", "role": "primary", "kind": "mean"},
        {"name": "g", "role": "guardrail", "kind": "mean", "margin": 0.1},
        {"name": "s", "role": "secondary", "kind": "mean"},
    ]
    return analyze(log(tables, dict.fromkeys(ARMS, 100)), study(*metrics, **more))


@pytest.mark.parametrize("correction", ["holm", "bh", "bonferroni"])
def test_a_family_is_every_treatment_and_metric_of_one_role(correction: str) -> None:
    result = three_arms(correction=correction)
    primaries = [*comparisons(result, "a"), *comparisons(result, "b")]
    p_values = [row["p_value"] for row in primaries]
    adjusted = [row["p_adjusted"] for row in primaries]
    assert adjusted == list(adjust_p_values(p_values, correction))
    alone = [row["p_value"] for row in comparisons(result, "s")]
    assert [row["p_adjusted"] for row in comparisons(result, "s")] == list(
        adjust_p_values(alone, correction)
    )


def test_a_result_holds_nothing_that_json_cannot() -> None:
    assert strange_numbers(three_arms().content) == []


def test_all_pairs_meet_and_are_corrected_by_holm() -> None:
    result = three_arms(options={"compare": "all_pairs"})
    pairs = result.content["metrics"][0]["pairs"]
    assert [(one["control"], one["treatment"]) for one in pairs] == [
        (C, "t1"),
        (C, "t2"),
        ("t1", "t2"),
    ]
    assert [one["p_holm"] for one in pairs] == list(
        adjust_p_values([one["p"] for one in pairs], "holm")
    )
    assert pairs[0]["p"] == comparisons(result, "a")[0]["p_value"]


def two_rates(
    treatment: tuple[int, int], control: tuple[int, int], units: Mapping[str, int] | None = None,
    **more: Any,
) -> Result:  # fmt: skip
    ab = more.pop("ab", {})
    counts = units or {C: control[1], T: treatment[1]}
    made = log({"Rate": rates(**{C: control, T: treatment})}, counts, **more)
    return analyze(made, study({"name": "Rate", "kind": "proportion"}, **ab))


def test_a_clear_win_ships() -> None:
    result = two_rates((700, 5000), (500, 5000))
    assert result.verdict["decision"] == "ship"
    assert result.verdict["rule"] == "r4"
    assert "no_horizon" in codes(result)


def test_a_broken_split_stops_a_clear_win() -> None:
    result = two_rates((700, 5000), (500, 5000), units={C: 5400, T: 5000})
    assert result.content["srm"]["p"] < 0.001
    assert result.verdict["decision"] == "do_not_use"
    assert "sample_ratio_mismatch" in result.verdict["reasons"]


def test_a_split_a_little_off_is_noted_only() -> None:
    result = two_rates((700, 5000), (500, 5000), units={C: 5140, T: 4860})
    assert 0.001 < result.content["srm"]["p"] < 0.01
    assert "sample_ratio_watch" in codes(result)
    assert result.verdict["decision"] == "ship"


def test_the_planned_shares_are_the_ones_tested() -> None:
    fits = two_rates((70, 500), (500, 4500), ab={"allocation": {C: 9, T: 1}})
    assert fits.content["srm"]["p"] == 1
    equal = two_rates((70, 500), (500, 4500))
    assert equal.verdict["decision"] == "do_not_use"


def test_small_splits_are_judged_by_the_exact_test() -> None:
    """8 against 0: chi-square says 0.0047, the exact binomial 0.0078; neither alarms."""
    result = two_rates((3, 8), (0, 0), units={C: 0, T: 8})
    assert result.content["srm"]["p_exact"] == pytest.approx(2 / 256)
    assert "sample_ratio_mismatch" not in codes(result)
    assert comparisons(result, "Rate")[0]["status"] == "empty_arm"


@pytest.mark.parametrize(("mixed", "decision"), [(100, "ship"), (102, "do_not_use")])
def test_more_than_one_percent_mixed_units_stop(mixed: int, decision: str) -> None:
    """1 % of mixed + kept: 101 of 10,101."""
    result = two_rates((700, 5000), (500, 5000), mixed=mixed)
    assert result.verdict["decision"] == decision
    assert ("mixed_units_high" in codes(result)) == (decision == "do_not_use")


@pytest.mark.parametrize(
    ("ab", "last", "reached"),
    [
        ({}, None, True),
        ({"horizon_units": 10_000}, "2026-02-01T00:00:00Z", True),
        ({"horizon_units": 10_001}, "2026-02-01T00:00:00Z", False),
        ({"horizon_end": "2026-02-01"}, "2026-02-01T00:00:00Z", True),
        ({"horizon_end": "2026-02-02"}, "2026-02-01T00:00:00Z", False),
        ({"horizon_end": "2026-02-02", "horizon_units": 10}, "2026-02-01T00:00:00Z", False),
        ({"horizon_end": "2026-02-01", "horizon_units": 10_001}, "2026-02-01T00:00:00Z", False),
        ({"end": "2026-02-02"}, "2026-02-01T00:00:00Z", False),
        ({"end": "2026-02-01"}, "2026-02-01T00:00:00Z", True),
        ({"end": "2026-02-02", "horizon_units": 10_000}, "2026-02-01T00:00:00Z", True),
    ],
)
def test_the_horizon_is_reached_as_far_as_it_is_given(
    ab: dict[str, Any], last: str | None, reached: bool
) -> None:
    result = two_rates((700, 5000), (500, 5000), last_time=last, ab=ab)
    assert result.content["horizon"]["reached"] is reached
    assert result.verdict["decision"] == ("ship" if reached else "keep_running")
    row = comparisons(result, "Rate")[0]
    assert row["not_a_decision"] is not reached
    assert ("not_a_decision" in codes(result)) is not reached
    assert ("no_horizon" in codes(result)) == (ab == {})


def guarded(guardrail: MetricTable, **keys: Any) -> Result:
    made = log(
        {"Rate": rates(**{C: (500, 5000), T: (700, 5000)}), "Guard": guardrail},
        {C: 5000, T: 5000},
    )
    return analyze(
        made,
        study(
            {"name": "Rate", "kind": "proportion"},
            {"name": "Guard", "role": "guardrail", "better": "lower"} | keys,
        ),
    )


def test_a_guardrail_shown_to_be_safe_lets_a_win_ship() -> None:
    result = guarded(rates(**{C: (1000, 5000), T: (1000, 5000)}), margin=0.2)
    assert comparisons(result, "Guard")[0]["guardrail"] == "safe"
    assert result.verdict["decision"] == "ship"


def test_a_guardrail_not_shown_to_be_safe_does_not() -> None:
    result = guarded(rates(**{C: (100, 5000), T: (100, 5000)}), margin=0.05)
    row = comparisons(result, "Guard")[0]
    assert row["guardrail"] == "unproven"
    assert result.verdict["decision"] == "iterate"
    assert "guardrail_unproven" in codes(result)


def test_a_breached_guardrail_rolls_back() -> None:
    result = guarded(rates(**{C: (500, 5000), T: (900, 5000)}), margin=0.05)
    assert comparisons(result, "Guard")[0]["guardrail"] == "breached"
    assert (result.verdict["decision"], result.verdict["rule"]) == ("roll_back", "r2")


def test_a_guardrail_without_margin_or_numbers_is_no_pass() -> None:
    unset = guarded(rates(**{C: (100, 5000), T: (100, 5000)}))
    assert "margin_missing" in codes(unset)
    assert unset.verdict["decision"] == "iterate"
    nothing = guarded(rates(**{C: (0, 5000), T: (0, 5000)}), margin=0.05)
    row = comparisons(nothing, "Guard")[0]
    assert (row["status"], row["p_noninferior"], row["guardrail"]) == (
        "no_events",
        None,
        "unproven",
    )
    assert nothing.verdict["reasons"] == ["guardrail_missing"]


def test_breaches_are_corrected_over_guardrails_and_treatments() -> None:
    """Lift beyond the margin at 95 % but not at 97.5 %: one guardrail is breached, two are not."""
    rng = np.random.default_rng(5)
    base = rng.normal(0, 1, 4000)
    base = (base - base.mean()) / base.std(ddof=1)
    # (m1 - 1.05 m0) / se = 2.1
    se = np.sqrt((1 + 1.05**2) / 4000)
    worse = of_arrays({C: 10 + base, T: 10.5 + 2.1 * se + base})
    fine = of_arrays({C: 10 + base, T: 10 + base})

    def read(*guardrails: MetricTable) -> Result:
        names = [f"g{i}" for i in range(len(guardrails))]
        tables = {"p": fine} | dict(zip(names, guardrails, strict=True))
        metrics = [{"name": "p", "role": "primary", "kind": "mean"}] + [
            {"name": name, "role": "guardrail", "kind": "mean", "better": "lower", "margin": 0.05}
            for name in names
        ]
        return analyze(log(tables, {C: 4000, T: 4000}), study(*metrics))

    assert comparisons(read(worse), "g0")[0]["guardrail"] == "breached"
    assert comparisons(read(worse, fine), "g0")[0]["guardrail"] == "unproven"


def test_a_metric_in_two_roles_stops() -> None:
    made = rates(**{C: (500, 5000), T: (700, 5000)})
    result = analyze(
        log({"Rate": made, "Again": made}, {C: 5000, T: 5000}),
        study(
            {"name": "Rate", "event": "buy"},
            {"name": "Again", "event": "buy", "role": "guardrail", "margin": 0.1},
        ),
    )
    assert "guardrail_is_primary" in codes(result)
    assert result.verdict["decision"] == "do_not_use"


def days(n: int) -> tuple[tuple[str, dict[str, Moments]], ...]:
    """Cumulative moments of n looks, each day 50 units an arm more."""
    rng = np.random.default_rng(2)
    arms = {C: rng.normal(10, 2, 50 * n), T: rng.normal(10.6, 2, 50 * n)}
    return tuple(
        (
            f"2026-01-{day:02d}",
            {arm: Moments.of(y=y[: 50 * day]) for arm, y in arms.items()},
        )
        for day in range(1, n + 1)
    )


def test_looks_are_cumulative_and_only_the_last_may_decide() -> None:
    looks = days(6)
    last = looks[-1][1]
    arrays = {arm: {"y": np.zeros(1)} for arm in last}
    made = table(
        {arm: Cell(one) for arm, one in last.items()},
        daily=looks,
        arrays=arrays,
    )
    result = analyze(log({"m": made}, {C: 300, T: 300}), study({"name": "m", "kind": "mean"}))
    entries = result.content["daily"]
    assert [one["n_control"] for one in entries] == [50, 100, 150, 200, 250, 300]
    assert [one["not_a_decision"] for one in entries] == [True] * 5 + [False]
    final = comparisons(result, "m")[0]
    assert entries[-1]["difference"] == final["difference"]
    assert entries[-1]["difference_low"] == final["difference_low"]
    for (_, arms), entry in zip(looks, entries, strict=True):
        v = sum(one.variance("y") / one.n for one in arms.values())
        expected = 2 * stats.norm.sf(abs(entry["difference"]) / np.sqrt(v))
        assert entry["p_fixed"] == pytest.approx(expected, rel=1e-9)
    first = next(
        (one["look"] for one in entries if one["p_fixed"] < 0.05),
        0,
    )
    assert result.content["first_look_rejecting"][0]["fixed"] == first


def test_the_split_is_followed_day_by_day_and_in_every_slice() -> None:
    """Fair in all, but one country lost a third of its treatment on two days."""
    by_day = {f"2026-01-{day:02d}": {C: 300, T: 300} for day in range(1, 9)}
    by_country = {
        "country": {"DE": {C: 1200, T: 1500}, "US": {C: 1200, T: 900}},
    }
    made = log(
        {"Rate": rates(**{C: (500, 2400), T: (500, 2400)})},
        {C: 2400, T: 2400},
        exposed_by_day=by_day,
        exposed_by_segment=by_country,
    )
    result = analyze(made, study({"name": "Rate", "kind": "proportion"}))
    srm = result.content["srm"]
    assert len(srm["looks"]) == 8
    assert len(srm["slices"]) == 10
    failing = {(one["column"], one["level"]) for one in srm["slices"] if one["p_holm"] < 0.001}
    assert failing == {("country", "DE"), ("country", "US")}
    p = [one["p"] for one in srm["slices"]]
    assert [one["p_holm"] for one in srm["slices"]] == list(adjust_p_values(p, "holm"))
    assert "slice_ratio_mismatch" in codes(result)
    assert result.verdict["decision"] != "do_not_use"


def segmented(us_effect: float) -> Result:
    rng = np.random.default_rng(7)
    levels: dict[str, dict[str, Floats]] = {
        level: {C: rng.normal(10, 2, 400), T: rng.normal(10 + effect, 2, 400)}
        for level, effect in (("DE", 0.5), ("FR", 0.5), ("US", us_effect))
    }
    levels["XX"] = {C: values(9.0), T: values(10.0, 11.0)}
    arms = {arm: np.concatenate([one[arm] for one in levels.values()]) for arm in (C, T)}
    made = of_arrays(
        arms,
        segments={
            "country": {
                level: {arm: cell(y=y) for arm, y in one.items()} for level, one in levels.items()
            }
        },
    )
    exposed = {
        "country": {
            level: {arm: int(y.size) for arm, y in one.items()} for level, one in levels.items()
        }
    }
    units = {arm: int(y.size) for arm, y in arms.items()}
    return analyze(
        log({"m": made}, units, exposed_by_segment=exposed), study({"name": "m", "kind": "mean"})
    )


def test_levels_form_a_family_and_small_ones_are_left_out_and_counted() -> None:
    (entry,) = segmented(0.5).content["segments"]
    assert [one["level"] for one in entry["levels"]] == ["DE", "FR", "US"]
    assert entry["levels_left_out"] == 1
    p_values = [one["p_value"] for one in entry["levels"]]
    assert [one["p_adjusted"] for one in entry["levels"]] == list(adjust_p_values(p_values, "holm"))


@pytest.mark.parametrize(("effect", "differs"), [(0.5, False), (-1.0, True)])
def test_an_interaction_is_named_only_where_it_is_shown(effect: float, differs: bool) -> None:
    result = segmented(effect)
    assert ("interaction" in codes(result)) is differs
    assert (result.content["segments"][0]["cochran_p"] < 0.05) is differs


def simpson(*, drift: bool) -> Result:
    """Better in both strata, worse pooled: with the shares drifting, that stops."""
    strata: dict[str, dict[str, tuple[int, int]]] = {
        "Monday": {T: (48, 800), C: (8, 200)},
        "Tuesday": {T: (60, 200), C: (208, 800)},
    }
    cells = {day: {arm: counted(*one) for arm, one in arms.items()} for day, arms in strata.items()}
    arrays = {arm: {"y": np.zeros(0)} for arm in (C, T)}
    made = table(
        {C: counted(216, 1000), T: counted(108, 1000)},
        proportion=True,
        segments={"day": cells},
        arrays=arrays,
    )
    exposed = {
        day: {arm: n if drift else 500 for arm, (_, n) in arms.items()}
        for day, arms in strata.items()
    }
    made_log = log({"Rate": made}, {C: 1000, T: 1000}, exposed_by_segment={"day": exposed})
    return analyze(made_log, study({"name": "Rate", "kind": "proportion"}))


def test_a_sign_that_turns_when_pooled_stops_if_the_shares_drifted() -> None:
    result = simpson(drift=True)
    assert {"simpson", "allocation_drift"} <= codes(result)
    assert result.verdict["decision"] == "do_not_use"
    assert "simpson" in result.verdict["reasons"]


def test_a_sign_that_turns_when_pooled_warns_otherwise() -> None:
    result = simpson(drift=False)
    assert [one.level for one in result.notices if one.code == "simpson"] == ["warn"]
    assert result.verdict["decision"] == "roll_back"


def test_a_level_without_any_event_counts_in_the_stratified_effect() -> None:
    """D = 0 with no variance there: it keeps its weight, and has none in Cochran's Q."""
    cells = {
        "a": {C: counted(50, 500), T: counted(80, 500)},
        "b": {C: counted(0, 500), T: counted(0, 500)},
    }
    made = table(
        {C: counted(50, 1000), T: counted(80, 1000)},
        proportion=True,
        segments={"level": cells},
        arrays={arm: {"y": np.zeros(0)} for arm in (C, T)},
    )
    result = analyze(
        log({"Rate": made}, {C: 1000, T: 1000}), study({"name": "Rate", "kind": "proportion"})
    )
    (entry,) = result.content["segments"]
    assert entry["post_stratified"]["difference"] == pytest.approx(0.03)


def test_a_covariate_that_differs_before_exposure_is_pointed_out() -> None:
    rng = np.random.default_rng(4)
    arrays = {}
    for arm, shift in ((C, 0.0), (T, 1.0)):
        x = rng.normal(10 + shift, 2, 500)
        arrays[arm] = {"y": x + rng.normal(0, 1, 500), "x": x}
    made = table(
        {arm: cell(**columns) for arm, columns in arrays.items()}, covariate="pre", arrays=arrays
    )
    result = analyze(log({"m": made}, {C: 500, T: 500}), study({"name": "m", "kind": "mean"}))
    assert "covariate_imbalance" in codes(result)
    row = comparisons(result, "m")[0]
    assert row["raw"]["significant"]
    assert not row["significant"]


def test_a_metric_known_only_by_sums_is_compared() -> None:
    """Daily sums hold no unit values, so ranks and leverages cannot be shown."""
    cells = {
        C: Cell(Moments.of_summary(900, 10.0, 4.0)),
        T: Cell(Moments.of_summary(880, 10.4, 5.0)),
    }
    result = analyze(
        log({"m": table(cells)}, {C: 900, T: 880}), study({"name": "m", "kind": "mean"})
    )
    row = comparisons(result, "m")[0]
    twin = stats.ttest_ind_from_stats(10.4, 5**0.5, 880, 10.0, 2.0, 900, equal_var=False)
    assert row["p_value"] == pytest.approx(twin.pvalue, rel=1e-9)


def test_a_check_says_what_could_be_shown_and_not_what_was_found() -> None:
    rng = np.random.default_rng(1)
    y = {C: rng.normal(10, 1, 900), T: rng.normal(11, 1, 100)}
    made = log({"m": of_arrays(y)}, {C: 900, T: 100})
    metrics = ({"name": "m", "kind": "mean"}, {"name": "unread", "kind": "mean"})
    content, found = check(made, study(*metrics))
    assert content["srm"]["p"] < 0.001
    assert {notice.code for notice in found} >= {"sample_ratio_mismatch", "no_horizon"}
    assert "metrics" not in content
    se = np.sqrt(y[C].var(ddof=1) / 900 + y[T].var(ddof=1) / 100)
    least = (stats.norm.isf(0.025) + stats.norm.isf(0.2)) * se / y[C].mean()
    assert content["power"][0]["mde_lift"] == pytest.approx(least, rel=1e-9)
    assert set(content["power"][0]) == {"metric", "treatment", "mde_lift", "units_needed"}


def test_progress_is_told_by_metric() -> None:
    told: list[tuple[str, float]] = []
    rng = np.random.default_rng(1)
    tables = {name: of_arrays({C: rng.normal(0, 1, 9), T: rng.normal(0, 1, 9)}) for name in "ab"}
    metrics = [{"name": name, "kind": "mean"} for name in "ab"]
    report: Callable[[str, float], None] = lambda what, share: told.append((what, share))  # noqa: E731
    analyze(log(tables, {C: 9, T: 9}), study(*metrics), report)
    assert [one[1] for one in told] == sorted(one[1] for one in told)
    assert all(0 <= share <= 1 for _, share in told)


def test_few_units_are_warned_about_but_computed() -> None:
    rng = np.random.default_rng(1)
    made = of_arrays({C: rng.normal(0, 1, 20), T: rng.normal(0, 1, 20)})
    result = analyze(log({"m": made}, {C: 20, T: 20}), study({"name": "m", "kind": "mean"}))
    assert "small_sample" in codes(result)
    assert comparisons(result, "m")[0]["p_value"] is not None
