"""Pages of messages, questions between agents, one agent, one session."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.enums import TransientOutcome
from dashboard.models import Agent, AgentSession, Command, Message, Reminder, Transient
from dashboard.services.actor import Actor
from dashboard.services.approvals import resolve_approval
from dashboard.services.messages import send_as_operator, send_message
from dashboard.services.reminders import add_reminder
from dashboard.services.tokens import create_token
from dashboard.services.transients import begin_transient, end_transient
from dashboard.templatetags.console import session_url
from tests.dashboard.services.makers import ANA, a_question, an_approval

pytestmark = pytest.mark.database


@pytest.fixture
def token(transactional_db):
    return create_token("t", by=Actor("command line"), now=timezone.now())[0]


def an_agent(name: str, **fields) -> Agent:
    moment = timezone.now()
    return Agent.objects.create(name=name, created_at=moment, seen_at=moment, seen_by="api", **fields)


def a_session(agent: Agent, external_id: str, source: str = "claude", **fields) -> AgentSession:
    moment = timezone.now()
    rest = {"started_at": moment, "seen_at": moment, "state": "working"} | fields
    return AgentSession.objects.create(agent=agent, source=source, external_id=external_id, **rest)


def said(answer) -> list[str]:
    return [row.body for row, *_ in answer.context["flow"]]


def test_messages_are_filtered_by_sender_recipient_and_whether_they_were_read(ana, token):
    an_agent("moss")
    now = timezone.now()
    send_message("atlas", "moss", "to moss", token=token, now=now)
    send_message("atlas", "operator", "to you", token=token, now=now)
    send_as_operator("*", "to all", by=ANA, now=now)

    assert said(ana.get("/messages/")) == ["to all", "to you", "to moss"]
    assert said(ana.get("/messages/?from=atlas&to=moss")) == ["to moss"]
    assert said(ana.get("/messages/?show=unread")) == ["to you"]
    assert said(ana.get("/messages/?show=waiting")) == ["to all", "to moss"]
    assert said(ana.get("/messages/?show=mine")) == ["to all", "to you"]
    assert said(ana.get("/messages/?to=*")) == ["to all"]


def test_an_operator_answers_in_the_thread(ana, token):
    first = send_message("atlas", "operator", "Shall I?", token=token, now=timezone.now())

    answer = ana.post("/messages/send/", {"to": "atlas", "body": "Yes <b>", "reply_to": first.pk, "thread": first.pk})
    page = ana.get(answer["Location"])

    assert (answer.status_code, answer["Location"]) == (303, f"/messages/?thread={first.pk}")
    assert [row.body for row, _ in page.context["conversation"]] == ["Shall I?", "Yes <b>"]
    assert "Yes &lt;b&gt;" in page.text
    assert Message.objects.get(body="Yes <b>").actor == "ana"


@pytest.mark.parametrize("form", [{"to": "nobody", "body": "x"}, {"to": "atlas", "body": " "}, {"to": "", "body": "x"}])
def test_what_cannot_be_sent_is_said_and_nothing_is_sent(ana, form):
    an_agent("atlas")

    page = ana.post("/messages/send/", form, follow=True)

    assert "notice broken" in page.text
    assert Message.objects.count() == 0


def test_the_inbox_is_marked_read_and_the_count_beside_the_navigation_goes(ana, token):
    send_message("atlas", "operator", "Hello", token=token, now=timezone.now())
    assert "1 unread" in ana.get("/").text

    ana.post("/messages/read/")

    assert "unread</b>" not in ana.get("/").text


def test_an_operator_cancels_a_reminder_of_an_agent(ana, token):
    now = timezone.now()
    one = add_reminder("atlas", "look again", due_at=now + timedelta(hours=1), token=token, now=now)

    ana.post(f"/reminders/{one.pk}/cancel/")

    assert Reminder.objects.values_list("status", "resolved_by").get() == ("cancelled", "ana")
    assert "look again" not in ana.get("/messages/").text


def test_whoever_may_only_look_writes_nothing(tom, token):
    an_agent("atlas")
    answers = [tom.post(path, {"to": "atlas", "body": "x", "reason": "x"}) for path in (
        "/messages/send/", "/messages/read/", "/reminders/1/cancel/", "/agents/atlas/remove/"
    )]  # fmt: skip

    assert [answer.status_code for answer in answers] == [403, 403, 403, 403]
    assert "<textarea" not in tom.get("/messages/").text


def test_a_question_between_agents_is_listed_and_says_who_was_asked(ana):
    an_agent("moss")
    peer = a_question(text="Whose file?", target="moss", now=timezone.now())
    own = a_question(text="Which rule?", now=timezone.now())

    def listed(query):
        return [card.ask.pk for card in ana.get(f"/questions/{query}").context["rows"]]

    assert listed("") == [own.pk, peer.pk]
    assert (listed("?of=peer"), listed("?of=operator&open=1")) == ([peer.pk], [own.pk])
    assert "in the place of moss" in ana.get(f"/questions/{peer.pk}/").text


def test_decisions_are_found_by_words_door_and_agent(ana):
    for agent, command in (("atlas", "make deploy"), ("moss", "make test")):
        row = an_approval(agent=agent, command=command)
        resolve_approval(row.pk, status="approved", digest=row.digest, by=ANA, now=timezone.now())

    def found(query):
        return [one.ask.command for one, _ in ana.get(f"/decisions/?{query}").context["rows"]]

    assert found("q=depl") == ["make deploy"]
    assert found("agent=moss&door=web&by=ana") == ["make test"]
    assert found("risk=critical") == []
    assert "export.csv?q=depl" in ana.get("/decisions/?q=depl").text


def test_an_action_under_way_ticks_on_the_roster_and_a_failed_one_is_shown_as_such(ana, token):
    now = timezone.now()
    begin_transient("atlas", "restarting", token=token, now=now)
    assert 'class="transient">restarting <time' in ana.get("/").text

    end_transient("atlas", outcome=TransientOutcome.FAILED, error="no disk", token=token, now=now)

    assert "restarting failed" in ana.get("/agents/").text
    assert "no disk" in ana.get("/agents/atlas/").text


def test_an_agent_has_a_page_with_what_is_open_for_it(ana, token):
    now = timezone.now()
    an_approval(command="make deploy", now=now)
    add_reminder("atlas", "look again", due_at=now + timedelta(hours=1), token=token, now=now)
    send_message("atlas", "operator", "Hello <i>", token=token, now=now)
    a_session(Agent.objects.get(name="atlas"), "s/1 'x'")

    text = ana.get("/agents/atlas/").text

    for words in ("make deploy", "look again", "Hello &lt;i&gt;", "/sessions/s%2F1%20%27x%27/"):
        assert words in text
    assert ana.get("/agents/nobody/").status_code == 404


def test_an_agent_is_taken_off_the_roster_only_with_a_reason(ana):
    an_agent("atlas")

    ana.post("/agents/atlas/remove/", {"reason": " "})
    assert Command.objects.count() == 0
    ana.post("/agents/atlas/remove/", {"reason": "retired"})

    assert Command.objects.values_list("verb", "reason", "operator").get() == ("remove", "retired", "ana")
    assert "off the roster" in ana.get("/agents/atlas/").text


@pytest.mark.parametrize("external_id", ["plain", "a/b/c", "quote'\"", "with blank", "ends/", "50%", "q?x#y", "ü"])
def test_a_session_is_reached_by_its_own_id(ana, external_id):
    a_session(an_agent("atlas"), external_id, title="<b>title")

    for address in (session_url(external_id), session_url(external_id)[:-1]):
        page = ana.get(address)
        assert page.context["session"].external_id == external_id
    assert "&lt;b&gt;title" in page.text


def test_an_ambiguous_id_gives_a_list_to_choose_from(ana):
    agent = an_agent("atlas")
    a_session(agent, "s-1", "claude")
    a_session(agent, "s-1", "api")

    page = ana.get("/sessions/s-1/")

    assert [row.source for row, *_ in page.context["rows"]] == ["api", "claude"]
    assert ana.get("/sessions/s-1/?source=api").context["session"].source == "api"


def test_activity_shows_the_kinds_that_the_address_asks_for(ana, token):
    now = timezone.now()
    an_approval(now=now)
    send_message("atlas", "operator", "Hello", token=token, now=now)

    def told(show):
        return [str(line.sentence) for line in ana.get(f"/now/activity/?show={show}").context["lines"]]

    assert [len(told(show)) for show in ("", "decisions", "messages", "lifecycle", "nonsense")] == [4, 1, 1, 2, 4]


def furnish(token, count: int) -> None:
    now = timezone.now()
    for number in range(count):
        agent = an_agent(f"a{number}")
        Transient.objects.create(
            agent=agent, transient_kind="starting", since=now, gives_up_at=now + timedelta(hours=1)
        )
        Reminder.objects.create(agent=agent, message="x", due_at=now + timedelta(hours=1), created_at=now)
    atlas = Agent.objects.get(name="a0")
    Agent.objects.filter(name="moss").exists() or an_agent("moss")
    for number in range(count):
        a_session(atlas, f"s-{number}")
    for number in range(min(count, 60)):
        send_message("a0", "*", f"m{number}", token=token, now=now)
        an_approval(agent="a0", command=f"make n{number}", now=now)
        a_question(asker="a0", text=f"n{number}?", target="moss", now=now)


@pytest.mark.parametrize("path", ["/", "/messages/", "/questions/", "/agents/", "/agents/a0/", "/sessions/s-0/"])
def test_a_page_costs_the_same_queries_with_one_row_and_with_300(ana, token, path):
    furnish(token, 1)
    ana.get(path)
    with CaptureQueriesContext(connection) as one:
        ana.get(path)
    for noun in (Transient, Reminder):
        noun.objects.all().delete()
    AgentSession.objects.all().delete()
    Agent.objects.filter(name="a0").update(name="old")
    furnish(token, 300)
    with CaptureQueriesContext(connection) as many:
        ana.get(path)
    assert len(many) == len(one)
