"""`GET /api/events/stream`: the feed as server-sent events, for `EventSource` and `curl -N`.

Each event's id is `epoch:seq`, so a client that comes back with `Last-Event-ID` goes on where it was. Such a client
cannot acknowledge; instead a stream ends after a number of bytes, and `EventSource` comes back by itself. So no more
than that can pile up for one that does not read.
"""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

from django.conf import settings

from dashboard.access.errors import error_body, refused_body, refused_headers
from dashboard.access.visit import header_map
from dashboard.consumers.caller import AsgiScope, Receive, Send, caller_of_scope, wish_of_query
from dashboard.consumers.feed import ASK_AGAIN, utc_now
from dashboard.live.hub import Hub, Message, hub
from dashboard.live.stream import NotReadyError, Piece, Stream, Wish
from dashboard.services.errors import Refused

PATH = "/api/events/stream"
KEEP_ALIVE = 15.0
MOST_BYTES = 8_000_000
RETRY = 1000
HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
}


async def stream(scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Serve one client from its request to its end."""
    if scope["method"] != "GET":
        await answer(send, 405, error_body(405), {"allow": "GET"})
        return
    try:
        caller = await caller_of_scope(scope, now=utc_now(), needs_origin=False)
        last = header_map(scope["headers"]).get("last-event-id", "")
        wish = wish_of_query(scope.get("query_string", b""), caller, last_event_id=last)
    except Refused as refused:
        await answer(send, refused.status, refused_body(refused), refused_headers(refused))
        return
    except NotReadyError:
        await answer(send, 503, error_body(503))
        return
    await EventStream(scope, send, wish=wish).serve(receive)


class EventStream:
    """A response that goes on."""

    def __init__(self, scope: AsgiScope, send: Send, *, wish: Wish, source: Hub = hub) -> None:
        self._scope = scope
        self._send = send
        self._hub = source
        self._stream = Stream(source, wish, now=utc_now, version=settings.VERSION)
        self._bytes = 0
        self._sent_at = self._asked_at = time.monotonic()

    async def serve(self, receive: Receive) -> None:
        """Send until the client is gone or the stream has had its share of bytes."""
        with self._hub.listening() as ear:
            leaving, talking = asyncio.ensure_future(gone(receive)), asyncio.ensure_future(self._talk(ear))
            try:
                await asyncio.wait({leaving, talking}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for part in (leaving, talking):
                    part.cancel()
                await asyncio.gather(leaving, talking, return_exceptions=True)

    async def _talk(self, ear: asyncio.Event) -> None:
        try:
            first = await self._stream.open(ear)
        except NotReadyError:
            await answer(self._send, 503, error_body(503, "The log cannot be read at the moment."))
            return
        await self._send({"type": "http.response.start", "status": 200, "headers": pairs(HEADERS)})
        await self._say(f"retry: {RETRY}\n\n" + "".join(map(self._events, first)))
        with suppress(NotReadyError):
            await self._go_on(ear)
        with suppress(Exception):  # the client may be gone meanwhile
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _go_on(self, ear: asyncio.Event) -> None:
        while self._bytes < MOST_BYTES and await self._still_allowed():
            text = "".join(map(self._events, await self._stream.next()))
            if text:
                await self._say(text)
            if text or self._stream.behind:
                await asyncio.sleep(0)  # others are served here, too
                continue
            if time.monotonic() - self._sent_at >= KEEP_ALIVE:
                await self._say(": keep-alive\n\n")
            await ear.wait()
            ear.clear()

    def _events(self, piece: Piece) -> str:
        """Write a piece as events: `epoch:seq` and the frame, which holds no line break."""
        if isinstance(piece, Message):
            return "".join(f"id: {self._stream.epoch}:{row.seq}\ndata: {row.frame}\n\n" for row in piece.rows)
        return f"id: {self._stream.epoch}:{piece.place}\ndata: {piece.text}\n\n"

    async def _say(self, text: str) -> None:
        data = text.encode()
        self._bytes += len(data)
        self._sent_at = time.monotonic()
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def _still_allowed(self) -> bool:
        if time.monotonic() - self._asked_at <= ASK_AGAIN:
            return True
        self._asked_at = time.monotonic()
        with suppress(NotReadyError):
            try:
                caller = await caller_of_scope(self._scope, now=utc_now(), needs_origin=False)
            except Refused:
                return False
            self._stream.allow(caller.only)
        return True


async def gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer(send: Send, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
    """A whole answer instead of a stream."""
    text = json.dumps(body, ensure_ascii=False).encode()
    lines = HEADERS | {"content-type": "application/json", "content-length": str(len(text))} | (headers or {})
    await send({"type": "http.response.start", "status": status, "headers": pairs(lines)})
    await send({"type": "http.response.body", "body": text})


def pairs(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI has them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
