"""What the reader of an A/B readout must know, with the numbers filled in."""

from collections.abc import Sequence

from analysis.ab.reading import Pair, Reading
from analysis.ab.split import ALARM, MOST_MIXED, WATCH, Split
from analysis.core import Notice, wording
from analysis.logs.ab_log import MetricTable
from analysis.study import Metric

FEW_UNITS = 30
FEW_CLUSTERS = 20
MOST_HELD = 0.2


def _notice(code: str, level: str, text: str, fix: str = "") -> Notice:
    return Notice(code, level, "ab", text, fix)  # type: ignore[arg-type]


def of_split(split: Split | None, counts: Sequence[int]) -> list[Notice]:
    """Does the split fit the plan?"""
    if split is None:
        return []
    shown = " v ".join(wording.count(n) for n in counts)
    p = wording.p_value(split.alarm_p)
    if split.alarm_p < ALARM:
        return [
            _notice(
                "sample_ratio_mismatch",
                "stop",
                f"{shown} units do not fit the planned split ({p}).",
                "Find the lost or doubled units before reading any lift.",
            )
        ]
    if split.alarm_p < WATCH:
        return [
            _notice(
                "sample_ratio_watch",
                "note",
                f"The split, {shown} units, is a little off plan ({p}).",
                "No action: look again at the next refresh.",
            )
        ]
    return []


def of_slices(slices: Sequence[tuple[str, str, Split, float]]) -> list[Notice]:
    """Does the split fail in one slice?"""
    return [
        _notice(
            "slice_ratio_mismatch",
            "warn",
            f"The split fails in {column} = {level} ({wording.p_value(p)} over all slices).",
            "Exposure logging differs there: check it.",
        )
        for column, level, _, p in slices
        if p < ALARM
    ]


def of_mixed(mixed: int, share: float) -> list[Notice]:
    """Were too many units seen in several arms?"""
    if share <= MOST_MIXED:
        return []
    return [
        _notice(
            "mixed_units_high",
            "stop",
            f"{share:.2%} of units ({wording.count(mixed)}) saw several arms; the limit is 1%.",
            "Mend assignment or identity, and run again.",
        )
    ]


def of_arms(units: dict[str, int], correction: str) -> list[Notice]:
    """Few units, or many arms."""
    found = []
    small = [arm for arm, n in units.items() if 2 <= n < FEW_UNITS]
    if small:
        found.append(
            _notice(
                "small_sample",
                "warn",
                f"Fewer than {FEW_UNITS} units in {wording.joined(small)}: the intervals rest "
                "on data that are close to normal.",
                "Treat it as a pilot.",
            )
        )
    if len(units) > 4:
        found.append(
            _notice(
                "arms_many",
                "warn",
                f"{len(units)} arms: every comparison is corrected ({correction}).",
                "Above 20 arms a log is refused.",
            )
        )
    return found


