"""The palette's answers: what a few letters find, and what looking costs."""

import json

import pytest
from django.db import transaction
from django.urls import reverse

from dashboard.enums import Source
from dashboard.selectors.palette import EACH
from dashboard.services.approvals import resolve_approval
from dashboard.services.log import append
from dashboard.services.roster import put_agent, put_session
from tests.dashboard.services.makers import LENA, NOW, a_question, an_approval


def found(client, query=""):
    """The rows by the name of their group, each as its label."""
    answer = json.loads(client.get(reverse("dashboard:palette"), {"q": query}).content)
    return {group["name"]: [row["label"] for row in group["rows"]] for group in answer["groups"]}


def rows(client, query):
    answer = json.loads(client.get(reverse("dashboard:palette"), {"q": query}).content)
    return [row for group in answer["groups"] for row in group["rows"]]


def an_agent(name, **session):
    with transaction.atomic(durable=True):
        agent, events = put_agent(name, now=NOW, seen_by="hook", changes={"status_text": "reads the ledger"})
        if session:
            state = {"state": "working", "title": session["title"]}
            events += put_session(agent, Source.CLAUDE, session["id"], token=None, now=NOW, changes=state)[1]
        append(*events)


def test_without_a_word_it_offers_what_waits_the_pages_and_the_actions(ana):
    an_approval(agent="atlas")
    a_question(asker="scribe")

    groups = found(ana)

    assert groups["Waiting for you"] == ["atlas", "scribe"]
    assert {"Now", "Agents", "Sessions", "Decisions"} <= set(groups["Pages"])
    assert {"Light or dark", "Sign out"} <= set(groups["Actions"])
    assert "Agents" not in groups


def test_who_only_looks_is_offered_no_order(ana, tom):
    assert ("Mark all messages read" in found(ana)["Actions"], found(tom)["Actions"][-1]) == (True, "Sign out")
    assert "Mark all messages read" not in found(tom)["Actions"]


def test_a_word_finds_agents_sessions_asks_and_pages(ana):
    an_approval(agent="atlas", command="make ledger")
    an_agent("ledger-keeper", id="5f2c", title="Close the ledger")
    an_agent("moss")

    groups = found(ana, "LEDGER")

    assert groups["Waiting for you"] == ["atlas"]
    assert groups["Agents"] == ["ledger-keeper", "moss"]
    assert groups["Sessions"] == ["Close the ledger"]
    assert "Pages" not in groups


def test_a_number_finds_its_ask_also_after_the_end(ana):
    approval = an_approval(agent="atlas")
    resolve_approval(approval.pk, status="denied", digest=approval.digest, by=LENA, now=NOW, note="no")

    [row] = [row for row in rows(ana, f"#{approval.pk}") if row["label"] == "atlas"]

    assert (row["href"], row["word"]) == (reverse("dashboard:queue-item", args=[approval.pk]), "denied")


@pytest.mark.parametrize("query", ["%", "_", "'", "#99999999999999999999", "\x00", "\u202e", "x" * 900, "#²"])
def test_odd_letters_are_only_letters(ana, query):
    an_approval()

    assert ana.get(reverse("dashboard:palette"), {"q": query}).status_code == 200


def test_hostile_names_arrive_as_text_in_which_nothing_hides(ana):
    an_approval(agent="atlas", command="echo <b>\u202e</b>", approval_kind="command")

    [row] = [row for row in rows(ana, "echo") if row["label"] == "atlas"]

    assert "<b>\\u202e</b>" in row["detail"]


@pytest.mark.parametrize("count", [1, 30])
def test_looking_costs_the_same_and_shows_a_few_however_many_there_are(ana, django_assert_num_queries, count):
    for number in range(count):
        an_agent(f"wren-{number}", id=f"wren-{number}", title=f"wren {number}")
        an_approval(agent=f"wren-{number}", command=f"make {number}")
    with django_assert_num_queries(7):  # three for who is asking
        groups = found(ana, "wren")

    expected = min(count, EACH)
    assert [len(groups[name]) for name in ("Waiting for you", "Agents", "Sessions")] == [expected] * 3
