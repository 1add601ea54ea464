"""Messages, reminders, lifecycle actions, loose ends, and answers between agents, as machines and people call them."""

import time

import pytest
from django.utils import timezone

from dashboard.api import rows
from dashboard.models import Delivery, Event, Message
from dashboard.services.reminders import deliver_reminders
from tests.dashboard.api.conftest import Machine

pytestmark = pytest.mark.database


@pytest.fixture
def fleet(machine):
    for name in ("atlas", "scribe", "morrow"):
        machine.call("PUT", f"/api/v1/agents/{name}")


def write(who, to="scribe", body="the draft is in docs/", **fields):
    return who.call("POST", "/api/v1/messages", to=to, body=body, **fields)


def bodies(answer):
    return [message["body"] for message in answer.json()["messages"]]


def test_an_agent_writes_and_another_reads_once(fleet, machine):
    sent = write(machine, **{"from": "atlas"})

    inbox = machine.get("/api/v1/agents/scribe/inbox")

    assert sent.status_code == 201
    assert inbox.json()["messages"] == [sent.json()]
    assert bodies(machine.get("/api/v1/agents/scribe/inbox")) == []
    assert (sent.json()["from"], sent.json()["to"], sent.json()["actor"]) == ("atlas", "scribe", None)
    assert list(Event.objects.values_list("kind", flat=True))[-2:] == ["sent", "delivered"]


def test_an_inbox_gives_no_more_than_asked_for_and_the_rest_later(fleet, machine):
    for number in range(5):
        write(machine, body=str(number), **{"from": "atlas"})

    first = machine.get("/api/v1/agents/scribe/inbox", limit=2)
    rest = machine.get("/api/v1/agents/scribe/inbox")

    assert (bodies(first), bodies(rest)) == (["0", "1"], ["2", "3", "4"])


def test_a_message_to_all_is_in_each_inbox_but_the_senders(fleet, machine, ana):
    write(machine, to="*", body="freeze", **{"from": "morrow"})
    write(ana, to="*", body="thaw")

    assert bodies(machine.get("/api/v1/agents/atlas/inbox")) == ["freeze", "thaw"]
    assert bodies(machine.get("/api/v1/agents/morrow/inbox")) == ["thaw"]


def test_the_operator_writes_and_who_it_was_is_kept(fleet, machine, ana):
    asked = write(ana, body="which rule?").json()
    write(machine, to="operator", body="the old one", reply_to=asked["id"], **{"from": "scribe"})

    inbox = ana.get("/api/v1/inbox").json()["messages"]
    thread = ana.get("/api/v1/messages", thread=asked["id"])

    assert (asked["from"], asked["actor"]) == ("operator", "ana")
    assert [(row["body"], row["reply_to"], row["thread"]) for row in inbox] == [
        ("the old one", asked["id"], asked["id"])
    ]
    assert bodies(thread) == ["the old one", "which rule?"]
    assert bodies(ana.get("/api/v1/inbox")) == ["the old one"]  # looking marks nothing
    assert ana.call("POST", "/api/v1/inbox/read").json() == {"read": 1}
    assert bodies(ana.get("/api/v1/inbox")) == []


def test_all_messages_are_listed_newest_first_filtered_and_paged(fleet, machine, ana, observer):
    for number in range(5):
        write(machine, body=str(number), **{"from": "atlas"})
    write(machine, to="morrow", body="other", **{"from": "scribe"})

    newest = ana.get("/api/v1/messages", limit=4).json()
    older = ana.get("/api/v1/messages", limit=4, before=newest["next"]).json()

    assert [row["body"] for row in newest["messages"] + older["messages"]] == ["other", "4", "3", "2", "1", "0"]
    assert older["next"] is None
    assert bodies(observer.get("/api/v1/messages", **{"from": "scribe"})) == ["other"]
    assert bodies(ana.get("/api/v1/messages", to="scribe", limit=1)) == ["4"]


