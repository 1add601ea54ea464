"""The door of the hooks behind real servers: pieces without a length, held answers, hang-ups that are noticed."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.dashboard.services.hooks import BASH, payload
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

PERMISSION = payload("PermissionRequest", tool_name="Bash", tool_input=BASH)
JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=["runserver", "uvicorn"])
def served(request, start_console):
    console = start_console(server=request.param)
    return console, console.token("hel-1")


def waiting(person):
    return person.get("/api/state").json()["approvals"]


def status(person, pk):
    return person.get(f"/api/v1/approvals/{pk}").json()["status"]


def test_a_held_hook_is_answered_when_a_person_decides_and_costs_the_others_nothing(served):
    console, token = served
    with console.machine(token) as agent, console.client() as person, ThreadPoolExecutor() as threads:
        held = threads.submit(agent.post, "/hooks/claude", params={"hold": 30}, json=PERMISSION)
        (card,) = eventually(lambda: waiting(person))
        assert agent.post("/hooks/claude", json=payload("Notification", message="hm")).json() == {}

        decision = {"status": "denied", "digest": card["digest"], "note": "Not today."}
        assert person.post(f"/api/v1/approvals/{card['id']}/resolve", json=decision).status_code == 200
        answer = held.result(timeout=5)

    assert answer.json()["hookSpecificOutput"]["decision"]["message"].endswith(": Not today.")


def test_a_body_may_come_in_pieces_without_a_length(served):
    console, token = served
    text = json.dumps(payload("UserPromptSubmit", prompt="x" * 3_000_000)).encode()
    pieces = (text[start : start + 50_000] for start in range(0, len(text), 50_000))
    with console.machine(token) as agent:
        answer = agent.post("/hooks/claude", content=pieces, headers=JSON)

    assert (answer.status_code, answer.json()) == (200, {})


def test_an_agent_that_hangs_up_takes_its_request_back_and_a_late_click_hears_so(served):
    console, token = served
    body = json.dumps(PERMISSION)
    lines = [
        "POST /hooks/claude?hold=60 HTTP/1.1",
        f"Host: 127.0.0.1:{console.port}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    with console.client() as person:
        with socket.create_connection(("127.0.0.1", console.port), timeout=10) as agent:
            agent.sendall("\r\n".join([*lines, "", body]).encode())
            (card,) = eventually(lambda: waiting(person))
        eventually(lambda: status(person, card["id"]) == "withdrawn", within=5)

        late = person.post(
            f"/api/v1/approvals/{card['id']}/resolve", json={"status": "approved", "digest": card["digest"]}
        )
    assert (late.status_code, late.json()["error"]["code"]) == (409, "withdrawn")
    assert late.json()["resolved"]["resolved_by"] == "hel-1-shop"


def test_a_console_that_is_stopped_properly_leaves_no_request_that_nobody_hears(served):
    console, token = served
    with console.machine(token) as agent, console.client() as person, ThreadPoolExecutor() as threads:
        threads.submit(agent.post, "/hooks/claude", params={"hold": 60}, json=PERMISSION)
        (card,) = eventually(lambda: waiting(person))
        console.restart()
        eventually(lambda: status(person, card["id"]) == "withdrawn", within=60, every=0.5)


def test_an_agents_own_curl_cannot_answer_with_its_token_or_without(served):
    console, token = served
    with console.machine(token) as agent, console.client() as person, ThreadPoolExecutor() as threads:
        held = threads.submit(agent.post, "/hooks/claude", params={"hold": 3}, json=PERMISSION)
        (card,) = eventually(lambda: waiting(person))
        decision = {"status": "approved", "digest": card["digest"]}
        by_token = agent.post(f"/api/v1/approvals/{card['id']}/resolve", json=decision)
        with console.anyone() as nobody:
            by_nobody = nobody.post(f"/api/v1/approvals/{card['id']}/resolve", json=decision)

        assert (by_token.status_code, by_nobody.status_code) == (403, 401)
        assert held.result(timeout=10).json() == {}
