"""The writer: one thread per process that writes for all its requests, as many of them in one transaction as wait.

A single writer of a database is quickest and fairest, and a commit costs the same for one fact as for thousands. What
is answered was committed. If one of a group cannot be written, each is tried by itself, so that nobody is refused
for a neighbour. More than may wait is turned away (`Busy`) before memory grows.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from dashboard.access.errors import DATABASE_TROUBLE, Busy
from dashboard.events import DashboardEvent
from dashboard.services.errors import Refused
from dashboard.services.facts import Sent
from dashboard.services.facts.group import put_facts

logger = logging.getLogger(__name__)

T = TypeVar("T")
Events = Sequence[DashboardEvent]

MOST_AT_ONCE = 4_000
"""Facts of one transaction: others want the database, too."""
MOST_WAITING = 20_000
REST = 1.0
"""Seconds without work after which the thread gives its database connection back."""
GATHER = 0.0
"""Seconds that requests are gathered for where several came together before: fewer, larger groups leave more time."""
DEADLOCK = "40P01"


@dataclass(slots=True, eq=False)
class Job(Generic[T]):
    """One request: facts that are written in bulk, or work of its own that returns a value and its events."""

    loop: asyncio.AbstractEventLoop
    done: "asyncio.Future[T]"
    sent: Sent | None = None
    work: Callable[[], tuple[T, Events]] | None = None
    value: Any = None
    error: BaseException | None = None
    size: int = field(default=1)

    def settle(self) -> None:
        """Tell the request; in its own loop."""
        if self.done.done():  # it has hung up
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.value)


class Writer:
    """Started by its first request. `now` tells the time of a group."""

    def __init__(
        self, *, now: Callable[[], datetime] = timezone.now, most_waiting: int = MOST_WAITING, rest: float = REST
    ) -> None:
        self._now = now
        self._most_waiting = most_waiting
        self._rest = rest
        self._jobs: deque[Job[Any]] = deque()
        self._waiting = 0
        self._called = self._crowded = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """How many facts wait to be written, or are being written."""
        return self._waiting

    def check_room(self) -> None:
        """Raise Busy where no more may wait; to be asked before a body is read."""
        if self._waiting >= self._most_waiting:
            raise Busy("More facts wait to be written than may wait. Nothing of this was stored; send it again.")

    async def write(self, sent: Sent) -> dict[str, Any]:
        """Store what a request tells, and return its answer once that is committed. Raise Refused, or Busy."""
        loop = asyncio.get_running_loop()
        job: Job[Any] = Job(loop, loop.create_future(), sent=sent, size=max(1, len(sent)))
        await self._queue(job)
        return sent.answer

    async def run(self, work: Callable[[], tuple[T, Events]]) -> T:
        """Do a unit of work that returns a value and its events, in a transaction that may also be others'."""
        loop = asyncio.get_running_loop()
        return await self._queue(Job(loop, loop.create_future(), work=work))

    async def _queue(self, job: Job[T]) -> T:
        self.check_room()
        with self._changed:
            self._jobs.append(job)
            self._waiting += job.size
            first, self._called = not self._called, True
        if first:  # all requests that are ready now come first, so that they are one group
            job.loop.call_soon(self._call)
        return await job.done

    def _call(self) -> None:
        """Wake the thread, or start it."""
        with self._changed:
            self._called = False
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._main, name="writer", daemon=True)
                self._thread.start()
            self._changed.notify()

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _main(self) -> None:
        """Write until there has been nothing to write for a while."""
        try:
            while group := self._next():
                self._write(group)
                with self._changed:
                    self._waiting -= sum(job.size for job in group)
                settle(group)
        finally:
            connections.close_all()

    def _next(self) -> list[Job[Any]]:
        """Everything that waits, up to a bound; nothing if the thread is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs and not self._called, self._rest)
        if self._crowded:
            time.sleep(GATHER)
        with self._changed:
            group: list[Job[Any]] = []
            size = 0
            while self._jobs and (not group or size + self._jobs[0].size <= MOST_AT_ONCE):
                group.append(self._jobs.popleft())
                size += group[-1].size
            if not group:
                self._thread = None
            self._crowded = len(group) > 1
            return group

    def _write(self, group: list[Job[Any]]) -> None:
        try:
            write_group(group, now=self._now())
        except Exception as error:
            alone = len(group) == 1
            if alone or (isinstance(error, DATABASE_TROUBLE) and not is_deadlock(error)):
                for job in group:
                    job.error = error
                if not isinstance(error, Refused):
                    logger.exception("%d requests could not be written", len(group))
                    with suppress(Exception):
                        connection.close()
                return
            for job in group:
                self._write([job])


def write_group(group: Sequence[Job[Any]], *, now: datetime) -> None:
    """Write all of a group in one transaction, or nothing of it."""
    with transaction.atomic(durable=True):
        events: list[DashboardEvent] = []
        for job in group:
            if job.work is not None:
                job.value, told = job.work()
                events += told
        put_facts([job.sent for job in group if job.sent is not None], now=now, before=events)


def settle(group: Iterable[Job[Any]]) -> None:
    """Tell all requests of a group, with one call into each loop."""
    loops: dict[asyncio.AbstractEventLoop, list[Job[Any]]] = {}
    for job in group:
        loops.setdefault(job.loop, []).append(job)
    for loop, jobs in loops.items():
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle_all, jobs)


def settle_all(jobs: Iterable[Job[Any]]) -> None:
    for job in jobs:
        job.settle()


def is_deadlock(error: BaseException) -> bool:
    """Whether two transactions waited for each other, and this one gave way: it may simply be tried again."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") == DEADLOCK


writer = Writer()
"""The writer of this process."""
