"""Logs that the store keeps: the file first, then its row, then the answer."""

from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from analysis.core import StoreError
from analysis.store.blobs import Incoming, chunks, ending, safe_name
from analysis.store.clock import now
from analysis.store.place import Place
from analysis.store.rows import LogRecord
from analysis.store.tables import logs


class KeepsLogs(Place):
    """The part of the store that keeps logs."""

    def incoming(self, *, limit: int | None = None) -> Incoming:
        """A log that arrives piece by piece; give it to `keep_log` when it is complete."""
        self.person.require("write")
        return Incoming(self.logs, limit=limit)

    def keep_log(self, incoming: Incoming, name: str) -> LogRecord:
        """Keep a complete log."""
        self.person.require("write")
        named = safe_name(name)
        if incoming.bytes == 0:
            incoming.drop()
            raise StoreError(
                "empty_file",
                "The file holds 0 bytes.",
                where=named,
                fix="Export the log again; it needs a header line and at least one row.",
            )
        sha256 = incoming.seal()
        suffix = ending(named)
        self.log_shelf.send(incoming, f"{sha256}{suffix}")
        created = now()
        # One lock around file and row: whoever sweeps up sees both or neither.
        with self.catalogue.writing() as connection:
            file = self.log_shelf.place(incoming, suffix)
            insert = sqlite.insert if self.catalogue.embedded else postgresql.insert
            row = insert(logs).values(
                sha256=sha256, file=file.name, name=named, bytes=incoming.bytes, created=created
            )
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=["sha256"],
                    set_={"file": file.name, "created": created, "dropped": None},
                )
            )
            self._note(connection, "log kept", sha256)
        return LogRecord(sha256, named, incoming.bytes, file, created)

    def save_log(self, stream: BinaryIO, name: str, *, limit: int | None = None) -> LogRecord:
        """Keep a log that can be read from a stream."""
        incoming = self.incoming(limit=limit)
        for piece in chunks(stream):
            incoming.write(piece)
        return self.keep_log(incoming, name)

    def log(self, sha256: str) -> LogRecord:
        """A kept log, its file on this machine.

        Raises:
            StoreError: ``unknown_log``, or ``log_dropped`` when its time to be kept was over.
        """
        self.person.require("read_log")
        with self.catalogue.reading() as connection:
            row = connection.execute(select(logs).where(logs.c.sha256 == sha256)).one_or_none()
        if row is None:
            raise StoreError("unknown_log", "This log is not in the store.", where=sha256[:12])
        if row.dropped is not None:
            raise StoreError(
                "log_dropped",
                f"The log was removed on {row.dropped[:10]}, when its time to be kept was over;"
                " the readouts stay.",
                where=row.name,
                fix="Upload the log again to run the study anew.",
            )
        return LogRecord(
            row.sha256, row.name, row.bytes, self.log_shelf.file(row.file), row.created
        )

    def left_out_file(self, name: str) -> Path:
        """The file of the rows that a run left out, on this machine."""
        self.person.require("read_log")
        return self.left_out_shelf.file(name)
