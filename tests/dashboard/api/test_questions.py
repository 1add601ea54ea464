"""Questions by the API."""

import pytest

from dashboard.models import Question

pytestmark = pytest.mark.database


def ask(machine, **fields):
    return machine.call("POST", "/api/v1/questions", **{"asker": "mara", "question": "Which one?", **fields})


def test_a_machine_asks_and_a_person_answers(machine, ana):
    asked = ask(machine, options=["red", "blue"], multi=True)
    number = asked.json()["id"]

    answered = ana.call("POST", f"/api/v1/questions/{number}/answer", answer="red, blue", digest=asked.json()["digest"])

    row = machine.get(f"/api/v1/questions/{number}").json()
    assert asked.status_code == 201
    assert asked.json()["url"] == f"http://localhost:8000/questions/{number}/"
    assert answered.json() == row
    assert (row["status"], row["answer"], row["resolved_by"], row["options"]) == (
        "answered", "red, blue", "ana", ["red", "blue"],
    )  # fmt: skip


def test_the_same_answer_again_is_the_same_and_another_is_refused(machine, ana):
    number = ask(machine).json()["id"]
    path = f"/api/v1/questions/{number}/answer"

    codes = [ana.call("POST", path, answer=answer).status_code for answer in ("a", "a", "b")]

    assert codes == [200, 200, 409]


def test_answers_may_be_given_under_their_questions(machine, ana):
    number = ask(machine).json()["id"]

    answer = ana.call("POST", f"/api/v1/questions/{number}/answer", answers={"Which one?": "this"})

    assert answer.json()["answers"] == {"Which one?": "this"}


@pytest.mark.parametrize("body", [{}, {"answer": "a", "answers": {}}, {"answer": "  "}, {"answers": {"Another?": "x"}}])
def test_an_answer_has_to_answer(machine, ana, body):
    number = ask(machine).json()["id"]

    assert ana.call("POST", f"/api/v1/questions/{number}/answer", **body).status_code == 422
    assert Question.objects.get().status == "pending"


def test_several_questions_need_an_answer_each(machine, ana):
    number = ask(machine).json()["id"]
    parts = [{"question": text, "header": "", "options": [], "multi": False} for text in ("One?", "Two?")]
    Question.objects.update(parts=parts)

    assert ana.call("POST", f"/api/v1/questions/{number}/answer", answer="x").status_code == 422
    both = ana.call("POST", f"/api/v1/questions/{number}/answer", answers={"One?": "1", "Two?": "2"})
    assert both.json()["answers"] == {"One?": "1", "Two?": "2"}


def test_no_token_answers(machine, observer):
    number = ask(machine).json()["id"]

    for caller in (machine, observer):
        assert caller.call("POST", f"/api/v1/questions/{number}/answer", answer="mine").status_code == 403
    assert Question.objects.get().status == "pending"


def test_the_asker_takes_it_back_and_another_does_not(machine, bound):
    number = ask(machine).json()["id"]

    assert bound.call("POST", f"/api/v1/questions/{number}/cancel").status_code == 403
    taken = machine.call("POST", f"/api/v1/questions/{number}/cancel").json()
    assert (taken["status"], taken["answer"], taken["resolved_by"]) == ("cancelled", "[cancelled by mara]", "mara")


def test_an_operator_ends_it_and_a_viewer_does_not(machine, ana, tom):
    number = ask(machine).json()["id"]

    assert tom.call("POST", f"/api/v1/questions/{number}/cancel").status_code == 403
    assert ana.call("POST", f"/api/v1/questions/{number}/cancel").json()["status"] == "cancelled"


def test_the_same_question_again_is_the_same(machine):
    first, again = ask(machine, request_id="q1"), ask(machine, request_id="q1")

    assert (first.status_code, again.status_code, first.json() == again.json()) == (201, 200, True)


def test_the_list_shows_the_newest_first(machine, ana):
    numbers = [ask(machine, question=f"{n}?").json()["id"] for n in range(3)]

    assert [row["id"] for row in ana.get("/api/v1/questions", limit=2).json()["questions"]] == numbers[:0:-1]
    assert ana.get("/api/v1/questions", status="answered").json() == {"questions": [], "next": None}
