"""The readout: what was found, as pure data; from a study to JSON and back."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from analysis.core import StudyError, versions
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
    from analysis import ab

    with _working(work) as folder:
        log = _read(study, base, folder, progress, keep=work is not None)
        resolved = ab.resolve(study, log)
        result = ab.analyze(log, resolved, progress)
        content = _frame(resolved, log)
        content["notices"] = [asdict(one) for one in (*log.notices, *result.notices)]
        content["verdict"] = result.verdict
        content["ab"] = result.content | {"verdict": result.verdict}
        kept = log.accounting.left_out_file if work is not None else None
        return Readout(content, kept)


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
    from analysis import ab

    with _working(work) as folder:
        log = _read(study, base, folder, progress, keep=work is not None)
        resolved = ab.resolve(study, log)
        found, notices = ab.check(log, resolved)
        content = _frame(resolved, log)
        content["notices"] = [asdict(one) for one in (*log.notices, *notices)]
        content["ab"] = found
        return content


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

    if not study.log.path and study.log.table is None:
        raise StudyError(
            "no_log",
            "The study names no log.",
            where="log.path",
            fix='Add path = "events.csv" under [log], or give --log.',
        )
    place = base if base is not None else study.base
    return logs.read_ab(study, base=place, work=work, progress=progress, keep_left_out=keep)


def _frame(study: Study, log: "ABLog") -> dict[str, Any]:
    """What every readout holds, whichever its lenses."""
    mapping = study.to_mapping()
    # Where the log lay is no part of what was found: any copy of it gives this readout.
    mapping["log"].pop("path", None)
    return {
        "version": 1,
        "made_by": {"verdict": versions.VERDICT, "methods": versions.METHODS},
        "study": mapping,
        "log": _log(log.accounting),
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
