"""Measure Verdict beside its peers, on logs made here: `make bench`.

BENCH_ROWS events for the comparison, and as many slots of lists (10 million), BENCH_LARGE for the
large log (100 million; 0 leaves it out), BENCH_TIMES runs of each route (3; the quickest counts,
and the largest memory).
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench import control
from tests.bench.job import largest_gap, study
from tests.bench.measure import Cost, run

TOP = Path(__file__).resolve().parent.parent.parent
OUT = TOP / "tests" / "bench" / "out"
ROWS = int(os.environ.get("BENCH_ROWS", "10_000_000"))
LARGE = int(os.environ.get("BENCH_LARGE", "100_000_000"))
TIMES = int(os.environ.get("BENCH_TIMES", "3"))

ROUTES = {
    "verdict": "Verdict: the job, and every row accounted for",
    "plain_sql": "DuckDB, one SQL statement",
    "tea": "tea-tasting over DuckDB's unit table",
    "by_hand": "pandas by hand",
}
PANEL_ROUTES = {
    "verdict": "Verdict: the panel, and every row accounted for",
    "plain_sql": "DuckDB, one SQL statement",
    "by_hand": "pandas by hand",
}
AGREE = 1e-9


def main() -> int:
    """Print every table; the status is 1 if two routes found different numbers."""
    OUT.mkdir(exist_ok=True)
    say(
        f"# Verdict's benchmark: {os.cpu_count()} cores; seconds and MB, quickest of {TIMES} runs\n"
    )
    csv_to_readout()
    same = routes(ROWS, ROUTES)
    questions(ROWS)
    if LARGE:
        same &= routes(LARGE, {name: ROUTES[name] for name in ("verdict", "plain_sql")})
        questions(LARGE)
    lists()
    same &= control.table(say)
    same &= panels(ROWS, tuple(PANEL_ROUTES))
    if LARGE:
        same &= panels(LARGE, ("verdict", "plain_sql"))
    reruns()
    return 0 if same else 1


def csv_to_readout() -> None:
    """A million rows of CSV to a readout, as the command line does it."""
    log = made("million.csv", 1_000_000, ids=True)
    wanted = study(log.name)
    del wanted["ab"]["options"]
    wanted["columns"] |= {"id": "event_id", "segments": ["country", "device"]}
    path = OUT / "million.json"
    path.write_text(json.dumps(wanted), encoding="utf-8")
    say(f"## 1,000,000 rows of CSV ({log.stat().st_size / 1e6:.0f} MB) to a readout\n")
    head("route", "wall", "cpu", "peak MB")
    cost = best(("-m", "analysis", "run", str(path), "--json", str(OUT / "million.readout.json")))
    row("python -m analysis run", cost.wall, cost.cpu, cost.peak)


def routes(rows: int, names: dict[str, str]) -> bool:
    """The job by every route on one log; whether all found the same numbers."""
    log = made(f"events-{rows}.parquet", rows)
    say(f"\n## The job on {rows:,} raw events (Parquet, {log.stat().st_size / 1e6:.0f} MB)\n")
    head("route", "wall", "cpu", "peak MB", "wall / Verdict's", "cpu / Verdict's", "largest gap")
    first: Cost | None = None
    same = True
    for name, title in names.items():
        cost = best(("-m", "tests.bench.route", name, str(log)))
        first = first or cost
        gap = largest_gap(cost.said["moments"], first.said["moments"])
        same &= gap <= AGREE
        wall, cpu = cost.said["wall"], cost.said["cpu"]
        ratios = (f"{wall / first.said['wall']:.2f}", f"{cpu / first.said['cpu']:.2f}")
        row(title, wall, cpu, cost.peak, *ratios, f"{gap:.0e}")
    say(f"\nWall and cpu without imports. {'All agree' if same else 'NOT ALL AGREE'} to {AGREE:g}.")
    return same


def questions(rows: int) -> None:
    """New questions to a study whose tables are built."""
    log = made(f"events-{rows}.parquet", rows)
    say(f"\n## A new question on the built tables of {rows:,} events\n")
    spread(best(("-m", "tests.bench.questions", str(log)), times=1))


def lists() -> None:
    """Logs of lists to a readout, as the command line does it."""
    say("\n## Lists to a readout\n")
    head("log", "wall", "cpu", "peak MB")
    for rows, name in ((1_000_000, "slots-1000000.csv"), (ROWS, f"slots-{ROWS}.parquet")):
        log = OUT / name
        if not log.exists():
            code = (
                "from pathlib import Path; from tests.bench.lists import large_lists; "
                f"large_lists(Path({str(log)!r}), {rows})"
            )
            run((sys.executable, "-c", code), top=TOP)
        path = log.with_suffix(".json")
        wanted = {"log": {"path": log.name}, "interleaving": {"control": "legacy"}}
        path.write_text(json.dumps(wanted), encoding="utf-8")
        out = str(OUT / "lists.readout.json")
        cost = best(("-m", "analysis", "run", str(path), "--json", out), times=1)
        row(f"{rows:,} slots ({log.suffix[1:]})", cost.wall, cost.cpu, cost.peak)


def panels(rows: int, names: tuple[str, ...]) -> bool:
    """A log of events by region and day, users counted once; whether the routes agree."""
    log = OUT / f"regions-{rows}.parquet"
    if not log.exists():
        code = (
            "from pathlib import Path; from tests.bench.panels import large_events; "
            f"large_events(Path({str(log)!r}), {rows})"
        )
        run((sys.executable, "-c", code), top=TOP)
    say(f"\n## A panel of {rows:,} raw events by region and day\n")
    head("route", "wall", "cpu", "peak MB", "cpu / Verdict's", "largest gap")
    first: Cost | None = None
    same = True
    for name in names:
        cost = best(("-m", "tests.bench.panels", name, str(log)))
        first = first or cost
        found, own = cost.said["answer"], first.said["answer"]
        gap = max(abs(found[what] - own[what]) / abs(own[what]) for what in own)
        same &= gap <= AGREE
        wall, cpu = cost.said["wall"], cost.said["cpu"]
        row(
            PANEL_ROUTES[name], wall, cpu, cost.peak, f"{cpu / first.said['cpu']:.2f}", f"{gap:.0e}"
        )
    return same


def reruns() -> None:
    """The A/B page over a saved readout, again and again."""
    say("\n## Reruns of the A/B page on a saved readout\n")
    spread(best(("-m", "tests.bench.reruns"), times=1))


def spread(cost: Cost) -> None:
    """A table of how long many small things took."""
    head("what", "median", "p95", "peak MB")
    for what, seconds in cost.said.items():
        ordered = sorted(seconds)
        at = round(0.95 * (len(ordered) - 1))
        row(what, ordered[len(ordered) // 2], ordered[at], cost.peak)


def made(name: str, rows: int, *, ids: bool = False) -> Path:
    """A generated log, kept for the next time."""
    path = OUT / name
    if not path.exists():
        say(f"(making {name} ...)", file=sys.stderr)
        # In a process of its own: the measuring one stays small.
        code = (
            "from pathlib import Path; from analysis.simulate.large import large_log; "
            f"large_log(Path({str(path)!r}), {rows}, ids={ids})"
        )
        run((sys.executable, "-c", code), top=TOP)
    return path


def best(arguments: tuple[str, ...], *, times: int = TIMES) -> Cost:
    """The quickest of several runs of Python, with the largest memory of any."""
    costs = [run((sys.executable, *arguments), top=TOP) for _ in range(times)]
    quickest = min(costs, key=lambda cost: cost.said["wall"] if _timed(cost.said) else cost.wall)
    return Cost(quickest.wall, quickest.cpu, max(cost.peak for cost in costs), quickest.said)


def _timed(said: Any) -> bool:
    return isinstance(said, dict) and "wall" in said


def say(text: str, file: Any = None) -> None:
    """Print at once, so that a long run can be followed."""
    print(text, file=file or sys.stdout, flush=True)


def head(*names: str) -> None:
    """The head of a table."""
    say("| " + " | ".join(names) + " |")
    say("|" + "---|" * len(names))


def row(*cells: str | float) -> None:
    """A row of a table."""
    say("| " + " | ".join(_shown(cells)) + " |")


def _shown(cells: tuple[str | float, ...]) -> Iterator[str]:
    for cell in cells:
        if isinstance(cell, str):
            yield cell
        else:
            yield f"{cell:,.0f}" if cell >= 100 else f"{cell:.3f}"


if __name__ == "__main__":
    sys.exit(main())
