"""The split of a log as the readout has it: once, by look and by slice."""

from typing import Any

from analysis.ab import notices
from analysis.ab.plan import mixed_share, randomised, weights
from analysis.ab.split import ALARM, allocation, check_slices, check_split, sequential_split
from analysis.core import Notice
from analysis.core.plain import plain
from analysis.logs.ab_log import ABLog
from analysis.study import AB


def read_split(log: ABLog, ab: AB, found: list[Notice]) -> dict[str, Any]:
    """The split test, once, by look and by slice; its notices are added to `found`."""
    shares = weights(log.arms, ab)
    counts = [randomised(log).get(arm, 0) for arm in log.arms]
    split = check_split(counts, shares, ab.alpha)
    slices = {
        (column, level): [by_arm.get(arm, 0) for arm in log.arms]
        for column, levels in (
            *log.exposed_by_segment.items(),
            ("day", log.exposed_by_day),
        )
        for level, by_arm in levels.items()
    }
    tested = check_slices(slices, shares)
    found += notices.of_split(split, counts)
    found += notices.of_slices(tested)
    found += notices.of_mixed(log.mixed_units, mixed_share(log))
    found += notices.of_arms(randomised(log), ab.correction)
    for treatment in log.arms[1:]:
        drift = allocation(
            {
                day: (by_arm.get(log.arms[0], 0), by_arm.get(treatment, 0))
                for day, by_arm in log.exposed_by_day.items()
            }
        )
        if drift and drift[1] < ALARM:
            found.append(notices.of_allocation(treatment, "day of first exposure", drift[1]))
    if split is None:
        return {}
    looks, running = [], [0] * len(log.arms)
    for by_arm in log.exposed_by_day.values():
        running = [n + by_arm.get(arm, 0) for n, arm in zip(running, log.arms, strict=True)]
        looks.append(running)
    factors = sequential_split(looks, shares, ab.options.srm_concentration)
    result: dict[str, Any] = plain(
        {
            "chi2": split.chi2,
            "df": split.df,
            "p": split.p,
            "p_exact": split.p_exact,
            "share_control": split.share_control,
            "expected_share_low": split.expected_low,
            "expected_share_high": split.expected_high,
            "counts": dict(zip(log.arms, counts, strict=True)),
            "weights": {arm: w / sum(shares) for arm, w in zip(log.arms, shares, strict=True)},
            "looks": [
                {"day": day, "log_bayes_factor": factor, "p_always_valid": p}
                for day, (factor, p) in zip(log.exposed_by_day, factors, strict=True)
            ],
            "slices": [
                {
                    "column": column,
                    "level": level,
                    "chi2": one.chi2,
                    "p": one.alarm_p,
                    "p_holm": p,
                    "counts": dict(zip(log.arms, slices[column, level], strict=True)),
                }
                for column, level, one, p in tested
            ],
        }
    )
    return result
