"""One client's way through the log: what it is sent next. WebSockets and event streams speak it, each in its own form.

The rules are the feed's contract (docs/events.md): `hello` first; then every later frame that was asked for, once and
in order; `gap` where something is no longer there; `mark` where a filter hides how far the feed has come.
"""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError

from dashboard.live.backlog import page_after
from dashboard.live.desk import in_desk
from dashboard.live.filters import Filter
from dashboard.live.hub import Hub, Message, Seen
from dashboard.selectors.log import Head, log_head

P = ParamSpec("P")
T = TypeVar("T")

MARK_EVERY = 5.0
READY_WITHIN = 10.0


class NotReadyError(Exception):
    """The log cannot be read at the moment; the client may try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client asked for: where to go on, and what it wants to see. `after` None is from now on."""

    after: int | None = None
    epoch: str = ""
    filter: Filter = field(default_factory=Filter)


@dataclass(frozen=True, slots=True)
class Private:
    """A frame for this client alone, which is no row of the log; `place` is where the client then stands."""

    text: str
    place: int


Piece = Message | Private


class Stream:
    """The place of one client in the log."""

    def __init__(self, hub: Hub, wish: Wish, *, now: Callable[[], datetime], version: str) -> None:
        self.place = 0
        self.epoch = ""
        self.wish = wish
        self._hub = hub
        self._now = now
        self._version = version
        self._generation = 0
        self._told = 0  # the last number that the client knows of
        self._marked_at = float("-inf")
        self._seen = hub.seen.version

    def allow(self, only: tuple[str, ...] | None) -> None:
        """See the agents of these names from here on: what a token may read has been looked up again."""
        if only != self.wish.filter.only:
            self.wish = replace(self.wish, filter=replace(self.wish.filter, only=only))

    @property
    def behind(self) -> bool:
        """Whether there is more to take right now, though the last step may have brought nothing that passes."""
        state = self._hub.state
        return state.ready and (self.place < state.head or state.generation != self._generation)

    async def open(self, ear: asyncio.Event) -> list[Private]:
        """Find the client's place. Return its first frames: `hello`, and `gap` if it has to start over."""
        await self._until_ready(ear)
        state = self._hub.state
        self._generation = state.generation
        head = Head(state.head, state.floor, state.epoch)
        after, epoch = self.wish.after, self.wish.epoch
        if after is None or after > head.seq or (epoch and epoch != head.epoch):
            head = await _asked(log_head)  # the client may have heard of what the hub has not read yet
        self.epoch = head.epoch
        if after is None:
            return [self._hello(head, head.seq)]
        if (epoch and epoch != head.epoch) or after > head.seq:
            return [self._hello(head, head.seq), self._gap(1, head.seq)]
        if after < head.floor and not (after == 0 and not epoch):
            return [self._hello(head, after), self._gap(after + 1, head.floor)]
        return [self._hello(head, max(after, head.floor))]

    async def next(self) -> list[Piece]:
        """Return what to send now; nothing if the client has all there is."""
        state = self._hub.state
        if state.ready and state.generation != self._generation:
            self._generation, self.epoch = state.generation, state.epoch
            head = Head(state.head, state.floor, state.epoch)
            return [self._hello(head, head.seq), self._gap(1, head.seq)]
        pieces: list[Piece] = []
        if state.ready and self.place < state.head:
            pieces += await self._onward(state.head)
        return pieces or [*self._seen_frame(), *self._mark()]

    # --- on and on ----------------------------------------------------------------------------------------------------

    async def _onward(self, head: int) -> list[Piece]:
        """Take the next message from the ring, or from the database where the ring no longer reaches back so far."""
        message = self._hub.take(self.place, self.wish.filter, generation=self._generation)
        if message is not None:
            return self._moved(message)
        page = await _asked(page_after, self.place, head, self.wish.filter)
        if page.head.epoch != self.epoch:
            await asyncio.sleep(0.1)  # the log became another one; the hub is about to notice, too
            return []
        if page.head.floor > self.place:
            return [self._gap(self.place + 1, page.head.floor)]
        return self._moved(page.message)

    def _moved(self, message: Message) -> list[Piece]:
        self.place = message.upto
        if not message.rows:
            return []
        self._told = message.rows[-1].seq
        return [message]

    def _mark(self) -> list[Piece]:
        """Say how far the feed has come, if the last frame that passed the filter does not."""
        if self.place <= self._told or time.monotonic() - self._marked_at < MARK_EVERY:
            return []
        self._marked_at = time.monotonic()
        self._told = self.place
        return [self._private(kind="mark", seq=self.place)]

    def _seen_frame(self) -> list[Piece]:
        seen: Seen = self._hub.seen
        if seen.version == self._seen:
            return []
        self._seen = seen.version
        wanted = self.wish.filter
        agents = {name: at for name, at in seen.agents if wanted.shows(name)}
        return [self._private(kind="seen", at=seen.at, agents=agents)] if agents and wanted.wants("seen") else []

    # --- frames of our own --------------------------------------------------------------------------------------------

    def _hello(self, head: Head, place: int) -> Private:
        self.place = self._told = place
        now = int(self._now().timestamp())
        return self._private(kind="hello", seq=head.seq, epoch=head.epoch, now=now, version=self._version)

    def _gap(self, first: int, last: int) -> Private:
        self.place = self._told = last
        return self._private(kind="gap", **{"from": first, "to": last})

    def _private(self, **fields: Any) -> Private:
        return Private(json.dumps(fields, ensure_ascii=False, separators=(",", ":")), self.place)

    async def _until_ready(self, ear: asyncio.Event) -> None:
        end = time.monotonic() + READY_WITHIN
        while not self._hub.state.ready:
            left = end - time.monotonic()
            if left <= 0:
                raise NotReadyError
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, 0.5)):
                    await ear.wait()
            ear.clear()


async def _asked(question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Ask the database; if it does not answer, the client may try again later."""
    try:
        return await in_desk(question, *args, **kwargs)
    except DatabaseError as error:
        raise NotReadyError from error
