"""Reading the log for the hub: one connection per process, outside the ORM, held open.

SQLite tells nobody that it grew, so it is looked at every few milliseconds, which costs next to nothing. PostgreSQL
notifies; it is looked at each second all the same, since a notification may be lost with its connection.
"""

import asyncio
import os
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from django.db import connection
from psycopg import AsyncConnection

from dashboard.live.ring import Stored
from dashboard.models import Event, LogState
from dashboard.selectors.log import Head
from dashboard.services.log import POSTGRES_CHANNEL

PAGE = 250
COLUMNS = "seq, kind, agent, peer, ref, frame"
STATE = f"SELECT seq, floor, epoch FROM {LogState._meta.db_table} WHERE id = 1"  # noqa: S608, SLF001
ROWS = f"SELECT {COLUMNS} FROM {Event._meta.db_table} WHERE seq > {{}} ORDER BY seq LIMIT {PAGE}"  # noqa: S608, SLF001

SQLITE_EVERY = 0.03
POSTGRES_EVERY = 1.0
FILE_CHECK_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Look:
    """Where the log stood, and the next rows. `full` says that there are probably more."""

    head: Head
    rows: list[Stored]

    @property
    def full(self) -> bool:
        return len(self.rows) == PAGE


class LogReader(Protocol):
    """Looks into the log. After an exception it is closed and another one is made."""

    async def head(self) -> Head | None:
        """Return where the log stands, or None where nothing was ever appended."""

    async def look(self, after: int) -> Look | None:
        """Return the next rows after a number, and where the log stood before they were read."""

    async def idle(self, wake: asyncio.Event) -> None:
        """Sleep until there may be something new, or until `wake` is set."""

    async def close(self) -> None: ...


class SqliteReader:
    """A connection that only queries. It sees what any process has committed."""

    def __init__(self, path: str) -> None:
        self._path = path
        # Not `mode=ro`: the one who opens a database first must be able to make the files of its write-ahead log.
        self._connection = sqlite3.connect(f"file:{path}?mode=rw", uri=True, isolation_level=None, timeout=1)
        self._connection.execute("PRAGMA query_only = ON")
        self._file = self._identity()
        self._checked = time.monotonic()

    async def head(self) -> Head | None:
        row = self._connection.execute(STATE).fetchone()
        return Head(*row) if row else None

    async def look(self, after: int) -> Look | None:
        self._same_file()
        head = await self.head()
        if head is None:
            return None
        found = self._connection.execute(ROWS.format("?"), (after,)).fetchall() if head.seq != after else []
        return Look(head, list(map(Stored._make, found)))

    async def idle(self, wake: asyncio.Event) -> None:
        await _woken_or(wake, SQLITE_EVERY)

    async def close(self) -> None:
        self._connection.close()

    def _same_file(self) -> None:
        """Raise if another file has taken the place of the one that is open, such as a restored backup."""
        if time.monotonic() - self._checked > FILE_CHECK_EVERY:
            self._checked = time.monotonic()
            if self._identity() != self._file:
                raise sqlite3.OperationalError("the database file was replaced")

    def _identity(self) -> tuple[int, int]:
        status = os.stat(self._path)  # noqa: PTH116  a path as SQLite knows it
        return status.st_dev, status.st_ino


class PostgresReader:
    """One connection for both: it listens, and it reads what the notifications are about."""

    def __init__(self, opened: AsyncConnection[Any]) -> None:
        self._connection = opened
        self._notified = asyncio.Event()
        opened.add_notify_handler(lambda _: self._notified.set())  # those that arrive while a query runs

    @classmethod
    async def connect(cls, parameters: dict[str, Any]) -> "PostgresReader":
        opened = await AsyncConnection.connect(**parameters, autocommit=True, application_name="perspt hub")
        await opened.execute(f"LISTEN {POSTGRES_CHANNEL}")
        return cls(opened)

    async def head(self) -> Head | None:
        row = await (await self._connection.execute(STATE)).fetchone()
        return Head(*row) if row else None

    async def look(self, after: int) -> Look | None:
        self._notified.clear()
        head = await self.head()
        if head is None:
            return None
        if head.seq == after:
            return Look(head, [])
        found = await (await self._connection.execute(ROWS.format("%s"), (after,))).fetchall()
        return Look(head, list(map(Stored._make, found)))

    async def idle(self, wake: asyncio.Event) -> None:
        """Wait for anything to arrive on the connection, its end included; the next look finds out what."""
        if self._notified.is_set():
            return
        loop, descriptor = asyncio.get_running_loop(), self._connection.fileno()
        loop.add_reader(descriptor, wake.set)
        try:
            await _woken_or(wake, POSTGRES_EVERY)
        finally:
            loop.remove_reader(descriptor)

    async def close(self) -> None:
        with suppress(psycopg.Error):
            await self._connection.close()


async def open_reader() -> LogReader:
    """Open the reader for the console's database."""
    if connection.vendor == "sqlite":
        return SqliteReader(str(connection.settings_dict["NAME"]))
    parameters = connection.get_connection_params()
    for ours in ("cursor_factory", "context"):  # Django's ways of reading; plain rows are all that is wanted here
        parameters.pop(ours, None)
    parameters.setdefault("connect_timeout", 10)
    return await PostgresReader.connect(parameters)


async def _woken_or(wake: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()
    wake.clear()
