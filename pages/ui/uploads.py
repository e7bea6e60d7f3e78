"""Logs that come over HTTP piece by piece: `curl -T events.parquet URL/api/uploads/`."""

import shutil
from collections.abc import Mapping
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from analysis.core import VerdictError
from analysis.store import LogRecord, Store
from pages.ui import memory
from pages.ui.failure import show_error
from pages.ui.frame import open_store, opened_store
from pages.ui.identity import PERSON

SPARE_BYTES = 1 << 30


async def put(request: Request) -> Response:
    """Keep the request's body as a log and answer with a draft study that uses it.

    The body goes to the disk as it comes: memory stays flat whatever the log's size.
    """
    store = opened_store().acting(request.scope[PERSON])
    limit = max(shutil.disk_usage(store.home).free - SPARE_BYTES, 0)
    try:
        incoming = store.incoming(limit=limit)
    except VerdictError as error:
        return refused(error, 403)
    try:
        async for piece in request.stream():
            if piece:
                await run_in_threadpool(incoming.write, piece)
        record = await run_in_threadpool(store.keep_log, incoming, request.path_params["name"])
        study_id = await run_in_threadpool(draft, store, record)
    except ClientDisconnect:
        incoming.drop()
        return Response(status_code=499)
    except VerdictError as error:
        return refused(error)
    answer = {
        "sha256": record.sha256,
        "bytes": record.bytes,
        "study": study_id,
        "page": f"/new_study?study={study_id}",
    }
    return JSONResponse(answer, 201)


def refused(
    error: VerdictError, status: int = 400, headers: Mapping[str, str] | None = None
) -> Response:
    """An error as an answer."""
    said = {"code": error.code, "what": error.what, "where": error.where, "fix": error.fix}
    return JSONResponse({"error": said}, status, headers)


def draft(store: Store, record: LogRecord) -> str:
    """A new draft study on a kept log; the intake looks at it when it is first opened."""
    definition = {"version": 1, "name": title_of(record.name), "log": {"path": [record.name]}}
    return store.save_study(definition, record.sha256)


def title_of(file_name: str) -> str:
    """A study's first name, made of its log's file name."""
    stem = file_name.split(".", maxsplit=1)[0]
    words = " ".join(stem.replace("_", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:] if words else "Untitled study"


def offered(
    label: str,
    *,
    key: str,
    largest_mb: int,
    kind: str | None = None,
    explained: str | None = None,
) -> UploadedFile | None:
    """A place for a file, closed while the server is short of memory; the file once it is there."""
    short = memory.refusal()
    if short is not None:
        show_error(short)
    return st.file_uploader(
        label, type=kind, max_upload_size=largest_mb, key=key, help=explained,
        disabled=short is not None,
    )  # fmt: skip


def take(uploaded: UploadedFile) -> LogRecord:
    """Keep a file that came through the browser and let go of the copy in memory."""
    record = open_store().save_log(uploaded, uploaded.name)
    let_go(uploaded)
    return record


def let_go(uploaded: UploadedFile) -> None:
    """Drop the copy of an uploaded file that is in memory."""
    context = get_script_run_ctx()
    if context is not None:
        # The widget would hold the bytes until the tab is closed.
        kept: Any = context.uploaded_file_mgr
        kept.remove_file(context.session_id, uploaded.file_id)
    uploaded.close()
