"""The readout: what was found, as pure data; from a study to JSON and back."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from analysis.core import Notice, StudyError, versions
from analysis.study import Study

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.logs import ABLog, Accounting

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Readout:
    """What was found, immutable and JSON-able.

    Attributes:
        content: The readout in its documented form.
        left_out_file: Parquet of the rows left out, while the working folder lives.
    """

    content: dict[str, Any]
    left_out_file: Path | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """64 hex digits: a digest of study, log and methods version."""
        parts = {
            "study": self.content["study"],
            "log": self.content["log"]["sha256"],
            "methods": self.content["made_by"]["methods"],
        }
        text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> str:
        """The same bytes for the same log and study."""
        return json.dumps(self.content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A readout that `to_json` wrote."""
        return cls(json.loads(text))


def run(
    study: Study,
    *,
    base: Path | None = None,
    work: Path | None = None,
    progress: Progress | None = None,
) -> Readout:
    """Analyse the study's log.

    Args:
        study: What to look at.
        base: Folder that paths in the study are relative to; the study file's by default.
        work: Folder for built tables, reused when log and definitions match; a temporary
            one by default.
        progress: Called with what is being done and the share done.

    Raises:
        VerdictError: The study or the log cannot be used.
    """
    with _working(work) as folder:
        found = _lenses(study, base, folder, progress, keep=work is not None)
        content = _frame(found[-1].study, found[0].account)
        content["notices"] = [asdict(one) for lens in found for one in lens.notices]
        content["verdict"] = _verdict(found)
        for lens in found:
            content[lens.name] = lens.content | {"verdict": lens.verdict}
        kept = found[0].account.left_out_file if work is not None else None
        return Readout(content, kept)


@dataclass(frozen=True)
class _Lens:
    """What one lens found: its name, the study as it resolved it, and its result."""

    name: str
    study: Study
    account: "Accounting"
    notices: tuple[Notice, ...]
    content: dict[str, Any]
    verdict: dict[str, Any]


def _lenses(
    study: Study,
    base: Path | None,
    work: Path,
    progress: Progress | None,
    *,
    keep: bool,
    result: bool = True,
) -> list[_Lens]:
    """Every lens of the study, one after another; without results for a mere check."""
    found = []
    if study.ab is not None:
        from analysis import ab

        log = _read(study, base, work, progress, keep=keep)
        study = ab.resolve(study, log)
        if result:
            made = ab.analyze(log, study, progress)
            content, notices, verdict = made.content, made.notices, made.verdict
        else:
            content, notices = ab.check(log, study)
            verdict = {}
        said = (*log.notices, *notices)
        found.append(_Lens("ab", study, log.accounting, said, content, verdict))
    if study.interleaving is not None:
        from analysis import interleaving, logs

        _require_log(study)
        lists = logs.read_lists(study, base=_place(study, base), work=work, progress=progress)
        study = interleaving.resolve(study, lists)
        if result:
            other = interleaving.analyze(lists, study, progress)
            if study.interleaving is not None and study.interleaving.past_pairs:
                past = logs.read_past_pairs(
                    study.interleaving.past_pairs, base=_place(study, base), work=work
                )
                other = interleaving.with_past(other, past)
            content, notices, verdict = other.content, other.notices, other.verdict
        else:
            content, notices = interleaving.check(lists, study)
            verdict = {}
        said = (*lists.notices, *notices)
        found.append(_Lens("interleaving", study, lists.accounting, said, content, verdict))
    if study.synthetic_control is not None:
        from analysis import logs, synthetic_control

        _require_log(study)
        panel = logs.read_panel(study, base=_place(study, base), work=work, progress=progress)
        study = synthetic_control.resolve(study, panel)
        if result:
            counterfactual = synthetic_control.analyze(panel, study, progress)
            content, notices = counterfactual.content, counterfactual.notices
            verdict = counterfactual.verdict
        else:
            content, notices = synthetic_control.check(panel, study)
            verdict = {}
        said = (*panel.notices, *notices)
        name = "synthetic_control"
        found.append(_Lens(name, study, panel.accounting, said, content, verdict))
    return found


LENS_NAMES = {
    "ab": "A/B",
    "interleaving": "Interleaving",
    "synthetic_control": "Synthetic control",
}


