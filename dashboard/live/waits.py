"""Waiting for something to change, without a thread and without a database connection.

A waiter names what it waits for (`approval:12`, or `agent:mara` for anything that concerns an agent), reads, and
sleeps until the hub has seen an event of that name. It registers before it reads, so nothing falls between.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TypeVar

from dashboard.live.desk import in_desk

T = TypeVar("T")

LOOK_WITHOUT_HUB = 1.0
"""Seconds between looks where no hub runs: tests, and a serving process whose log cannot be read."""
LOOK_ANYWAY = 30.0
"""Seconds between looks that nobody asked for: what is read may depend on more than the name that is waited for."""


class Waiter:
    """One coroutine that sleeps in its own event loop; it may be woken from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        with suppress(RuntimeError):  # its loop has ended, and the waiter with it
            self._loop.call_soon_threadsafe(self._woken.set)

    async def sleep(self, seconds: float) -> None:
        """Return when woken or after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()


class Interests:
    """Who waits for what, in all event loops of this process."""

    def __init__(self) -> None:
        self.served = False  # whether a hub reads the log and calls `wake`
        self._waiters: dict[str, set[Waiter]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        with self._lock:
            return len({waiter for waiting in self._waiters.values() for waiter in waiting})

    @contextmanager
    def watching(self, *refs: str) -> Iterator[Waiter]:
        waiter = Waiter()
        with self._lock:
            for ref in refs:
                self._waiters.setdefault(ref, set()).add(waiter)
        try:
            yield waiter
        finally:
            with self._lock:
                for ref in set(refs):
                    self._waiters[ref].discard(waiter)
                    if not self._waiters[ref]:
                        del self._waiters[ref]

    def wake(self, refs: Iterable[str]) -> None:
        """Wake who waits for one of `refs`."""
        with self._lock:
            found = [waiter for ref in refs for waiter in self._waiters.get(ref, ())]
        for waiter in found:
            waiter.wake()

    def wake_all(self) -> None:
        """Wake everyone: the log has changed in a way that names do not tell."""
        with self._lock:
            found = [waiter for waiting in self._waiters.values() for waiter in waiting]
        for waiter in found:
            waiter.wake()

    def serve(self, *, served: bool) -> None:
        """Tell whether a hub will wake the waiters from now on; they look again, to settle at the right pace."""
        if self.served != served:
            self.served = served
            self.wake_all()


interests = Interests()


async def wait_for_ref(
    ref: str, read: Callable[[], T], done: Callable[[T], bool], seconds: float, *, also: tuple[str, ...] = ()
) -> T:
    """Read at the desk until `done` or until `seconds` are over; return what was read last.

    `also` are further names that wake it. Who hangs up cancels this coroutine, which then leaves nothing behind.
    """
    end = time.monotonic() + seconds
    with interests.watching(ref, *also) as waiter:
        while True:
            value = await in_desk(read)
            left = end - time.monotonic()
            if done(value) or left <= 0:
                return value
            await waiter.sleep(min(left, LOOK_ANYWAY if interests.served else LOOK_WITHOUT_HUB))
