"""History: each ask that ends gets its row among the decisions, in the transaction that ends it."""

from dashboard.ingest.text import words
from dashboard.models import Approval, Decision, Question
from dashboard.models.history import SLOTS

LONGEST = 10_000
"""Characters of one text that are indexed; an index of PostgreSQL ends at a megabyte."""
QUESTION = "question"


def record(ask: Approval | Question) -> Decision:
    """Write down how an ask ended. Once more is the same row, with what is now said of it."""
    if ask.resolved_at is None:
        raise ValueError("only what has ended is a decision")
    approval = ask if isinstance(ask, Approval) else None
    decision = Decision(
        id=key(ask),
        approval=approval,
        question=ask if isinstance(ask, Question) else None,
        agent=ask.agent,
        kind=approval.approval_kind if approval else QUESTION,
        status=ask.status,
        risk=approval.risk if approval else "",
        resolved_by=ask.resolved_by,
        resolved_via=ask.resolved_via,
        words=words_of(ask),
    )
    changed = ["status", "resolved_by", "resolved_via", "words"]
    Decision.objects.bulk_create([decision], update_conflicts=True, unique_fields=["id"], update_fields=changed)
    return decision


def key(ask: Approval | Question) -> int:
    """When it ended, then which one it was of those in the same millisecond."""
    if ask.resolved_at is None:
        raise ValueError("only what has ended is a decision")
    slot = ask.pk * 2 + isinstance(ask, Question)
    return int(ask.resolved_at.timestamp() * 1000) * SLOTS + slot % SLOTS


def words_of(ask: Approval | Question) -> str:
    """Everything by which it may be looked for."""
    if isinstance(ask, Approval):
        texts = [ask.approval_kind, ask.tool_name, ask.command, ask.description]
    else:
        texts = [QUESTION, ask.target, ask.question, ask.answer]
    said = (ask.agent.name, ask.resolved_by, *texts, ask.note)
    return " ".join(word for text in said for word in words(text[:LONGEST]))
