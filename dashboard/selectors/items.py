"""One ask, by its number."""

from django.db.models import F

from dashboard.models import Agent, AgentSession, Approval, Question


def approval_by_id(pk: int) -> Approval | None:
    return Approval.objects.select_related("agent", "session").filter(pk=pk).first()


def question_by_id(pk: int) -> Question | None:
    return Question.objects.select_related("agent", "session").filter(pk=pk).first()


def asked_before(question: Question, limit: int = 5) -> list[Question]:
    """What the same agent asked earlier, and how that ended."""
    ended = Question.objects.exclude(status="pending").filter(agent=question.agent)
    return list(ended.select_related("agent").order_by("-id")[:limit])


def open_asks_of(agent: Agent, *, limit: int = 50) -> list[Approval | Question]:
    """What an agent waits for, the closest deadline first."""
    first = F("deadline_at").asc(nulls_last=True)
    approvals = Approval.objects.filter(status="pending", agent=agent).select_related("agent", "session")
    questions = Question.objects.filter(status="pending", agent=agent).select_related("agent", "session")
    return [*approvals.order_by(first, "id")[:limit], *questions.order_by(first, "id")[:limit]]


def asks_of_session(session: AgentSession, *, limit: int = 50) -> list[Approval | Question]:
    """What was asked in a session, newest first."""
    approvals = Approval.objects.filter(session=session).select_related("agent", "session").order_by("-id")[:limit]
    questions = Question.objects.filter(session=session).select_related("agent", "session").order_by("-id")[:limit]
    asks: list[Approval | Question] = [*approvals, *questions]
    return sorted(asks, key=lambda ask: ask.asked_at, reverse=True)[:limit]


def questions_page(*, asked_of: str = "", pending: bool = False, before: int | None, limit: int) -> list[Question]:
    """Questions, newest first: all, those for the operator, or those that agents ask each other (`peer`)."""
    rows = Question.objects.select_related("agent").order_by("-id")
    if asked_of == "operator":
        rows = rows.filter(target="")
    elif asked_of == "peer":
        rows = rows.exclude(target="")
    if pending:
        rows = rows.filter(status="pending")
    return list((rows if before is None else rows.filter(pk__lt=before))[:limit])
