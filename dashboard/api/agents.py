"""The roster: told by agents, read by whoever may, tidied up by operators; and the sessions."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Body, Query, Router

from dashboard.access.desk import in_desk
from dashboard.access.tokens import speaks_for
from dashboard.api.answers import answer, told
from dashboard.api.bodies import AgentIn, ReasonIn
from dashboard.api.callers import OPERATORS, READERS, REPORTERS, Caller, caller
from dashboard.api.rows import AgentRow, Agents, CommandRow, Sessions
from dashboard.api.words import AgentFilter, Limit, Name, WordFilter
from dashboard.models import Agent, AgentSession, ApiToken
from dashboard.selectors.roster import agents_present
from dashboard.selectors.rows import Row, agent_row, command_row, session_row
from dashboard.selectors.sight import sessions_page, shows
from dashboard.services.actor import Actor
from dashboard.services.errors import Forbidden, Invalid, NotFound
from dashboard.services.roster import remove_agent, report_agent

router = Router(tags=["roster"])

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Cursor = Annotated[
    str, Query(pattern=r"^([0-9]{1,17}-[0-9]{1,18})?$", description="The `next` of the page before this one.")
]


@router.get("/agents", auth=READERS, response=told({200: Agents}))
async def listed(request: HttpRequest) -> HttpResponse:
    """Everyone on the roster."""
    return answer(await in_desk(_listed, caller(request)))


@router.get("/agents/{name}", auth=READERS, response=told({200: AgentRow}))
async def one(request: HttpRequest, name: Name) -> HttpResponse:
    """One agent."""
    return answer(await in_desk(_one, name, caller(request)))


@router.put("/agents/{name}", auth=REPORTERS, response=told({200: AgentRow}))
async def put(request: HttpRequest, name: Name, payload: AgentIn | None = None) -> HttpResponse:
    """What an agent says of itself: only the fields that are given change. Without any it is the heartbeat."""
    return answer(await in_desk(_put, name, payload, caller(request).machine()))


@router.delete("/agents/{name}", auth=OPERATORS, response=told({200: CommandRow}))
async def remove(
    request: HttpRequest,
    name: Name,
    payload: Annotated[ReasonIn | None, Body(description="Why; or in the query.")] = None,
    reason: Annotated[str, Query(max_length=4_000, description="Why; or in the body.")] = "",
) -> HttpResponse:
    """Take an agent off the roster. Its history stays, and its next word brings it back."""
    why = payload.reason if payload else reason
    return answer(await in_desk(_remove, name, why, caller(request).operator()))


@router.get("/sessions", auth=READERS, response=told({200: Sessions}))
async def sessions(
    request: HttpRequest, agent: AgentFilter = "", state: WordFilter = "", before: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Runs and conversations, the one heard of last first."""
    wanted: dict[str, Any] = {"agent": agent, "state": state, "before": read_cursor(before), "limit": limit}
    return answer(await in_desk(_sessions, wanted, caller(request)))


def cursor(session: AgentSession) -> str:
    """The key of a session in the list, as text."""
    return f"{(session.seen_at - EPOCH) // MICROSECOND}-{session.pk}"


def read_cursor(text: str) -> tuple[datetime, int] | None:
    if not text:
        return None
    microseconds, _, pk = text.partition("-")
    try:
        return EPOCH + int(microseconds) * MICROSECOND, int(pk)
    except OverflowError:
        raise Invalid("There is no such page.", fields={"before": "not the `next` of a page"}) from None


def _listed(who: Caller) -> Row:
    rows = agents_present().select_related("parent")
    return {"agents": [agent_row(agent) for agent in rows if shows(who.only, agent.name)]}


def _one(name: str, who: Caller) -> Row:
    if not shows(who.only, name):
        raise Forbidden("This token may not read of this agent.")
    agent = Agent.objects.select_related("parent").filter(name=name, removed_at=None).first()
    if agent is None:
        raise NotFound(f"There is no agent {name} on the roster.")
    return agent_row(agent)


def _put(name: str, payload: AgentIn | None, token: ApiToken) -> Row:
    speaks_for(token, name)
    changes = payload.model_dump(exclude_unset=True) if payload else {}
    parent = (changes.pop("parent") or "") if "parent" in changes else None
    for field in ("status_text", "model"):
        if field in changes:
            changes[field] = changes[field] or ""
    agent = report_agent(name, changes=changes, parent=parent, now=timezone.now())
    return agent_row(agent)


def _remove(name: str, reason: str, by: Actor) -> Row:
    return command_row(remove_agent(name, by=by, reason=reason, now=timezone.now()))


def _sessions(wanted: dict[str, Any], who: Caller) -> Row:
    rows, last = sessions_page(**wanted, only=who.only)
    return {"sessions": [session_row(row) for row in rows], "next": cursor(last) if last else None}
