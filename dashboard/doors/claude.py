"""`POST /hooks/claude`: Claude Code's HTTP hooks.

What only tells something is answered with `{}` at once. What asks (PermissionRequest; with `?gate=1` also PreToolUse)
is held until a person decides, until `?hold=` seconds are over, or until the agent hangs up. While it is held it
costs one coroutine: no thread, no database connection. Both parameters come from the address that `connect` wrote,
never from the body.
"""

import asyncio
import logging
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from django.db import connection
from django.utils import timezone

from dashboard.access.errors import DATABASE_TROUBLE, BadRequest, error_body, refused_body, refused_headers
from dashboard.access.middleware import HUNG_UP, write_request
from dashboard.access.refusals import FOREIGN_PAGE, HOOK, note_refused
from dashboard.access.request_id import current_request, new_request_id
from dashboard.access.tokens import authenticate
from dashboard.access.visit import Visit, visit_of_scope
from dashboard.doors.claude_replies import NO_DECISION, reply_to
from dashboard.doors.http import HungUp, MethodNotAllowed, Receive, Scope, Send, hang_up, read_body, send_json
from dashboard.enums import Scope as TokenScope
from dashboard.ingest.claude import HookFact, Rejected, read_hook
from dashboard.ingest.text import one_line
from dashboard.live.desk import in_desk
from dashboard.live.process import PROCESS_ID
from dashboard.live.waits import wait_for_ref
from dashboard.live.writer import writer
from dashboard.models import ApiToken, Approval
from dashboard.services import claude
from dashboard.services.errors import Forbidden, Invalid, NotFound, Refused

logger = logging.getLogger(__name__)

BODY_LIMIT = 32 * 2**20
READ_AT_ONCE = 2**18  # bytes; reading more would keep all other requests waiting
DEFAULT_HOLD = 50.0
LONGEST_HOLD = 3600.0
PATH = "/hooks/claude"

_listening: Counter[str] = Counter()
"""How many connections of this process wait for each ask: a call that is asked again is one ask with two of them."""


@dataclass(slots=True)
class Call:
    """One request on its way through the door; what it says is known once it was let in."""

    scope: Scope
    receive: Receive
    visit: Visit
    token: ApiToken | None = None
    fact: HookFact | None = None
    decided: bool = False


def held_hooks() -> int:
    """How many hooks this process holds at the moment."""
    return sum(_listening.values())


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request below /hooks/, and write one line about it."""
    began, identity = time.monotonic(), new_request_id()
    current_request.set(identity)
    call = Call(scope, receive, visit_of_scope(scope))
    try:
        status, body, headers = await _answer(call)
        await send_json(send, status, body, {**headers, "x-request-id": identity})
    except HungUp:
        status = HUNG_UP
    except asyncio.CancelledError:
        _write(call, HUNG_UP, began, identity)
        raise
    _write(call, status, began, identity)
    if call.decided:
        await _note_answered(call)


async def _note_answered(call: Call) -> None:
    """The agent has its answer; that it works again is only shown, so a failure here is nobody's trouble."""
    if call.fact is None or call.token is None:
        return
    try:
        await in_desk(claude.note_answered, call.fact, call.token, now=timezone.now())
    except (Refused, *DATABASE_TROUBLE):
        logger.warning("that an agent went on could not be stored", exc_info=True)


