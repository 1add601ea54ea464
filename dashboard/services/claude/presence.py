"""Who speaks: the session's agent, its subagents below it, the session, its turns; each with what it does now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.enums import ActivityState, Source
from dashboard.events import AgentRemoved, DashboardEvent, TurnEnded, TurnStarted
from dashboard.ingest.claude import HookFact, StateChange, state_after
from dashboard.ingest.redaction import redact
from dashboard.ingest.text import one_line
from dashboard.models import Agent, AgentSession, ApiToken, Approval, Question
from dashboard.services.claude.naming import agent_name, subagent_name
from dashboard.services.errors import Forbidden
from dashboard.services.roster import put_agent, put_session

Events = list[DashboardEvent]
ENDED, WAITING, WORKING = ActivityState.ENDED, ActivityState.WAITING, ActivityState.WORKING
SIGNED_IN = frozenset({"PreToolUse", "PostToolUse", "Stop"})
TITLE_LENGTH = 80
RESULTS = {
    "authentication_failed": "auth_failed",
    "oauth_org_not_allowed": "auth_failed",
    "verification_required": "auth_failed",
    "rate_limit": "rate_limited",
    "prompt_too_long": "prompt_too_long",
}


@dataclass(frozen=True, slots=True)
class Presence:
    """Whom an event is about: `agent` is the session's own or a subagent, `main` the session's own."""

    agent: Agent
    main: Agent
    session: AgentSession
    state_before: str
    events: Events


def note_presence(fact: HookFact, token: ApiToken, *, now: datetime) -> Presence:
    """Note a word of a session, with the state that the event tells; rows appear at the first word.

    To be called in a transaction. The row of the session's agent stays locked, which puts the events of one session
    into an order.
    """
    known = _known_session(fact.session_id)
    if known is not None and known.token_id is not None and known.token_id != token.pk:
        raise Forbidden("This session belongs to another token.")
    name = known.agent.name if known else agent_name(token.host or token.name, fact.cwd)
    if not token.covers(name):
        raise Forbidden(f"This token may not speak for {name}.")
    change = state_after(fact)
    own = change if fact.main_thread else None
    leaving = fact.main_thread and fact.event == "SessionEnd"
    others = _still_there(name, fact.session_id) if leaving else None
    told = _of_agent(fact, token, StateChange(others.state, others.status_text) if others else own)
    main, events = put_agent(name, now=now, seen_by="hook", changes=told)
    before = known.state if known else ""
    session, more = put_session(
        main, Source.CLAUDE, fact.session_id, token=token, now=now, changes=_of_session(fact, known, own)
    )
    events += more
    agent = main
    if not fact.main_thread:
        agent, more = _note_subagent(fact, token, main, change, now)
        events += more
    elif fact.event == "UserPromptSubmit" or (leaving and others is None):
        events += _retire_subagents(main, everyone=leaving, now=now)
    return Presence(agent, main, session, before, events)


def note_turn(fact: HookFact, seen: Presence, *, now: datetime) -> Events:
    """A prompt starts a turn; a stop, a failure, an interruption or the session's end closes it."""
    if not fact.main_thread:
        return []
    at, agent, session = int(now.timestamp()), seen.main.name, seen.session.external_id
    if fact.event == "UserPromptSubmit":
        wake = "operator" if fact.word in ("", "user", "sdk") else "system"
        return [TurnStarted(at=at, agent=agent, session=session, wake_from=wake)]
    under_way = seen.state_before in (WORKING, WAITING, ActivityState.UNKNOWN)
    result = {
        "Stop": "ok",
        "StopFailure": RESULTS.get(fact.word, "failed"),
        "SessionEnd": "cancelled" if under_way else "",
        "PostToolUseFailure": "cancelled" if fact.is_interrupt else "",
    }.get(fact.event)
    return [TurnEnded(at=at, agent=agent, session=session, result_kind=result)] if result else []


def note_waiting(seen: Presence, text: str, *, now: datetime) -> Events:
    """A gate holds the call: the agent waits for a person, although the event itself only announced a tool."""
    return _put_state(seen, WAITING, text, now)


def note_went_on(fact: HookFact, token: ApiToken, *, now: datetime) -> Events:
    """The answer is on its way: what waited works again, unless a later event has said more."""
    session = _known_session(fact.session_id)
    if session is None or session.token_id != token.pk:
        return []
    main = session.agent
    agent = Agent.objects.filter(name=_subagent(fact, main)).first() if fact.agent_id else main
    if agent is None or agent.state != WAITING or _still_asks(agent):
        return []
    return _put_state(Presence(agent, main, session, session.state, []), WORKING, f"after {fact.tool_name}", now)


