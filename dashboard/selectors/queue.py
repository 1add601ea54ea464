"""What waits, what was decided, and what was asked before."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from dashboard.models import Approval, Question

PENDING = Q(status="pending")
MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Resolved:
    """One line of history: an approval or a question that has ended."""

    ask: Approval | Question
    kind: str

    @property
    def waited(self) -> int:
        """Seconds from asking to the end."""
        if self.ask.resolved_at is None:
            return 0
        return max(0, int((self.ask.resolved_at - self.ask.asked_at).total_seconds()))


def open_approvals() -> QuerySet[Approval]:
    """Approvals that wait: closest deadline, then who is blocked, then risk, then oldest."""
    return (
        Approval.objects.filter(PENDING)
        .select_related("agent", "session")
        .order_by(F("deadline_at").asc(nulls_last=True), "-blocking", "-risk_rank", "id")
    )


def open_questions() -> QuerySet[Question]:
    """Questions that wait, in the order of the queue; `target` empty are those for the operator."""
    return (
        Question.objects.filter(PENDING)
        .select_related("agent", "session")
        .order_by(F("deadline_at").asc(nulls_last=True), "-blocking", "id")
    )


def peer_questions() -> QuerySet[Question]:
    """Questions that agents ask each other; an operator may answer in the place of the one who was asked."""
    return open_questions().exclude(target="")


def queue(limit: int = MAX_SHOWN) -> list[Approval | Question]:
    """Everything that waits for a person, the costliest delay first (design §6, Order)."""
    asks: list[Approval | Question] = [*open_approvals()[:limit], *open_questions().filter(target="")[:limit]]
    return sorted(asks, key=_cost_of_delay)[:limit]


def queue_length() -> int:
    """How many asks wait; two counts over partial indexes."""
    return Approval.objects.filter(PENDING).count() + Question.objects.filter(PENDING, target="").count()


def approvals_resolved_since(since: datetime) -> int:
    return (
        Approval.objects.filter(~PENDING, resolved_at__gte=since).count()
        + Question.objects.filter(~PENDING, resolved_at__gte=since).count()
    )


def decisions(*, status: str = "", before: tuple[datetime, int] | None = None, limit: int = 50) -> list[Resolved]:
    """What was resolved, newest first, from `before` (a key: moment and id) on."""
    found: list[Resolved] = []
    for kind, rows in (("approval", Approval.objects.all()), ("question", Question.objects.all())):
        rows = rows.filter(~PENDING).select_related("agent", "session")  # noqa: PLW2901
        if status:
            rows = rows.filter(status=status)  # noqa: PLW2901
        if before:
            moment, pk = before
            rows = rows.filter(Q(resolved_at__lt=moment) | Q(resolved_at=moment, id__lt=pk))  # noqa: PLW2901
        found += [Resolved(row, kind) for row in rows.order_by("-resolved_at", "-id")[:limit]]
    return sorted(found, key=lambda one: (one.ask.resolved_at, one.ask.pk), reverse=True)[:limit]


def decided_before(approval: Approval, limit: int = 5) -> list[Resolved]:
    """How asks like this one, by the same agent and of the same kind and tool, were decided lately."""
    alike = Approval.objects.filter(
        ~PENDING, agent=approval.agent, approval_kind=approval.approval_kind, tool_name=approval.tool_name
    )
    return [Resolved(row, "approval") for row in alike.select_related("agent").order_by("-id")[:limit]]


def _cost_of_delay(ask: Approval | Question) -> tuple[float, bool, int, float]:
    deadline = ask.deadline_at.timestamp() if ask.deadline_at else float("inf")
    rank = ask.risk_rank if isinstance(ask, Approval) else 0
    return deadline, not ask.blocking, -rank, ask.asked_at.timestamp()
