"""A readout, a check and a plan as lines of text for the terminal."""

from typing import Any

from analysis.core import wording


def summary(content: dict[str, Any]) -> str:
    """A readout in a few lines of text."""
    verdict = content["verdict"]
    lines = [*_title(content), "", _word(verdict), f"  {verdict['headline']}"]
    lines += [f"  Rule {verdict['rule']}: {verdict['rule_text']}", ""]
    if "ab" in content:
        usable = content["ab"]["verdict"]["decision"] != "do_not_use"
        for metric in content["ab"]["metrics"]:
            lines += [_row(metric, row, usable=usable) for row in metric["comparisons"]]
    if "interleaving" in content:
        lines += _lists(content["interleaving"])
    if "synthetic_control" in content:
        lines += _panel(content)
    return "\n".join([*lines, "", *_account(content), *_notices(content)])


def _title(content: dict[str, Any]) -> list[str]:
    name = content["study"].get("name") or "Study"
    lines = [name]
    if "ab" in content:
        arms = ", ".join(f"{arm['name']} {arm['n']:,}" for arm in content["ab"]["arms"])
        lines.append(f"  {arms}")
    if "interleaving" in content:
        lens = content["study"]["interleaving"]
        rankers = [lens.get("control") or "?", *lens.get("candidates", [])]
        lines.append(f"  {' v '.join(rankers)}")
    if "synthetic_control" in content:
        found = content["synthetic_control"]
        treated = wording.joined(list(found["treated"]))
        donors = wording.counted(found["n_donors"], "donor")
        if "start" in found:
            lines.append(f"  {treated} from {found['start']} on, {donors}")
        else:
            lines.append(f"  {treated or 'No unit named yet'}, {donors}")
    return lines


def _lists(content: dict[str, Any]) -> list[str]:
    """The figures that decide about lists."""
    users = content.get("user_level") or {}
    lists = content.get("impression_level") or {}
    lines = []
    if lists:
        lines.append(
            f"  lists {lists['n_impressions']:,}: candidate ahead {lists['wins']:,}, control "
            f"ahead {lists['losses']:,}, even {lists['ties_with_clicks']:,}, no credited click "
            f"{lists['ties_no_click']:,}"
        )
    if users:
        lines.append(
            f"  users {users['n_users']:,}: prefer the candidate {users['wins']:,}, the control "
            f"{users['losses']:,}"
        )
    decided = content.get("verdict", {})
    if decided.get("headline_p") is not None:
        p = wording.p_value(decided["headline_p"])
        lines.append(f"  decided by {decided['headline_test']}: {p}")
    return lines


def _panel(content: dict[str, Any]) -> list[str]:
    """The figures that decide about a panel: effect, rank, donors and further metrics."""
    found = content["synthetic_control"]
    level = wording.level(found["alpha"])
    ends = wording.difference_interval(found["att_low"], found["att_high"])
    known = found["att_low"] is not None or found["att_high"] is not None
    interval = f"{level} CI {ends}" if known else f"no {level} interval"
    lift = "" if found["lift"] is None else f", {wording.signed_percent(found['lift'])}"
    lines = [
        f"  {found['metric']}: {wording.signed_number(found['att'])} a period ({interval}){lift}"
    ]
    if found.get("rank") is not None:
        rank = f"rank {found['rank']} of {found['n_units']}"
        lines.append(f"  {found['estimator']}: {rank}, {wording.p_value(found['p_value'])}")
    else:
        lines.append(f"  {found['estimator']}: {wording.p_value(found['p_value'])}")
    heavy = sorted((found.get("weights") or {}).items(), key=lambda pair: -abs(pair[1]))
    if heavy:
        named = ", ".join(f"{name} {share:.3f}" for name, share in heavy[:5])
        more = f" and {len(heavy) - 5} more" if len(heavy) > 5 else ""
        lines.append(f"  weights: {named}{more}")
    # A stop forbids a claim: the numbers stand, the words do not.
    usable = found["verdict"]["decision"] != "do_not_use"
    return lines + [_further(metric, usable=usable) for metric in found["metrics"]]


