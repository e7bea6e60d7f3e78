"""How the catalogue came to its tables, version by version; every released one can be opened."""

from sqlalchemy import Connection, insert, select, text, update

from analysis.core import StoreError
from analysis.store import tables
from analysis.store.database import Catalogue

# Each entry brings the catalogue one version further; never change one that was released.
# A statement is written for SQLite; a pair is (SQLite's, PostgreSQL's).
Statement = str | tuple[str, str]

MIGRATIONS: tuple[tuple[Statement, ...], ...] = (
    # 0.1.0
    (
        """CREATE TABLE logs (
            sha256 TEXT PRIMARY KEY,
            file TEXT NOT NULL,
            name TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            created TEXT NOT NULL
        )""",
        """CREATE TABLE studies (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            definition TEXT NOT NULL,
            facts TEXT,
            log_sha256 TEXT REFERENCES logs (sha256),
            status TEXT NOT NULL
                CHECK (status IN ('draft', 'ready', 'running', 'done', 'failed')),
            doing TEXT NOT NULL DEFAULT '',
            share REAL NOT NULL DEFAULT 0,
            error TEXT,
            readout_id TEXT,
            summary TEXT,
            left_out TEXT,
            sample TEXT,
            created TEXT NOT NULL,
            saved TEXT NOT NULL,
            deleted_at TEXT
        )""",
        """CREATE TABLE readouts (
            study_id TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
            id TEXT NOT NULL,
            content TEXT NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (study_id, id)
        )""",
        # Which samples this store has been given: a sample that was deleted stays away.
        "CREATE TABLE samples (name TEXT PRIMARY KEY, created TEXT NOT NULL)",
        "CREATE INDEX studies_saved ON studies (deleted_at, saved)",
        "CREATE INDEX studies_log ON studies (log_sha256)",
    ),
    # 0.2.0: links, who did what, tags, archive, owners, and runs on several machines
    (
        "ALTER TABLE logs ADD COLUMN dropped TEXT",
        "ALTER TABLE studies ADD COLUMN previous_id TEXT",
        "ALTER TABLE studies ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE studies ADD COLUMN archived TEXT",
        "ALTER TABLE studies ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
        (
            "ALTER TABLE studies ADD COLUMN level TEXT NOT NULL DEFAULT 'company'"
            " CHECK (level IN ('private', 'company'))"
        ),
        "ALTER TABLE studies ADD COLUMN run TEXT",
        "ALTER TABLE studies ADD COLUMN beat REAL NOT NULL DEFAULT 0",
        "CREATE TABLE frozen (sha256 TEXT PRIMARY KEY, content TEXT NOT NULL)",
        """CREATE TABLE links (
            id TEXT PRIMARY KEY,
            token_sha256 TEXT NOT NULL UNIQUE,
            frozen_sha256 TEXT NOT NULL REFERENCES frozen (sha256),
            study_id TEXT NOT NULL,
            name TEXT NOT NULL,
            made_by TEXT NOT NULL,
            created TEXT NOT NULL,
            expires TEXT NOT NULL,
            turned_off TEXT,
            opened_day TEXT
        )""",
        "CREATE INDEX links_study ON links (study_id)",
        """CREATE TABLE audit (
            id TEXT PRIMARY KEY,
            at TEXT NOT NULL,
            who TEXT NOT NULL,
            what TEXT NOT NULL,
            object TEXT NOT NULL
        )""",
        "CREATE INDEX audit_at ON audit (at, id)",
        (
            (
                "CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit"
                " BEGIN SELECT RAISE(ABORT, 'audit rows are kept as they are'); END"
            ),
            (
                "CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'audit rows are kept as they are'; END $$"
            ),
        ),
        (
            (
                "CREATE TRIGGER audit_stays BEFORE DELETE ON audit"
                " BEGIN SELECT RAISE(ABORT, 'audit rows are kept as they are'); END"
            ),
            (
                "CREATE TRIGGER audit_keeps BEFORE UPDATE OR DELETE ON audit"
                " FOR EACH ROW EXECUTE FUNCTION audit_kept()"
            ),
        ),
    ),
)


def migrate(catalogue: Catalogue) -> None:
    """Bring the catalogue to this version's schema, all of it or nothing.

    Raises:
        StoreError: ``store_is_newer`` if a later version of Verdict has written it.
    """
    if _version_seen(catalogue) == len(MIGRATIONS):
        return
    with catalogue.writing() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL)"))
        version = connection.scalar(select(tables.schema.c.version))
        for statements in MIGRATIONS[version or 0 :]:
            for statement in statements:
                connection.exec_driver_sql(_in_words_of(connection, statement))
        changed = {"version": len(MIGRATIONS)}
        if version is None:
            connection.execute(insert(tables.schema).values(changed))
        else:
            connection.execute(update(tables.schema).values(changed))


def _version_seen(catalogue: Catalogue) -> int | None:
    """The schema's version; None for an empty catalogue."""
    with catalogue.reading() as connection:
        if not connection.dialect.has_table(connection, "schema"):
            return None
        version = connection.scalar(select(tables.schema.c.version))
    if version is not None and version > len(MIGRATIONS):
        raise StoreError(
            "store_is_newer",
            f"The store has schema version {version}; this Verdict knows {len(MIGRATIONS)}.",
            where=catalogue.name,
            fix="Start the newer Verdict, or point VERDICT_HOME at another folder.",
        )
    return version


def _in_words_of(connection: Connection, statement: Statement) -> str:
    """The statement as this database says it."""
    embedded = connection.dialect.name == "sqlite"
    if isinstance(statement, tuple):
        return statement[0 if embedded else 1]
    if embedded:
        return statement
    # SQLite's INTEGER and REAL have 8 bytes.
    return statement.replace(" INTEGER", " BIGINT").replace(" REAL", " DOUBLE PRECISION")
