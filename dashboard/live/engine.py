"""The engine: one daemon thread per serving process, with an event loop of its own.

It reads the log for the hub, keeps deadlines, shows that this process lives, withdraws what dead ones held, prunes.
Each part runs by itself: an error in one is logged, waited out and tried again, and never stops the others.
It is started by `perspt_site.asgi`, never by `AppConfig.ready` or a command.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections

from dashboard.live import chores
from dashboard.live.desk import Desk
from dashboard.live.hub import Hub
from dashboard.live.layer import Neighbours
from dashboard.live.leased import Leased
from dashboard.live.parts import parts
from dashboard.live.process import PROCESS_ID
from dashboard.live.reader import LogReader, open_reader
from dashboard.live.stores import follow_stores
from dashboard.services.log import ensure_log, grew

logger = logging.getLogger(__name__)

NEWEST = 2_000
"""How many of the newest events are read into the ring at the start, for clients that come back after a restart."""
DEADLINES_EVERY = 0.5
SILENCE_EVERY = 15.0
SEEN_EVERY = 15.0
PRUNE_EVERY = 3600.0
REFUSALS_EVERY = 2.0
LOOK_WITHIN = 30.0
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds before another try, the longer the more often a part has failed in a row."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Engine:
    """Start it once in a serving process; `stop` ends it and gives its leases back."""

    def __init__(self, hub: Hub, *, now: Callable[[], datetime] = utc_now, process: str = PROCESS_ID) -> None:
        self._hub = hub
        self._now = now
        self._process = process
        self._life = chores.Life(process, monotonic=time.monotonic)
        self._desk = Desk(2, "engine")
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._neighbours: Neighbours | None = None
        self._everything: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        grew.connect(self._grew, weak=False, dispatch_uid=self._process)
        self._thread.start()

    def stop(self, within: float = 3.0) -> None:
        """End the thread, and say that this process no longer lives. Called from another thread; twice does no harm."""
        grew.disconnect(dispatch_uid=self._process)
        if not self._thread.is_alive():
            return
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(within)
        try:
            self._life.end()
        except Exception as error:  # noqa: BLE001  the database may be gone already; the lease then ends by itself
            logger.debug("the lease of this process was not given back: %s", error)
        finally:
            connections.close_all()

    # --- the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        finally:
            self._hub.stop()
            self._loop.close()

    def _cancel(self) -> None:
        if self._everything is not None:
            self._everything.cancel()

    async def _main(self) -> None:
        self._everything = asyncio.ensure_future(self._all_parts())
        with suppress(asyncio.CancelledError):
            await self._everything

    async def _all_parts(self) -> None:
        work: dict[str, Callable[[], Awaitable[None]]] = {
            "the log": self._follow,
            "the lease": self._live,
            "the deadlines": self._deadlines,
            "silence": self._silence,
            "ages": self._seen,
            "pruning": self._prune,
            "attempts": self._refusals,
            "perspt's stores": follow_stores,
        }
        if settings.REDIS_URL:
            self._neighbours = Neighbours()
            work |= {"telling the others": self._neighbours.tell, "hearing the others": self._hear}
        try:
            async with asyncio.TaskGroup() as group:  # which waits until each part has put its things away
                for name, part in work.items():
                    group.create_task(self._forever(name, part))
        finally:
            if self._neighbours:
                await self._neighbours.close()

    async def _forever(self, name: str, part: Callable[[], Awaitable[None]]) -> None:
        """Run a part again and again, whatever happens to it."""
        failures = 0
        parts.starts(name)
        while True:
            began = time.monotonic()
            try:
                await part()
            except Exception as error:
                if isinstance(error, RuntimeError) and "new futures after" in str(error):  # the interpreter ends
                    return
                parts.failed(name, error, self._now())
                failures = 1 if time.monotonic() - began > 60 else failures + 1
                level = logging.WARNING if failures == 1 else logging.DEBUG
                logger.log(level, "%s: %s: %s; trying again", name, type(error).__name__, error)
                logger.debug("%s failed", name, exc_info=error)
                await asyncio.sleep(PAUSES[min(failures, len(PAUSES)) - 1])
            else:
                failures = 0
                parts.ran(name, self._now())

    # --- its parts ------------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Publish the log as it grows, from one opening of the database to its end."""
        await self._desk.run(ensure_log)
        reader = await open_reader()
        try:
            place = await self._begin(reader)
            while True:
                async with asyncio.timeout(LOOK_WITHIN):
                    look = await reader.look(place)
                state = self._hub.state
                if look is None or look.head.epoch != state.epoch or look.head.seq < place:
                    logger.warning("the log became another one; every client starts over")
                    return
                if look.rows:
                    place = look.rows[-1].seq
                self._hub.publish(look.rows, floor=look.head.floor)
                parts.ran("the log", self._now())
                if not look.full:
                    await reader.idle(self._wake)
        finally:
            await reader.close()

    async def _begin(self, reader: LogReader) -> int:
        """Take up the log where the hub left it; or, if there is another one or none yet, with its newest events."""
        head = await reader.head()
        if head is None:
            raise LookupError("the log has no counter yet")
        state = self._hub.state
        if state.ready and (state.epoch, state.head <= head.seq) == (head.epoch, True):
            return state.head
        place, rows = max(head.floor, head.seq - NEWEST), []
        while (look := await reader.look(place)) and look.rows:
            rows += look.rows
            place = rows[-1].seq
        self._hub.begin(epoch=head.epoch, head=head.seq, floor=head.floor, rows=rows)
        return self._hub.state.head

    async def _live(self) -> None:
        await self._desk.run(self._life.show, self._now())
        if swept := await self._desk.run(self._life.sweep, self._now()):
            logger.info("withdrew %d requests that a process which has ended was holding", swept)
        await asyncio.sleep(chores.RENEW)

    async def _deadlines(self) -> None:
        await self._desk.run(chores.keep_deadlines, self._now())
        await asyncio.sleep(DEADLINES_EVERY)

    async def _silence(self) -> None:
        await self._desk.run(chores.note_silence, self._now(), settings.SILENT_AFTER)
        parts.ran("silence", self._now())
        await asyncio.sleep(SILENCE_EVERY)

    async def _seen(self) -> None:
        moment = self._now()
        while True:
            await asyncio.sleep(SEEN_EVERY)
            if not self._hub.clients():
                parts.ran("ages", self._now())
                continue
            agents = await self._desk.run(chores.seen_since, moment - timedelta(seconds=1))
            moment = self._now()
            parts.ran("ages", moment)
            if agents:
                told = tuple((name, int(at.timestamp())) for name, at in agents)
                self._hub.tell_seen(int(moment.timestamp()), told)

    async def _refusals(self) -> None:
        await self._desk.run(chores.write_refusals, self._now())
        await asyncio.sleep(REFUSALS_EVERY)

    async def _prune(self) -> None:
        await Leased(chores.PRUNING, owner=self._process, desk=self._desk, now=self._now).run(self._prune_for_all)

    async def _prune_for_all(self) -> None:
        await asyncio.sleep(60)
        while True:
            more = await self._desk.run(chores.prune_a_little, self._now(), settings.KEEP_DAYS)
            parts.ran("pruning", self._now())
            await asyncio.sleep(0.2 if more else PRUNE_EVERY)  # others want to write, too

    # --- waking ---------------------------------------------------------------------------------------------------

    async def _hear(self) -> None:
        if self._neighbours:
            await self._neighbours.listen(self._wake.set)

    def _grew(self, *, seq: int, **_: Any) -> None:
        """A commit of this process has appended; called in the thread that committed."""
        if self._wake.is_set() and not self._neighbours:
            return  # it is about to look
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._woken, seq)

    def _woken(self, seq: int) -> None:
        self._wake.set()
        if self._neighbours:
            self._neighbours.grew(seq)
