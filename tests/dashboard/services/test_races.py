"""Fifty at once: one wins, who says the same is told the same, everybody else learns who was first."""

import random
import threading
from collections import Counter
from functools import partial

import pytest
from django.db import connections

from dashboard.models import Approval, Event, Question
from dashboard.services.actor import Actor
from dashboard.services.approvals import expire_approvals, resolve_approval
from dashboard.services.errors import AlreadyResolved
from dashboard.services.questions import answer_question
from tests.dashboard.services.makers import NOW, a_question, an_approval, later

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

CROWD = 50


def all_at_once(*calls):
    """Call everything at the same moment, each in a thread of its own; return results and refusals."""
    gate, outcomes = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number, call):
        gate.wait()
        try:
            outcomes[number] = call()
        except AlreadyResolved as refused:
            outcomes[number] = refused
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def test_of_fifty_who_decide_at_once_one_wins_and_the_others_learn_who():
    approval = an_approval()
    chance = random.Random(50)
    verdicts = [chance.choice(["approved", "denied"]) for _ in range(CROWD)]

    def decide(by, status):
        return resolve_approval(approval.pk, status=status, digest=approval.digest, by=by, now=later(1))

    outcomes = all_at_once(
        *(partial(decide, Actor(f"person-{number}"), status) for number, status in enumerate(verdicts))
    )

    row = Approval.objects.get()
    winner = int(row.resolved_by.removeprefix("person-"))
    assert row.status == verdicts[winner]
    for verdict, outcome in zip(verdicts, outcomes, strict=True):
        if verdict == row.status:
            assert (outcome.status, outcome.resolved_by, outcome.resolved_at) == (
                row.status,
                row.resolved_by,
                row.resolved_at,
            )
        else:
            assert isinstance(outcome, AlreadyResolved)
            assert row.resolved_by in outcome.message
    assert Counter(Event.objects.values_list("kind", flat=True))["approval_resolved"] == 1


def test_of_a_person_and_the_deadline_only_one_wins():
    approval = an_approval(deadline_seconds=10)

    def decide():
        return resolve_approval(approval.pk, status="approved", digest=approval.digest, by=Actor("ana"), now=later(9))

    decided, *expired = all_at_once(decide, *[lambda: expire_approvals(now=later(11))] * 10)

    row = Approval.objects.get()
    if isinstance(decided, AlreadyResolved):
        assert (row.status, row.resolved_by, sum(expired)) == ("expired", "deadline", 1)
    else:
        assert (row.status, row.resolved_by, sum(expired)) == ("approved", "ana", 0)
    assert Event.objects.filter(kind="approval_resolved").count() == 1


def test_of_fifty_who_answer_at_once_one_wins():
    question = a_question()

    def reply(by, answer):
        return answer_question(question.pk, answers={"Which rule?": answer}, by=by, now=NOW)

    outcomes = all_at_once(
        *(
            partial(reply, Actor(f"person-{number}"), answer)
            for number, answer in enumerate(["this", "that"] * (CROWD // 2))
        )
    )

    row = Question.objects.get()
    refused = [outcome for outcome in outcomes if isinstance(outcome, AlreadyResolved)]
    assert len(refused) == CROWD // 2
    assert {outcome.answer for outcome in outcomes if outcome not in refused} == {row.answer}
    assert Event.objects.filter(kind="question_resolved").count() == 1
