"""The app as AppTest runs it, on a store of its own."""

import json
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analysis import store as saved
from analysis.readout import Readout
from analysis.store import Store

ROOT = Path(__file__).resolve().parents[2]
READOUTS = ROOT / "tests" / "fixtures"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store that the app will open; samples come in but are not run."""
    monkeypatch.setenv("VERDICT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(saved, "unfinished", lambda store: [])
    st.cache_resource.clear()
    return Store.open()


@pytest.fixture
def app(store: Store) -> AppTest:
    """The app, not run yet."""
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)


def keep(store: Store, which: str, *, name: str | None = None) -> str:
    """Save a made readout with its study and give the study's id."""
    content: dict[str, Any] = json.loads((READOUTS / f"readout_{which}.json").read_text("utf-8"))
    definition = {**content["study"], "log": {"path": ["log.csv"]}}
    study_id = store.save_study(definition, ready=True)
    store.save_readout(study_id, Readout(content))
    if name:
        store.rename(study_id, name)
    return study_id


def shown_text(at: AppTest) -> str:
    """Everything readable on the page."""
    parts = [one.value for one in (*at.markdown, *at.caption, *at.title, *at.subheader)]
    return "\n".join([*parts, *(str(getattr(one, "value", "")) for one in at.get("page_link"))])
