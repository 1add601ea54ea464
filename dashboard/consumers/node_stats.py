"""`GET /sse/<id>`: a perspt session's node counts as server-sent events, as perspt's own dashboard sends them.

Event `node-stats`, an HTML fragment on one line for htmx's sse-swap: at once, on every change, and at least every two
seconds. Who may read it is who may read the event feed; an unknown session is not found. A stream ends after an hour,
and the client comes back by itself.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from django.utils.html import format_html, format_html_join

from dashboard.access.desk import in_desk
from dashboard.access.errors import error_body, refused_body, refused_headers
from dashboard.consumers.caller import AsgiScope, Caller, Receive, Send, caller_of_scope
from dashboard.consumers.feed import ASK_AGAIN, utc_now
from dashboard.consumers.sse import HEADERS, answer, gone, pairs
from dashboard.live.hub import Hub, hub
from dashboard.live.stream import NotReadyError
from dashboard.models import Run
from dashboard.selectors.runs import run_called
from dashboard.selectors.sight import shows
from dashboard.services.errors import Refused

PREFIX = "/sse/"
EVERY = 2.0
LEAST = 0.25
LONGEST = 3600.0


async def node_stats(scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Serve one client from its request to its end."""
    if scope["method"] != "GET":
        await answer(send, 405, error_body(405), {"allow": "GET"})
        return
    external_id = unquote(scope["path"].removeprefix(PREFIX)).rstrip("/")
    try:
        caller = await caller_of_scope(scope, now=utc_now(), needs_origin=False)
        first = await in_desk(stats, external_id, caller)
    except Refused as refused:
        await answer(send, refused.status, refused_body(refused), refused_headers(refused))
        return
    except NotReadyError:
        await answer(send, 503, error_body(503))
        return
    if first is None:
        await answer(send, 404, error_body(404))
        return
    await send({"type": "http.response.start", "status": 200, "headers": pairs(HEADERS)})
    leaving = asyncio.ensure_future(gone(receive))
    talking = asyncio.ensure_future(_talk(scope, send, external_id, caller, first))
    try:
        await asyncio.wait({leaving, talking}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for part in (leaving, talking):
            part.cancel()
        await asyncio.gather(leaving, talking, return_exceptions=True)


async def _talk(  # noqa: PLR0913  what one conversation is about
    scope: AsgiScope, send: Send, external_id: str, caller: Caller, first: str, *, source: Hub = hub
) -> None:
    text: str | None = first
    started = asked = time.monotonic()
    with source.listening() as ear:
        while text is not None and time.monotonic() - started < LONGEST:
            await _say(send, text)
            text = await _next(ear, external_id, caller, text)
            if time.monotonic() - asked > ASK_AGAIN:
                asked = time.monotonic()
                with suppress(NotReadyError):
                    caller = await caller_of_scope(scope, now=utc_now(), needs_origin=False)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _next(ear: asyncio.Event, external_id: str, caller: Caller, before: str) -> str | None:
    """What to say next: what has changed, or the same once two seconds have passed."""
    due = time.monotonic() + EVERY
    while (left := due - time.monotonic()) > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(ear.wait(), left)
        ear.clear()
        text = await in_desk(stats, external_id, caller)
        if text != before:
            return text
        await asyncio.sleep(min(LEAST, max(due - time.monotonic(), 0)))
    return before


async def _say(send: Send, text: str) -> None:
    data = f"event: node-stats\ndata: {text}\n\n".encode()
    await send({"type": "http.response.body", "body": data, "more_body": True})


def stats(external_id: str, caller: Caller) -> str | None:
    """The fragment of a session that the caller may see, or None."""
    run = run_called(external_id)
    return fragment(run) if run and shows(caller.only, run.session.agent.name) else None


def fragment(run: Run) -> str:
    """The counts on one line; nothing foreign is in it."""
    numbers: tuple[tuple[str, str, Any], ...] = (
        ("fine", "completed", run.nodes_completed),
        ("busy", "running", run.nodes_running),
        ("needs", "escalated", run.nodes_escalated),
        ("broken", "failed", run.nodes_failed),
        ("queued", "queued", run.nodes_queued),
    )
    rows = ((mark, number, word) for mark, word, number in numbers)
    spans = format_html_join("", ' <span class="state" data-state="{}"><b>{}</b> {}</span>', rows)
    return format_html("<span><b>{}</b> nodes</span>{}", run.nodes_total, spans)
