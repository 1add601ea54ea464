"""Questions: asked by machines, answered by people or by the agent that was asked, waited for."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from dashboard.access.desk import in_desk
from dashboard.access.tokens import speaks_for
from dashboard.api.answers import answer, told
from dashboard.api.asks import asked, find, may_read, wait_until_ended
from dashboard.api.bodies import AnswerIn, QuestionIn
from dashboard.api.callers import ASKERS, ASKERS_AND_OPERATORS, ASKERS_AND_READERS, READERS, Caller, caller
from dashboard.api.rows import Asked, QuestionRow, Questions
from dashboard.api.words import AgentFilter, Before, Id, Limit, Wait, WordFilter
from dashboard.enums import Door
from dashboard.models import ApiToken, Question
from dashboard.selectors.rows import Row, question_row
from dashboard.selectors.sight import asks_page
from dashboard.services.actor import Actor
from dashboard.services.errors import Invalid
from dashboard.services.questions import (
    Part,
    QuestionDraft,
    answer_as_peer,
    answer_question,
    ask_question,
    cancel_question,
)
from dashboard.services.roster import session_of_asker

router = Router(tags=["questions"])


@router.post("/questions", auth=ASKERS, response=told({201: Asked, 200: Asked}))
async def ask(request: HttpRequest, payload: QuestionIn) -> HttpResponse:
    """Ask. The same content under the same `request_id` is the same question (200, no event)."""
    question, new = await in_desk(_ask, payload, caller(request).machine())
    return asked(request, question, "dashboard:question", new=new)


@router.get("/questions", auth=READERS, response=told({200: Questions}))
async def listed(
    request: HttpRequest, status: WordFilter = "", agent: AgentFilter = "", before: Before = None, limit: Limit = 50
) -> HttpResponse:
    """Questions, the newest first."""
    who = caller(request)
    page = partial(asks_page, Question.objects.all(), status=status, agent=agent, before=before, limit=limit)
    return answer(await in_desk(lambda: _listed(*page(only=who.only, token=who.token))))


@router.get("/questions/{int:pk}", auth=ASKERS_AND_READERS, response=told({200: QuestionRow}))
async def one(request: HttpRequest, pk: Id, wait: Wait = 0) -> HttpResponse:
    """One question; with `wait` the answer comes when it has ended, or when the time is over."""
    return answer(await wait_until_ended(f"question:{pk}", partial(_row, pk, caller(request)), wait))


@router.post("/questions/{int:pk}/answer", auth=ASKERS_AND_OPERATORS, response=told({200: QuestionRow}))
async def answered(request: HttpRequest, pk: Id, payload: AnswerIn) -> HttpResponse:
    """A person answers, once; or the agent that was asked, by its token."""
    return answer(await in_desk(_answer, pk, payload, caller(request)))


@router.post("/questions/{int:pk}/cancel", auth=ASKERS_AND_OPERATORS, response=told({200: QuestionRow}))
async def cancel(request: HttpRequest, pk: Id) -> HttpResponse:
    """The asking token takes its question back, or a person ends it unanswered."""
    return answer(await in_desk(_cancel, pk, caller(request)))


def _ask(payload: QuestionIn, token: ApiToken) -> tuple[Question, bool]:
    now = timezone.now()
    speaks_for(token, payload.asker)
    options = tuple((option, "") for option in payload.options)
    draft = QuestionDraft(
        asker=payload.asker,
        parts=(Part(payload.question, options=options, multi=payload.multi),),
        target=payload.target or "",
        ttl_seconds=payload.ttl_seconds,
        default_answer=payload.default_answer or "",
        request_id=payload.request_id or "",
    )
    session = None
    if payload.session:
        session = session_of_asker(payload.asker, payload.session, token=token, now=now)
    return ask_question(draft, session=session, token=token, now=now)


def _listed(rows: list[Question], following: int | None) -> Row:
    return {"questions": [question_row(row) for row in rows], "next": following}


def _row(pk: int, who: Caller) -> Row:
    question = find(Question, pk)
    may_read(who, question)
    return question_row(question)


def _answer(pk: int, payload: AnswerIn, who: Caller) -> Row:
    if (payload.answer is None) == (payload.answers is None):
        raise Invalid("Give either `answer` or `answers`.", fields={"answer": "one of the two"})
    answers = payload.answers
    if answers is None:
        parts = find(Question, pk).parts
        if len(parts) != 1:
            raise Invalid("Several things were asked.", fields={"answers": "an answer to each part, under its text"})
        answers = {parts[0]["question"]: payload.answer or ""}
    now, digest = timezone.now(), payload.digest
    if who.token is not None:
        return question_row(answer_as_peer(pk, answers=answers, token=who.token, digest=digest, now=now))
    return question_row(answer_question(pk, answers=answers, by=who.operator(), digest=digest, now=now))


def _cancel(pk: int, who: Caller) -> Row:
    question = find(Question, pk)
    by = who.person or Actor(question.agent.name, door=Door.API)
    return question_row(cancel_question(pk, by=by, token=who.token, now=timezone.now()))
