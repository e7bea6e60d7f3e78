"""Runs and the readouts that they make: a readout never changes, a newer one stands beside it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import CursorResult, select, update
from sqlalchemy.dialects import postgresql, sqlite

from analysis.core import StoreError, VerdictError
from analysis.store.blobs import Incoming, chunks
from analysis.store.clock import now
from analysis.store.database import seconds
from analysis.store.place import Place
from analysis.store.rows import error_text
from analysis.store.summary import summarise
from analysis.store.tables import readouts, studies

# A run that has not said for so long that it lives, on another machine, is dead.
SILENT_SECONDS = 30.0


class SavesAsJson(Protocol):
    """A readout, as far as the store cares."""

    @property
    def content(self) -> dict[str, Any]:
        """The readout as plain JSON data."""
        ...

    @property
    def id(self) -> str:
        """The hash of its text."""
        ...

    def to_json(self) -> str:
        """The readout's text."""
        ...


class KeepsReadouts(Place):
    """The part of the store that keeps runs and readouts."""

    def begin(self, study_id: str, run: str | None = None) -> bool:
        """Mark a study as being run; whoever calls this holds its lock (see jobs).

        Returns:
            Whether it was marked: not while a run on another machine holds it.
        """
        self.person.require("write")
        with self.catalogue.writing() as connection:
            self._see(connection, study_id)
            row = connection.execute(
                select(studies.c.status, studies.c.run, studies.c.beat).where(
                    studies.c.id == study_id
                )
            ).one()
            clock = seconds(connection)
            elsewhere = row.run is not None and _machine(row.run) != _machine(run)
            if row.status == "running" and elsewhere and clock - row.beat < SILENT_SECONDS:
                return False
            connection.execute(
                update(studies)
                .where(studies.c.id == study_id)
                .values(
                    status="running", share=0.0, error=None, doing="Starting", run=run, beat=clock
                )
            )
            self._note(connection, "study run", study_id)
            return True

    def progress(self, study_id: str, doing: str, share: float, run: str | None = None) -> bool:
        """Say what a run is doing, how far it is, and that it lives.

        Returns:
            Whether the study is still this run's; if not, the run was stopped.
        """
        values = {"share": min(max(share, 0.0), 1.0), "doing": doing}
        return self._of_run(study_id, run, values)

    def beat(self, study_id: str, run: str) -> bool:
        """Say that a run lives; whether the study is still this run's."""
        return self._of_run(study_id, run, {})

    def silence(self, study_id: str) -> float:
        """Seconds since the study's run last said that it lives."""
        with self.catalogue.reading() as connection:
            beat = connection.scalar(select(studies.c.beat).where(studies.c.id == study_id))
            return seconds(connection) - (beat or 0.0)

    def fail(self, study_id: str, error: VerdictError, run: str | None = None) -> bool:
        """Keep why a run failed; the readout before it, if any, stays."""
        values = {"status": "failed", "doing": "", "error": error_text(error), "run": None}
        return self._of_run(study_id, run, values)

    def save_readout(
        self,
        study_id: str,
        readout: SavesAsJson,
        *,
        left_out: Path | None = None,
        run: str | None = None,
    ) -> str:
        """Keep a readout, make it the study's newest, and give its id.

        Raises:
            StoreError: ``run_stopped`` if `run` no longer holds the study: nothing is kept.
        """
        self.person.require("write")
        incoming = None if left_out is None else self._sealed(left_out)
        kind = sqlite.insert if self.catalogue.embedded else postgresql.insert
        with self.catalogue.writing() as connection:
            self._see(connection, study_id)
            before = connection.execute(
                select(studies.c.readout_id, studies.c.previous_id, studies.c.run).where(
                    studies.c.id == study_id
                )
            ).one()
            if run is not None and before.run != run:
                if incoming is not None:
                    incoming.drop()
                raise run_stopped()
            kept = self.left_out_shelf.place(incoming, ".parquet").name if incoming else None
            connection.execute(
                kind(readouts)
                .values(study_id=study_id, id=readout.id, content=readout.to_json(), created=now())
                .on_conflict_do_nothing()
            )
            other = before.readout_id not in {None, readout.id}
            connection.execute(
                update(studies)
                .where(studies.c.id == study_id)
                .values(
                    status="done", share=1.0, doing="", error=None, run=None,
                    readout_id=readout.id, summary=json.dumps(summarise(readout.content)),
                    previous_id=before.readout_id if other else before.previous_id,
                    left_out=kept, saved=now(),
                )
            )  # fmt: skip
        return readout.id

    def readout(self, study_id: str, readout_id: str | None = None) -> str | None:
        """The text of a study's newest readout, or of an older one; None if there is none."""
        self.person.require("read")
        asked = select(readouts.c.content).where(readouts.c.study_id == study_id)
        newest = select(studies.c.readout_id).where(studies.c.id == study_id).scalar_subquery()
        with self.catalogue.reading() as connection:
            self._see(connection, study_id)
            text = connection.scalar(asked.where(readouts.c.id == (readout_id or newest)))
        return None if text is None else str(text)

    def readout_ids(self, study_id: str) -> list[tuple[str, str]]:
        """Every readout of a study with the instant it was made, the oldest first."""
        self.person.require("read")
        asked = select(readouts.c.id, readouts.c.created).where(readouts.c.study_id == study_id)
        with self.catalogue.reading() as connection:
            self._see(connection, study_id)
            rows = connection.execute(asked.order_by(readouts.c.created, readouts.c.id)).all()
        return [(row.id, row.created) for row in rows]

    def _of_run(self, study_id: str, run: str | None, values: Mapping[str, object]) -> bool:
        """Change a study that is being run, if this run still holds it."""
        self.person.require("write")
        with self.catalogue.writing() as connection:
            self._see(connection, study_id)
            held = studies.c.id == study_id
            if run is not None:
                held = (studies.c.id == study_id) & (studies.c.run == run)
            done: CursorResult[Any] = connection.execute(
                update(studies).where(held).values(beat=seconds(connection), **values)
            )
            return done.rowcount == 1

    def _sealed(self, file: Path) -> Incoming:
        incoming = Incoming(self.left_out)
        with file.open("rb") as stream:
            for piece in chunks(stream):
                incoming.write(piece)
        self.left_out_shelf.send(incoming, f"{incoming.seal()}.parquet")
        return incoming


def run_stopped() -> StoreError:
    """The error of a run that ended without a word, or was stopped."""
    return StoreError(
        "run_stopped",
        "The run was stopped before it was finished; nothing of it was saved.",
        fix="Run the study again; if it stops again, the log may need more memory than there is.",
    )


def _machine(run: str | None) -> str:
    """The machine that a run is on: runs are named ``machine:random``."""
    return (run or "").partition(":")[0]
