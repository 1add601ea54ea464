"""The log: gapless, in commit order, silent about what was rolled back."""

import json

import pytest
from django.db import transaction

from dashboard.enums import Source
from dashboard.events import EVENT_KINDS, Note
from dashboard.models import Event
from dashboard.services.errors import Forbidden
from dashboard.services.log import append, grew
from dashboard.services.roster import mark_silent, put_agent, put_session, remove_agent, report_agent
from dashboard.services.tokens import create_token, revoke_token, token_by_text
from tests.dashboard.services.makers import ANA, NOW, later

pytestmark = [pytest.mark.database]


def note(text):
    return Note(at=int(NOW.timestamp()), text=text)


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_even_where_a_transaction_was_rolled_back():
    with transaction.atomic():
        append(note("one"), note("two"))
    with pytest.raises(RuntimeError), transaction.atomic():
        append(note("never"))
        raise RuntimeError
    with transaction.atomic():
        append(note("three"))

    assert [(event.seq, json.loads(event.frame)["text"]) for event in Event.objects.all()] == [
        (1, "one"),
        (2, "two"),
        (3, "three"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_event_is_never_announced():
    heard = []

    def listen(seq, **_):
        heard.append(seq)

    grew.connect(listen)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            append(note("never"))
            raise RuntimeError
        with transaction.atomic():
            append(note("one"), note("two"))
            assert heard == []
    finally:
        grew.disconnect(listen)
    assert heard == [2]


@pytest.mark.django_db(transaction=True)
def test_appending_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError, match="transaction"):
        append(note("alone"))
    assert not Event.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["a\ud800b", "\u202e<script>", "line\u2028", "é" * 5000])
def test_any_text_makes_a_frame_that_every_client_can_decode(text):
    with transaction.atomic():
        append(note(text))

    frame = Event.objects.get().frame
    assert json.loads(frame.encode())["seq"] == 1
    assert "\n" not in frame


def test_every_kind_is_its_own_name_in_the_table():
    assert {kind: event.kind for kind, event in EVENT_KINDS.items()} == {kind: kind for kind in EVENT_KINDS}


@pytest.mark.django_db
def test_a_heartbeat_makes_no_event():
    report_agent("atlas", changes={"state": "working"}, now=NOW)
    report_agent("atlas", changes={"state": "working"}, now=later(5))
    agent = report_agent("atlas", changes={}, now=later(9))

    assert [event.kind for event in Event.objects.all()] == ["agent_changed"]
    assert agent.seen_at == later(9)


@pytest.mark.django_db
def test_who_works_and_says_nothing_becomes_silent_and_a_word_brings_it_back():
    report_agent("atlas", changes={"state": "working"}, now=NOW)
    report_agent("dove", changes={"state": "idle"}, now=NOW)

    assert [mark_silent(now=later(seconds), after=600) for seconds in (599, 601, 700)] == [0, 1, 0]
    assert report_agent("atlas", changes={}, now=later(800)).silent is False
    changed = [json.loads(event.frame)["agent"] for event in Event.objects.filter(agent="atlas")]
    assert [row["silent"] for row in changed] == [False, True, False]


@pytest.mark.django_db
def test_an_agent_taken_off_the_roster_comes_back_with_its_next_word():
    report_agent("atlas", changes={}, now=NOW)
    remove_agent("atlas", by=ANA, reason="moved", now=later(1))
    agent = report_agent("atlas", changes={}, now=later(2))

    kinds = [event.kind for event in Event.objects.all()]
    assert kinds == ["agent_changed", "agent_removed", "command_issued", "command_resolved", "agent_changed"]
    assert agent.removed_at is None


@pytest.mark.django_db
def test_a_session_belongs_to_the_token_that_first_named_it():
    mine, _ = create_token("mine", by=ANA, now=NOW)
    other, _ = create_token("other", by=ANA, now=NOW)
    with transaction.atomic():
        agent, _ = put_agent("atlas", now=NOW, seen_by="hook")
        put_session(agent, Source.CLAUDE, "s1", token=mine, now=NOW)

        with pytest.raises(Forbidden):
            put_session(agent, Source.CLAUDE, "s1", token=other, now=later(1))


@pytest.mark.django_db
def test_a_token_is_kept_as_a_hash_and_refused_once_revoked():
    token, text = create_token("hel 2/ana", by=ANA, now=NOW)

    assert (text in str(vars(token)), token.host) == (False, "hel-2-ana")
    assert token_by_text(text, now=later(1)) == token
    revoke_token(token.pk, by=ANA, reason="lost", now=later(2))
    assert token_by_text(text, now=later(3)) is None
