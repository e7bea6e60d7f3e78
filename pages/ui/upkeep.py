"""What a server does by itself while it runs: what is over its time goes, every hour."""

import asyncio
import logging

from starlette.concurrency import run_in_threadpool

from analysis import store as saved
from analysis.core import VerdictError
from analysis.store import Store

log = logging.getLogger("verdict")
HOUR_SECONDS = 3_600


async def tend(store: Store) -> None:
    """Purge the store every hour, for as long as the server runs."""
    while True:
        await asyncio.sleep(HOUR_SECONDS)
        try:
            days = saved.read_settings(store.home).log_days
            await run_in_threadpool(saved.purge, store, log_days=days)
        except VerdictError as error:
            log.warning("upkeep_failed", extra={"code": error.code})
