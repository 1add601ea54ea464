"""Approvals by the API: asked by machines, decided by people."""

import asyncio
import json
from datetime import timedelta
from hashlib import sha256

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from django.utils import timezone

from dashboard.models import AgentSession, Approval, Event
from dashboard.services.actor import Actor
from dashboard.services.approvals import resolve_approval
from tests.dashboard.api.conftest import Machine

pytestmark = pytest.mark.database

FULL = {
    "description": "Deploy",
    "command": "make deploy",
    "cwd": "/srv/app",
    "diff": "--- a\n+++ b\n",
    "commit_ref": "abcdef1234",
    "tool_input": {"a": [1, "é"]},
}


def test_a_machine_asks(machine):
    answer = machine.ask(**FULL)

    shown = {"agent": "mara", "approval_kind": "run_command", **FULL}
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    approval = Approval.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "id": approval.pk,
        "digest": sha256(text.encode()).hexdigest(),
        "status": "pending",
        "url": f"http://localhost:8000/queue/{approval.pk}/",
    }


def test_the_page_of_a_request_is_at_the_public_address(machine, settings):
    settings.PUBLIC_URL = "https://console.example"

    assert machine.ask().json()["url"].startswith("https://console.example/queue/")


def test_the_same_request_again_is_the_same_request(machine):
    first = machine.ask(request_id="r1", command="ls")
    heard = Event.objects.count()
    again = machine.ask(request_id="r1", command="ls")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Event.objects.count() == heard


def test_other_content_under_the_same_name_changes_it(machine, ana):
    first = machine.ask(request_id="r1", command="ls").json()
    second = machine.ask(request_id="r1", command="rm -r /")

    assert second.status_code == 200
    assert second.json()["id"] == first["id"]
    assert second.json()["digest"] != first["digest"]
    late = ana.call("POST", f"/api/v1/approvals/{first['id']}/resolve", status="approved", digest=first["digest"])
    assert (late.status_code, late.json()["error"]["code"]) == (409, "changed")
    assert late.json()["current"]["command"] == "rm -r /"
    assert late.json()["current"]["status"] == "pending"


def test_an_operator_decides_and_the_machine_reads_it(machine, ana):
    asked = machine.ask().json()

    decided = ana.call(
        "POST", f"/api/v1/approvals/{asked['id']}/resolve", status="denied", digest=asked["digest"], note="Not today."
    )

    row = machine.get(f"/api/v1/approvals/{asked['id']}").json()
    assert decided.status_code == 200
    assert decided.json() == row
    assert (row["status"], row["resolved_by"], row["resolved_via"], row["note"]) == (
        "denied",
        "ana",
        "api",
        "Not today.",
    )


def test_the_same_decision_again_is_the_same_and_another_is_refused(machine, ana):
    asked = machine.ask().json()
    path = f"/api/v1/approvals/{asked['id']}/resolve"
    first = ana.call("POST", path, status="approved", digest=asked["digest"])
    again = ana.call("POST", path, status="approved", digest=asked["digest"])
    other = ana.call("POST", path, status="denied", digest=asked["digest"])

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert again.json() == first.json()
    assert other.json()["resolved"] == {
        "status": "approved",
        "resolved_by": "ana",
        "resolved_at": first.json()["resolved_at"],
        "note": None,
    }


def test_a_decision_is_bound_to_a_digest(machine, ana):
    asked = machine.ask().json()

    answer = ana.call("POST", f"/api/v1/approvals/{asked['id']}/resolve", status="approved")

    assert (answer.status_code, answer.json()["error"]["fields"]) == (422, {"digest": "missing"})


@pytest.mark.parametrize("status", ["approved", "denied"])
def test_no_token_decides_not_even_the_asking_one(machine, observer, status):
    asked = machine.ask().json()
    path = f"/api/v1/approvals/{asked['id']}/resolve"

    for caller in (machine, observer, Machine("all", scopes=["ask", "read", "report", "run", "observe"])):
        assert caller.call("POST", path, status=status, digest=asked["digest"]).status_code == 403
    assert Approval.objects.get().status == "pending"


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_the_asking_token_takes_its_request_back(machine, status):
    asked = machine.ask().json()

    answer = machine.call("POST", f"/api/v1/approvals/{asked['id']}/resolve", status=status, note="Done otherwise.")

    assert (answer.status_code, answer.json()["status"], answer.json()["resolved_by"]) == (200, status, "mara")


def test_another_token_takes_nothing_back(machine, bound):
    asked = machine.ask().json()

    answer = bound.call("POST", f"/api/v1/approvals/{asked['id']}/resolve", status="cancelled")

    assert answer.status_code == 403
    assert Approval.objects.get().status == "pending"


def test_a_person_cancels_nothing_in_the_agents_name(machine, ana):
    asked = machine.ask().json()

    answer = ana.call("POST", f"/api/v1/approvals/{asked['id']}/resolve", status="cancelled", digest=asked["digest"])

    assert answer.status_code == 422


def test_a_viewer_decides_nothing(machine, tom):
    asked = machine.ask().json()

    answer = tom.call("POST", f"/api/v1/approvals/{asked['id']}/resolve", status="approved", digest=asked["digest"])

    assert answer.status_code == 403
    assert tom.get(f"/api/v1/approvals/{asked['id']}").status_code == 200


