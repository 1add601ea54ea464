"""What a door needs of HTTP without Django: a body read as a stream, JSON answers, the news of a hang-up."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import orjson

from dashboard.access.tokens import check_length, too_large
from dashboard.services.errors import Refused

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_SECONDS = 60
ALWAYS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))


class MethodNotAllowed(Refused):
    code = "method_not_allowed"
    status = 405


class HungUp(Exception):  # noqa: N818  nobody is there to be told
    """The client closed its connection before it had an answer."""


async def read_body(receive: Receive, headers: Mapping[str, str], *, limit: int) -> bytes:
    """Read the body piece by piece, with or without a declared length; more than `limit` bytes are a 413."""
    check_length(headers, limit=limit)
    pieces, size = [], 0
    async with asyncio.timeout(BODY_SECONDS):
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise HungUp
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > limit:
                raise too_large(limit)
            if not message.get("more_body"):
                return b"".join(pieces)


async def hang_up(receive: Receive) -> None:
    """Return when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_json(send: Send, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
    try:
        text = orjson.dumps(body)
    except TypeError:  # a lone surrogate, or a number beyond 64 bits
        text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    pairs = [*ALWAYS, (b"content-length", str(len(text)).encode())]
    pairs += [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": text})
