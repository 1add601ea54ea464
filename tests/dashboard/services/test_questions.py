"""Questions: answered once, by a person, with every part answered."""

import json

import pytest

from dashboard.models import Event
from dashboard.services.errors import AlreadyResolved, Changed, Forbidden, Invalid
from dashboard.services.questions import (
    Part,
    QuestionDraft,
    answer_question,
    ask_question,
    cancel_question,
    expire_questions,
)
from dashboard.services.tokens import create_token
from tests.dashboard.services.makers import ANA, LENA, NOW, a_question, later

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def last_frame(kind):
    return json.loads(Event.objects.filter(kind=kind).last().frame)


def test_an_answer_goes_out_with_who_gave_it():
    question = a_question()

    answer_question(question.pk, answers={"Which rule?": "this, but only once"}, by=ANA, now=later(4))

    assert last_frame("question_resolved") == {
        "seq": 3,
        "kind": "question_resolved",
        "at": int(later(4).timestamp()),
        "id": question.pk,
        "asker": "scribe",
        "answer": "this, but only once",
        "answerer": "ana",
        "answered_at": int(later(4).timestamp()),
        "cancelled": False,
        "target": None,
        "actor": "ana",
    }


def test_the_same_answer_again_is_fine_and_another_one_is_refused():
    question = a_question()
    answer_question(question.pk, answers={"Which rule?": "this"}, by=ANA, now=later(4))

    assert answer_question(question.pk, answers={"Which rule?": "this"}, by=LENA, now=later(5)).resolved_by == "ana"
    with pytest.raises(AlreadyResolved):
        answer_question(question.pk, answers={"Which rule?": "that"}, by=LENA, now=later(6))


def test_several_parts_need_an_answer_each_and_make_one_text():
    parts = (Part("Store?", options=(("Redis", ""), ("SQLite", ""))), Part("Since when?"))
    question, _ = ask_question(QuestionDraft(asker="scribe", parts=parts), now=NOW)

    with pytest.raises(Invalid) as refusal:
        answer_question(question.pk, answers={"Store?": "Redis"}, by=ANA, now=later(1))
    done = answer_question(question.pk, answers={"Store?": "Redis", "Since when?": "May"}, by=ANA, now=later(2))

    assert refusal.value.fields == {"Since when?": "answer this"}
    assert done.answer == "Store? Redis\nSince when? May"


@pytest.mark.parametrize(("default", "answer"), [("the old rule", "the old rule"), ("", "[expired]")])
def test_at_the_deadline_the_default_answers_or_nobody_does(default, answer):
    question = a_question(ttl_seconds=10, default_answer=default)

    assert [expire_questions(now=later(9)), expire_questions(now=later(10))] == [0, 1]
    question.refresh_from_db()
    assert (question.status, question.answer, question.resolved_by) == ("expired", answer, "deadline")


def test_cancelling_says_who_cancelled():
    token, _ = create_token("mine", by=ANA, now=NOW)
    by_operator, by_asker = a_question(), a_question(token=token)

    cancel_question(by_operator.pk, by=ANA, now=later(1))
    cancel_question(by_asker.pk, by=ANA, now=later(1), token=token)

    by_operator.refresh_from_db()
    by_asker.refresh_from_db()
    assert (by_operator.answer, by_asker.answer) == ("[cancelled]", "[cancelled by scribe]")
    assert last_frame("question_resolved")["cancelled"] is True


def test_what_only_the_terminal_can_answer_is_refused_here():
    question = a_question(in_terminal=True)

    with pytest.raises(Forbidden):
        answer_question(question.pk, answers={"Which rule?": "this"}, by=ANA, now=later(1))


def test_an_answer_to_what_has_changed_is_refused():
    question = a_question(request_id="q1")
    a_question(request_id="q1", text="Which law?", now=later(1))

    with pytest.raises(Changed):
        answer_question(question.pk, answers={"Which rule?": "this"}, by=ANA, now=later(2), digest=question.digest)