async def _answer(call: Call) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Find the status, the body and further headers of the answer."""
    try:
        return 200, await _reply(call), {}
    except Refused as refused:
        note_refused(refused, door=HOOK, address=call.visit.address, about=str(call.token or ""))
        return refused.status, refused_body(refused), refused_headers(refused)
    except TimeoutError:
        return 400, error_body(400, "The body did not arrive in time."), {}
    except DATABASE_TROUBLE:
        logger.exception("a hook could not be stored")
        return 503, error_body(503), {}
    except HungUp:
        raise
    except Exception:
        logger.exception("a hook failed")
        return 500, error_body(500), {}


async def _reply(call: Call) -> dict[str, Any]:
    hold = _hold(call.scope)
    fact, token = await _let_in(call)
    ask = await _observe(fact, token, hold)
    if ask is None:
        return NO_DECISION
    reply = reply_to(fact, await _held(ask, call.receive))
    call.decided = reply != NO_DECISION
    return reply


async def _observe(fact: HookFact, token: ApiToken, hold: claude.Hold) -> claude.Ask | None:
    """Store it: by the writer where only one may write at a time anyway, else beside the others."""
    if connection.vendor == "sqlite":
        return await writer.run(partial(claude.put_observation, fact, token, hold=hold, now=timezone.now()))
    return await in_desk(claude.observe, fact, token, hold=hold, now=timezone.now())


async def _let_in(call: Call) -> tuple[HookFact, ApiToken]:
    """Check everything about a request that can be checked, what needs no database first."""
    headers = call.visit.headers
    if call.scope["path"].rstrip("/") != PATH:
        raise NotFound(f"There is no such door; Claude Code's hooks go to {PATH}.")
    if call.scope["method"] != "POST":
        raise MethodNotAllowed("Hooks are sent by POST.")
    if "origin" in headers:
        foreign = Forbidden("No page in a browser may send hooks.")
        foreign.reason = FOREIGN_PAGE
        raise foreign
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("Send Content-Type: application/json.")
    call.token = await authenticate(headers, TokenScope.REPORT, address=call.visit.address)
    body = await read_body(call.receive, headers, limit=BODY_LIMIT)
    fact = read_hook(body) if len(body) < READ_AT_ONCE else await in_desk(read_hook, body)
    if isinstance(fact, Rejected):
        if not fact.field:
            raise BadRequest(fact.sentence)
        raise Invalid(fact.sentence, fields={fact.field: fact.sentence})
    call.fact = fact
    return fact, call.token


def _hold(scope: Scope) -> claude.Hold:
    """Read `?hold=SECONDS` and `?gate=1`."""
    given = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    try:
        seconds = float(given.get("hold", [str(DEFAULT_HOLD)])[-1])
    except ValueError:
        seconds = 0
    if not 1 <= seconds <= LONGEST_HOLD:
        message = f"hold is a number of seconds from 1 to {LONGEST_HOLD:.0f}."
        raise Invalid(message, fields={"hold": message})
    return claude.Hold(seconds=seconds, gate=given.get("gate", [""])[-1] == "1", holder=PROCESS_ID)


async def _held(ask: claude.Ask, receive: Receive) -> claude.Ask:
    """Wait until `ask` has ended, and return its row. Raise HungUp, and withdraw it, if the agent hangs up first."""
    ref = f"{'approval' if isinstance(ask, Approval) else 'question'}:{ask.pk}"
    left = (ask.deadline_at - timezone.now()).total_seconds() if ask.deadline_at else DEFAULT_HOLD
    waiting = asyncio.ensure_future(
        wait_for_ref(ref, partial(claude.as_it_is, ask), lambda row: not row.pending, max(left, 0))
    )
    gone = asyncio.ensure_future(hang_up(receive))
    _listening[ref] += 1
    try:
        await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            row = waiting.result()
            return await in_desk(claude.run_out, row, now=timezone.now()) if row.pending else row
        if _listening[ref] == 1:
            await in_desk(claude.hung_up, ask, holder=PROCESS_ID, now=timezone.now())
        raise HungUp
    finally:
        _listening[ref] -= 1
        if not _listening[ref]:
            del _listening[ref]
        waiting.cancel()
        gone.cancel()


def _write(call: Call, status: int, began: float, identity: str) -> None:
    told = {
        "method": "POST",
        "path": one_line(call.scope["path"], 200),
        "status": status,
        "ms": round((time.monotonic() - began) * 1000),
        "who": str(call.token or "nobody"),
        "address": call.visit.address,
        "request_id": identity,
        "event": one_line(call.fact.event if call.fact else "?", 60),
    }
    write_request(told)
