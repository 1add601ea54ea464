"""The desk: a few threads where asynchronous code has its database work done.

One hop is one unit of work. Its database connections are given back at the end of the hop, so that whoever waits
afterwards holds neither a thread nor a connection, however many wait.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 8


class Desk:
    """A bounded number of threads; whoever finds them all busy queues."""

    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` in a thread and return what it returns. A caller who is cancelled leaves; the work is completed."""
        work = partial(copy_context().run, _one_hop, partial(fn, *args, **kwargs))
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


_desk = Desk(THREADS, "desk")


async def in_desk(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do one unit of database work at the desk that all requests of this process share."""
    return await _desk.run(fn, *args, **kwargs)


def _one_hop(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connections.close_all()
