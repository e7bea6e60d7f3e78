"""A store that a released version wrote opens, whole, and takes everything that is new."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from analysis.store import Store, links_of, opened, share
from analysis.store.migrations import MIGRATIONS

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
OLDER = sorted(FIXTURES.glob("store_*"))


def unpacked(which: Path, home: Path) -> Path:
    """A store's folder as that version left it."""
    shutil.copytree(which, home)
    catalogue = sqlite3.connect(home / "verdict.sqlite")
    catalogue.executescript((home / "verdict.sql").read_text("utf-8"))
    catalogue.close()
    (home / "verdict.sql").unlink()
    return home


@pytest.fixture(params=OLDER, ids=lambda one: one.name)
def older(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.delenv("VERDICT_DATABASE_URL", raising=False)
    return Store.open(unpacked(request.param, tmp_path / "home"))


def test_there_are_older_stores() -> None:
    assert [one.name for one in OLDER] == ["store_0_1_0"]


def test_everything_that_was_saved_is_there(older: Store) -> None:
    rows = {row.name: row for row in older.studies()}
    done = next(row for row in rows.values() if row.status == "done")
    assert done.log_sha256 is not None
    assert older.log(done.log_sha256).file.read_bytes().startswith(b"user,arm,value\n")
    assert older.left_out_file(str(done.left_out)).read_bytes() == b"rows left out"
    text = older.readout(done.id)
    assert text is not None
    assert json.loads(text)["made_by"]["methods"] == "1"
    assert len(older.readout_ids(done.id)) == 2
    assert rows["A draft"].status == "draft"
    assert rows["Onboarding"].sample == "onboarding"
    assert [row.name for row in older.studies(deleted=True)] == ["Deleted"]
    assert (done.tags, done.archived, done.level) == ((), None, "company")


def test_what_is_new_works_on_it(older: Store) -> None:
    done = next(row for row in older.studies() if row.status == "done")
    older.tag(done.id, ["checkout"])
    older.archive(done.id)
    token, link = share(older, done.id)
    assert opened(older, token) is not None
    assert [one.id for one in links_of(older)] == [link.id]
    assert [one.what for one in older.trail()][-1] == "study tagged"


def test_it_is_brought_forward_once(older: Store) -> None:
    with older.catalogue.reading() as connection:
        version = connection.exec_driver_sql("SELECT version FROM schema").scalar()
    assert version == len(MIGRATIONS)
    before = older.catalogue.file.read_bytes()
    Store.open(older.home)
    assert older.catalogue.file.read_bytes() == before


def test_the_migrated_tables_are_those_of_a_new_store(older: Store, tmp_path: Path) -> None:
    new = Store.open(tmp_path / "new")

    def shape(store: Store) -> list[object]:
        asked = "SELECT type, name, tbl_name FROM sqlite_master ORDER BY type, name"
        columns = "SELECT m.name, p.name, p.type, p.'notnull', p.pk FROM sqlite_master m,"
        columns += " pragma_table_info(m.name) p WHERE m.type = 'table' ORDER BY m.name, p.cid"
        with store.catalogue.reading() as connection:
            return [*connection.exec_driver_sql(asked), *connection.exec_driver_sql(columns)]

    assert shape(older) == shape(new)
