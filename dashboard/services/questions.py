"""Questions: asked, answered once, cancelled, out of time. An answer is chosen options and free text, in one string."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from django.db import transaction

from dashboard.enums import SYSTEM, Door, QuestionStatus
from dashboard.events import DashboardEvent, QuestionAdded
from dashboard.ingest.redaction import redact
from dashboard.ingest.text import storable
from dashboard.models import Agent, AgentSession, ApiToken, Question
from dashboard.selectors.rows import option_labels
from dashboard.services.actor import CLOCK, Actor
from dashboard.services.asks import MAX_WAITING, due, end_once, ending, reread
from dashboard.services.errors import Changed, Forbidden, Invalid, NotFound, already_resolved
from dashboard.services.log import append
from dashboard.services.messages import BODY_LENGTH, put_message
from dashboard.services.roster import put_agent

Events = list[DashboardEvent]
EXPIRED = "[expired]"
CANCELLED = "[cancelled]"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the questions asked at once; `options` are pairs of label and description."""

    question: str
    header: str = ""
    options: tuple[tuple[str, str], ...] = ()
    multi: bool = False

    def as_json(self) -> dict[str, Any]:
        options = [{"label": label, "description": description} for label, description in self.options]
        return {"question": self.question, "header": self.header, "options": options, "multi": self.multi}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionDraft:
    """What an agent wants to know; one part or several."""

    asker: str
    parts: tuple[Part, ...]
    target: str = ""
    ttl_seconds: float | None = None
    default_answer: str = ""
    request_id: str = ""
    door: str = "api"
    tool_use_id: str = ""
    match_key: str = ""
    in_terminal: bool = False
    blocking: bool = False
    holder: str = ""

    def digest(self) -> str:
        """SHA-256 over who asks what, with which options."""
        shown = {"asker": self.asker, "target": self.target, "parts": [part.as_json() for part in self.parts]}
        text = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def put_question(
    draft: QuestionDraft, agent: Agent, *, session: AgentSession | None, token: ApiToken | None, now: datetime
) -> tuple[Question, Events]:
    """Put a question into the queue, or find the one that its `request_id` names; see `put_approval`."""
    if not draft.parts:
        raise Invalid("A question needs a text.", fields={"question": "missing"})
    digest = draft.digest()
    waiting = None
    if draft.request_id:
        waiting = (
            Question.objects.select_for_update(of=("self",)).filter(agent=agent, request_id=draft.request_id).first()
        )
    if waiting is None:
        question = Question(agent=agent, session=session, token=token, asked_at=now, request_id=draft.request_id)
        _fill(question, draft, digest, now)
        question.save()
        return question, [_added(question)]
    if waiting.token_id != (token.pk if token else None):
        raise Forbidden("This question belongs to another token.")
    if not waiting.pending:
        raise already_resolved(waiting)
    if waiting.digest == digest:
        return waiting, []
    replaced = waiting.digest
    waiting.previous = {"digest": replaced, "question": waiting.question, "parts": waiting.parts}
    _fill(waiting, draft, digest, now)
    waiting.save()
    return waiting, [replace(_added(waiting), at=int(now.timestamp()), supersedes=replaced)]


@transaction.atomic(durable=True)
def ask_question(
    draft: QuestionDraft, *, session: AgentSession | None = None, token: ApiToken | None = None, now: datetime
) -> tuple[Question, bool]:
    """Ask by the API. Return the question and whether it is a new one."""
    agent, seen = put_agent(draft.asker, now=now, seen_by="api")
    question, events = put_question(draft, agent, session=session, token=token, now=now)
    if draft.target and events:
        text = f"{draft.asker} asks (question #{question.pk}): {question.question}"
        events += put_message(SYSTEM, draft.target, text[:BODY_LENGTH], now=now)[1]
    append(*seen, *events)
    return reread(question), any(event.supersedes is None for event in events if isinstance(event, QuestionAdded))


def answer_question(
    pk: int, *, answers: dict[str, str], by: Actor, now: datetime, digest: str | None = None
) -> Question:
    """Answer once: `answers` maps each part's text to chosen labels and free text, joined by comma and space.

    The same answer again is the same answer. Raise Invalid for a part without an answer, Changed for another `digest`,
    AlreadyResolved if something came first, Forbidden where only the agent's terminal can answer.
    """
    if not by.can_decide:
        raise Forbidden("Only operators answer.")
    with transaction.atomic(durable=True):
        question = _get(pk)
        ended = None
        if digest is not None and question.digest != digest:
            raise Changed(question)
        if question.in_terminal and question.pending:
            raise Forbidden("This question can only be answered in the agent's terminal.")
        clean = _complete(question, answers)
        if question.pending:
            if question.deadline_at is not None and question.deadline_at <= now:
                ended = _run_out(question, now)
            else:
                ended = end_once(
                    question, status=QuestionStatus.ANSWERED, by=by, now=now, answer=_joined(clean), answers=clean
                )
        if ended is not None:
            append(*ending(ended))
    question = ended or reread(question)
    if digest is not None and question.digest != digest:
        raise Changed(question)
    if question.status != QuestionStatus.ANSWERED or question.answers != clean:
        raise already_resolved(question)
    return question


