"""One ask, by its number."""

from dashboard.models import Approval, Question


def approval_by_id(pk: int) -> Approval | None:
    return Approval.objects.select_related("agent", "session").filter(pk=pk).first()


def question_by_id(pk: int) -> Question | None:
    return Question.objects.select_related("agent", "session").filter(pk=pk).first()


def asked_before(question: Question, limit: int = 5) -> list[Question]:
    """What the same agent asked earlier, and how that ended."""
    ended = Question.objects.exclude(status="pending").filter(agent=question.agent)
    return list(ended.select_related("agent").order_by("-id")[:limit])
