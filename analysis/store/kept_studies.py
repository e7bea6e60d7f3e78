"""Studies that the store keeps: made, edited, named, tagged, put away and brought back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, exc, insert, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from analysis.core import StoreError
from analysis.store import tables
from analysis.store.access import Level
from analysis.store.clock import now
from analysis.store.database import new_id
from analysis.store.place import Place, unknown_study
from analysis.store.rows import StudyRow, study_row
from analysis.store.tables import studies

NAME_LENGTH = 120
TAGS, TAG_LENGTH = 12, 40


class KeepsStudies(Place):
    """The part of the store that keeps studies."""

    def save_study(
        self, definition: Mapping[str, Any], log_sha256: str | None = None, *, ready: bool = False
    ) -> str:
        """Save a new study, complete or not, and give its id."""
        self.person.require("write")
        try:
            with self.catalogue.writing() as connection:
                study_id = self._insert(connection, definition, log_sha256, ready=ready)
                self._note(connection, "study made", study_id)
                return study_id
        except exc.IntegrityError as error:
            raise StoreError(
                "unknown_log",
                "The log was removed from the store before its study was saved.",
                fix="Upload the log again.",
            ) from error

    def save_sample(self, name: str, definition: Mapping[str, Any], log_sha256: str) -> str | None:
        """Save a sample study, unless this store has had it before; its id if it is new."""
        self.person.require("tend")
        kind = sqlite.insert if self.catalogue.embedded else postgresql.insert
        with self.catalogue.writing() as connection:
            claim = kind(tables.samples).values(name=name, created=now()).on_conflict_do_nothing()
            if connection.scalar(claim.returning(tables.samples.c.name)) is None:
                return None
            study_id = self._insert(connection, definition, log_sha256, ready=True)
            connection.execute(
                update(studies).where(studies.c.id == study_id).values(sample=name, level="company")
            )
            return study_id

    def edit(self, study_id: str, definition: Mapping[str, Any], *, ready: bool) -> None:
        """Replace the definition; the last readout stays until the study is run again."""
        status = "ready" if ready else "draft"
        with self._changing(study_id) as connection:
            running = connection.scalar(
                select(studies.c.status == "running").where(studies.c.id == study_id)
            )
            values = {"definition": json.dumps(definition), "name": _name(definition)}
            if not running:
                values["status"] = status
            self._put(connection, study_id, **values, saved=now(), error=None)

    def keep_facts(self, study_id: str, facts: Mapping[str, Any]) -> None:
        """Keep what the intake said of the study's log."""
        self._set(study_id, facts=json.dumps(facts))

    def rename(self, study_id: str, name: str) -> None:
        """Give the study another name; its saved readouts keep theirs."""
        cleaned = _cleaned(name, NAME_LENGTH)
        if not cleaned:
            raise StoreError("blank_name", "The name is blank.", fix="Type a name.")
        with self._changing(study_id) as connection:
            text = connection.scalar(select(studies.c.definition).where(studies.c.id == study_id))
            definition = {**json.loads(text or "{}"), "name": cleaned}
            self._put(connection, study_id, name=cleaned, definition=json.dumps(definition))
            self._note(connection, "study renamed", study_id)

    def tag(self, study_id: str, tags: Sequence[str]) -> None:
        """Give the study these tags and no others."""
        cleaned = list(dict.fromkeys(filter(None, (_cleaned(one, TAG_LENGTH) for one in tags))))
        if len(cleaned) > TAGS:
            raise StoreError(
                "too_many_tags",
                f"A study takes {TAGS} tags; {len(cleaned)} were given.",
                fix="Keep those that people search for.",
            )
        self._set(study_id, "study tagged", tags=json.dumps(cleaned))

    def archive(self, study_id: str, *, archived: bool = True) -> None:
        """Take the study out of the list without deleting it, or put it back."""
        what = "study archived" if archived else "study brought back"
        self._set(study_id, what, archived=now() if archived else None)

    def show_to(self, study_id: str, level: Level) -> None:
        """Show the study to its owner and admins only, or to everybody who may sign in."""
        what = "study made private" if level == "private" else "study shown to all"
        self._set(study_id, what, level=level)

    def studies(self, *, deleted: bool = False) -> list[StudyRow]:
        """All studies, the newest first; or those that were deleted and can still come back."""
        self.person.require("read")
        gone = studies.c.deleted_at.is_not(None) if deleted else studies.c.deleted_at.is_(None)
        asked = (
            select(studies)
            .where(gone, self._visible())
            .order_by(studies.c.sample.is_not(None), studies.c.saved.desc(), studies.c.name)
        )
        with self.catalogue.reading() as connection:
            rows = connection.execute(asked).mappings().all()
        return [study_row(row) for row in rows]

    def study(self, study_id: str) -> StudyRow:
        """One study, deleted or not."""
        self.person.require("read")
        asked = select(studies).where(studies.c.id == study_id, self._visible())
        with self.catalogue.reading() as connection:
            row = connection.execute(asked).mappings().one_or_none()
        if row is None:
            raise unknown_study(study_id)
        return study_row(row)

    def delete(self, study_id: str) -> None:
        """Put a study away; `restore` brings it back for some days."""
        self._set(study_id, "study deleted", deleted_at=now())

    def restore(self, study_id: str) -> None:
        """Bring a deleted study back."""
        self._set(study_id, "study restored", deleted_at=None)

    def sample_names(self) -> set[str]:
        """Samples that this store was given, deleted ones too."""
        with self.catalogue.reading() as connection:
            return set(connection.scalars(select(tables.samples.c.name)))

    # What every change does

    def _visible(self) -> ColumnElement[bool]:
        """What a study must be for this person to see it."""
        if self.person.role == "admin":
            return true()
        return or_(studies.c.level == "company", studies.c.owner == self.person.name)

    @contextmanager
    def _changing(self, study_id: str) -> Iterator[Connection]:
        """A transaction that changes one study, if this person may."""
        self.person.require("write")
        with self.catalogue.writing() as connection:
            self._see(connection, study_id)
            yield connection

    def _set(self, study_id: str, what: str | None = None, **values: object) -> None:
        with self._changing(study_id) as connection:
            self._put(connection, study_id, **values)
            if what is not None:
                self._note(connection, what, study_id)

    @staticmethod
    def _put(connection: Connection, study_id: str, **values: object) -> None:
        connection.execute(update(studies).where(studies.c.id == study_id).values(values))

    def _insert(
        self,
        connection: Connection,
        definition: Mapping[str, Any],
        log_sha256: str | None,
        *,
        ready: bool,
    ) -> str:
        study_id = new_id()
        connection.execute(
            insert(studies).values(
                id=study_id,
                name=_name(definition),
                definition=json.dumps(definition),
                log_sha256=log_sha256,
                status="ready" if ready else "draft",
                created=now(),
                saved=now(),
                owner=self.person.name,
                level="private" if self.person.signed_in else "company",
            )
        )
        return study_id


def _name(definition: Mapping[str, Any]) -> str:
    # PostgreSQL keeps no zero bytes.
    return str(definition.get("name") or "Untitled study").replace("\0", "")


def _cleaned(text: str, length: int) -> str:
    return " ".join(text.replace("\0", "").split())[:length]