def of_reading(metric: Metric, pair: Pair, reading: Reading) -> list[Notice]:
    """What stands in the way of one comparison, or qualifies it."""
    found = []
    name = metric.name
    arms = ((pair.treatment, reading.n1), (pair.control, reading.n0))
    if reading.status in ("empty_arm", "too_few_units", "one_arm_only"):
        arm, n = min(arms, key=lambda one: one[1])
        found.append(
            _notice(
                reading.status,
                "warn",
                f"{name}: arm {arm} has {n} unit{'' if n == 1 else 's'} with a value, so "
                "nothing can be compared.",
                "Collect more, or check the column.",
            )
        )
    if reading.status == "no_variance":
        found.append(
            _notice(
                "no_variance",
                "warn",
                f"{name}: every unit has the same value within its arm, so no test exists.",
                "Check that the metric was recorded.",
            )
        )
    if reading.status in ("no_events", "all_events"):
        who = "no unit" if reading.status == "no_events" else "every unit"
        found.append(
            _notice(
                reading.status,
                "note",
                f"{name}: {who} converted in both arms, so no p-value exists; the interval "
                "shows what is excluded.",
            )
        )
    if reading.status == "zero_denominator":
        empty = _empty_side(pair, reading)
        found.append(
            _notice(
                "zero_denominator",
                "warn",
                f"{name}: the denominator is 0 in {empty}.",
                "Choose another denominator.",
            )
        )
    if reading.status == "not_finite":
        found.append(
            _notice(
                "not_finite",
                "warn",
                f"{name}: its values are too large to compute with.",
                "Check the unit of the values.",
            )
        )
    if reading.small_counts:
        found.append(
            _notice(
                "small_counts",
                "note",
                f"{name}: expected counts below 5, so Fisher's exact p is used.",
                "Wait for more events.",
            )
        )
    if reading.imputed:
        found.append(
            _notice(
                "covariate_missing",
                "note",
                f"{name}: {wording.count(reading.imputed)} units lack {pair.table.covariate}; "
                "they count with its mean, unadjusted.",
            )
        )
    asked = metric.covariate is not None
    if asked and reading.adjusted is not None and reading.adjusted.constant:
        found.append(
            _notice(
                "covariate_constant",
                "note",
                f"{name}: covariate {pair.table.covariate} does not vary, so no adjustment "
                "was made.",
            )
        )
    return found


def _empty_side(pair: Pair, reading: Reading) -> str:
    sides = []
    if reading.treatment is None:
        sides.append(pair.treatment)
    if reading.control is None:
        sides.append(pair.control)
    return " and ".join(sides) or f"{pair.control} or {pair.treatment}"


def of_result(metric: Metric, found: dict[str, object]) -> list[Notice]:
    """What the finished comparison asks to be said."""
    notices = []
    name = metric.name
    if found["lift_status"] == "zero_baseline":
        notices.append(
            _notice(
                "zero_baseline",
                "note",
                f"{name}: the control value is 0, so a lift does not exist.",
                "Read the difference.",
            )
        )
    if found["lift_status"] == "unbounded":
        notices.append(
            _notice(
                "lift_unbounded",
                "note",
                f"{name}: the control value is too close to 0 for a lift interval.",
                "Read the difference.",
            )
        )
    if found["interval_note"] == "matched_to_test":
        notices.append(
            _notice(
                "matched_to_test",
                "note",
                f"{name}: an end of the interval was set to 0 to agree with the "
                f"{found['test']} p-value; the full interval stands in the detail.",
            )
        )
    return notices


def of_guardrail(metric: Metric, found: dict[str, object], needed: int | None) -> list[Notice]:
    """Is the guardrail shown to be safe?"""
    name = metric.name
    if metric.margin is None:
        return [
            _notice(
                "margin_missing",
                "warn",
                f"Guardrail {name} has no margin, so it cannot be shown to be safe.",
                "Set the worst harm you accept.",
            )
        ]
    margin = (
        f"{metric.margin:g}"
        if metric.margin_scale == "absolute"
        else wording.signed_percent(metric.margin).lstrip("+")
    )
    if found["guardrail"] == "unproven":
        p = found["p_noninferior"]
        more = f"Collect about {wording.count(needed)} units in all." if needed else ""
        return [
            _notice(
                "guardrail_unproven",
                "warn",
                f"{name} is not shown to be within {margin} of control "
                f"({wording.p_value(p if isinstance(p, float) else None)}): not seeing harm is "
                "not safety.",
                more or "Collect more units, or check that it was recorded.",
            )
        ]
    if found["guardrail"] == "safe" and found["reading"] == "worse":
        return [
            _notice(
                "worse_within_margin",
                "note",
                f"{name} is worse than control, but within the agreed {margin}.",
            )
        ]
    return []