def test_a_cookie_without_the_csrf_token_decides_nothing(machine, ana):
    asked = machine.ask().json()
    del ana.client.defaults["HTTP_X_CSRFTOKEN"]

    answer = ana.call("POST", f"/api/v1/approvals/{asked['id']}/resolve", status="approved", digest=asked["digest"])

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert "CSRF" in answer.json()["error"]["message"]


def test_where_a_token_came_along_the_cookie_counts_for_nothing(machine, ana):
    asked = machine.ask().json()
    ana.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {machine.text}"

    answer = ana.call("POST", f"/api/v1/approvals/{asked['id']}/resolve", status="approved", digest=asked["digest"])

    assert answer.status_code == 403


def test_a_token_speaks_for_its_agents_alone(bound):
    assert bound.ask("hel-2-api").status_code == 201
    assert bound.ask("hel-1-api").status_code == 403


def test_a_token_reads_what_it_asked_and_what_its_agents_asked(machine, bound, observer):
    asked = machine.ask("mara").json()["id"]
    other = bound.ask("hel-2-api").json()["id"]

    assert machine.get(f"/api/v1/approvals/{asked}").status_code == 200
    assert bound.get(f"/api/v1/approvals/{asked}").status_code == 403
    assert observer.get(f"/api/v1/approvals/{asked}").status_code == 200
    assert [row["id"] for row in machine.get("/api/v1/approvals").json()["approvals"]] == [asked]
    assert [row["id"] for row in bound.get("/api/v1/approvals").json()["approvals"]] == [other]
    assert [row["id"] for row in observer.get("/api/v1/approvals").json()["approvals"]] == [other, asked]


def test_the_list_is_paged_and_filtered(machine, ana):
    numbers = [machine.ask(command=f"echo {n}").json()["id"] for n in range(5)]
    machine.call("POST", f"/api/v1/approvals/{numbers[0]}/resolve", status="cancelled")

    first = ana.get("/api/v1/approvals", limit=2).json()
    second = ana.get("/api/v1/approvals", limit=2, before=first["next"]).json()
    last = ana.get("/api/v1/approvals", limit=2, before=second["next"]).json()

    assert [[row["id"] for row in page["approvals"]] for page in (first, second, last)] == [
        numbers[:2:-1],
        numbers[2:0:-1],
        numbers[:1],
    ]
    assert last["next"] is None
    assert [row["id"] for row in ana.get("/api/v1/approvals", status="cancelled").json()["approvals"]] == numbers[:1]
    assert ana.get("/api/v1/approvals", agent="nobody").json()["approvals"] == []


def test_a_session_belongs_to_the_token_that_named_it(machine, bound):
    assert machine.ask(session="s/1 é").status_code == 201
    session = AgentSession.objects.get()
    assert (session.source, session.external_id, session.agent.name) == ("api", "s/1 é", "mara")
    assert machine.get(f"/api/v1/approvals/{Approval.objects.get().pk}").json()["session"] == "s/1 é"

    assert Machine("thief").ask(session="s/1 é").status_code == 403
    assert bound.ask("hel-2-api", session="s/1 é").status_code == 403
    assert Approval.objects.count() == 1


def test_a_deadline_that_is_over_is_over(machine, ana):
    asked = machine.ask(deadline_seconds=1, on_deadline="deny").json()
    Approval.objects.update(
        asked_at=timezone.now() - timedelta(seconds=9), deadline_at=timezone.now() - timedelta(seconds=1)
    )

    late = ana.call("POST", f"/api/v1/approvals/{asked['id']}/resolve", status="approved", digest=asked["digest"])

    assert (late.status_code, late.json()["resolved"]["status"], late.json()["resolved"]["resolved_by"]) == (
        409, "denied", "deadline",
    )  # fmt: skip


def test_what_is_not_there_is_not_found(machine, ana):
    assert machine.get("/api/v1/approvals/999").status_code == 404
    assert ana.call("POST", "/api/v1/approvals/999/resolve", status="denied", digest="a" * 64).status_code == 404
    assert machine.get("/api/v1/approvals/x").status_code == 404


async def wait_for(machine: Machine, number: int, seconds: str):
    headers = {"authorization": f"Bearer {machine.text}"}
    return await AsyncClient().get(f"/api/v1/approvals/{number}", {"wait": seconds}, headers=headers)


@pytest.mark.django_db(transaction=True)
async def test_a_machine_waits_and_hears_of_the_decision_at_once():
    machine = await sync_to_async(Machine)("hel-1")
    asked = (await sync_to_async(machine.ask)()).json()
    waiting = asyncio.create_task(wait_for(machine, asked["id"], "20"))
    await asyncio.sleep(0.2)
    assert not waiting.done()

    decide = sync_to_async(resolve_approval)
    await decide(asked["id"], status="approved", digest=asked["digest"], by=Actor("ana"), now=timezone.now())

    answer = await asyncio.wait_for(waiting, 5)
    assert (answer.status_code, answer.json()["status"]) == (200, "approved")


@pytest.mark.django_db(transaction=True)
async def test_a_wait_ends_with_the_time_that_the_console_allows(settings):
    settings.MAX_WAIT = 0.1
    machine = await sync_to_async(Machine)("hel-1")
    asked = (await sync_to_async(machine.ask)()).json()

    answer = await asyncio.wait_for(wait_for(machine, asked["id"], "50"), 5)

    assert answer.json()["status"] == "pending"
