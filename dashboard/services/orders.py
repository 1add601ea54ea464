"""What operators order. Each order is kept with who, why, from where, before → after, and how it went."""

from datetime import datetime
from typing import Any

from django.db import transaction

from dashboard.enums import CommandStatus, Door
from dashboard.events import CommandIssued, CommandResolved, DashboardEvent
from dashboard.ingest.redaction import safe
from dashboard.models import Agent, Command
from dashboard.services.actor import Actor
from dashboard.services.audit import write_order
from dashboard.services.errors import AlreadyResolved, Forbidden, Invalid, NotFound
from dashboard.services.log import append

VERBS = ("pause", "resume", "stop", "restart", "interrupt", "nudge")
"""What an agent can be told; it fetches its orders and says what became of them."""


@transaction.atomic(durable=True)
def issue_command(verb: str, agent_name: str, *, by: Actor, reason: str, now: datetime) -> Command:
    """Order an agent to do something. Raise Invalid for an unknown verb or no reason, NotFound for no such agent."""
    if not by.can_decide:
        raise Forbidden("Only operators give orders.")
    if verb not in VERBS:
        raise Invalid("There is no such order.", fields={"verb": f"one of {', '.join(VERBS)}"})
    agent = Agent.objects.filter(name=agent_name, removed_at=None).first()
    if agent is None:
        raise NotFound(f"There is no agent {agent_name!r} on the roster.")
    command, events = _issue(verb, agent=agent, by=by, reason=reason, now=now)
    write_order(verb, agent.name, by=by, reason=command.reason, result=CommandStatus.ISSUED.value)
    append(*events)
    return command


@transaction.atomic(durable=True)
def resolve_command(pk: int, *, status: CommandStatus, by: str, error: str = "", now: datetime) -> Command:
    """Say what became of an order; once. Raise AlreadyResolved if someone was first with another outcome."""
    if status is CommandStatus.ISSUED:
        raise Invalid("An order ends done or failed.", fields={"status": "done or failed"})
    won = Command.objects.filter(pk=pk, status=CommandStatus.ISSUED).update(
        status=status, error=safe(error)[:2000], resolved_at=now, resolved_by=by
    )
    command = Command.objects.select_related("agent").filter(pk=pk).first()
    if command is None:
        raise NotFound(f"There is no order {pk}.")
    if won:
        agent = Actor(by, door=Door.API)
        about = command.agent.name if command.agent else command.subject
        write_order(command.verb, about, by=agent, reason=command.error, result=str(status))
        append(_resolved(command, now))
    elif command.status != status:
        raise AlreadyResolved(command)
    return command


def record_order(  # noqa: PLR0913  an order is kept with everything about it
    verb: str,
    *,
    agent: Agent | None = None,
    subject: str = "",
    by: Actor,
    reason: str,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> tuple[Command, list[DashboardEvent]]:
    """Keep an order that the console itself has just carried out; for use inside a service's transaction."""
    command, events = _issue(verb, agent=agent, by=by, reason=reason, now=now, subject=subject)
    command.before, command.after, command.status = before, after, CommandStatus.DONE
    command.resolved_at, command.resolved_by = now, by.name
    command.save()
    about = agent.name if agent else subject
    write_order(verb, about, by=by, reason=command.reason, before=before, after=after)
    return command, [*events, _resolved(command, now)]


def _issue(  # noqa: PLR0913
    verb: str, *, agent: Agent | None, by: Actor, reason: str, now: datetime, subject: str = ""
) -> tuple[Command, list[DashboardEvent]]:
    reason = safe(reason).strip()
    if not reason:
        raise Invalid("An order needs a reason.", fields={"reason": "say why"})
    command = Command.objects.create(
        verb=verb, agent=agent, subject=subject, operator=by.name, address=by.address, reason=reason, issued_at=now
    )
    name = agent.name if agent else None
    issued = CommandIssued(at=int(now.timestamp()), id=command.pk, verb=verb, agent=name, reason=reason, actor=by.name)
    return command, [issued]


def _resolved(command: Command, now: datetime) -> CommandResolved:
    return CommandResolved(
        at=int(now.timestamp()),
        id=command.pk,
        verb=command.verb,
        agent=command.agent.name if command.agent else None,
        outcome="ok" if command.status == CommandStatus.DONE else "failed",
        error=command.error or None,
        actor=command.resolved_by,
    )
