"""What Claude Code is told when its request has ended: the row's decision in the words of its hooks.

Two rules hold everywhere. Only `approved` allows. And a gate never answers with silence: for a call that nobody
allowed it says `deny`, because `{}` would leave the call to rules that may let it through.
"""

from typing import Any

from dashboard.enums import ApprovalStatus, QuestionStatus
from dashboard.ingest.claude import (
    HookFact,
    answers_reply,
    gate_reply,
    permission_reply,
    read_questions,
    session_suggestions,
)
from dashboard.models import Approval, Question

NO_DECISION: dict[str, Any] = {}
NEEDS_INPUT = frozenset({"AskUserQuestion", "ExitPlanMode"})
"""Tools that an allowance lets pass only together with an input."""


def reply_to(fact: HookFact, ask: Approval | Question) -> dict[str, Any]:
    """The body of the answer to the hook that asked."""
    if isinstance(ask, Question):
        return _reply_to_question(fact, ask)
    if ask.gate:
        return _reply_of_gate(fact, ask)
    if ask.status == ApprovalStatus.APPROVED:
        offered = session_suggestions(fact.suggestions)
        return permission_reply("allow", updated_permissions=[rule for rule in ask.granted if rule in offered])
    if ask.status == ApprovalStatus.DENIED:
        return permission_reply("deny", _denial(ask))
    return NO_DECISION


def _reply_of_gate(fact: HookFact, ask: Approval) -> dict[str, Any]:
    if ask.status == ApprovalStatus.APPROVED:
        given = fact.tool_input if fact.tool_name in NEEDS_INPUT else None
        return gate_reply("allow", f"Approved in the console by {ask.resolved_by} (#{ask.pk}).", given)
    return gate_reply("deny", _denial(ask))


def _reply_to_question(fact: HookFact, ask: Question) -> dict[str, Any]:
    if ask.status == QuestionStatus.ANSWERED:
        kept = [part["question"] for part in ask.parts]
        said = {part.question: ask.answers.get(key, "") for part, key in zip(read_questions(fact), kept, strict=False)}
        return answers_reply(fact.tool_input, said, f"Answered in the console by {ask.resolved_by} (?{ask.pk}).")
    if ask.resolved_by == "deadline":
        return gate_reply("deny", _nobody(ask, "answered"))
    if ask.status == QuestionStatus.CANCELLED:
        return gate_reply("deny", f"The question was closed in the console by {ask.resolved_by}, without an answer.")
    return gate_reply("deny", f"The question got no answer from the console: {ask.note or ask.status}")


def _denial(ask: Approval) -> str:
    """Why not, for the model to read: the person's reason comes word for word."""
    if ask.resolved_by == "deadline":
        return _nobody(ask, "approved this")
    if ask.status != ApprovalStatus.DENIED:
        return f"The console did not allow this: {ask.note or ask.status}"
    return f"Denied in the console by {ask.resolved_by}{f': {ask.note}' if ask.note else '.'}"


def _nobody(ask: Approval | Question, did: str) -> str:
    waited = (ask.deadline_at - ask.asked_at).total_seconds() if ask.deadline_at else 0
    within = f"{waited:g} second{'' if waited == 1 else 's'}"
    return f"Nobody {did} in the console within {within}, so it is denied. Do not try to get around it."