def test_nobody_reads_or_writes_for_another(fleet, machine, bound, ana, observer):
    write(machine, **{"from": "atlas"})
    write(machine, to="operator", **{"from": "atlas"})

    for refused in (
        bound.get("/api/v1/agents/scribe/inbox"),
        machine.get("/api/v1/agents/operator/inbox"),
        observer.get("/api/v1/agents/scribe/inbox"),
        write(bound, **{"from": "atlas"}),
        write(machine, **{"from": "operator"}),
        write(machine, **{"from": "system"}),
        write(ana, **{"from": "atlas"}),
        machine.get("/api/v1/messages"),
        machine.get("/api/v1/inbox"),
    ):
        assert refused.status_code == 403, refused.content
    assert ana.get("/api/v1/agents/scribe/inbox").status_code == 401  # a person has no agent's token
    assert Delivery.objects.filter(delivered_at=None).count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": "a b"}, "to"),
        ({"to": ""}, "to"),
        ({"body": ""}, "body"),
        ({"body": "x" * 20_001}, "body"),
        ({"body": " \n"}, "body"),
        ({"body": 1}, "body"),
        ({"reply_to": 0}, "reply_to"),
        ({"reply_to": 2**63}, "reply_to"),
        ({"from": None}, "from"),
        ({"sender": "atlas"}, "sender"),
    ],
)
def test_a_message_that_is_none_is_refused_with_what_is_wrong(fleet, machine, change, field):
    answer = write(machine, **({"from": "atlas", "to": "scribe", "body": "x"} | change))

    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]
    assert not Message.objects.exists()


def test_what_is_not_there_cannot_be_written_to_or_answered(fleet, machine):
    assert write(machine, to="nobody", **{"from": "atlas"}).status_code == 404
    assert write(machine, reply_to=99, **{"from": "atlas"}).status_code == 404


def test_an_empty_inbox_waits_and_says_so(fleet, machine, settings):
    settings.MAX_WAIT = 0.2
    began = time.monotonic()

    answer = machine.get("/api/v1/agents/scribe/inbox", wait=30)

    assert (answer.status_code, bodies(answer)) == (200, [])
    assert time.monotonic() - began < 5


def test_a_reminder_is_made_listed_and_arrives(machine, ana):
    now = int(timezone.now().timestamp())
    made = machine.call("POST", "/api/v1/reminders", agent="atlas", message="look again", due_at=now + 60)
    sooner = machine.call("POST", "/api/v1/reminders", agent="atlas", message="soon", in_seconds=1.5).json()

    listed = ana.get("/api/v1/reminders").json()["reminders"]
    deliver_reminders(now=timezone.now() + timezone.timedelta(seconds=5))

    assert made.status_code == 201
    assert (made.json()["due_at"], made.json()["status"], made.json()["owner"]) == (now + 60, "pending", "atlas")
    assert listed == [sooner, made.json()]
    assert bodies(machine.get("/api/v1/agents/atlas/inbox")) == ["Reminder: soon"]
    assert ana.get("/api/v1/reminders", agent="scribe").json() == {"reminders": []}


def test_a_reminder_is_cancelled_by_its_agent_or_an_operator(machine, bound, ana, tom):
    numbers = [
        machine.call("POST", "/api/v1/reminders", agent="atlas", message="x", in_seconds=60).json()["id"] for _ in "ab"
    ]
    cancel = [f"/api/v1/reminders/{number}/cancel" for number in numbers]

    assert bound.call("POST", cancel[0]).status_code == 403
    assert tom.call("POST", cancel[0]).status_code == 403
    assert machine.call("POST", cancel[0]).json()["resolved_by"] == "atlas"
    assert ana.call("POST", cancel[1]).json()["resolved_by"] == "ana"
    assert ana.call("POST", cancel[1]).status_code == 200  # twice is once
    assert ana.call("POST", "/api/v1/reminders/999/cancel").status_code == 404


@pytest.mark.parametrize(
    "when",
    [{}, {"due_at": 1}, {"in_seconds": 0}, {"in_seconds": -1}, {"due_at": 2**40}, {"due_at": 4e9, "in_seconds": 1}],
)
def test_a_reminder_needs_one_moment_to_come(machine, when):
    answer = machine.call("POST", "/api/v1/reminders", agent="atlas", message="x", **when)

    assert answer.status_code == 422
    assert answer.json()["error"]["fields"]


def test_reminders_of_others_are_not_shown(machine, bound):
    machine.call("POST", "/api/v1/reminders", agent="hel-1-web", message="x", in_seconds=60)

    assert len(machine.get("/api/v1/reminders").json()["reminders"]) == 1
    assert bound.get("/api/v1/reminders").json() == {"reminders": []}
    assert bound.call("POST", "/api/v1/reminders", agent="atlas", message="x", in_seconds=60).status_code == 403


def test_a_lifecycle_action_begins_and_ends_with_its_outcome(machine, ana):
    path = "/api/v1/agents/atlas/transients"

    begun = machine.call("POST", path, transient_kind="restarting", timeout_seconds=60)
    again = machine.call("POST", path, transient_kind="restarting")
    open_now = ana.get("/api/state").json()["transients"]
    ended = machine.call("DELETE", path, outcome="failed", error="no disk")

    assert (begun.status_code, again.status_code, again.json()) == (201, 200, begun.json())
    assert open_now == [begun.json()]
    assert (ended.json()["outcome"], ended.json()["error"]) == ("failed", "no disk")
    assert machine.call("DELETE", path, outcome="ok").status_code == 404


