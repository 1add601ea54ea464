"""Messages, reminders, lifecycle actions and loose ends."""

import json
from datetime import timedelta

import pytest

from dashboard.enums import TransientOutcome
from dashboard.models import Agent, Event, Message
from dashboard.selectors.queue import peer_questions, queue
from dashboard.selectors.traffic import loose_ends, messages, unread_of
from dashboard.services.approvals import resolve_approval
from dashboard.services.errors import Forbidden, Invalid, NotFound
from dashboard.services.messages import read_inbox, send_as_operator, send_message
from dashboard.services.questions import answer_as_peer, answer_question
from dashboard.services.reminders import add_reminder, cancel_reminder, deliver_reminders
from dashboard.services.roster import report_agent
from dashboard.services.tokens import create_token
from dashboard.services.transients import begin_transient, end_transient, give_up_transients
from tests.dashboard.services.makers import ANA, NOW, a_question, an_approval, later

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def token():
    return create_token("hel-2", by=ANA, now=NOW)[0]


@pytest.fixture
def fleet():
    for name in ("atlas", "scribe", "morrow"):
        report_agent(name, changes={}, now=NOW)


def kinds():
    return list(Event.objects.values_list("kind", flat=True))


def test_a_message_is_delivered_once_when_its_recipient_reads(fleet, token):
    send_message("atlas", "scribe", "the draft is in docs/", token=token, now=NOW)

    first = [message.body for message in read_inbox("scribe", now=later(1))]
    again = read_inbox("scribe", now=later(2))

    assert (first, again) == (["the draft is in docs/"], [])
    assert kinds()[-2:] == ["sent", "delivered"]


def test_a_message_to_everyone_reaches_every_inbox_but_the_senders(fleet, token):
    send_message("morrow", "*", "freeze main until 15:00", token=token, now=NOW)

    assert {name: unread_of(name) for name in ("atlas", "scribe", "morrow")} == {"atlas": 1, "scribe": 1, "morrow": 0}


def test_answers_make_a_thread(fleet, token):
    first = send_as_operator("scribe", "which rule?", by=ANA, now=NOW)
    second = send_message("scribe", "operator", "the old one", token=token, now=later(1), reply_to=first.pk)
    third = send_as_operator("scribe", "fine", by=ANA, now=later(2), reply_to=second.pk)

    assert [message.pk for message in messages(thread=first.pk)] == [third.pk, second.pk, first.pk]
    assert (first.actor, first.sender) == ("ana", "operator")


def test_nobody_answers_what_is_not_theirs(fleet, token):
    private = send_as_operator("scribe", "between us", by=ANA, now=NOW)

    with pytest.raises(NotFound):
        send_message("atlas", "operator", "I heard", token=token, now=later(1), reply_to=private.pk)


@pytest.mark.parametrize(("recipient", "body", "refusal"), [("nobody", "x", NotFound), ("scribe", " ", Invalid)])
def test_a_message_needs_a_reader_and_a_text(fleet, token, recipient, body, refusal):
    with pytest.raises(refusal):
        send_message("atlas", recipient, body, token=token, now=NOW)
    assert not Message.objects.exists()


def test_a_token_speaks_for_its_own_agents_only(fleet):
    mine, _ = create_token("mine", by=ANA, now=NOW, agents=["atlas"])

    for sender in ("scribe", "operator", "system"):
        with pytest.raises(Forbidden):
            send_message(sender, "atlas", "x", token=mine, now=NOW)


def test_who_asked_by_the_api_reads_in_its_inbox_how_it_ended():
    approval, question = an_approval(), a_question()
    resolve_approval(approval.pk, status="denied", digest=approval.digest, by=ANA, now=later(5), note="not today")
    answer_question(question.pk, answers={"Which rule?": "this"}, by=ANA, now=later(6))

    told = [message.body for name in ("atlas", "scribe") for message in read_inbox(name, now=later(7))]
    assert told == [
        f"Your request #{approval.pk} “make deploy” was denied by ana. not today",
        f"Your question #{question.pk} “Which rule?” was answered by ana: this",
    ]


def test_a_reminder_arrives_once_when_it_is_due(token):
    add_reminder("scribe", "close the month", due_at=later(60), token=token, now=NOW)

    assert [deliver_reminders(now=later(seconds)) for seconds in (59, 60, 61)] == [0, 1, 0]
    assert [message.body for message in read_inbox("scribe", now=later(62))] == ["Reminder: close the month"]


