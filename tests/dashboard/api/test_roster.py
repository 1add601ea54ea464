"""Agents, sessions and orders by the API."""

import pytest

from dashboard.models import Agent, Command, Event

pytestmark = pytest.mark.database


def test_an_agent_says_what_it_does(machine):
    told = machine.call("PUT", "/api/v1/agents/mara", state="working", status_text="Tests run", model="m-1", host="box")

    row = told.json()
    assert told.status_code == 200
    assert (row["state"], row["status_text"], row["active_model"], row["source"]) == (
        "working",
        "Tests run",
        "m-1",
        "api",
    )


def test_only_the_fields_that_are_given_change(machine):
    machine.call("PUT", "/api/v1/agents/mara", state="working", status_text="Tests run", paused=True)

    row = machine.call("PUT", "/api/v1/agents/mara", state="idle").json()

    assert (row["state"], row["status_text"], row["paused"]) == ("idle", "Tests run", True)


def test_a_heartbeat_makes_no_event(machine):
    machine.call("PUT", "/api/v1/agents/mara", state="idle")
    heard, seen = Event.objects.count(), Agent.objects.get().seen_at

    for body in ({}, {"state": "idle"}):
        assert machine.call("PUT", "/api/v1/agents/mara", **body).status_code == 200
    empty = machine.client.put("/api/v1/agents/mara")

    assert empty.status_code == 200
    assert Event.objects.count() == heard
    assert Agent.objects.get().seen_at > seen


def test_null_clears(machine):
    machine.call("PUT", "/api/v1/agents/lead", state="idle")
    machine.call("PUT", "/api/v1/agents/mara", status_text="Tests", model="m", parent="lead")
    assert machine.call("PUT", "/api/v1/agents/mara").json()["parent"] == "lead"

    row = machine.call("PUT", "/api/v1/agents/mara", status_text=None, model=None, parent=None).json()

    assert (row["status_text"], row["active_model"], row["parent"]) == (None, None, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"mood": "good"}, "mood"),
        ({"state": "x" * 21}, "state"),
        ({"state": "<b>"}, "state"),
        ({"status_text": "x" * 301}, "status_text"),
        ({"running": "perhaps"}, "running"),
        ({"parent": "nobody"}, "parent"),
        ({"parent": "mara"}, "parent"),
        ({"parent": "a b"}, "parent"),
        ({"name": "other"}, "name"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(machine, body, field):
    machine.call("PUT", "/api/v1/agents/mara", state="idle")

    answer = machine.call("PUT", "/api/v1/agents/mara", **body)

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])


@pytest.mark.parametrize("name", ["-mara", "a" * 64, "m%20a", "m%00a", "%F0%9F%98%80", ".."])
def test_a_name_that_cannot_be_is_refused(machine, name):
    assert machine.call("PUT", f"/api/v1/agents/{name}", state="idle").status_code in (404, 422)
    assert not Agent.objects.exists()


def test_a_token_reports_for_its_agents_alone(bound, observer):
    assert bound.call("PUT", "/api/v1/agents/hel-2-api", state="idle").status_code == 200
    assert bound.call("PUT", "/api/v1/agents/mara", state="idle").status_code == 403
    assert observer.call("PUT", "/api/v1/agents/mara", state="idle").status_code == 403


def test_a_person_does_not_speak_for_an_agent(ana):
    assert ana.call("PUT", "/api/v1/agents/mara", state="idle").status_code == 401


def test_everyone_sees_the_roster_that_is_theirs(machine, bound, observer, ana):
    for name in ("mara", "hel-1-web", "hel-2-api"):
        machine.call("PUT", f"/api/v1/agents/{name}", state="idle")

    def names(caller):
        return [row["name"] for row in caller.get("/api/v1/agents").json()["agents"]]

    assert names(ana) == names(observer) == ["hel-1-web", "hel-2-api", "mara"]
    assert names(machine) == ["hel-1-web"]
    assert names(bound) == ["hel-2-api"]
    assert bound.get("/api/v1/agents/mara").status_code == 403
    assert ana.get("/api/v1/agents/mara").json()["name"] == "mara"
    assert ana.get("/api/v1/agents/nobody").status_code == 404


