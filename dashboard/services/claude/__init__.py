"""What a Claude Code hook changes: presence, turns, what waits, and what no longer does. One transaction per event.

`naming` gives agents their names, `presence` keeps roster and sessions, `asking` puts requests into the queue,
`moving_on` takes them out again when the session shows that it went past them.
"""

from datetime import datetime

from django.db import transaction

from dashboard.enums import Door
from dashboard.events import DashboardEvent, Note
from dashboard.ingest.claude import HookFact
from dashboard.ingest.text import one_line
from dashboard.models import ApiToken, Approval, Question
from dashboard.services.actor import Actor
from dashboard.services.approvals import expire_approvals
from dashboard.services.asks import end_once, ending, reread
from dashboard.services.claude.asking import Hold, put_ask
from dashboard.services.claude.moving_on import withdraw_what_is_past
from dashboard.services.claude.naming import agent_name
from dashboard.services.claude.presence import note_hung_up, note_presence, note_turn, note_went_on
from dashboard.services.log import append
from dashboard.services.questions import expire_questions

HUNG_UP = "The agent hung up: answered in its terminal, interrupted, or gone."
Ask = Approval | Question

SELF_TEST = "ConsoleConnectionTest"
"""The name of the event that `connect` sends; no agent sends it."""


@transaction.atomic(durable=True)
def observe(fact: HookFact, token: ApiToken, *, hold: Hold, now: datetime) -> Ask | None:
    """Take over what an event says. Return what its reply has to wait for, if anything.

    Raise Forbidden if the token may not speak for this agent, or if the session belongs to another token.
    """
    ask, events = put_observation(fact, token, hold=hold, now=now)
    append(*events)
    return ask


def put_observation(
    fact: HookFact, token: ApiToken, *, hold: Hold, now: datetime
) -> tuple[Ask | None, list[DashboardEvent]]:
    """The same within a transaction; the caller appends the events."""
    if fact.event == SELF_TEST:
        return None, [_tried_out(fact, token, now)]
    seen = note_presence(fact, token, now=now)
    events: list[DashboardEvent] = [*seen.events, *note_turn(fact, seen, now=now)]
    events += withdraw_what_is_past(fact, seen, now=now)
    ask, asked = put_ask(fact, seen, token, hold=hold, now=now)
    return ask, [*events, *asked]


@transaction.atomic(durable=True)
def hung_up(ask: Ask, *, holder: str, now: datetime) -> Ask:
    """Withdraw an ask whose connection is gone, unless it has ended or another process holds it now; return its row."""
    row = as_it_is(ask)
    if row.holder != holder:
        return row
    agent = Actor(row.agent.name, door=Door.HOOK)
    ended = end_once(row, status="withdrawn", by=agent, note=HUNG_UP, now=now)  # type: ignore[type-var]  # either noun, kept
    if ended is not None:
        append(*note_hung_up(ended, now=now), *ending(ended))
    return ended or row


def run_out(ask: Ask, *, now: datetime) -> Ask:
    """Return the row of an ask whose time is over, ended by the clock's rules even if the clock is late."""
    expire_approvals(now=now)
    expire_questions(now=now)
    return as_it_is(ask)


def as_it_is(ask: Ask) -> Ask:
    """Return the row as it is now."""
    return reread(ask)  # type: ignore[type-var]  # it gives back what it was given


@transaction.atomic(durable=True)
def note_answered(fact: HookFact, token: ApiToken, *, now: datetime) -> None:
    """The reply is on its way: the agent waits no longer."""
    append(*note_went_on(fact, token, now=now))


def _tried_out(fact: HookFact, token: ApiToken, now: datetime) -> Note:
    where = one_line(fact.text or fact.cwd, 200)
    text = f"Claude Code on {token.host or token.name} is connected{f': {where}' if where else ''}."
    return Note(at=int(now.timestamp()), text=text, actor=token.name)


__all__ = [
    "SELF_TEST",
    "Ask",
    "Hold",
    "agent_name",
    "as_it_is",
    "hung_up",
    "note_answered",
    "observe",
    "put_observation",
    "run_out",
]
