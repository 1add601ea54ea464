"""How much a request may bring before anything looks at it: Django would spool a body without end to the disk."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from dashboard.access.errors import json_error
from dashboard.access.visit import header_map

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

LIMIT = 3 * 2**20


class TooMuchError(Exception):
    """More has come than may."""


class Capped:
    """An ASGI application behind a limit, whether or not a request says how large its body is."""

    def __init__(self, application: Application, *, limit: int = LIMIT) -> None:
        self._application = application
        self._limit = limit

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        declared = header_map(scope.get("headers", ())).get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > self._limit:
            await self._refuse(send)
            return
        came, begun = 0, False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._limit:
                raise TooMuchError
            return message

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._application(scope, counted, noted)
        except TooMuchError:
            if not begun:
                await self._refuse(send)

    @staticmethod
    async def _refuse(send: Send) -> None:
        answer = json_error(413)
        lines = [(b"content-type", b"application/json"), (b"connection", b"close")]
        lines.append((b"content-length", str(len(answer.content)).encode()))
        await send({"type": "http.response.start", "status": 413, "headers": lines})
        await send({"type": "http.response.body", "body": answer.content})
