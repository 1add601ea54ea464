"""Messages: between agents and with the operator. Reading an inbox marks what is in it as delivered."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from dashboard.access.desk import in_desk
from dashboard.access.tokens import speaks_for
from dashboard.api.answers import answer, told
from dashboard.api.bodies import MessageIn
from dashboard.api.callers import (
    ASKERS_AND_OPERATORS,
    OBSERVERS,
    OPERATORS,
    PEOPLE,
    READING_AGENTS,
    Caller,
    caller,
)
from dashboard.api.rows import Inbox, InboxRead, MessageRow, Messages
from dashboard.api.words import Before, FromFilter, InboxLimit, Limit, Name, Thread, ToFilter, Wait
from dashboard.enums import EVERYONE, OPERATOR, SYSTEM, Scope
from dashboard.live.waits import wait_for_ref
from dashboard.models import Message
from dashboard.selectors.rows import Row, message_row
from dashboard.selectors.traffic import messages, unread_messages
from dashboard.services.errors import Forbidden, Invalid
from dashboard.services.messages import read_all_for_operator, read_inbox, send_as_operator, send_message

router = Router(tags=["messages"])


@router.post("/messages", auth=ASKERS_AND_OPERATORS, response=told({201: MessageRow}), by_alias=True)
async def send(request: HttpRequest, payload: MessageIn) -> HttpResponse:
    """Write to an agent, to the operator, or to all agents."""
    return answer(await in_desk(_send, payload, caller(request)), 201)


@router.get("/messages", auth=OBSERVERS, response=told({200: Messages}), by_alias=True)
async def listed(  # noqa: PLR0913, PLR0917  a list is what it is asked for
    request: HttpRequest,  # noqa: ARG001
    sender: FromFilter = "",
    recipient: ToFilter = "",
    thread: Thread = None,
    before: Before = None,
    limit: Limit = 50,
) -> HttpResponse:
    """All messages, the newest first. Looking here marks nothing as read."""
    page = partial(messages, sender=sender, recipient=recipient, thread=thread, before=before)
    return answer(await in_desk(lambda: _page(page(limit=limit + 1), limit)))


@router.get("/agents/{name}/inbox", auth=READING_AGENTS, response=told({200: Inbox}), by_alias=True)
async def inbox(request: HttpRequest, name: Name, wait: Wait = 0, limit: InboxLimit = 32) -> HttpResponse:
    """Take what is unread, oldest first; each message is given once. With `wait` the answer comes when there is one."""
    token = caller(request).machine()
    speaks_for(token, name)
    if not token.may(Scope.READ) or name in (OPERATOR, SYSTEM):
        raise Forbidden("An inbox is read by its own agent alone.")
    seconds = min(wait, settings.MAX_WAIT)
    read = partial(_take, name, limit)
    everyone = (f"agent:{EVERYONE}",)
    return answer(await wait_for_ref(f"agent:{name}", read, lambda row: bool(row["messages"]), seconds, also=everyone))


@router.get("/inbox", auth=PEOPLE, response=told({200: Inbox}), by_alias=True)
async def operators_inbox(request: HttpRequest, limit: InboxLimit = 32) -> HttpResponse:  # noqa: ARG001
    """What the operator has not read, oldest first. Looking marks nothing as read."""
    return answer(await in_desk(_unread, limit))


@router.post("/inbox/read", auth=OPERATORS, response=told({200: InboxRead}))
async def read_operators_inbox(request: HttpRequest) -> HttpResponse:
    """Mark everything in the operator's inbox as read."""
    caller(request).operator()
    return answer(await in_desk(lambda: {"read": read_all_for_operator(now=timezone.now())}))


def _send(payload: MessageIn, who: Caller) -> Row:
    now = timezone.now()
    if who.token is None:
        if payload.from_ not in (None, OPERATOR):
            raise Forbidden("A person writes as the operator.")
        by = who.operator()
        return message_row(send_as_operator(payload.to, payload.body, by=by, now=now, reply_to=payload.reply_to))
    if payload.from_ is None:
        raise Invalid("A message has a sender.", fields={"from": "missing"})
    return message_row(
        send_message(payload.from_, payload.to, payload.body, token=who.token, now=now, reply_to=payload.reply_to)
    )


def _page(rows: list[Message], limit: int) -> Row:
    more = len(rows) > limit
    return {"messages": [message_row(row) for row in rows[:limit]], "next": rows[limit - 1].pk if more else None}


def _take(name: str, limit: int) -> Row:
    return {"messages": [message_row(row) for row in read_inbox(name, now=timezone.now(), limit=limit)]}


def _unread(limit: int) -> Row:
    return {"messages": [message_row(row) for row in unread_messages(OPERATOR, limit=limit)]}
