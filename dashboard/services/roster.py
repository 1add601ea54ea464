"""Who is there and what they do: the roster's rows, written only when something was seen.

A word from an agent always moves `seen_at`; an event is made only for a change that a watcher would show
(state, text, model, flags). Lock order: agent, session, asks, counter.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.db.models import Q

from dashboard.enums import AGENT_NAME, OPERATOR, SYSTEM, ActivityState, Source
from dashboard.events import AgentChanged, AgentRemoved, DashboardEvent, SessionChanged
from dashboard.ingest.redaction import safe
from dashboard.ingest.text import storable
from dashboard.models import Agent, AgentSession, ApiToken, Command
from dashboard.selectors.rows import Row, agent_row, session_row, unix
from dashboard.services.actor import Actor
from dashboard.services.errors import Forbidden, Invalid, NotFound
from dashboard.services.log import append
from dashboard.services.orders import record_order

Events = list[DashboardEvent]

AT_WORK = (ActivityState.WORKING, ActivityState.STARTING)
AGENT_FIELDS = frozenset(
    ("runtime", "host", "state", "running", "paused", "failed", "needs_login", "needs_update", "status_text", "model")
)
AGES = frozenset(("seen_at", "source", "status_set_at"))
Look = tuple[Any, ...]
look_of: Callable[[Agent], Look] = attrgetter("parent_id", "silent", *sorted(AGENT_FIELDS))
"""What of an agent a watcher sees: without the ages, which tick by themselves."""
SESSION_FIELDS = frozenset(("title", "cwd", "model", "permission_mode", "state", "status_text"))


def put_agent(
    name: str, *, now: datetime, seen_by: str, changes: Mapping[str, Any] | None = None, parent: str | None = None
) -> tuple[Agent, Events]:
    """Note a word from the agent `name`, making its row at the first; `changes` holds only the fields that were given.

    Raise Invalid for a name or a field that cannot be. To be called in a transaction; the agent's row stays locked.
    """
    check_name(name)
    locked = Agent.objects.select_for_update(of=("self",)).select_related("parent")
    agent, made = locked.filter(name=name).first(), False
    if agent is None:
        _, made = Agent.objects.get_or_create(name=name, defaults={"created_at": now})
        agent = locked.get(name=name)
    known = None if made or agent.removed_at else look_of(agent)
    if parent is not None:
        set_parent(agent, parent)
    _, events = take_word(agent, known, now=now, seen_by=seen_by, changes=changes or {})
    agent.save()
    return agent, events


def check_name(name: str) -> None:
    """Raise Invalid for what cannot be the name of an agent."""
    if not re.fullmatch(AGENT_NAME, name):
        raise Invalid("The agent's name cannot be used.", fields={"agent": f"must match {AGENT_NAME}"})
    if name in (OPERATOR, SYSTEM):
        raise Invalid("This name is the console's own.", fields={"agent": "the name of no agent"})


def take_word(
    agent: Agent, known: Look | None, *, now: datetime, seen_by: str, changes: Mapping[str, Any]
) -> tuple[Look, Events]:
    """Take over in memory what an agent says of itself. `known` is how it looked before, None if not at all.

    Return how it looks now, and the event if that differs. The caller saves the row.
    """
    said = agent.status_text
    if changes:
        _assign(agent, AGENT_FIELDS, changes)
    if known is None or said != agent.status_text:
        agent.status_set_at = now if agent.status_text else None
    agent.seen_by, agent.seen_at, agent.silent, agent.removed_at = seen_by, now, False, None
    look = look_of(agent)
    if known == look:
        return look, []
    return look, [AgentChanged(at=_at(now), name=agent.name, agent=agent_row(agent))]


def put_session(  # noqa: PLR0913  what identifies a session, and what was seen
    agent: Agent,
    source: Source,
    external_id: str,
    *,
    token: ApiToken | None,
    now: datetime,
    changes: Mapping[str, Any] | None = None,
) -> tuple[AgentSession, Events]:
    """Note a word of a session, making its row at the first. Raise Forbidden if another token named it first."""
    if not external_id or len(external_id) > 300:
        raise Invalid("The session's id cannot be used.", fields={"session": "1 to 300 characters"})
    named = {"source": source, "external_id": storable(external_id)}
    locked = AgentSession.objects.select_for_update(of=("self",)).select_related("agent")
    session, made = locked.filter(**named).first(), False
    if session is None:
        defaults = {"agent": agent, "token": token, "started_at": now, "seen_at": now}
        _, made = AgentSession.objects.get_or_create(**named, defaults=defaults)
        session = locked.get(**named)
    if session.token_id is not None and (token is None or session.token_id != token.pk):
        raise Forbidden("This session belongs to another token.")
    before = None if made else session_row(session)
    _assign(session, SESSION_FIELDS, changes or {})
    ended = session.state == ActivityState.ENDED
    session.ended_at = (session.ended_at or now) if ended else None
    session.seen_at, session.silent = now, False
    session.save()
    after = session_row(session)
    if before is not None and _shown(before) == _shown(after):
        return session, []
    return session, [SessionChanged(at=_at(now), agent=session.agent.name, session=after)]


@transaction.atomic(durable=True)
def report_agent(name: str, *, changes: Mapping[str, Any], parent: str | None = None, now: datetime) -> Agent:
    """Take over what an agent says of itself by the API; without `changes` it is the heartbeat."""
    agent, events = put_agent(name, now=now, seen_by="api", changes=changes, parent=parent)
    append(*events)
    return agent


@transaction.atomic(durable=True)
def session_of_asker(agent: str, external_id: str, *, token: ApiToken, now: datetime) -> AgentSession:
    """Find the session in which an agent asks by the API, or make it; it belongs to the token that named it first."""
    row, events = put_agent(agent, now=now, seen_by="api")
    known = AgentSession.objects.filter(agent=row, external_id=storable(external_id)).first()
    source = Source(known.source) if known else Source.API
    session, more = put_session(row, source, external_id, token=token, now=now)
    if session.agent_id != row.pk:
        raise Forbidden("This session belongs to another agent.")
    append(*events, *more)
    return session


def mark_silent(*, now: datetime, after: float) -> int:
    """Mark who was at work and has said nothing for `after` seconds; return how many agents that were.

    Silence is not an end: a silent agent is shown as unknown, never as done.
    """
    quiet = Q(state__in=AT_WORK, silent=False, seen_at__lt=now - timedelta(seconds=after))
    agents = Agent.objects.filter(quiet, removed_at=None)
    sessions = AgentSession.objects.filter(quiet)
    if not agents.exists() and not sessions.exists():
        return 0
    events: Events = []
    with transaction.atomic(durable=True):
        for agent in agents.select_for_update(of=("self",)).select_related("parent").order_by("id")[:500]:
            agent.silent = True
            agent.save(update_fields=["silent"])
            events.append(AgentChanged(at=_at(now), name=agent.name, agent=agent_row(agent)))
        fallen_silent = len(events)
        for session in sessions.select_for_update(of=("self",)).select_related("agent").order_by("id")[:500]:
            session.silent = True
            session.save(update_fields=["silent"])
            events.append(SessionChanged(at=_at(now), agent=session.agent.name, session=session_row(session)))
        append(*events)
    return fallen_silent


@transaction.atomic(durable=True)
def remove_agent(name: str, *, by: Actor, reason: str, now: datetime) -> Command:
    """Take an agent off the roster; its history stays, and its next word brings it back."""
    if not by.can_decide:
        raise Forbidden("Only operators take agents off the roster.")
    agent = Agent.objects.select_for_update(of=("self",)).filter(name=name, removed_at=None).first()
    if agent is None:
        raise NotFound(f"There is no agent {name!r} on the roster.")
    agent.removed_at = now
    agent.save(update_fields=["removed_at"])
    command, events = record_order(
        "remove", agent=agent, by=by, reason=reason, now=now, before={"removed": False}, after={"removed": True}
    )
    append(AgentRemoved(at=_at(now), name=name, actor=by.name), *events)
    return command


def set_parent(agent: Agent, name: str) -> None:
    """Hang the agent below another; an empty name makes it a root. Cycles are refused."""
    parent = Agent.objects.filter(name=name).first() if name else None
    if name and parent is None:
        raise Invalid("There is no such parent.", fields={"parent": f"no agent {name!r}"})
    above = parent
    for _ in range(64):
        if above is None:
            break
        if above.pk == agent.pk:
            raise Invalid("An agent cannot be below itself.", fields={"parent": "makes a circle"})
        above = above.parent
    agent.parent = parent


def _assign(row: Agent | AgentSession, allowed: frozenset[str], changes: Mapping[str, Any]) -> None:
    for field, value in changes.items():
        if field not in allowed:
            raise Invalid("There is no such field.", fields={field: "unknown"})
        if isinstance(value, str):
            value = safe(value)[: _limit(type(row), field)]  # noqa: PLW2901
        setattr(row, field, value)


@cache
def _limit(noun: type[Agent | AgentSession], field: str) -> int | None:
    return getattr(noun._meta.get_field(field), "max_length", None)  # noqa: SLF001


def _shown(row: Row) -> Row:
    return {key: value for key, value in row.items() if key not in AGES}


def _at(now: datetime) -> int:
    return unix(now) or 0
