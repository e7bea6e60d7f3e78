"""What every test shares: property tests that repeat exactly, where things are, a database."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from analysis.logs.intake import Limits, opening
from analysis.logs.intake.convert import Job, convert
from analysis.logs.intake.record import to_record
from tests import postgres as servers

settings.register_profile("verdict", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("verdict")


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's top folder."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """A PostgreSQL server of this run's own, started when the first test asks for it."""
    server = servers.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _read_in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read logs here, without a process for each file; the tests of the intake start them."""
    if "intake" in request.path.name:
        return

    def ask(
        asked: dict[str, Any],
        names: list[str],
        limits: Limits,
        progress: Callable[[str, float], None] | None,
    ) -> dict[str, Any]:
        files, out, scratch = map(Path, asked["files"]), Path(asked["out"]), Path(asked["scratch"])
        job = Job(tuple(files), tuple(names), out, scratch, limits)
        return to_record(convert(job, progress or (lambda _text, _share: None)))

    monkeypatch.setattr(opening, "_ask_child", ask)
