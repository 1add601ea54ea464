"""`/ws/events/`: the feed as a WebSocket, one frame or an array of frames per message.

Plain ASGI: a coroutine that listens for acknowledgements and one that sends from the client's place in the log on.
Nothing is queued per client. Some servers buffer whatever is sent to a client that does not read, so the window of
acknowledgements bounds how much that can be.
"""

import asyncio
import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import parse_qs

from django.conf import settings

from dashboard.access.errors import BadRequest, Unauthorized
from dashboard.consumers.caller import AsgiScope, Caller, Receive, Send, caller_of_scope, wish_of_query
from dashboard.live.hub import Hub, Message, hub
from dashboard.live.stream import NotReadyError, Piece, Stream, Wish
from dashboard.live.window import Window
from dashboard.services.errors import Refused

TOO_SLOW = 4008
BAD_REQUEST = 4400
SIGNED_OUT = 4401
NOT_ALLOWED = 4403
TOO_BIG = 1009
TRY_AGAIN = 1013
LONGEST_WORD = 4096
ASK_AGAIN = 60.0
"""Seconds after which it is asked again whether the client may still listen: accounts and tokens are revoked."""


def utc_now() -> datetime:
    return datetime.now(UTC)


async def feed(scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Serve one client from its handshake to its end."""
    await receive()  # websocket.connect
    try:
        caller = await caller_of_scope(scope, now=utc_now(), needs_origin=True)
    except Unauthorized:
        await _turn_away(scope, send, SIGNED_OUT)
        return
    except Refused:
        await send({"type": "websocket.close", "code": NOT_ALLOWED})  # before accepting: HTTP 403
        return
    except NotReadyError:
        await send({"type": "websocket.close", "code": TRY_AGAIN})
        return
    query = scope.get("query_string", b"")
    try:
        wish = wish_of_query(query, caller)
    except BadRequest as error:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": BAD_REQUEST, "reason": error.message})
        return
    await send({"type": "websocket.accept"})
    single = parse_qs(query.decode("latin-1")).get("single", [""])[-1] == "1"
    await FeedSocket(scope, receive, send, wish=wish, single=single).serve()


async def _turn_away(scope: AsgiScope, send: Send, code: int) -> None:
    """Browsers tell their scripts only about connections that stood; programs get HTTP 403."""
    if any(name == b"origin" for name, _ in scope.get("headers", ())):
        await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code})


class FeedSocket:
    """An accepted connection."""

    def __init__(  # noqa: PLR0913  what ASGI gives, and what the client asked for
        self, scope: AsgiScope, receive: Receive, send: Send, *, wish: Wish, single: bool, source: Hub = hub
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._single = single
        self._hub = source
        self._stream = Stream(source, wish, now=utc_now, version=settings.VERSION)
        self._window = Window()
        self._asked_at = time.monotonic()

    async def serve(self) -> None:
        """Send and listen until one of both ends."""
        with self._hub.listening() as ear:
            parts = {asyncio.ensure_future(self._listen(ear)), asyncio.ensure_future(self._talk(ear))}
            try:
                done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for part in parts:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)
            code = next(iter(done)).result()
            if code:
                with suppress(Exception):  # the client may be gone meanwhile
                    await self._send({"type": "websocket.close", "code": code})

    async def _listen(self, ear: asyncio.Event) -> int:
        """Hear acknowledgements, nothing else. Return the code to close with, 0 if the client is gone."""
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return 0
            text = message.get("text") or ""
            if len(text) > LONGEST_WORD or message.get("bytes"):
                return TOO_BIG
            seq = acknowledged(text)
            if seq is not None:
                self._window.acknowledged(min(seq, self._stream.place), time.monotonic())
                ear.set()

    async def _talk(self, ear: asyncio.Event) -> int:
        """Send what there is, as far as the window allows. Return the code to close with."""
        try:
            for first in await self._stream.open(ear):
                await self._say(first.text)
            while (code := await self._refused_now()) == 0:
                if not self._window.full:
                    pieces = await self._stream.next()
                    for piece in pieces:
                        await self._deliver(piece)
                    if pieces or self._stream.behind:
                        await asyncio.sleep(0)  # others are served here, too
                        continue
                await ear.wait()
                ear.clear()
        except NotReadyError:
            return TRY_AGAIN
        return code

    async def _deliver(self, piece: Piece) -> None:
        if not isinstance(piece, Message):
            await self._say(piece.text)
            return
        self._window.sent(piece.rows[-1].seq, len(piece.rows), piece.size, time.monotonic())
        if not self._single:
            await self._say(piece.text)
            return
        for row in piece.rows:
            await self._say(row.frame)

    async def _say(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _refused_now(self) -> int:
        """Return 0 if the client may stay, else the code to close with. Now and then it is asked who it is."""
        if self._window.overdue(time.monotonic()):
            return TOO_SLOW
        if time.monotonic() - self._asked_at <= ASK_AGAIN:
            return 0
        self._asked_at = time.monotonic()
        with suppress(NotReadyError):
            try:
                caller: Caller = await caller_of_scope(self._scope, now=utc_now(), needs_origin=True)
            except Unauthorized:
                return SIGNED_OUT
            except Refused:
                return NOT_ALLOWED
            self._stream.allow(caller.only)
        return 0


def acknowledged(text: str) -> int | None:
    """Read `{"ack": seq}`; anything else is nothing."""
    try:
        word = json.loads(text)
    except (ValueError, RecursionError):
        return None
    seq = word.get("ack") if isinstance(word, dict) else None
    return seq if isinstance(seq, int) and not isinstance(seq, bool) and seq >= 0 else None
