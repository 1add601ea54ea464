"""Follows perspt's stores: looks at each twice a second, and reads what is new. One process does it, by lease.

A look is two `stat` calls; a copy is made only when one of them tells of a change, so the agent that holds the store
is neither blocked nor made to wait.
"""

import asyncio
import logging
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.conf import settings

from dashboard.ingest.perspt.errors import StoreTrouble
from dashboard.ingest.perspt.snapshot import fingerprint
from dashboard.live.desk import Desk
from dashboard.live.leased import Leased
from dashboard.live.process import PROCESS_ID
from dashboard.services.runs import Outcome, import_store

logger = logging.getLogger(__name__)

LEASE = "stores"
LOOK_EVERY = 0.5
AGAIN_AFTER = 10.0
"""A store that did not change is looked at thoroughly so often: whoever looks at it sees that it was checked."""


def followed() -> list[Path]:
    """The stores to follow: those of PERSPT_STORES, and perspt's own where it is there and wanted."""
    own = settings.DEFAULT_STORE
    wanted = [*settings.STORES, *([own] if settings.FOLLOW_DEFAULT_STORE and own.exists() else [])]
    return list(dict.fromkeys(wanted))


async def follow_stores(process: str = PROCESS_ID) -> None:
    """Follow until cancelled; wait for a turn while another process does."""
    desk = Desk(2, "stores")  # a long reading does not keep the lease from being renewed
    leased = Leased(LEASE, owner=process, desk=desk, now=lambda: datetime.now(UTC))
    while True:
        if followed():
            await leased.run(partial(_read_on, desk))
        await asyncio.sleep(LOOK_EVERY)


async def _read_on(desk: Desk) -> None:
    seen: dict[Path, tuple[str, float]] = {}
    while True:
        for path in followed():
            known, at = seen.get(path, ("", 0.0))
            mark = _mark(path)
            if mark == known and time.monotonic() - at < AGAIN_AFTER:
                continue
            began = time.monotonic()
            outcome = await desk.run(_read, path)
            seen[path] = (mark, time.monotonic())
            if outcome.trouble and mark != known:
                logger.warning("%s: %s", path, outcome.trouble)
            await asyncio.sleep(min(2.0, time.monotonic() - began))  # a large store is not copied all the time
        await asyncio.sleep(LOOK_EVERY)


def _mark(path: Path) -> str:
    try:
        return fingerprint(path)
    except StoreTrouble as trouble:
        return str(trouble)


def _read(path: Path) -> Outcome:
    return import_store(path, folder=settings.DATA / "copies", now=datetime.now(UTC))
