"""Clients of the feed that speak ASGI to the consumers, without a server in between."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

from dashboard.consumers.routing import sockets
from dashboard.consumers.sse import stream

HOST = b"127.0.0.1:8000"


def headers_of(*, token="", cookie="", origin="", **more):
    given = {"authorization": f"Bearer {token}" if token else "", "cookie": cookie, "origin": origin, **more}
    found = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items() if value]
    return [(b"host", HOST), *found]


class Socket:
    """A WebSocket. `messages` holds what came; `closed` is the code that ended it, None while it stands."""

    def __init__(self, path="/ws/events/", query="", **headers):
        self.scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": headers_of(**headers),
            "client": ("127.0.0.1", 50_000),
            "scheme": "ws",
        }
        self.messages = []
        self.accepted = False
        self.closed = None
        self._inbox = asyncio.Queue()
        self._news = asyncio.Event()

    @asynccontextmanager
    async def open(self):
        self._inbox.put_nowait({"type": "websocket.connect"})
        serving = asyncio.create_task(sockets(self.scope, self._inbox.get, self._send))
        try:
            yield self
            self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
            await asyncio.wait_for(serving, 5)
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving

    def say(self, text):
        self._inbox.put_nowait({"type": "websocket.receive", "text": text})

    def acknowledge(self, seq):
        self.say(json.dumps({"ack": seq}))

    def frames(self):
        found = []
        for message in self.messages:
            found += message if isinstance(message, list) else [message]
        return found

    def numbers(self):
        return [frame["seq"] for frame in self.frames() if frame["kind"] not in ("hello", "mark", "gap", "seen")]

    async def until(self, condition, within=5):
        async with asyncio.timeout(within):
            while not condition(self):
                self._news.clear()
                await self._news.wait()
        return self

    async def end(self):
        await self.until(lambda socket: socket.closed is not None)
        return self.closed

    async def _send(self, message):
        if message["type"] == "websocket.accept":
            self.accepted = True
        elif message["type"] == "websocket.close":
            self.closed = message["code"]
        else:
            self.messages.append(json.loads(message["text"]))
        self._news.set()


class EventSource:
    """A request for the stream; `events` are pairs of id and frame."""

    def __init__(self, query="", method="GET", **headers):
        self.scope = {
            "type": "http",
            "method": method,
            "path": "/api/events/stream",
            "query_string": query.encode(),
            "headers": headers_of(**headers),
            "client": ("127.0.0.1", 50_000),
            "scheme": "http",
            "http_version": "1.1",
        }
        self.status = None
        self.text = ""
        self.ended = False
        self._gone = asyncio.Event()
        self._news = asyncio.Event()

    @asynccontextmanager
    async def open(self):
        serving = asyncio.create_task(stream(self.scope, self._receive, self._send))
        try:
            yield self
            self._gone.set()
            await asyncio.wait_for(serving, 5)
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving

    @property
    def events(self):
        found = []
        for block in self.text.split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "data" in lines:
                found.append((lines["id"], json.loads(lines["data"])))
        return found

    async def until(self, condition, within=5):
        async with asyncio.timeout(within):
            while not condition(self):
                self._news.clear()
                await self._news.wait()
        return self

    async def _receive(self):
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message["body"].decode()
            self.ended = not message.get("more_body", False)
        self._news.set()
