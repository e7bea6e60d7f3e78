"""What every test shares: property tests that repeat exactly, and where things are."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("verdict", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("verdict")


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's top folder."""
    return Path(__file__).resolve().parent.parent
