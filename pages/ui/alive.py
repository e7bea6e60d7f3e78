"""`/healthz`: the process answers. `/readyz`: it can read and write what it keeps."""

import os

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from analysis.core import VerdictError
from pages.ui.frame import opened_store


async def alive(_request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


async def ready(_request: Request) -> Response:
    """The store can be read and written; else status 503 and a code, no more."""
    try:
        await run_in_threadpool(_look)
    except VerdictError as error:
        return JSONResponse({"ready": False, "code": error.code}, 503)
    return JSONResponse({"ready": True}, headers={"Cache-Control": "no-store"})


def _look() -> None:
    from analysis.core import StoreError

    store = opened_store()
    with store.catalogue.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    if not os.access(store.logs, os.W_OK):
        raise StoreError("store_not_writable", "The store's folder cannot be written.")


ROUTES = [
    Route("/healthz", alive, methods=["GET"]),
    Route("/readyz", ready, methods=["GET"]),
]
