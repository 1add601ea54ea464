"""How much a request may bring."""

import json

import pytest

from dashboard.access.body import Capped

LIMIT = 100


async def reads_everything(scope, receive, send):
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


async def post(*pieces: bytes, **headers: str):
    coming = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    coming.append({"type": "http.request", "body": b"", "more_body": False})
    sent = []

    async def receive():
        return coming.pop(0)

    async def send(message):
        sent.append(message)

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await Capped(reads_everything, limit=LIMIT)({"type": "http", "headers": pairs}, receive, send)
    return sent[0]["status"], sent[1]["body"], len(coming)


async def test_what_fits_comes_through():
    assert (await post(b"x" * 60, b"x" * 40))[:2] == (200, b"100")


async def test_what_says_it_is_too_large_is_not_read():
    status, body, unread = await post(b"x", content_length="101")

    assert (status, json.loads(body)["error"]["code"], unread) == (413, "too_large", 2)


async def test_what_does_not_say_it_is_read_only_so_far():
    status, _, unread = await post(*[b"x" * 60] * 9)

    assert (status, unread) == (413, 8)


@pytest.mark.parametrize("length", ["nonsense", "-1", "9" * 400])
async def test_a_length_that_cannot_be_does_no_harm(length):
    assert (await post(b"x", content_length=length))[0] in (200, 413)
