"""Memory is watched: what is used is known, and what can be made again goes first."""

import asyncio
import os
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis.store import Store, share
from pages.ui import frame, memory, shared_readout
from tests.pages.asking import app as served_app
from tests.pages.asking import ask
from tests.pages.conftest import keep

MB = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine of 1,000 MB on which this process holds 100 MB, in no control group."""
    proc = tmp_path / "proc"
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "statm").write_text(f"99999 {100 * MB // PAGE} 1 1 0 1 0\n")
    (proc / "self" / "cgroup").write_text("4:memory:/older\n")
    (proc / "meminfo").write_text(f"MemTotal: {1_000 * 1024} kB\nMemFree: 5 kB\n")
    return tmp_path


def used(machine: Path, limit_mb: int | None = None) -> float:
    return memory.used(limit_mb, groups=machine / "groups", proc=machine / "proc")


def put_in_group(machine: Path, name: str, limit: str, held: int, spare: int) -> None:
    (machine / "proc" / "self" / "cgroup").write_text("4:memory:/older\n0::/a.slice/b.service\n")
    group = machine / "groups" / name
    group.mkdir(parents=True, exist_ok=True)
    (group / "memory.max").write_text(f"{limit}\n")
    (group / "memory.current").write_text(f"{held}\n")
    (group / "memory.stat").write_text(f"anon 1\ninactive_file {spare}\nactive_file 2\n")


def test_alone_on_a_machine_its_own_memory_counts(machine: Path) -> None:
    assert used(machine) == pytest.approx(0.1)
    assert used(machine, 200) == pytest.approx(0.5)


def test_in_a_group_all_processes_count_but_not_what_can_be_forgotten(machine: Path) -> None:
    put_in_group(machine, "a.slice/b.service", str(500 * MB), 450 * MB, 100 * MB)
    assert used(machine) == pytest.approx(0.7)
    # The narrowest of the groups around it decides; the machine's own has no limit.
    put_in_group(machine, "a.slice", str(400 * MB), 400 * MB, 10 * MB)
    assert used(machine) == pytest.approx(0.975)
    put_in_group(machine, "a.slice", "max", 400 * MB, 0)
    assert used(machine) == pytest.approx(0.7)
    # What was written in the settings stands over what was found.
    assert used(machine, 1_000) == pytest.approx(0.1)


def test_this_very_process_is_somewhere_between_nothing_and_all() -> None:
    assert 0 < memory.used() < 1


def test_a_machine_that_does_not_show_its_memory_takes_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "used", lambda limit_mb: Path("/not there").read_text())
    assert memory.refusal() is None
    asyncio.run(memory.watch())


def test_every_answer_that_pages_keep_can_be_dropped(project: Path) -> None:
    """Only the opened store stays, and what is kept for good is small."""
    found = {
        file.name
        for file in (project / "pages").rglob("*.py")
        if re.search(r"st\.cache_(resource|data)\(", file.read_text("utf-8"))
    }
    assert found == {"frame.py", "memory.py"}
    assert (project / "pages/ui/frame.py").read_text("utf-8").count("st.cache_resource(") == 1


def test_what_was_dropped_is_made_again(store: Store) -> None:
    study_id = keep(store, "ship")
    row = store.study(study_id)
    token, _ = share(store, study_id)
    served = served_app()
    before = ask(served, f"/r/{token}").body
    content = frame.readout(row)
    assert frame.readout(row) is content
    opened = frame.opened_store()
    memory.drop()
    assert shared_readout._rendered._kept == {}
    assert frame.opened_store() is opened
    again = frame.readout(row)
    assert again == content
    assert again is not content
    assert ask(served, f"/r/{token}").body == before


def test_the_watch_drops_over_its_mark_and_then_leaves_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shares = iter((0.5, 0.86, 0.85))
    did: list[str] = []

    async def pause(seconds: float) -> None:
        did.append(f"{seconds:.0f} s")

    def share_now(limit_mb: int | None) -> float:
        try:
            return next(shares)
        except StopIteration:
            raise OSError("enough") from None

    monkeypatch.setattr(memory, "used", share_now)
    monkeypatch.setattr(memory, "drop", lambda: did.append("dropped"))
    monkeypatch.setattr(asyncio, "sleep", pause)
    asyncio.run(memory.watch())
    assert did == ["5 s", "dropped", "60 s", "5 s"]


def test_a_page_says_why_it_takes_no_file(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "used", lambda limit_mb: 0.8)
    app.run()
    at = app.switch_page("pages/new_study.py").run()
    assert not at.exception
    (error,) = at.error
    said = error.value.replace("\\", "")
    assert "80%" in said
    assert "memory_short" in said
    assert at.file_uploader[0].disabled
    monkeypatch.setattr(memory, "used", lambda limit_mb: 0.1)
    at = at.run()
    assert not at.error
    assert not at.file_uploader[0].disabled