def test_a_cancelled_reminder_never_arrives(token):
    reminder = add_reminder("scribe", "close the month", due_at=later(60), token=token, now=NOW)

    cancel_reminder(reminder.pk, by="ana", now=later(1))
    cancel_reminder(reminder.pk, by="ana", now=later(2))

    assert deliver_reminders(now=later(61)) == 0
    assert kinds().count("reminder_resolved") == 1


def test_a_lifecycle_action_ends_with_its_outcome(token):
    begin_transient("ledger", "rebuilding", token=token, now=NOW)
    end_transient("ledger", outcome=TransientOutcome.FAILED, token=token, now=later(9), error="no space")

    frame = json.loads(Event.objects.filter(kind="transient_cleared").get().frame)
    assert (frame["name"], frame["outcome"], frame["error"]) == ("ledger", "failed", "no space")
    with pytest.raises(NotFound):
        end_transient("ledger", outcome=TransientOutcome.OK, token=token, now=later(10))


def test_the_next_action_supersedes_and_after_a_restart_the_agent_is_told(token):
    begin_transient("ledger", "stopping", token=token, now=NOW)
    begin_transient("ledger", "restarting", token=token, now=later(1))
    end_transient("ledger", outcome=TransientOutcome.OK, token=token, now=later(2))

    outcomes = [json.loads(event.frame)["outcome"] for event in Event.objects.filter(kind="transient_cleared")]
    assert outcomes == ["superseded", "ok"]
    assert [message.body for message in read_inbox("ledger", now=later(3))] == ["You were restarted."]


def test_an_action_whose_end_nobody_reports_does_not_spin_for_ever(token):
    begin_transient("ledger", "rebuilding", token=token, now=NOW, timeout=timedelta(minutes=5))

    assert [give_up_transients(now=later(seconds)) for seconds in (299, 300, 301)] == [0, 1, 0]


def test_a_question_to_a_peer_is_not_the_operators_but_an_operator_may_answer(fleet):
    mine, _ = create_token("mine", by=ANA, now=NOW, agents=["scribe"])
    other, _ = create_token("other", by=ANA, now=NOW, agents=["morrow"])
    by_peer, by_operator = (a_question(asker="atlas", target="scribe", now=later(n)) for n in (0, 1))

    assert queue() == []
    assert [question.pk for question in peer_questions()] == [by_peer.pk, by_operator.pk]
    with pytest.raises(Forbidden):
        answer_as_peer(by_peer.pk, answers={"Which rule?": "this"}, token=other, now=later(2))
    answered = answer_as_peer(by_peer.pk, answers={"Which rule?": "this"}, token=mine, now=later(2))
    overridden = answer_question(by_operator.pk, answers={"Which rule?": "that"}, by=ANA, now=later(3))
    assert (answered.resolved_by, overridden.resolved_by) == ("scribe", "ana")


def test_no_token_answers_for_the_operator():
    question = a_question()
    token, _ = create_token("any", by=ANA, now=NOW)

    with pytest.raises(Forbidden):
        answer_as_peer(question.pk, answers={"Which rule?": "this"}, token=token, now=later(1))


def test_loose_ends_are_what_is_open_and_a_manager_sees_its_childrens(fleet, token):
    report_agent("atlas", changes={}, parent="morrow", now=NOW)
    an_approval(agent="atlas", now=later(1))
    a_question(asker="morrow", now=later(2))
    add_reminder("atlas", "later", due_at=later(600), token=token, now=later(3))

    ends = [end.as_json(later(10)) for end in loose_ends(Agent.objects.get(name="morrow"))]
    assert [(end["kind"], end["age_seconds"]) for end in ends] == [("reminder", 7), ("question", 8), ("approval", 9)]
    assert [end.kind for end in loose_ends(Agent.objects.get(name="scribe"))] == []


def test_a_reminder_says_how_many_secrets_were_cut_out(token):
    reminder = add_reminder(
        "scribe", "rotate ghp_0123456789abcdefghijABCDEFGHIJ012345", due_at=later(60), token=token, now=NOW
    )

    assert ("ghp_" in reminder.message, reminder.redacted) == (False, 1)
