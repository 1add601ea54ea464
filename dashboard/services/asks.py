"""What approvals and questions have in common: ending them exactly once, whoever comes first.

Every ending is a compare-and-set on `pending`; nothing here asks first and writes later. The caller appends the
events. Where an ask ended, `note` is for people and, for approvals, for the agent.
"""

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from dashboard.enums import SYSTEM, ApprovalStatus, Door
from dashboard.events import ApprovalResolved, DashboardEvent, QuestionResolved
from dashboard.ingest.redaction import safe
from dashboard.ingest.text import one_line
from dashboard.models import Approval, Question
from dashboard.services.actor import Actor
from dashboard.services.audit import write_order
from dashboard.services.history import record
from dashboard.services.messages import put_message

PENDING = ApprovalStatus.PENDING
MAX_WAITING = 500
AskType = TypeVar("AskType", Approval, Question)


def end_once(ask: AskType, *, status: str, by: Actor, now: datetime, note: str = "", **fields: Any) -> AskType | None:
    """End `ask` if it is still pending and the one we read; return its new row, or None if someone was first."""
    note = safe(note)
    won = (
        type(ask)
        .objects.filter(pk=ask.pk, status=PENDING, digest=ask.digest)
        .update(
            status=status,
            note=note,
            resolved_by=by.name,
            resolved_via=by.door,
            resolved_at=now,
            holder="",
            **fields,
        )
    )
    if not won:
        return None
    ended = reread(ask)
    record(ended)
    subject = f"{type(ask).__name__.lower()} {ask.pk} of {ended.agent.name}"
    write_order(str(status), subject, by=by, reason=note, before=PENDING.value, after=str(status))
    return ended


def reread(ask: AskType) -> AskType:
    """Return the row as it is now, with its agent and session."""
    return type(ask).objects.select_related("agent", "session").get(pk=ask.pk)


def withdraw_all(asks: QuerySet[AskType], *, by: Actor, note: str, now: datetime) -> list[DashboardEvent]:
    """Withdraw every pending ask of `asks`; return the events to append."""
    waiting = asks.filter(status=PENDING).select_related("agent")[:MAX_WAITING]
    ended = (end_once(ask, status="withdrawn", by=by, note=note, now=now) for ask in waiting)
    return [event for row in ended if row is not None for event in ending(row)]


def due(now: datetime) -> Q:
    """What has run out of time."""
    return Q(status=PENDING, deadline_at__lte=now)


def ending(ask: Approval | Question) -> list[DashboardEvent]:
    """All that is to be told when an ask has ended: to whoever watches, and to the asker's inbox.

    An agent that asked through a hook has its answer from the hook, and reads no inbox.
    """
    if ask.door == Door.HOOK or ask.resolved_at is None:
        return [resolved_event(ask)]
    _, sent = put_message(SYSTEM, ask.agent.name, _sentence(ask), now=ask.resolved_at)
    return [resolved_event(ask), *sent]


def _sentence(ask: Approval | Question) -> str:
    """What the asker reads in its inbox."""
    if isinstance(ask, Question):
        said = f": {ask.answer}" if ask.answer else "."
        return f"Your question #{ask.pk} “{one_line(ask.question, 120)}” was {ask.status} by {ask.resolved_by}{said}"
    note = f" {ask.note}" if ask.note else ""
    what = one_line(ask.command or ask.description or ask.approval_kind, 120)
    return f"Your request #{ask.pk} “{what}” was {ask.status} by {ask.resolved_by}.{note}"


def resolved_event(ask: Approval | Question) -> DashboardEvent:
    """The event that tells how an ask ended."""
    if ask.resolved_at is None:
        raise ValueError("only an ask that has ended has such an event")
    at = int(ask.resolved_at.timestamp())
    if isinstance(ask, Question):
        return QuestionResolved(
            at=at,
            id=ask.pk,
            asker=ask.agent.name,
            answer=ask.answer,
            answerer=ask.resolved_by,
            answered_at=at,
            cancelled=ask.status == "cancelled",
            target=ask.target or None,
            actor=ask.resolved_by,
        )
    return ApprovalResolved(
        at=at,
        id=ask.pk,
        agent=ask.agent.name,
        approval_kind=ask.approval_kind,
        sha_short=ask.commit_ref[:7] or None,
        status=ask.status,
        resolved_at=at,
        note=ask.note or None,
        description=ask.description or None,
        actor=ask.resolved_by,
    )
