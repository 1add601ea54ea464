"""Now and the lists: what they say when empty, what they cost when full, and that a part is the same template."""

import json

import pytest
from django.db import transaction
from django.urls import reverse

from dashboard.enums import Source
from dashboard.events import EVENT_KINDS
from dashboard.models import Event
from dashboard.selectors.log import latest_events, log_head
from dashboard.services.approvals import resolve_approval
from dashboard.services.log import append
from dashboard.services.roster import put_agent, put_session
from dashboard.views.activity import KINDS, activity_line
from tests.dashboard.services.makers import LENA, NOW, a_question, an_approval, later

PAGES = ("now", "decisions", "sessions", "agents")
PART = {"HTTP_HX_REQUEST": "true"}


def an_agent(name, *, session="", now=NOW, **changes):
    with transaction.atomic(durable=True):
        agent, events = put_agent(name, now=now, seen_by="hook", changes=changes)
        if session:
            state = {"state": changes.get("state", "working"), "cwd": "/srv/app"}
            events += put_session(agent, Source.CLAUDE, session, token=None, now=now, changes=state)[1]
        append(*events)
    return agent


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_page_names_the_command_that_fills_it(ana, name):
    assert "manage.py connect claude-code" in ana.get(reverse(f"dashboard:{name}")).content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_stamped_with_the_log_it_was_read_at(ana, name):
    an_approval()
    head = log_head()

    text = ana.get(reverse(f"dashboard:{name}")).content.decode()

    assert f'data-seq="{head.seq}" data-epoch="{head.epoch}"' in text


@pytest.mark.parametrize(
    ("name", "part"),
    [("now-queue", "queue"), ("now-roster", "roster"), ("now-activity", "activity"), ("nav", "nav"),
     ("decisions", "decisions"), ("sessions", "sessions"), ("agents", "roster")],
)  # fmt: skip
def test_a_part_is_what_the_page_shows_without_the_page_around_it(ana, name, part):
    an_approval()

    text = ana.get(reverse(f"dashboard:{name}"), **PART).content.decode()

    assert f'data-part="{part}"' in text
    assert "<html" not in text


def test_the_first_ask_stands_open_on_the_page_and_none_in_the_part(ana):
    an_approval()

    assert ana.get("/").content.decode().count("data-card open") == 1
    assert "data-card open" not in ana.get(reverse("dashboard:now-queue"), **PART).content.decode()


def test_the_number_that_waits_stands_in_title_and_navigation(ana):
    an_approval()
    a_question()

    text = ana.get("/agents").content.decode()

    assert "<title>(2) Agents · Perspt</title>" in text
    assert 'data-open="2"' in text


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize(("name", "queries"), [("now", 18), ("decisions", 10), ("sessions", 10), ("agents", 13)])
def test_a_page_costs_the_same_however_much_it_shows(ana, django_assert_num_queries, name, queries, rows):
    for number in range(rows):
        an_agent(f"agent-{number}", session=f"s-{number}")
        an_approval(command=f"make {number}", agent=f"agent-{number}")
        a_question(asker=f"agent-{number}")
        done = an_approval(command=f"ls {number}", agent=f"agent-{number}")
        resolve_approval(done.pk, status="approved", digest=done.digest, by=LENA, now=later(5))

    with django_assert_num_queries(queries):
        assert ana.get(reverse(f"dashboard:{name}")).status_code == 200


def test_decisions_are_filtered_by_outcome_in_the_address(ana):
    for command, status in (("make a", "approved"), ("make b", "denied")):
        row = an_approval(command=command)
        resolve_approval(row.pk, status=status, digest=row.digest, by=LENA, note="because", now=later(5))

    text = ana.get("/decisions/?status=denied").content.decode()

    assert "make b" in text
    assert "make a" not in text


def test_decisions_are_paged_by_key_and_none_is_skipped(ana, monkeypatch):
    monkeypatch.setattr("dashboard.views.lists.PAGE", 2)
    for number in range(5):
        row = an_approval(command=f"make n{number}")
        resolve_approval(row.pk, status="approved", digest=row.digest, by=LENA, now=later(number // 2))
    found, address = [], "/decisions/"
    while address:
        context = ana.get(address).context
        found += [one.ask.command for one, _ in context["rows"]]
        address = f"/decisions/{context['older']}" if context["older"] else ""

    assert found == [f"make n{number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("key", ["nonsense", "1-", "-1", "9" * 39 + "-1", "1-99999999999999999999"])
def test_a_key_that_is_none_does_no_harm(ana, key):
    assert ana.get(f"/decisions/?before={key}").status_code == 200
    assert ana.get(f"/sessions/?before={key}").status_code == 200


def test_sessions_are_filtered_by_agent_and_state(ana):
    an_agent("quill", session="s-1", state="working")
    an_agent("moss", session="s-2", state="idle")

    assert [row.external_id for row, *_ in ana.get("/sessions/?agent=moss").context["rows"]] == ["s-2"]
    assert [row.external_id for row, *_ in ana.get("/sessions/?state=working").context["rows"]] == ["s-1"]


def test_an_agent_stands_below_the_mark_of_its_state_with_source_and_age(ana):
    an_agent("quill", state="working", status_text="Edit <b>docs</b>")

    text = ana.get("/").content.decode()

    assert 'data-live="agent:quill:state" data-value="working running">working</span>' in text
    assert "Edit &lt;b&gt;docs&lt;/b&gt;" in text


def test_every_kind_of_the_feed_that_is_told_has_words_for_its_frame():
    assert set(EVENT_KINDS) >= KINDS


def test_the_feed_tells_what_happened_as_text(ana):
    row = an_approval()
    resolve_approval(row.pk, status="denied", digest=row.digest, by=LENA, note="<i>no</i>", now=later(5))

    lines = [activity_line(event) for event in reversed(latest_events(kinds=KINDS))]

    assert [line.mark for line in lines] == ["needs", "broken"]
    assert "&lt;i&gt;no&lt;/i&gt;" in lines[1].sentence
    assert "<b>lena</b> denied" in lines[1].sentence


def test_nobody_sees_a_page_without_signing_in(client, transactional_db):
    for name in PAGES:
        assert client.get(reverse(f"dashboard:{name}")).status_code in (302, 401)


def test_no_page_holds_a_script_a_style_or_a_handler_of_its_own(ana):
    an_approval(diff="--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")
    a_question()
    for name in PAGES:
        text = ana.get(reverse(f"dashboard:{name}")).content.decode().lower()
        assert "style=" not in text
        assert "<style" not in text
        assert "onclick" not in text
        assert all("src=" in script for script in text.split("<script")[1:])


def test_the_words_for_unknown_statuses_never_say_that_something_waits(ana):
    row = an_approval()
    type(row).objects.filter(pk=row.pk).update(status="parked", resolved_by="x", resolved_at=later(5))

    text = ana.get(reverse("dashboard:queue-item", args=[row.pk])).content.decode()

    assert 'data-state="unknown">parked' in text
    assert 'name="verdict"' not in text
    assert json.loads(Event.objects.last().frame)["kind"] == "approval_added"


def test_a_long_queue_carries_diffs_only_near_its_head(ana, monkeypatch):
    monkeypatch.setattr("dashboard.views.now.FULL", 2)
    for number in range(4):
        an_approval(approval_kind="edit", command=f"n{number}", diff="--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")

    text = ana.get(reverse("dashboard:now-queue"), **PART).content.decode()

    assert text.count('<figure class="diff">') == 2
    assert text.count("Open in full to decide") == 2