def test_the_outcome_may_stand_in_the_query_and_must_stand_somewhere(machine, bound):
    path = "/api/v1/agents/atlas/transients"
    machine.call("POST", path, transient_kind="starting")

    assert bound.call("DELETE", path, outcome="ok").status_code == 403
    assert machine.client.delete(path).status_code == 422
    assert machine.client.delete(f"{path}?outcome=superseded").status_code == 422
    assert machine.client.delete(f"{path}?outcome=ok").json()["outcome"] == "ok"


def test_loose_ends_are_what_is_open_for_an_agent_and_its_children(machine, bound, ana):
    machine.call("PUT", "/api/v1/agents/atlas")
    machine.call("PUT", "/api/v1/agents/child", parent="atlas")
    machine.ask("child", description="push")
    machine.call("POST", "/api/v1/questions", asker="scribe", question="Which?", target="atlas")
    machine.call("POST", "/api/v1/reminders", agent="atlas", message="x", in_seconds=60)

    ends = ana.get("/api/v1/agents/atlas/loose-ends").json()["loose_ends"]

    assert {(end["kind"], end.get("agent") or end.get("asker") or end.get("owner")) for end in ends} == {
        ("approval", "child"), ("question", "scribe"), ("reminder", "atlas"),
    }  # fmt: skip
    assert all(end["age_seconds"] >= 0 for end in ends)
    assert bound.get("/api/v1/agents/atlas/loose-ends").status_code == 403
    assert ana.get("/api/v1/agents/nobody/loose-ends").status_code == 404


def test_the_agent_that_was_asked_answers_by_its_token(machine, bound):
    bound.call("PUT", "/api/v1/agents/hel-2-api")
    asked = machine.call("POST", "/api/v1/questions", asker="scribe", question="Which?", target="hel-2-api").json()
    path = f"/api/v1/questions/{asked['id']}"

    assert bound.get(path).json()["target"] == "hel-2-api"
    answered = bound.call("POST", f"{path}/answer", answer="the old one", digest=asked["digest"])

    assert (answered.status_code, answered.json()["resolved_by"], answered.json()["answer"]) == (
        200, "hel-2-api", "the old one",
    )  # fmt: skip
    assert "the old one" in bodies(machine.get("/api/v1/agents/scribe/inbox"))[-1]
    assert bound.call("POST", f"{path}/answer", answer="another").status_code == 409


def test_no_token_answers_for_the_operator_or_for_another_agent(machine, bound, ana):
    machine.call("PUT", "/api/v1/agents/atlas")
    for target in (None, "atlas"):
        number = machine.call("POST", "/api/v1/questions", asker="scribe", question="Which?", target=target).json()[
            "id"
        ]
        assert bound.call("POST", f"/api/v1/questions/{number}/answer", answer="x").status_code == 403
    assert machine.call("POST", f"/api/v1/questions/{number}/answer", answer="x", digest="0" * 64).status_code == 409
    assert ana.call("POST", f"/api/v1/questions/{number}/answer", answer="x").json()["resolved_by"] == "ana"


def test_every_row_is_as_it_is_described(machine, ana):
    machine.call("PUT", "/api/v1/agents/atlas")
    message = write(ana, to="atlas").json()
    reminder = machine.call("POST", "/api/v1/reminders", agent="atlas", message="x", in_seconds=60).json()
    transient = machine.call("POST", "/api/v1/agents/atlas/transients", transient_kind="starting").json()

    for schema, row in {rows.MessageRow: message, rows.ReminderRow: reminder, rows.TransientRow: transient}.items():
        assert schema.model_validate(row).model_dump(by_alias=True) == row
    assert rows.LooseEnds.model_validate(ana.get("/api/v1/agents/atlas/loose-ends").json())


def test_secrets_do_not_stay_in_messages(fleet, machine: Machine):
    sent = write(machine, body="use AKIAIOSFODNN7EXAMPLE", **{"from": "atlas"}).json()

    assert "AKIA" not in sent["body"]
    assert "[redacted]" in sent["body"]


@pytest.mark.parametrize("name", ["operator", "system"])
def test_no_agent_takes_the_names_of_the_console(machine, name):
    assert machine.call("PUT", f"/api/v1/agents/{name}").status_code == 422
    assert machine.ask(name).status_code == 422
    assert machine.call("POST", "/api/v1/reminders", agent=name, message="x", in_seconds=60).status_code == 422