def answer_as_peer(
    pk: int, *, answers: dict[str, str], token: ApiToken, now: datetime, digest: str | None = None
) -> Question:
    """The agent that was asked answers. Raise Forbidden if the question is the operator's, or another agent's."""
    question = _get(pk)
    if not question.target:
        raise Forbidden("Only operators answer what was asked of the operator.")
    if not token.covers(question.target):
        raise Forbidden(f"This question was asked of {question.target}.")
    return answer_question(pk, answers=answers, by=Actor(question.target, door=Door.API), digest=digest, now=now)


@transaction.atomic(durable=True)
def cancel_question(pk: int, *, by: Actor, now: datetime, token: ApiToken | None = None, note: str = "") -> Question:
    """End a question without an answer: by an operator, or by its asker's own `token`."""
    question = _get(pk)
    if token is not None and question.token_id != token.pk:
        raise Forbidden("This question belongs to another token.")
    if token is None and not by.can_decide:
        raise Forbidden("Only operators cancel.")
    text = CANCELLED if token is None else f"[cancelled by {question.agent.name}]"
    ended = end_once(question, status=QuestionStatus.CANCELLED, by=by, now=now, answer=text, note=note)
    if ended is None:
        question = reread(question)
        if question.status == QuestionStatus.CANCELLED:
            return question
        raise already_resolved(question)
    append(*ending(ended))
    return ended


def expire_questions(*, now: datetime) -> int:
    """End what has run out of time, with its default answer where it has one. Return how many this call ended."""
    if not Question.objects.filter(due(now)).exists():
        return 0  # looked at each second: the write lock is taken only for something
    with transaction.atomic(durable=True):
        overdue = Question.objects.filter(due(now)).select_related("agent").order_by("deadline_at")[:MAX_WAITING]
        ended = [row for question in overdue if (row := _run_out(question, now))]
        append(*(event for row in ended for event in ending(row)))
    return len(ended)


def _get(pk: int) -> Question:
    question = Question.objects.select_related("agent", "session").filter(pk=pk).first()
    if question is None:
        raise NotFound(f"There is no question ?{pk}.")
    return question


def _run_out(question: Question, now: datetime) -> Question | None:
    answer = question.default_answer or EXPIRED
    return end_once(
        question, status=QuestionStatus.EXPIRED, by=CLOCK, now=now, answer=answer, note="Nobody answered in time."
    )


def _complete(question: Question, answers: dict[str, str]) -> dict[str, str]:
    clean = {storable(text): storable(answer).strip() for text, answer in answers.items()}
    missing = {part["question"]: "answer this" for part in question.parts if not clean.get(part["question"])}
    if missing:
        raise Invalid("Not every question has an answer.", fields=missing)
    return {part["question"]: clean[part["question"]] for part in question.parts}


def _joined(answers: dict[str, str]) -> str:
    """The one `answer` of hyperhive's contract; several parts are told apart by their questions."""
    if len(answers) == 1:
        return next(iter(answers.values()))
    return "\n".join(f"{question} {answer}" for question, answer in answers.items())


def _fill(question: Question, draft: QuestionDraft, digest: str, now: datetime) -> None:
    question.digest, question.redacted = digest, 0
    parts = []
    for part in draft.parts:
        kept = partial(_without_secrets, question)
        options = tuple((kept(label), kept(text)) for label, text in part.options)
        parts.append(Part(kept(part.question), kept(part.header), options, part.multi).as_json())
    question.parts = parts
    question.question = "\n".join(part["question"] for part in parts)
    question.multi = any(part.multi for part in draft.parts)
    question.deadline_at = now + timedelta(seconds=draft.ttl_seconds) if draft.ttl_seconds else None
    question.default_answer = _without_secrets(question, draft.default_answer)
    for name in ("target", "door", "tool_use_id", "match_key", "in_terminal", "blocking", "holder"):
        setattr(question, name, getattr(draft, name))


def _without_secrets(question: Question, text: str) -> str:
    """The text to keep; what was cut out of it is counted."""
    clean = redact(storable(text))
    question.redacted += clean.count
    return clean.text


def _added(question: Question) -> QuestionAdded:
    asked = int(question.asked_at.timestamp())
    return QuestionAdded(
        at=asked,
        id=question.pk,
        asker=question.agent.name,
        question=question.question,
        options=option_labels(question),
        multi=question.multi,
        asked_at=asked,
        deadline_at=int(question.deadline_at.timestamp()) if question.deadline_at else None,
        target=question.target or None,
    )
