"""Decisions found again: by words, by filters, page by page, and as a stream of everything."""

from datetime import date, timedelta

import pytest

from dashboard.enums import ApprovalStatus
from dashboard.models import Approval, Decision
from dashboard.selectors.decisions import Filters, export_decisions, find
from dashboard.services.approvals import expire_approvals, resolve_approval, take_back_approval
from dashboard.services.questions import answer_question
from dashboard.services.tokens import create_token
from tests.dashboard.services.makers import ANA, LENA, NOW, a_question, an_approval, later

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def decided(at=5, status="approved", by=ANA, note="", **fields):
    approval = an_approval(now=later(at - 1), **fields)
    return resolve_approval(approval.pk, status=status, digest=approval.digest, by=by, note=note, now=later(at))


def answered(at=5, answer="this", **fields):
    question = a_question(now=later(at - 1), **fields)
    return answer_question(question.pk, answers={question.question: answer}, by=ANA, now=later(at))


def gist(**filters):
    return [getattr(one.ask, "command", "") or one.ask.question for one in find(Filters.from_query(filters)).rows]


def test_what_has_ended_is_listed_newest_first_whatever_it_was():
    decided(at=5, command="git push")
    answered(at=9, text="Which branch?")
    decided(at=7, command="make clean")
    an_approval(command="still waits")

    assert gist() == ["Which branch?", "make clean", "git push"]


@pytest.mark.parametrize(
    "looked_for",
    [
        "push",
        "PUSH",
        "pus",
        "git push",
        "push git",
        "origin/main",
        "--force",
        "atlas for",
        "ana",
        "“too early”",
        "Größe",
    ],
)
def test_words_find_a_decision_in_any_order_and_case_the_last_one_by_its_beginning(looked_for):
    decided(command="git push --force origin/main", note="Too early, GRÖSSE unknown")
    decided(at=6, agent="borea", command="ls", by=LENA)

    assert gist(q=looked_for) == ["git push --force origin/main"]


@pytest.mark.parametrize(
    "looked_for", ["pull", "it push", "gi push", '"', "-", "*", "NEAR(", "'; DROP", "git AND pull"]
)
def test_what_is_no_word_of_it_does_not_find_it_and_no_sign_is_a_command(looked_for):
    decided(command="git push")

    assert gist(q=looked_for) == []


@pytest.mark.parametrize(
    "looked_for", ["(", "a OR", "NOT", "col:", "^x", "a\0b", "'" * 300, "x " * 300, "&|!", "\\", "²"]
)
def test_nothing_that_is_typed_breaks_the_search(looked_for):
    assert gist(q=looked_for) == []


def test_questions_are_found_by_what_was_asked_and_what_was_answered():
    answered(text="Keep the old schema?", answer="yes, for a week")

    assert gist(q="schema") == gist(q="week") == ["Keep the old schema?"]


def test_a_tool_and_a_description_and_a_note_are_searched_too():
    decided(command="x", tool_name="WebFetch", description="Reads the changelog", note="Only once")

    assert gist(q="webfetch") == gist(q="changelog") == gist(q="once") == ["x"]


def test_filters_narrow_it_down_and_all_must_fit():
    decided(command="rm -rf /", status="denied", agent="mara")
    decided(at=6, command="git status", agent="mara", by=LENA)
    answered(at=7, text="Which?", asker="mara")

    assert gist(status="denied") == ["rm -rf /"]
    assert gist(agent="mara", by="lena") == ["git status"]
    assert gist(risk="critical") == ["rm -rf /"]
    assert gist(kind="question") == ["Which?"]
    assert gist(kind="approval") == ["git status", "rm -rf /"]
    assert gist(kind="command", q="git") == ["git status"]
    assert gist(door="web", status="answered") == ["Which?"]
    assert gist(agent="nobody") == []


def test_days_are_counted_in_utc_and_both_are_included():
    decided(at=5, command="today")
    decided(at=86_400, command="tomorrow")
    today, tomorrow = NOW.date(), NOW.date() + timedelta(days=1)

    assert gist(since=str(tomorrow)) == ["tomorrow"]
    assert gist(until=str(today)) == ["today"]
    assert gist(since=str(today), until=str(tomorrow)) == ["tomorrow", "today"]
    assert gist(since="yesterday", until="9999-12-31") == ["tomorrow", "today"]


def test_filters_go_into_an_address_and_come_back():
    filters = Filters(q="git push", status="denied", since=date(2026, 11, 20))

    assert Filters.from_query(filters.as_query()) == filters
    assert filters.but(status="") == {"q": "git push", "since": "2026-11-20"}
    assert not Filters.from_query({"status": " "})


@pytest.mark.parametrize("looked_for", [{}, {"q": "make"}])
def test_pages_show_everything_once(looked_for):
    for number in range(7):
        decided(at=5, command=f"make {number}")  # all in the same moment
    filters, seen, place = Filters.from_query(looked_for), [], ""

    for _ in range(4):
        page = find(filters, before=place, limit=2)
        seen += [one.ask.command for one in page.rows]
        place = page.next

    assert seen == [f"make {number}" for number in reversed(range(7))]
    assert place == ""


@pytest.mark.parametrize("place", ["x", "-1", "9" * 40, "٣", "0"])
def test_a_place_that_is_none_is_no_error(place):
    decided()

    assert len(find(Filters(), before=place).rows) in (0, 1)


def test_what_ran_out_of_time_or_failed_later_is_found_as_that():
    token, _ = create_token("t", by=ANA, now=NOW)
    an_approval(command="slow", deadline_seconds=5)
    expire_approvals(now=later(6))
    approval = an_approval(command="deploy", token=token)
    resolve_approval(approval.pk, status="approved", digest=approval.digest, by=ANA, now=later(7))
    failed = ApprovalStatus.FAILED
    take_back_approval(approval.pk, status=failed, token=token, by="atlas", note="Disk full", now=later(8))

    assert gist(q="deadline") == gist(status="expired") == ["slow"]
    assert gist(q="disk") == gist(status="failed") == ["deploy"]
    assert gist(status="approved") == []


def test_a_text_of_any_size_can_be_decided():
    decided(command="x" * 100_000, description="wort " * 50_000)

    assert len(gist(q="wort")) == 1


def test_an_export_has_everything_that_fits_in_order():
    for number in range(450):
        decided(at=number, command=f"make {number}", status="approved" if number % 3 else "denied")

    rows = list(export_decisions(Filters(status="denied", q="make")))

    assert [row["command"] for row in rows] == [f"make {number}" for number in reversed(range(0, 450, 3))]
    assert rows[0]["waited_seconds"] == 1
    assert rows[0]["resolved_by"] == "ana"


def test_the_index_forgets_what_is_deleted():
    decided(command="make it")
    Decision.objects.all().delete()
    Approval.objects.all().delete()

    assert gist(q="make") == []
    decided(command="make another")
    assert gist(q="make") == ["make another"]
