"""Lifecycle actions under way: begun, ended with an honest outcome, given up when nobody reports their end."""

from datetime import datetime, timedelta

from django.db import transaction

from dashboard.enums import SYSTEM, TransientOutcome
from dashboard.events import DashboardEvent, TransientCleared, TransientSet
from dashboard.ingest.redaction import safe
from dashboard.ingest.text import one_line
from dashboard.models import Agent, ApiToken, Transient
from dashboard.services.errors import Forbidden, Invalid, NotFound
from dashboard.services.log import append
from dashboard.services.messages import put_message
from dashboard.services.roster import put_agent

Events = list[DashboardEvent]

GIVES_UP_AFTER = timedelta(hours=1)
WOKEN = {"starting": "started", "restarting": "restarted", "rebuilding": "rebuilt and restarted"}
"""After these an agent is told what happened to it while it was away."""
NO_END = "Nobody reported how it ended."


@transaction.atomic(durable=True)
def begin_transient(
    agent_name: str, transient_kind: str, *, token: ApiToken, now: datetime, timeout: timedelta = GIVES_UP_AFTER
) -> Transient:
    """Begin an action; one that is still under way is superseded. The same kind again is the same action."""
    if not token.covers(agent_name):
        raise Forbidden(f"This token may not speak for {agent_name}.")
    agent, seen = put_agent(agent_name, now=now, seen_by="api")
    transient, events = put_transient(agent, transient_kind, token=token, now=now, timeout=timeout)
    append(*seen, *events)
    return transient


def put_transient(
    agent: Agent, transient_kind: str, *, token: ApiToken, now: datetime, timeout: timedelta
) -> tuple[Transient, Events]:
    """The same for an agent whose row is locked, in a transaction; the caller appends the events."""
    kind = one_line(safe(transient_kind), 40)
    if not kind:
        raise Invalid("A lifecycle action has a kind.", fields={"transient_kind": "missing"})
    under_way = Transient.objects.filter(agent=agent, ended_at=None).first()
    if under_way is not None and under_way.transient_kind == kind:
        return under_way, []
    events: Events = []
    if under_way is not None:
        events += _end(under_way, agent, TransientOutcome.SUPERSEDED, "", now)
    transient = Transient.objects.create(
        agent=agent, token=token, transient_kind=kind, since=now, gives_up_at=now + timeout
    )
    at = int(now.timestamp())
    events.append(TransientSet(at=at, name=agent.name, transient_kind=kind, since_unix=at, actor=token.name))
    return transient, events


@transaction.atomic(durable=True)
def end_transient(
    agent_name: str, *, outcome: TransientOutcome, token: ApiToken, now: datetime, error: str = ""
) -> Transient:
    """End what is under way. Raise NotFound where nothing is."""
    if not token.covers(agent_name):
        raise Forbidden(f"This token may not speak for {agent_name}.")
    under_way, events = put_end(agent_name, outcome=outcome, error=error, now=now)
    append(*events)
    return under_way


def put_end(agent_name: str, *, outcome: TransientOutcome, error: str, now: datetime) -> tuple[Transient, Events]:
    """The same in a transaction; the caller appends the events."""
    under_way = (
        Transient.objects.select_for_update(of=("self",))
        .select_related("agent")
        .filter(agent__name=agent_name, ended_at=None)
        .first()
    )
    if under_way is None:
        raise NotFound(f"Nothing is under way for {agent_name!r}.")
    return under_way, _end(under_way, under_way.agent, outcome, error, now)


def give_up_transients(*, now: datetime) -> int:
    """End as failed what should long have ended; return how many this call ended."""
    overdue = Transient.objects.filter(ended_at=None, gives_up_at__lte=now)
    if not overdue.exists():
        return 0
    events: Events = []
    with transaction.atomic(durable=True):
        for transient in overdue.select_related("agent").order_by("id")[:200]:
            events += _end(transient, transient.agent, TransientOutcome.FAILED, NO_END, now)
        append(*events)
    return len(events)


def _end(transient: Transient, agent: Agent, outcome: TransientOutcome, error: str, now: datetime) -> Events:
    error = safe(error)[:2000]
    won = Transient.objects.filter(pk=transient.pk, ended_at=None).update(ended_at=now, outcome=outcome, error=error)
    if not won:
        return []
    transient.ended_at, transient.outcome, transient.error = now, outcome, error
    cleared = TransientCleared(at=int(now.timestamp()), name=agent.name, outcome=outcome, error=error or None)
    if outcome != TransientOutcome.OK or transient.transient_kind not in WOKEN:
        return [cleared]
    _, sent = put_message(SYSTEM, agent.name, f"You were {WOKEN[transient.transient_kind]}.", now=now)
    return [cleared, *sent]
