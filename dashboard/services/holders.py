"""Asks whose connection was kept by a serving process that is gone: nobody could hear the answer."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from dashboard.enums import Door
from dashboard.events import ApprovalResolved, DashboardEvent, QuestionResolved
from dashboard.models import Approval, Lease, Question
from dashboard.services.actor import Actor
from dashboard.services.asks import PENDING, withdraw_all
from dashboard.services.leases import PROCESS
from dashboard.services.log import append

CONSOLE = Actor("console", door=Door.CONSOLE)
RESTARTED = "The console restarted while the agent was waiting, so nobody could hear an answer."


def holders(*, but: str) -> dict[str, datetime | None]:
    """Return which processes hold waiting asks, `but` ourselves, and when their leases end (None: it has none)."""
    held = {
        holder
        for asks in (Approval.objects.filter(status=PENDING), Question.objects.filter(status=PENDING))
        for holder in asks.exclude(holder__in=("", but)).values_list("holder", flat=True)
    }
    if not held:
        return {}
    ends = dict(Lease.objects.filter(name__in=[PROCESS + holder for holder in held]).values_list("owner", "expires_at"))
    return {holder: ends.get(holder) for holder in held}


@transaction.atomic(durable=True)
def withdraw_orphans(dead: Collection[str], *, now: datetime) -> int:
    """Withdraw what those processes held; return how many asks that were."""
    approvals = Approval.objects.filter(holder__in=dead).select_for_update(of=("self",)).order_by("id")
    questions = Question.objects.filter(holder__in=dead).select_for_update(of=("self",)).order_by("id")
    events: list[DashboardEvent] = [
        *withdraw_all(approvals, by=CONSOLE, note=RESTARTED, now=now),
        *withdraw_all(questions, by=CONSOLE, note=RESTARTED, now=now),
    ]
    Lease.objects.filter(name__in=[PROCESS + holder for holder in dead], expires_at__lte=now).delete()
    append(*events)
    return sum(isinstance(event, ApprovalResolved | QuestionResolved) for event in events)
