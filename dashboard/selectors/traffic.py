"""Messages, reminders and lifecycle actions; and what is still open for an agent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from dashboard.enums import OPERATOR, ReminderStatus
from dashboard.models import Agent, Approval, Delivery, Message, Question, Reminder, Transient


def messages(
    *, sender: str = "", recipient: str = "", thread: int | None = None, before: int | None = None, limit: int = 50
) -> list[Message]:
    """Messages, newest first, from the number `before` on; a thread is its first message and all that answers it."""
    rows = Message.objects.order_by("-id").prefetch_related("deliveries")
    if sender:
        rows = rows.filter(sender=sender)
    if recipient:
        rows = rows.filter(recipient=recipient)
    if thread is not None:
        rows = rows.filter(Q(pk=thread) | Q(thread_id=thread))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[:limit])


def message_flow(
    *, show: str = "", sender: str = "", recipient: str = "", before: int | None = None, limit: int = 50
) -> list[Message]:
    """Messages, newest first: all, or what is `unread` by the operator, `waiting` for agents, or `mine`."""
    rows = Message.objects.order_by("-id")
    unread = Delivery.objects.filter(delivered_at=None)
    if show == "unread":
        rows = rows.filter(pk__in=unread.filter(recipient=OPERATOR).values("message"))
    elif show == "waiting":
        rows = rows.filter(pk__in=unread.exclude(recipient=OPERATOR).values("message"))
    elif show == "mine":
        rows = rows.filter(Q(sender=OPERATOR) | Q(recipient=OPERATOR))
    if sender:
        rows = rows.filter(sender=sender)
    if recipient:
        rows = rows.filter(recipient=recipient)
    return list((rows if before is None else rows.filter(pk__lt=before))[:limit])


def messages_of(name: str, *, limit: int = 10) -> list[Message]:
    """What an agent wrote and was written, newest first."""
    rows = Message.objects.order_by("-id")
    found = [*rows.filter(sender=name)[:limit], *rows.filter(recipient=name).exclude(sender=name)[:limit]]
    return sorted(found, key=lambda message: message.pk, reverse=True)[:limit]


def thread_of(pk: int, *, limit: int = 200) -> list[Message]:
    """A conversation, its newest messages in the order in which they were written."""
    rows = Message.objects.filter(Q(pk=pk) | Q(thread_id=pk)).order_by("-id")
    return list(rows[:limit])[::-1]


@dataclass(frozen=True, slots=True)
class Reading:
    """Of how many inboxes a message waits in how many, when it was read last, and whether the operator has to."""

    inboxes: int = 0
    unread: int = 0
    read_at: datetime | None = None
    for_operator: bool = False


def readings(messages: list[Message]) -> dict[int, Reading]:
    """How far each message was read; one query however many inboxes it is in."""
    mine = Q(recipient=OPERATOR, delivered_at=None)
    rows = Delivery.objects.filter(message__in=messages).values_list("message").order_by()
    counted = rows.annotate(
        inboxes=Count("id"),
        unread=Count("id", filter=Q(delivered_at=None)),
        read_at=Max("delivered_at"),
        ours=Count("id", filter=mine),
    )
    return {pk: Reading(inboxes, unread, at, bool(ours)) for pk, inboxes, unread, at, ours in counted}


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An agent that has not read what was written to it."""

    name: str
    count: int
    since: datetime


def undelivered_by_agent(*, limit: int = 20) -> list[Undelivered]:
    """Agents with unread messages, the one with the most first."""
    unread = Delivery.objects.filter(delivered_at=None).exclude(recipient=OPERATOR).values_list("recipient")
    rows = unread.annotate(n=Count("id"), since=Min("message__sent_at")).order_by("-n", "recipient")
    return [Undelivered(*row) for row in rows[:limit]]


def unread_of(name: str) -> int:
    """How many messages wait in an inbox."""
    return Delivery.objects.filter(recipient=name, delivered_at=None).count()


def unread_messages(name: str, *, limit: int = 50) -> list[Message]:
    """What waits in an inbox, oldest first; looking marks nothing as read."""
    unread = Message.objects.filter(deliveries__recipient=name, deliveries__delivered_at=None)
    return list(unread.order_by("id")[:limit])


def unread_for_operator() -> int:
    return unread_of(OPERATOR)


def undelivered() -> int:
    """How many messages no agent has read yet."""
    return Delivery.objects.filter(delivered_at=None).exclude(recipient=OPERATOR).count()


def open_reminders() -> QuerySet[Reminder]:
    """Reminders to come, the next one first."""
    pending = Reminder.objects.filter(status=ReminderStatus.PENDING)
    return pending.select_related("agent").order_by("due_at", "id")


def reminder_by_id(pk: int) -> Reminder | None:
    return Reminder.objects.select_related("agent").filter(pk=pk).first()


def open_transients() -> QuerySet[Transient]:
    """Lifecycle actions under way."""
    return Transient.objects.filter(ended_at=None).select_related("agent").order_by("id")


@dataclass(frozen=True, slots=True)
class LooseEnd:
    """Something that is open for an agent: an approval, a question or a reminder."""

    kind: str
    row: Approval | Question | Reminder
    since: datetime

    def as_json(self, now: datetime) -> dict[str, Any]:
        """Hyperhive's shape: its kind, its own fields, and how old it is."""
        age = max(0, int((now - self.since).total_seconds()))
        row = self.row
        name = row.agent.name
        if isinstance(row, Approval):
            own: dict[str, Any] = {"agent": name, "commit_ref": row.commit_ref or None, "description": row.description}
        elif isinstance(row, Question):
            own = {"asker": name, "target": row.target or None, "question": row.question}
        else:
            own = {"owner": name, "message": row.message, "due_at": int(row.due_at.timestamp())}
        return {"kind": self.kind, "id": row.pk, **own, "age_seconds": age}


def loose_ends(agent: Agent, *, limit: int = 100) -> list[LooseEnd]:
    """What is open for an agent, the newest first; a manager also sees what is open for its children.

    A question that another agent asked of this one is its loose end, too.
    """
    family = Q(agent=agent) | Q(agent__parent=agent)
    approvals = Approval.objects.filter(family, status="pending").select_related("agent").order_by("-id")[:limit]
    asked = Question.objects.filter(family | Q(target=agent.name), status="pending")
    questions = asked.select_related("agent").order_by("-id")[:limit]
    reminders = Reminder.objects.filter(family, status=ReminderStatus.PENDING).select_related("agent")
    ends = [
        *(LooseEnd("approval", row, row.asked_at) for row in approvals),
        *(LooseEnd("question", row, row.asked_at) for row in questions),
        *(LooseEnd("reminder", row, row.created_at) for row in reminders.order_by("-id")[:limit]),
    ]
    return sorted(ends, key=lambda end: end.since, reverse=True)[:limit]
