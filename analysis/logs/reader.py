"""One reading of a log: its source, its roles, an engine if one is needed, and its account."""

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.logs.accounting import Accounting, LeftOut, Repair
from analysis.logs.column_store import ColumnStore, content_key, key_of
from analysis.logs.engines import Engine, open_duckdb, open_spark
from analysis.logs.guess import guess_roles
from analysis.logs.intake import Source, open_source
from analysis.logs.mapping import Mapped, map_columns
from analysis.logs.rejected import rejected_lines
from analysis.study import AB, Study

Progress = Callable[[str, float], None]


class Reader:
    """One reading: the source, its roles, and an engine only if something must be built."""

    def __init__(
        self,
        study: Study,
        base: Path,
        work: Path,
        engine: Engine | None,
        report: Progress,
        *,
        keep_left_out: bool,
    ) -> None:
        self.study = study
        self.ab: AB = study.ab or AB()
        self.work = work
        self._given = engine
        self._engine = engine
        self.report = report
        self.keep_left_out = keep_left_out
        self.source: Source | None = None
        if engine is None and study.log.engine == "spark":
            self._engine = open_spark(study.log.table, study.log.connection)
        if self._engine is None:
            report("Opening the log", 0.0)
            self.source = open_source(
                study.log.path, base=base, work=work, progress=progress_to(report)
            )

    def close(self) -> None:
        """Close an engine that was opened here."""
        if self._engine is not None and self._given is None:
            self._engine.close()

    def engine(self) -> Engine:
        """The engine, opened when first needed."""
        if self._engine is None:
            assert self.source is not None
            self._engine = open_duckdb(self.source, self.work)
        return self._engine

    def mapped(self) -> Mapped:
        """Which columns play which roles."""
        columns = self.source.columns if self.source is not None else self.engine().columns
        return map_columns(self.study, columns, self._guesses())

    def _guesses(self) -> dict[str, tuple[Any, str]]:
        """Role -> (column or columns, why); nothing if the study says all that is needed."""
        said = self.study.columns
        if self.source is None:
            return {}
        named = all(getattr(said, role) for role in ("unit", "time", "arm", "event", "value"))
        if named and said.segments is not None:
            return {}
        key = key_of("guess", self.content, self.source.columns, asdict(said))
        store = ColumnStore(self.work / "guesses")
        if not store.has(key[:32]):
            guess = guess_roles(self.source, said)
            found = {role: (one, guess.reasons.get(role, "")) for role, one in guess.roles.items()}
            shown = (list(guess.segments), guess.reasons.get("segments", ""))
            store.put_facts(key[:32], found | {"segments": shown})
        return {role: (one, why) for role, (one, why) in store.facts(key[:32]).items()}

    @cached_property
    def content(self) -> str:
        """What names the log's content."""
        if self.source is not None:
            return content_key(self.source.files, self.work, time.time())
        return key_of("table", self.study.log.table, time.time_ns())

    def accounting(self, mapped: Mapped, facts: dict[str, Any], store: ColumnStore) -> Accounting:
        """The account of the log, from stored facts."""
        left_out = [
            LeftOut(one["reason"], one["rows"], tuple(one["examples"])) for one in facts["left_out"]
        ]
        left_out += rejected_lines(self.source)
        rejected = sum(self.source.rejected_count.values()) if self.source is not None else 0
        rows = facts["rows"] + rejected
        file = facts["left_out_file"]
        guessed = dict(mapped.guessed)
        if facts["control_guess"]:
            guessed["control"] = facts["control_guess"]
        return Accounting(
            sha256=facts["sha256"],
            rows=rows,
            used=rows - sum(one.rows for one in left_out),
            left_out=tuple(left_out),
            repairs=tuple(Repair(**repair) for repair in facts["arm_repairs"]),
            columns=mapped.roles(),
            guessed=guessed,
            units={"rows_total": rows, **facts["units"], "missing_values": {}},
            format=self.source.format if self.source is not None else "table",
            left_out_file=store.folder / file if file else None,
            events_by_day=facts["events_by_day"],
            event_names=facts["event_names"],
        )


def progress_to(report: Progress) -> Progress:
    """The intake's progress as the first tenth of the whole."""
    return lambda what, share: report(what, share / 10)
