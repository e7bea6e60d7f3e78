"""The command line: run, check, plan, suggest, template, simulate and store."""

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.core import VerdictError, versions, wording
from analysis.study import Study

READY, BUG, UNUSABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 a result was made, 2 study or log cannot be used, 1 a bug."""
    asked = _parser().parse_args(arguments)
    try:
        asked.action(asked)
    except VerdictError as problem:
        _say(f"error {problem}")
        return UNUSABLE
    except BrokenPipeError:
        return READY
    except Exception:  # noqa: BLE001 - the last stop: a bug is reported, not half-explained
        _say(traceback.format_exc() + "This is a fault in Verdict: please report it.")
        return BUG
    return READY


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description="Verdict: is the new version better, and may we ship it?",
    )
    parser.add_argument("--version", action="version", version=f"Verdict {versions.VERDICT}")
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    run = actions.add_parser("run", help="analyse a study's log and print the readout")
    run.add_argument("study", help="study file (TOML or JSON)")
    run.add_argument(
        "--json", metavar="OUT", help="write the readout as JSON; - for standard output"
    )
    run.add_argument("--html", metavar="OUT", help="write a page to read; - for standard output")
    run.add_argument("--log", metavar="PATH", help="read this log instead of the study's")
    run.add_argument("--engine", choices=("duckdb", "spark"), help="the engine that reads the log")
    run.add_argument("--save", action="store_true", help="save study and readout for the app")
    run.set_defaults(action=_run)

    check = actions.add_parser("check", help="what would be used and left out; no result")
    check.add_argument("study", help="study file (TOML or JSON)")
    check.add_argument("--json", metavar="OUT", help="write it as JSON; - for standard output")
    check.add_argument("--log", metavar="PATH", help="read this log instead of the study's")
    check.add_argument(
        "--engine", choices=("duckdb", "spark"), help="the engine that reads the log"
    )
    check.set_defaults(action=_check)

    plan = actions.add_parser("plan", help="before launch: power, and the best units to treat")
    plan.add_argument("study", help="study file (TOML or JSON) without a start, or before it")
    plan.add_argument("--json", metavar="OUT", help="write it as JSON; - for standard output")
    plan.add_argument("--log", metavar="PATH", help="read this log instead of the study's")
    plan.add_argument("--engine", choices=("duckdb", "spark"), help="the engine that reads the log")
    plan.set_defaults(action=_plan)

    suggest = actions.add_parser("suggest", help="read a log and write a study to edit")
    suggest.add_argument("log", help="log file or glob")
    suggest.set_defaults(action=_suggest)

    template = actions.add_parser("template", help="a small valid example log")
    template.add_argument(
        "lens", choices=("ab", "interleaving", "synthetic_control"), help="which lens it is for"
    )
    template.set_defaults(action=_template)

    simulate = actions.add_parser("simulate", help="a log whose truth is known")
    simulate.add_argument("kind", help="which kind; an unknown one lists them")
    simulate.add_argument("--seed", type=int, required=True, help="the same seed, the same log")
    simulate.add_argument("--out", required=True, help="file to write: .csv or .parquet")
    simulate.set_defaults(action=_simulate)

    store = actions.add_parser("store", help="look after what is saved")
    _add_store(store)
    return parser


def _add_store(parser: argparse.ArgumentParser) -> None:
    """The actions on the store that VERDICT_HOME and VERDICT_DATABASE_URL name."""
    does = parser.add_subparsers(required=True, metavar="ACTION", dest="does")
    does.add_parser("list", help="every study with its id, verdict and size").add_argument(
        "--deleted", action="store_true", help="those that can still be brought back"
    )
    does.add_parser("show", help="one study: where it stands, its readouts and links").add_argument(
        "study", help="id of the study"
    )
    export = does.add_parser("export", help="write a study with its log and readouts to one file")
    export.add_argument("study", help="id of the study")
    export.add_argument("--out", required=True, help="file to write: .zip")
    does.add_parser("import", help="bring in an exported study").add_argument(
        "file", help="file that export wrote"
    )
    delete = does.add_parser("delete", help="put a study away; it can be restored for 7 days")
    delete.add_argument("study", help="id of the study")
    delete.add_argument("--for-good", action="store_true", help="remove it and its log at once")
    does.add_parser("restore", help="bring a deleted study back").add_argument(
        "study", help="id of the study"
    )
    does.add_parser("links", help="every share link, without its token")
    does.add_parser("turn-off", help="end a share link now").add_argument(
        "link", help="id of the link"
    )
    does.add_parser("audit", help="who did what, the newest first").add_argument(
        "--limit", type=int, default=100, help="how many rows"
    )
    does.add_parser("verify", help="read everything and compare it with its hashes")
    does.add_parser("vacuum", help="remove what is over, and give its space back")
    parser.set_defaults(action=_store)


def _store(asked: argparse.Namespace) -> None:
    from analysis.store import shell

    print(shell.answer(asked))


def _say(text: str) -> None:
    """Print to standard error."""
    print(text, file=sys.stderr, flush=True)


def _progress(doing: str, share: float) -> None:
    if sys.stderr.isatty():
        _say(f"{share:4.0%} {doing}")


def _study(asked: argparse.Namespace) -> tuple[Study, Path]:
    """The study as asked for, and the folder its paths are relative to."""
    from dataclasses import replace

    from analysis.readout import with_log

    study = Study.read(asked.study)
    base = Path(asked.study).parent
    if asked.log:
        study = with_log(study, asked.log)
        base = Path()
    if asked.engine:
        study = replace(study, log=replace(study.log, engine=asked.engine))
    return study, base


def _write(text: str, out: str) -> None:
    if out == "-":
        sys.stdout.write(text)
        return
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise VerdictError(
            "cannot_write",
            f"The file cannot be written: {problem.strerror}.",
            where=out,
            fix="Choose another place.",
        ) from None


def _run(asked: argparse.Namespace) -> None:
    from analysis import readout

    study, base = _study(asked)
    made = readout.run(study, base=base, progress=_progress)
    if asked.json:
        _write(made.to_json(), asked.json)
    if asked.html:
        from analysis import report

        _write(report.page(made.content), asked.html)
    if "-" not in (asked.json, asked.html):
        print(summary(made.content))
    if asked.save:
        from analysis import store

        saved = store.save_run(study, base, made)
        _say(f"Saved as study {saved}.")


def _check(asked: argparse.Namespace) -> None:
    from analysis import readout

    study, base = _study(asked)
    found = readout.check(study, base=base, progress=_progress)
    if asked.json:
        text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        _write(text, asked.json)
    if asked.json != "-":
        print("\n".join([*_title(found), *_account(found), *_notices(found)]))


def _plan(asked: argparse.Namespace) -> None:
    from analysis import readout

    study, base = _study(asked)
    found = readout.plan(study, base=base, progress=_progress)
    if asked.json:
        text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        _write(text, asked.json)
    if asked.json != "-":
        print("\n".join([*_title(found), *_planned(found), *_account(found), *_notices(found)]))


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


def _suggest(asked: argparse.Namespace) -> None:
    import tempfile

    from analysis.logs.intake import open_source
    from analysis.logs.suggesting import suggest

    with tempfile.TemporaryDirectory(prefix="verdict-") as work:
        source = open_source((asked.log,), base=Path(), work=Path(work))
        mapping = suggest(source, (asked.log,), Path(asked.log).name.partition(".")[0])
    print(Study.parse(mapping).to_toml(), end="")


def _template(asked: argparse.Namespace) -> None:
    from analysis import simulate

    print(simulate.template(asked.lens), end="")


def _simulate(asked: argparse.Namespace) -> None:
    from analysis import simulate

    _say(f"Wrote {simulate.write(asked.kind, asked.seed, asked.out)}.")


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


if __name__ == "__main__":
    sys.exit(main())
