"""The command line: run, check, plan, suggest, template, simulate and store."""

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from analysis import terminal
from analysis.core import VerdictError, versions
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
        print(terminal.summary(made.content))
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
        print(terminal.checked(found))


def _plan(asked: argparse.Namespace) -> None:
    from analysis import readout

    study, base = _study(asked)
    found = readout.plan(study, base=base, progress=_progress)
    if asked.json:
        text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        _write(text, asked.json)
    if asked.json != "-":
        print(terminal.planned(found))


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


if __name__ == "__main__":
    sys.exit(main())
