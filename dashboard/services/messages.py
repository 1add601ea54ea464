"""The broker: messages between agents, the operator and the console, each read once per inbox."""

from datetime import datetime

from django.db import transaction

from dashboard.enums import EVERYONE, OPERATOR, SYSTEM
from dashboard.events import DashboardEvent, Delivered, Sent
from dashboard.ingest.redaction import Redacted, redact
from dashboard.ingest.text import storable
from dashboard.models import Agent, ApiToken, Delivery, Message
from dashboard.services.actor import Actor
from dashboard.services.errors import Forbidden, Invalid, NotFound
from dashboard.services.log import append
from dashboard.services.roster import put_agent

Events = list[DashboardEvent]
BODY_LENGTH = 20_000
MAX_READ = 200


def put_message(  # noqa: PLR0913  a message is who, to whom, what, and in answer to what
    sender: str,
    recipient: str,
    body: str,
    *,
    now: datetime,
    reply_to: Message | None = None,
    actor: str = "",
    token: ApiToken | None = None,
) -> tuple[Message, Events]:
    """Put a message into the inboxes it is for; to be called in a transaction.

    Raise Invalid for an empty or too long body, NotFound for a recipient that is neither an agent nor the operator.
    """
    clean = clean_body(body)
    message = Message.objects.create(
        sender=sender,
        recipient=recipient,
        body=clean.text,
        redacted=clean.count,
        sent_at=now,
        reply_to=reply_to,
        thread_id=(reply_to.thread_id or reply_to.pk) if reply_to else None,
        actor=actor,
        token=token,
    )
    inboxes = _inboxes(sender, recipient)
    Delivery.objects.bulk_create([Delivery(message=message, recipient=name) for name in inboxes])
    at = int(now.timestamp())
    return message, [Sent(at=at, message_id=message.pk, from_=sender, to=recipient, body=clean.text)]


@transaction.atomic(durable=True)
def send_message(  # noqa: PLR0913
    sender: str, recipient: str, body: str, *, token: ApiToken, now: datetime, reply_to: int | None = None
) -> Message:
    """An agent writes. Raise Forbidden if its token may not speak for it."""
    if not token.covers(sender) or sender in (OPERATOR, SYSTEM):
        raise Forbidden(f"This token may not speak for {sender}.")
    _, seen = put_agent(sender, now=now, seen_by="api")
    message, events = put_message(
        sender, recipient, body, now=now, reply_to=answered_message(reply_to, sender), token=token
    )
    append(*seen, *events)
    return message


@transaction.atomic(durable=True)
def send_as_operator(recipient: str, body: str, *, by: Actor, now: datetime, reply_to: int | None = None) -> Message:
    """A person writes, in the name of the operator; who it was is kept."""
    if not by.can_decide:
        raise Forbidden("Only operators write to agents.")
    answered = answered_message(reply_to, OPERATOR)
    message, events = put_message(OPERATOR, recipient, body, now=now, reply_to=answered, actor=by.name)
    append(*events)
    return message


def read_inbox(name: str, *, now: datetime, limit: int = 32) -> list[Message]:
    """Take what is unread in an inbox, oldest first; reading marks it delivered, once."""
    unread = Delivery.objects.filter(recipient=name, delivered_at=None)
    if not unread.exists():
        return []  # long polls look often: the write lock is taken only for something
    taken: list[Message] = []
    events: Events = []
    with transaction.atomic(durable=True):
        for delivery in unread.select_related("message").order_by("id")[: min(limit, MAX_READ)]:
            if not Delivery.objects.filter(pk=delivery.pk, delivered_at=None).update(delivered_at=now):
                continue
            message = delivery.message
            taken.append(message)
            events.append(
                Delivered(
                    at=int(now.timestamp()), message_id=message.pk, from_=message.sender, to=name, body=message.body
                )
            )
        append(*events)
    return taken


def read_all_for_operator(*, now: datetime) -> int:
    """Mark everything in the operator's inbox as read; return how many messages that were."""
    count = 0
    while taken := read_inbox(OPERATOR, now=now, limit=MAX_READ):
        count += len(taken)
    return count


def _inboxes(sender: str, recipient: str) -> list[str]:
    if recipient == EVERYONE:
        everyone = Agent.objects.filter(removed_at=None).exclude(name=sender)
        return list(everyone.values_list("name", flat=True))
    if recipient != OPERATOR and not Agent.objects.filter(name=recipient).exists():
        raise NotFound(f"There is no agent {recipient!r}.")
    return [recipient]


def clean_body(body: str) -> Redacted:
    """What may be kept of a message's text. Raise Invalid if that is nothing, or too long."""
    clean = redact(storable(body))
    if not clean.text.strip() or len(clean.text) > BODY_LENGTH:
        raise Invalid("A message has a text.", fields={"body": f"1 to {BODY_LENGTH} characters"})
    return clean


def answered_message(pk: int | None, reader: str) -> Message | None:
    """The message that is answered; only who took part in it may."""
    if pk is None:
        return None
    message = Message.objects.filter(pk=pk).first()
    if message is None:
        raise NotFound(f"There is no message {pk}.")
    took_part = {message.sender, message.recipient} & {reader, EVERYONE}
    if reader != OPERATOR and not took_part:
        raise NotFound(f"There is no message {pk}.")
    return message
