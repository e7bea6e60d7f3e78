"""Verdict's web application: `streamlit run app.py`.

Streamlit's server finds `app` here. AppTest runs this file as a plain script instead, and then
it shows the page itself.
"""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st
from starlette.routing import Route
from streamlit.auth_util import get_secrets_auth_section
from streamlit.runtime.scriptrunner import get_script_run_ctx

from analysis.core import VerdictError
from analysis.store import Settings, default_home, read_settings
from pages.ui import (
    alive,
    json_log,
    memory,
    middleware,
    router,
    shared_readout,
    startup,
    transfers,
    upkeep,
    uploads,
)
from pages.ui.failure import show_failure

ROUTER = Path(__file__).resolve().parent / "pages" / "ui" / "router.py"


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Open the store and bring in the samples before the first visitor comes."""
    from pages.ui.frame import opened_store

    tasks = [asyncio.create_task(upkeep.tend(opened_store())), asyncio.create_task(memory.watch())]
    # What is loaded now stays for ever: without it, a collection takes 2 ms instead of 100.
    gc.collect()
    gc.freeze()
    where, port = st.get_option("server.address"), st.get_option("server.port")
    sys.stdout.write(startup.greeting(where, port))
    sys.stdout.flush()
    yield
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def may_start() -> Settings:
    """What this installation decides.

    Ends the process, with one line and status 2, where that keeps nobody out.
    """
    try:
        settings = read_settings(default_home())
    except VerdictError as error:
        refuse(f"Verdict does not start: {error}")
    address = st.get_option("server.address")
    objection = startup.objection(address, default_home(), settings.access, secrets_of_sign_in())
    if objection is not None:
        refuse(objection)
    startup.raise_open_files()
    return settings


def secrets_of_sign_in() -> dict[str, Any]:
    """[auth] in .streamlit/secrets.toml; nothing where there is none."""
    section: object = get_secrets_auth_section()
    return {**section} if isinstance(section, Mapping) else {}


def refuse(objection: str) -> NoReturn:
    """End the process before it serves anybody."""
    sys.stderr.write(f"{objection}\n")
    sys.exit(2)


if get_script_run_ctx(suppress_warning=True) is not None:
    router.main()
else:
    SETTINGS = may_start()
    json_log.start()
    app = st.App(
        ROUTER,
        lifespan=lifespan,
        routes=[
            Route("/api/uploads/{name}", uploads.put, methods=["PUT"]),
            *transfers.ROUTES,
            *shared_readout.ROUTES,
            *alive.ROUTES,
        ],
        middleware=middleware.stack(
            os.environ.get("VERDICT_ORIGINS", ""), SETTINGS.access, SETTINGS.limits
        ),
        on_script_error=show_failure,
    )
