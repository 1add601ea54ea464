"""Knocking at a plain ASGI application: a request that may be cut into pieces, hang up, or wait for its answer."""

import asyncio
import json

TOKEN_HEADERS = {"content-type": "application/json"}


class Knock:
    """One request. `await answer()` gives status and JSON; `hang_up()` closes the connection."""

    def __init__(self, application, *, path="/hooks/claude", query="", method="POST", body=None, headers=None):
        text = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        self.pieces = [text]
        self.gone = asyncio.Event()
        self.sent = []
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
            "client": ("127.0.0.1", 50_000),
            "scheme": "http",
            "http_version": "1.1",
        }
        self.application = application
        self.task = None

    async def receive(self):
        if self.pieces:
            piece = self.pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(self.pieces)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    def start(self):
        self.task = asyncio.ensure_future(self.application(self.scope, self.receive, self.send))
        return self

    def hang_up(self):
        self.gone.set()

    @property
    def answered(self):
        return bool(self.sent)

    async def answer(self, within=10):
        if self.task is None:
            self.start()
        await asyncio.wait_for(self.task, within)
        if not self.sent:
            return None
        body = b"".join(message.get("body", b"") for message in self.sent)
        return self.sent[0]["status"], json.loads(body)


async def until(truth, within=5.0):
    """Return the first true value of an asynchronous question."""
    for _ in range(int(within / 0.02)):
        if value := await truth():
            return value
        await asyncio.sleep(0.02)
    raise AssertionError("not in time")
