"""Questions on their page: options, own words, several at once, and their end without an answer."""

import pytest
from django.urls import reverse

from dashboard.models import Question
from dashboard.services.questions import Part, QuestionDraft, answer_question, ask_question
from tests.dashboard.services.makers import LENA, NOW, a_question, later

PART = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    monkeypatch.setattr("dashboard.views.questions.now", lambda: later(60))


def answer(client, question, *, script=False, **fields):
    url = reverse("dashboard:answer", args=[question.pk])
    data = {"digest": question.digest, "verdict": "answer"} | fields
    return client.post(url, data, **(PART if script else {}))


def test_an_option_and_own_words_become_one_answer(ana):
    question = a_question(options=("this", "that"))

    response = answer(ana, question, **{"part-0": "that", "own-0": "but carefully"})

    assert (response.status_code, response["Location"]) == (303, "/#queue")
    assert Question.objects.values_list("status", "answer").get() == ("answered", "that, but carefully")


def test_several_options_are_joined_and_only_offered_ones_count(ana):
    question = a_question(options=("a", "b", "c"), multi=True)

    answer(ana, question, **{"part-0": ["a", "c", "made up"]})

    assert Question.objects.get().answer == "a, c"


def test_each_of_several_questions_gets_its_own_answer(ana):
    parts = (Part("Which port?"), Part("Which host?", options=(("a", ""), ("b", "the old one"))))
    question, _ = ask_question(QuestionDraft(asker="scribe", parts=parts), now=NOW)

    answer(ana, question, **{"own-0": "8010", "part-1": "b"})

    assert Question.objects.get().answers == {"Which port?": "8010", "Which host?": "b"}


def test_an_answer_that_lacks_something_comes_back_with_what_was_typed(ana):
    parts = (Part("Which port?"), Part("Which host?"))
    question, _ = ask_question(QuestionDraft(asker="scribe", parts=parts), now=NOW)

    page = answer(ana, question, **{"own-0": "typed <b>"})
    part = answer(ana, question, script=True, **{"own-0": "typed <b>"})

    assert (page.status_code, part.status_code, Question.objects.get().status) == (422, 422, "pending")
    assert "typed &lt;b&gt;</textarea>" in page.content.decode()
    assert 'data-reply="refused"' in part.content.decode()


def test_a_question_is_cancelled_only_after_a_second_look(ana):
    question = a_question()

    first = answer(ana, question, verdict="cancel")
    assert (first.status_code, Question.objects.get().status) == (200, "pending")

    answer(ana, question, verdict="cancel", sure="1")
    assert Question.objects.get().status == "cancelled"


def test_who_comes_second_is_told_who_was_first(ana):
    question = a_question()
    answer_question(question.pk, answers={"Which rule?": "this"}, by=LENA, now=later(5))

    response = answer(ana, question, script=True, **{"part-0": "that"})

    assert response.status_code == 409
    assert "lena" in response.content.decode()


def test_what_only_the_terminal_can_answer_has_no_form(ana):
    question = a_question(in_terminal=True)

    text = ana.get(reverse("dashboard:question", args=[question.pk])).content.decode()

    assert "own terminal can answer" in text
    assert 'name="verdict"' not in text


def test_what_an_agent_asks_is_text(ana):
    question = a_question(text="<script>alert(1)</script>\u202e", options=('"><img src=x>', "b"))

    for path in ("/", reverse("dashboard:question", args=[question.pk])):
        text = ana.get(path).content.decode()
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "&lt;script&gt;alert(1)" in text


def test_who_may_only_look_is_refused(tom):
    question = a_question()

    assert answer(tom, question, **{"part-0": "this"}).status_code == 403
    assert Question.objects.get().status == "pending"


def test_the_answer_stands_on_the_page_afterwards(ana):
    question = a_question()
    answer(ana, question, **{"own-0": "neither"})

    text = ana.get(reverse("dashboard:question", args=[question.pk])).content.decode()

    assert "neither" in text
    assert "answered" in text