def of_table(metric: Metric, table: MetricTable) -> list[Notice]:
    """One unit that holds too much; a cap at 0; too few clusters."""
    found = []
    shares = {arm: largest / total for arm, (largest, total) in table.largest.items() if total > 0}
    held = max(shares.values(), default=0.0)
    if held > MOST_HELD and not table.proportion:
        arm = min(arm for arm, share in shares.items() if share == held)
        found.append(
            _notice(
                "outlier_dominates",
                "warn",
                f"{metric.name}: one unit holds {held:.0%} of {arm}'s total.",
                "Set cap_quantile and read the capped result.",
            )
        )
    if table.members is not None:
        clusters = min((cell.observed.n for cell in table.arms.values()), default=0)
        if clusters < FEW_CLUSTERS:
            found.append(
                _notice(
                    "few_clusters",
                    "warn",
                    f"{clusters} clusters in an arm ({FEW_CLUSTERS} advised): the error bar is "
                    "itself uncertain.",
                    "Read the interval with caution, or randomise more clusters.",
                )
            )
    return found


def of_imbalance(metric: Metric, covariate: str, p: float) -> Notice:
    """The arms differed before exposure."""
    what = "the same metric" if covariate == "pre" else covariate
    return _notice(
        "covariate_imbalance",
        "warn",
        f"{metric.name}: before exposure the arms already differed in {what} "
        f"({wording.p_value(p)}).",
        "Check the split; the adjusted difference is the one to read.",
    )


def of_segments(entries: Sequence[dict[str, object]], metric: Metric, alpha: float) -> list[Notice]:
    """Effects that differ by level, and pooled effects that mislead."""
    found = []
    for entry in entries:
        column = entry["column"]
        p = entry["cochran_p"]
        if isinstance(p, float) and p < alpha and metric.role == "primary":
            found.append(
                _notice(
                    "interaction",
                    "note",
                    f"{metric.name}: the effect of {entry['treatment']} differs by {column} "
                    f"({wording.p_value(p)}).",
                    "Read the levels.",
                )
            )
        if entry["sign_reversal"] and metric.role == "primary":
            drift = entry["allocation_p"]
            stop = isinstance(drift, float) and drift < ALARM
            found.append(
                _notice(
                    "simpson",
                    "stop" if stop else "warn",
                    f"{metric.name}: the pooled and the stratified effect of "
                    f"{entry['treatment']} have opposite signs over {column}.",
                    "Report the stratified effect.",
                )
            )
    return found


def of_allocation(treatment: str, column: str, p: float) -> Notice:
    """The share of a treatment drifted."""
    return _notice(
        "allocation_drift",
        "warn",
        f"The share of {treatment} changed over {column} ({wording.p_value(p)}).",
        "The stratified effect is the one to read.",
    )


def of_horizon(*, reached: bool, planned: bool) -> list[Notice]:
    """May the result be read as final?"""
    if not reached:
        return [
            _notice(
                "not_a_decision",
                "warn",
                "The planned horizon is not reached: these intervals are no decision.",
                "Wait for the planned end.",
            )
        ]
    if not planned:
        return [_notice("no_horizon", "note", "No horizon was planned: the log is read as final.")]
    return []


def of_roles(metrics: Sequence[Metric]) -> list[Notice]:
    """One quantity in two roles."""
    primaries = {_quantity(one) for one in metrics if one.role == "primary"}
    return [
        _notice(
            "guardrail_is_primary",
            "stop",
            f"{one.name} is both primary and guardrail.",
            "Choose one role.",
        )
        for one in metrics
        if one.role == "guardrail" and _quantity(one) in primaries
    ]


def _quantity(metric: Metric) -> tuple[object, ...]:
    """What a metric measures, its name and role aside."""
    return (
        metric.kind,
        metric.event,
        metric.column or ("" if metric.event else metric.name),
        metric.numerator,
        metric.denominator,
        metric.day,
        metric.window_days,
        metric.cap_quantile,
        metric.success,
        metric.successes,
        metric.trials,
        metric.sum,
    )