def note_hung_up(ask: Approval | Question, *, now: datetime) -> Events:
    """Nobody listens to the answer any more. Whether the agent was interrupted or is gone, its next word will tell."""
    session = ask.session
    if session is None or ask.agent.state != WAITING or _still_asks(ask.agent):
        return []
    seen = Presence(ask.agent, session.agent, session, session.state, [])
    return _put_state(seen, ActivityState.UNKNOWN, "hung up while it asked", now)


def _put_state(seen: Presence, state: ActivityState, text: str, now: datetime) -> Events:
    changes = {"state": state, "status_text": _clean(text)}
    _, events = put_agent(seen.agent.name, now=now, seen_by="hook", changes=changes)
    if seen.agent.pk == seen.main.pk:
        _, more = put_session(
            seen.main,
            Source.CLAUDE,
            seen.session.external_id,
            token=seen.session.token,
            now=now,
            changes=changes,
        )
        events += more
    return events


def _known_session(session_id: str) -> AgentSession | None:
    found = AgentSession.objects.filter(source=Source.CLAUDE, external_id=session_id)
    return found.select_related("agent", "token").first()


def _still_asks(agent: Agent) -> bool:
    waiting = {"agent": agent, "status": "pending"}
    return Approval.objects.filter(**waiting).exists() or Question.objects.filter(**waiting).exists()


def _still_there(name: str, session_id: str) -> AgentSession | None:
    """Another session of the agent that has not ended: then the agent goes on with that."""
    living = AgentSession.objects.filter(agent__name=name, silent=False).exclude(state=ENDED)
    return living.exclude(source=Source.CLAUDE, external_id=session_id).order_by("-seen_at").first()


def _of_agent(fact: HookFact, token: ApiToken, change: StateChange | None) -> dict[str, Any]:
    told: dict[str, Any] = {"runtime": "claude", "host": token.host}
    if fact.model:
        told["model"] = fact.model
    if change is not None:
        told |= {"state": change.state, "status_text": _clean(change.text), "running": change.state != ENDED}
        told["failed"] = change.failed
        if change.needs_login or fact.event in SIGNED_IN:
            told["needs_login"] = change.needs_login
    return told


def _of_session(fact: HookFact, known: AgentSession | None, change: StateChange | None) -> Mapping[str, Any]:
    """A subagent may work elsewhere and in another mode, so only the session's own thread tells about the session."""
    if not fact.main_thread:
        return {}
    mode = fact.permission_mode
    given = {"title": _title(fact, known), "cwd": fact.cwd, "model": fact.model, "permission_mode": mode}
    told: dict[str, Any] = {name: value for name, value in given.items() if value}
    if change is not None:
        told |= {"state": change.state, "status_text": _clean(change.text)}
    return told


def _title(fact: HookFact, known: AgentSession | None) -> str:
    """The session's own title; until it has one, its first prompt."""
    first = fact.event == "UserPromptSubmit" and not (known and known.title)
    return one_line(_clean(fact.title or (fact.text if first else "")), TITLE_LENGTH)


def _note_subagent(
    fact: HookFact, token: ApiToken, main: Agent, change: StateChange | None, now: datetime
) -> tuple[Agent, Events]:
    told = _of_agent(fact, token, change)
    return put_agent(_subagent(fact, main), now=now, seen_by="hook", changes=told, parent=main.name)


def _subagent(fact: HookFact, main: Agent) -> str:
    return subagent_name(main.name, fact.agent_type, fact.agent_id)


def _retire_subagents(main: Agent, *, everyone: bool, now: datetime) -> Events:
    """Take subagents off the roster: those that ended when the next turn begins, all of them with the session."""
    below = Agent.objects.filter(parent=main, runtime="claude", removed_at=None, name__startswith=main.name[:40])
    gone = list((below if everyone else below.filter(state=ENDED)).select_for_update(of=("self",))[:500])
    Agent.objects.filter(pk__in=[agent.pk for agent in gone]).update(removed_at=now, state=ENDED, running=False)
    return [AgentRemoved(at=int(now.timestamp()), name=agent.name) for agent in gone]


def _clean(text: str) -> str:
    return redact(text).text