def _verdict(found: list[_Lens]) -> dict[str, Any]:
    """The study's word: the one lens's, or what all usable lenses say together."""
    if len(found) == 1:
        return found[0].verdict
    from analysis.verdict import across_lenses

    words = [lens.verdict["decision"] for lens in found]
    said = [
        f"{LENS_NAMES[lens.name]}: {lens.verdict['decision'].replace('_', ' ')}. "
        f"{lens.verdict['headline']}"
        for lens in found
    ]
    return {
        "decision": across_lenses(words),
        "headline": " ".join(said),
        "reasons": [f"{lens.name}_{lens.verdict['decision']}" for lens in found],
        "explanations": said,
        "rule": "lenses",
        "rule_text": "Each lens has its own verdict; those that cannot be used stand aside.",
    }


def check(
    study: Study,
    *,
    base: Path | None = None,
    work: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """What would be used and left out of the log: arms, split and notices; no result.

    Raises:
        VerdictError: The study or the log cannot be used.
    """
    with _working(work) as folder:
        found = _lenses(study, base, folder, progress, keep=work is not None, result=False)
        content = _frame(found[-1].study, found[0].account)
        content["notices"] = [asdict(one) for lens in found for one in lens.notices]
        for lens in found:
            content[lens.name] = lens.content
        return content


def plan(
    study: Study,
    *,
    base: Path | None = None,
    work: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """What a launch yet to come would show: power, and the best units to treat.

    Raises:
        VerdictError: The study or the log cannot be used, or no lens of it can be planned.
    """
    if study.synthetic_control is None:
        raise StudyError(
            "no_plan",
            "The study has no [synthetic_control] section, and no other lens can be planned yet.",
            where="study",
            fix="Add one with horizon, the length of the test in periods.",
        )
    from analysis import logs, synthetic_control

    _require_log(study)
    with _working(work) as folder:
        panel = logs.read_panel(study, base=_place(study, base), work=folder, progress=progress)
        made = synthetic_control.planned(panel, study, progress)
        content = _frame(study, panel.accounting)
        content["notices"] = [asdict(one) for one in (*panel.notices, *made.notices)]
        return content | {"synthetic_control": made.content}


@contextmanager
def _working(work: Path | None) -> "Iterator[Path]":
    if work is not None:
        yield work
        return
    with tempfile.TemporaryDirectory(prefix="verdict-") as folder:
        yield Path(folder)


def _read(
    study: Study, base: Path | None, work: Path, progress: Progress | None, *, keep: bool
) -> "ABLog":
    from analysis import logs

    _require_log(study)
    return logs.read_ab(
        study, base=_place(study, base), work=work, progress=progress, keep_left_out=keep
    )


def _place(study: Study, base: Path | None) -> Path:
    return base if base is not None else study.base


def _require_log(study: Study) -> None:
    if not study.log.path and study.log.table is None:
        raise StudyError(
            "no_log",
            "The study names no log.",
            where="log.path",
            fix='Add path = "events.csv" under [log], or give --log.',
        )


def _frame(study: Study, account: "Accounting") -> dict[str, Any]:
    """What every readout holds, whichever its lenses."""
    mapping = study.to_mapping()
    # Where the log lay is no part of what was found: any copy of it gives this readout.
    for key in ("path", "events"):
        mapping["log"].pop(key, None)
    return {
        "version": 1,
        "made_by": {"verdict": versions.VERDICT, "methods": versions.METHODS},
        "study": mapping,
        "log": _log(account),
    }


def _log(account: "Accounting") -> dict[str, Any]:
    return {
        "sha256": account.sha256,
        "rows": account.rows,
        "used": account.used,
        "left_out": [
            {"reason": one.reason, "rows": one.rows, "examples": list(one.examples)}
            for one in account.left_out
        ],
        "repairs": [asdict(one) for one in account.repairs],
        "columns": dict(account.columns),
        "guessed": dict(account.guessed),
        "events_by_day": account.events_by_day,
        "event_names": account.event_names,
    }


def with_log(study: Study, path: str) -> Study:
    """The same study on another log."""
    return replace(study, log=replace(study.log, path=(path,), table=None))
