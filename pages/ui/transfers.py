"""Studies that are taken away as one file: `GET /api/studies/<id>.zip`."""

import re
import secrets

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from analysis.core import VerdictError
from analysis.store.transfer import export_study
from pages.ui.frame import opened_store
from pages.ui.identity import PERSON
from pages.ui.uploads import refused


async def get(request: Request) -> Response:
    """The study with its log and readouts; the file is made on the disk and removed after."""
    store = opened_store().acting(request.scope[PERSON])
    study_id = request.path_params["study"]
    file = store.work / f"export-{secrets.token_hex(8)}.zip"
    try:
        row = await run_in_threadpool(store.study, study_id)
        await run_in_threadpool(export_study, store, study_id, file)
    except VerdictError as error:
        return refused(error, 404 if error.code == "unknown_study" else 403)
    name = re.sub(r"[^\w-]+", "-", row.name, flags=re.ASCII).strip("-").lower() or "study"
    return FileResponse(
        file,
        filename=f"{name[:60]}-{study_id}.zip",
        headers={"Cache-Control": "private, no-store"},
        background=BackgroundTask(file.unlink, missing_ok=True),
    )


ROUTES = [Route("/api/studies/{study}.zip", get, methods=["GET"])]
