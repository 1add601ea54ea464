"""What one process does for all: it holds a lease while it does it, and another takes over when it dies.

The lease is short and renewed often. Whoever cannot renew it stops before it ends, so no two ever do the same.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from dashboard.live.desk import Desk
from dashboard.services.leases import give_up_lease, hold_lease

logger = logging.getLogger(__name__)

LEASE = 7.0
RENEW = 2.0
PATIENCE = 3.0
"""Seconds that one renewal may take; with `RENEW` before it, less than `LEASE`."""
TRY_AGAIN = 1.5
"""Seconds between tries of those who wait; with `LEASE`, a dead process is replaced within ten seconds."""


class Leased:
    """A piece of work under a name, for one process at a time."""

    def __init__(self, name: str, *, owner: str, desk: Desk, now: Callable[[], datetime]) -> None:
        self.name = name
        self._owner = owner
        self._desk = desk
        self._now = now

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the lease, then do `work` for as long as it is held. Return when either has ended."""
        while not await self._hold():  # noqa: ASYNC110  it is a row of the database that changes
            await asyncio.sleep(TRY_AGAIN)
        doing = asyncio.ensure_future(work())
        try:
            while not doing.done():
                await asyncio.wait({doing}, timeout=RENEW)
                if not doing.done() and not await self._renew():
                    logger.warning("another process took over %s", self.name)
                    return
            doing.result()
        finally:
            doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)
            await self._desk.run(give_up_lease, self.name, owner=self._owner)

    async def _renew(self) -> bool:
        async with asyncio.timeout(PATIENCE):
            return await self._hold()

    async def _hold(self) -> bool:
        return await self._desk.run(hold_lease, self.name, owner=self._owner, seconds=LEASE, now=self._now())
