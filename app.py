"""Verdict's web application: `streamlit run app.py`.

Streamlit's server finds `app` here. AppTest runs this file as a plain script instead, and then
it shows the page itself.
"""

import gc
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.routing import Route
from streamlit.runtime.scriptrunner import get_script_run_ctx

from analysis.store import default_home
from pages.ui import middleware, router, startup, uploads
from pages.ui.failure import show_failure

ROUTER = Path(__file__).resolve().parent / "pages" / "ui" / "router.py"


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Open the store and bring in the samples before the first visitor comes."""
    from pages.ui.frame import opened_store

    opened_store()
    # What is loaded now stays for ever: without it, a collection takes 2 ms instead of 100.
    gc.collect()
    gc.freeze()
    yield


if get_script_run_ctx(suppress_warning=True) is not None:
    router.main()
else:
    objection = startup.objection(st.get_option("server.address"), default_home())
    if objection is not None:
        sys.stderr.write(f"{objection}\n")
        sys.exit(2)
    app = st.App(
        ROUTER,
        lifespan=lifespan,
        routes=[Route("/api/uploads/{name}", uploads.put, methods=["PUT"])],
        middleware=middleware.stack(os.environ.get("VERDICT_ORIGINS", "")),
        on_script_error=show_failure,
    )
