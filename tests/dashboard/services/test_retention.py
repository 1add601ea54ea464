"""Retention: what is past its time goes, what somebody still needs stays."""

import io
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from dashboard.events import Note
from dashboard.models import Approval, Event, Lease, LogState, Message, Throttle
from dashboard.services.approvals import resolve_approval
from dashboard.services.log import append
from dashboard.services.messages import read_inbox, send_as_operator
from dashboard.services.retention import prune_batch, would_go
from dashboard.services.roster import report_agent
from tests.dashboard.services.makers import ANA, NOW, an_approval

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

LATER = NOW + timedelta(days=31)


def note(text, *, at=NOW):
    with transaction.atomic():
        append(Note(at=int(at.timestamp()), text=text))


def prune(**options):
    out = io.StringIO()
    call_command("prune", stdout=out, **options)
    return out.getvalue().strip()


def test_old_events_go_and_the_floor_says_so():
    note("old")
    note("older still")
    note("young", at=LATER)

    assert prune_batch(now=LATER, keep_days=30) == {"events": 2}
    assert (Event.objects.get().seq, LogState.objects.get().floor) == (3, 2)


def test_a_message_goes_when_it_was_read_and_stays_while_it_waits():
    for name in ("mara", "jo"):
        report_agent(name, changes={}, now=NOW)
    send_as_operator("mara", "for mara", by=ANA, now=NOW)
    send_as_operator("jo", "for jo", by=ANA, now=NOW)
    read_inbox("mara", now=NOW)

    assert prune_batch(now=LATER, keep_days=30)["messages"] == 1
    assert [message.body for message in Message.objects.all()] == ["for jo"]


def test_the_first_message_of_a_conversation_stays_as_long_as_the_conversation():
    report_agent("mara", changes={}, now=NOW)
    first = send_as_operator("mara", "first", by=ANA, now=NOW)
    send_as_operator("mara", "second", by=ANA, now=LATER, reply_to=first.pk)
    read_inbox("mara", now=LATER)

    assert prune_batch(now=LATER, keep_days=30)["messages"] == 0
    assert prune_batch(now=LATER + timedelta(days=31), keep_days=30)["messages"] == 2


def test_what_was_decided_stays_for_ever():
    approval = an_approval()
    resolve_approval(approval.pk, status="approved", digest=approval.digest, by=ANA, now=NOW)

    prune_batch(now=LATER, keep_days=30)

    assert Approval.objects.get().status == "approved"


def test_counters_leases_and_sign_ins_that_ended_go():
    for days in (0, 31):
        moment = NOW + timedelta(days=days)
        Throttle.objects.create(key=f"k{days}", since=moment)
        Lease.objects.create(name=f"process:{days}", owner="x", expires_at=moment + timedelta(seconds=9))
        Session.objects.create(session_key=f"s{days}", expire_date=moment + timedelta(hours=1))

    expected = {"sign-ins": 1, "counters": 1, "leases": 1}
    assert would_go(now=LATER, keep_days=30) == expected
    assert prune_batch(now=LATER, keep_days=30) == expected
    assert would_go(now=LATER, keep_days=30) == {}


def test_the_command_counts_first_if_it_is_told_to_and_then_says_what_went():
    for number in range(3):
        note(str(number), at=timezone.now() - timedelta(days=31))

    assert prune(dry_run=True) == "Would delete 3 events."
    assert Event.objects.count() == 3
    assert prune() == "Deleted 3 events."
    assert prune() == "Deleted nothing: all there is is within its time."
