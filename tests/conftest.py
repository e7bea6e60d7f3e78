"""What every test shares: property tests that repeat exactly, where things are, a database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

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
