"""`python -m analysis store ...`: plain answers, and status 2 for what its user can mend."""

import io
import re
from pathlib import Path

import pytest

from analysis import __main__ as command_line
from analysis.store import Store, share
from tests.pages.conftest import keep
from tests.store.conftest import STUDY


@pytest.fixture
def here(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("VERDICT_HOME", str(store.home))
    return store


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = command_line.main(["store", *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_a_study_is_listed_shown_deleted_and_restored(
    here: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    study_id = keep(here, "ship", name="Checkout \x1b[31mred")
    share(here, study_id)
    status, out, _ = asked(capsys, "list")
    assert (status, study_id in out, "ship" in out) == (0, True, True)
    assert "\x1b" not in out
    status, out, _ = asked(capsys, "show", study_id)
    assert status == 0
    assert "link" in out
    assert asked(capsys, "delete", study_id)[0] == 0
    assert asked(capsys, "list")[1].startswith("No study")
    assert study_id in asked(capsys, "list", "--deleted")[1]
    assert asked(capsys, "restore", study_id)[0] == 0
    assert asked(capsys, "delete", study_id, "--for-good")[0] == 0
    status, _, err = asked(capsys, "show", study_id)
    assert status == 2
    assert "[unknown_study]" in err


def test_a_study_goes_out_and_comes_in(
    here: Store, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    study_id = keep(here, "ship")
    file = str(tmp_path / "study.zip")
    assert asked(capsys, "export", study_id, "--out", file)[0] == 0
    status, out, _ = asked(capsys, "import", file)
    assert status == 0
    found = re.search(r"study (\w+)\.", out)
    assert found is not None
    assert here.study(found[1]).readout_id == here.study(study_id).readout_id
    assert asked(capsys, "import", str(tmp_path / "none.zip"))[0] == 2
    (tmp_path / "bad.zip").write_bytes(b"PK")
    status, _, err = asked(capsys, "import", str(tmp_path / "bad.zip"))
    assert (status, "[bad_import]" in err) == (2, True)


def test_a_link_is_listed_without_its_token_and_turned_off(
    here: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    token, link = share(here, keep(here, "ship"))
    status, out, _ = asked(capsys, "links")
    assert (status, link.id in out, token in out) == (0, True, False)
    assert asked(capsys, "turn-off", link.id)[0] == 0
    assert "ended" in asked(capsys, "links")[1]
    assert asked(capsys, "turn-off", "nope")[0] == 2
    assert "link turned off" in asked(capsys, "audit")[1]


def test_a_whole_store_is_clean_and_a_broken_one_is_not(
    here: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    study_id = keep(here, "ship")
    share(here, study_id)
    log = here.save_log(io.BytesIO(b"a\n1\n"), "a.csv")
    here.save_study(STUDY, log.sha256)
    status, out, _ = asked(capsys, "verify")
    assert status == 0
    assert out.startswith("Clean: 2 studies, 1 logs, 1 readouts, 1 links")
    log.file.write_bytes(b"a\n2\n")
    status, _, err = asked(capsys, "verify")
    assert status == 2
    assert f"log {log.sha256[:12]}" in err
    log.file.unlink()
    assert asked(capsys, "verify")[0] == 2
    here.save_log(io.BytesIO(b"a\n1\n"), "a.csv")
    with here.catalogue.writing() as connection:
        connection.exec_driver_sql(f"UPDATE studies SET readout_id = 'x' WHERE id = '{study_id}'")
        connection.exec_driver_sql("UPDATE frozen SET content = 'y'")
    status, _, err = asked(capsys, "verify")
    assert status == 2
    assert "its readout is missing" in err
    assert "what it shows is missing or not what it was" in err


def test_vacuum_removes_leavings(here: Store, capsys: pytest.CaptureFixture[str]) -> None:
    (here.logs / ("0" * 64 + ".csv")).write_bytes(b"nobody's")
    assert "1 file" in asked(capsys, "verify")[1]
    assert asked(capsys, "vacuum")[0] == 0
    assert list(here.logs.iterdir()) == []
