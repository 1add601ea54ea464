"""Reminders: messages that agents schedule to themselves, delivered once by the clock."""

from datetime import datetime

from django.db import transaction

from dashboard.enums import SYSTEM, ReminderStatus
from dashboard.events import DashboardEvent, ReminderAdded, ReminderResolved
from dashboard.ingest.redaction import redact
from dashboard.ingest.text import storable
from dashboard.models import ApiToken, Reminder
from dashboard.services.actor import CLOCK, Actor
from dashboard.services.errors import Forbidden, Invalid, NotFound
from dashboard.services.log import append
from dashboard.services.messages import BODY_LENGTH, put_message
from dashboard.services.orders import record_order
from dashboard.services.roster import put_agent

MAX_DUE = 200


@transaction.atomic(durable=True)
def add_reminder(agent_name: str, message: str, *, due_at: datetime, token: ApiToken, now: datetime) -> Reminder:
    """Remind the agent of something at a later time."""
    if not token.covers(agent_name):
        raise Forbidden(f"This token may not speak for {agent_name}.")
    clean = redact(storable(message))
    text = clean.text.strip()
    if not text or len(text) > BODY_LENGTH:
        raise Invalid("A reminder has a text.", fields={"message": f"1 to {BODY_LENGTH} characters"})
    if due_at <= now:
        raise Invalid("A reminder is for later.", fields={"due_at": "lies in the past"})
    agent, seen = put_agent(agent_name, now=now, seen_by="api")
    reminder = Reminder.objects.create(
        agent=agent, token=token, message=text, redacted=clean.count, due_at=due_at, created_at=now
    )
    added = ReminderAdded(
        at=int(now.timestamp()), id=reminder.pk, owner=agent.name, message=text, due_at=int(due_at.timestamp())
    )
    append(*seen, added)
    return reminder


@transaction.atomic(durable=True)
def cancel_reminder(  # noqa: PLR0913
    pk: int,
    *,
    by: str,
    now: datetime,
    token: ApiToken | None = None,
    actor: Actor | None = None,
    reason: str = "",
) -> Reminder:
    """Take a reminder back: by its owner's `token`, or by an operator. Cancelling twice is cancelling once.

    Where an operator (`actor`) gave a reason it is kept as an order.
    """
    reminder = Reminder.objects.select_related("agent").filter(pk=pk).first()
    if reminder is None:
        raise NotFound(f"There is no reminder {pk}.")
    if token is not None and not token.covers(reminder.agent.name):
        raise Forbidden("This reminder belongs to another agent.")
    ended = _end(reminder, ReminderStatus.CANCELLED, by=by, now=now)
    if ended:
        ordered: list[DashboardEvent] = []
        if actor is not None and reason:
            _, ordered = record_order("cancel reminder", agent=reminder.agent, by=actor, reason=reason, now=now)
        append(*ended, *ordered)
    elif reminder.status != ReminderStatus.CANCELLED:
        raise Invalid("This reminder was delivered already.", fields={"status": reminder.status})
    return reminder


def deliver_reminders(*, now: datetime) -> int:
    """Deliver what is due, each once however many processes do so; return how many this call delivered."""
    due = Reminder.objects.filter(status=ReminderStatus.PENDING, due_at__lte=now)
    if not due.exists():
        return 0
    count = 0
    events: list[DashboardEvent] = []
    with transaction.atomic(durable=True):
        for reminder in due.select_related("agent").order_by("due_at", "id")[:MAX_DUE]:
            if ended := _end(reminder, ReminderStatus.DELIVERED, by=CLOCK.name, now=now):
                _, sent = put_message(SYSTEM, reminder.agent.name, f"Reminder: {reminder.message}", now=now)
                events += [*ended, *sent]
                count += 1
        append(*events)
    return count


def _end(reminder: Reminder, status: ReminderStatus, *, by: str, now: datetime) -> list[DashboardEvent]:
    won = Reminder.objects.filter(pk=reminder.pk, status=ReminderStatus.PENDING).update(
        status=status, resolved_at=now, resolved_by=by
    )
    reminder.refresh_from_db(fields=["status", "resolved_at", "resolved_by"])
    if not won:
        return []
    owner = reminder.agent.name
    return [ReminderResolved(at=int(now.timestamp()), id=reminder.pk, owner=owner, status=status, actor=by)]