def test_an_operator_takes_an_agent_off_the_roster_and_says_why(machine, ana, tom):
    machine.call("PUT", "/api/v1/agents/mara", state="idle")

    assert ana.call("DELETE", "/api/v1/agents/mara").status_code == 422
    assert tom.call("DELETE", "/api/v1/agents/mara", reason="x").status_code == 403
    assert machine.call("DELETE", "/api/v1/agents/mara", reason="x").status_code == 403
    order = ana.call("DELETE", "/api/v1/agents/mara", reason="Gone for good.")

    assert (order.status_code, order.json()["verb"], order.json()["reason"]) == (200, "remove", "Gone for good.")
    assert ana.get("/api/v1/agents").json() == {"agents": []}
    assert ana.client.delete("/api/v1/agents/mara?reason=again").status_code == 404


def test_its_next_word_brings_an_agent_back(machine, ana):
    machine.call("PUT", "/api/v1/agents/mara", state="idle")
    assert ana.client.delete("/api/v1/agents/mara?reason=Gone").status_code == 200

    machine.call("PUT", "/api/v1/agents/mara", state="idle")

    assert [row["name"] for row in ana.get("/api/v1/agents").json()["agents"]] == ["mara"]


def test_sessions_are_paged(machine, ana):
    for number in range(5):
        machine.ask(session=f"s{number}")

    pages, before = [], ""
    while before is not None:
        page = ana.get("/api/v1/sessions", limit=2, before=before).json()
        pages.append([row["external_id"] for row in page["sessions"]])
        before = page["next"]

    assert pages == [["s4", "s3"], ["s2", "s1"], ["s0"]]


@pytest.mark.parametrize("before", ["x", "1", "99999999999999999-1", "-1", "1-\0"])
def test_a_page_that_cannot_be_is_refused_or_empty(ana, before):
    assert ana.get("/api/v1/sessions", before=before).status_code in (200, 422)


def test_a_machine_sees_the_sessions_of_its_agents(machine, bound, observer):
    bound.ask("hel-2-api", session="s1")

    assert [row["external_id"] for row in bound.get("/api/v1/sessions").json()["sessions"]] == ["s1"]
    assert machine.get("/api/v1/sessions").json()["sessions"] == []
    assert observer.get("/api/v1/sessions", state="working").json()["sessions"] == []


def order(ana, **fields):
    return ana.call("POST", "/api/v1/commands", **{"verb": "pause", "agent": "mara", "reason": "Lunch.", **fields})


def test_an_operator_orders_the_agent_fetches_it_and_says_the_end(machine, ana):
    machine.call("PUT", "/api/v1/agents/mara", state="idle")
    issued = order(ana)
    number = issued.json()["id"]

    assert issued.status_code == 201
    assert [row["id"] for row in machine.get("/api/v1/agents/mara/commands").json()["commands"]] == [number]
    done = machine.call("POST", f"/api/v1/commands/{number}/resolve", status="failed", error="Busy.")
    assert (done.json()["status"], done.json()["error"], done.json()["resolved_by"]) == ("failed", "Busy.", "mara")
    assert machine.get("/api/v1/agents/mara/commands").json() == {"commands": []}
    again = machine.call("POST", f"/api/v1/commands/{number}/resolve", status="done")
    assert (again.status_code, again.json()["resolved"]["status"]) == (409, "failed")


def test_orders_need_an_operator_a_reason_a_verb_and_an_agent(machine, ana, tom):
    machine.call("PUT", "/api/v1/agents/mara", state="idle")

    assert order(tom).status_code == 403
    assert order(machine).status_code == 403
    assert order(ana, reason=" ").status_code == 422
    assert order(ana, verb="dance").status_code == 422
    assert order(ana, agent="nobody").status_code == 404
    assert not Command.objects.filter(agent__isnull=False).exists()


def test_an_order_is_for_its_agent_alone(machine, bound, ana):
    machine.call("PUT", "/api/v1/agents/mara", state="idle")
    number = order(ana).json()["id"]

    assert bound.get("/api/v1/agents/mara/commands").status_code == 403
    assert bound.call("POST", f"/api/v1/commands/{number}/resolve", status="done").status_code == 403
    assert ana.call("POST", f"/api/v1/commands/{number}/resolve", status="done").status_code == 401
    assert machine.call("POST", "/api/v1/commands/999/resolve", status="done").status_code == 404