def _further(metric: dict[str, Any], *, usable: bool) -> str:
    if metric["att"] is None:
        said = str(metric["status"]).replace("_", " ")
    elif metric["lift"] is not None:
        interval = wording.lift_interval(metric["lift_low"], metric["lift_high"])
        said = f"{wording.signed_percent(metric['lift'])} ({interval})"
    else:
        interval = wording.difference_interval(metric["att_low"], metric["att_high"])
        said = f"{wording.signed_number(metric['att'])} ({interval})"
    word = (metric.get("guardrail") or metric["reading"].replace("_", " ")) if usable else "-"
    p = wording.p_value(metric["p_value"])
    return f"  {metric['role']:<10} {metric['name']:<28} {said:<34} {p:<12} {word}"


def _word(verdict: dict[str, Any]) -> str:
    word = verdict["decision"].replace("_", " ").upper()
    named = verdict.get("treatment") or verdict.get("winner")
    return f"{word} {named}" if named else word


def _row(metric: dict[str, Any], row: dict[str, Any], *, usable: bool) -> str:
    role = metric["role"]
    if row["p_value"] is None:
        said = row["status"].replace("_", " ")
    elif row["lift"] is not None:
        interval = wording.lift_interval(row["lift_low"], row["lift_high"])
        said = f"{wording.signed_percent(row['lift'])} ({interval})"
    else:
        interval = wording.difference_interval(row["difference_low"], row["difference_high"])
        said = f"{wording.signed_number(row['difference'])} ({interval})"
    # A stop forbids a winner: the numbers stand, the words do not.
    word = (row.get("guardrail") or row["reading"].replace("_", " ")) if usable else "-"
    p = wording.p_value(row["p_adjusted"])
    return f"  {role:<10} {metric['name']:<28} {row['treatment']:<12} {said:<34} {p:<12} {word}"


def _account(content: dict[str, Any]) -> list[str]:
    log = content["log"]
    lines = [f"Log: {log['rows']:,} rows, {log['used']:,} used"]
    lines += [f"  left out {one['rows']:,}: {one['reason']}" for one in log["left_out"]]
    lines += [f"  repaired {one['rows']:,}: {one['text']}" for one in log["repairs"]]
    return lines


def _notices(content: dict[str, Any]) -> list[str]:
    return [
        f"{one['level'].upper()} {one['code']}: {one['text']} {one['fix']}".rstrip()
        for one in content["notices"]
    ]


def checked(content: dict[str, Any]) -> str:
    """What a check of a study and its log found."""
    return "\n".join([*_title(content), *_account(content), *_notices(content)])


def planned(content: dict[str, Any]) -> str:
    """A plan: what the units named would show, and the best sets."""
    lines = [*_title(content), *_planned(content), *_account(content), *_notices(content)]
    return "\n".join(lines)


def _planned(content: dict[str, Any]) -> list[str]:
    """A plan in a few lines: what the units named would show, and the best sets."""
    found = content["synthetic_control"]
    size = f"{found['n_periods']:,} periods of {found['n_units']:,} units"
    length = wording.counted(found["horizon"], "period")
    lines = [f"  {found['metric']}: a test of {length} on {size}, {found['estimator']}", ""]
    power = found["power"]
    if power is not None:
        units = wording.joined(found["treated"])
        lines.append(f"  Treated {units}: {_least(power['mde'], power['k'])}")
        for row in power["power_by_lift"]:
            lift = wording.signed_percent(row["lift"])
            lines.append(f"    {lift:>7} found in {row['power']:.0%} of {len(power['windows'])}")
    lines.append("  Best units to treat:")
    lines += [
        f"    {wording.joined(row['units'])}: {_detectable(row['detectable_lift'])}"
        for row in found["best_sets"][:5]
    ] or ["    none could be tried"]
    for row in found["held_back"]:
        lines.append(
            f"  Launch to all but {row['n']} ({row['share']:.0%}): "
            f"{_least(row['mde'], int(row['enough']))}"
        )
    return [*lines, ""]


def _detectable(lift: float | None) -> str:
    if lift is None:
        return "no lift can be detected"
    return f"lifts from about {wording.signed_percent(lift).lstrip('+')} can be detected"


def _least(mde: float | None, k: int) -> str:
    if k < 1:
        return "too few donors for any test at this level"
    if mde is None:
        return "no lift tried would be found four times in five"
    return f"a lift of {wording.signed_percent(mde).lstrip('+')} would be found four times in five"
