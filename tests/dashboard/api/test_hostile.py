"""Hostile input: refused or made harmless, always in the one shape, never a mistake of ours."""

import json

import pytest

from dashboard.models import Approval
from tests.dashboard.api.conftest import Machine

pytestmark = pytest.mark.database

MEGABYTE = 2**20
HALF = "\ud83d"


def post(machine: Machine, body: bytes | str, **headers):
    return machine.client.generic(
        "POST", "/api/v1/approvals", body, content_type="application/json", headers=headers or None
    )


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"agent": "mara", "approval_kind": "x", "tool_input": NaN}',
        b'{"agent": "mara", "approval_kind": "x", "tool_input": 1e999}',
        b'{"agent": "mara", "approval_kind": "x", "tool_input": -Infinity}',
        b'{"agent": "mara", "approval_kind": "x", "tool_input": ' + b"9" * 5_000 + b"}",
        b'{"agent": "mara", "approval_kind": "x", "tool_input": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_what_is_no_json_is_a_400(machine, body):
    answer = post(machine, body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"null", b"17", b"{}"])
def test_what_is_no_request_is_a_422(machine, body):
    answer = post(machine, body)

    assert answer.status_code == 422
    assert answer.json()["error"]["fields"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"agent": "a b"}, "agent"),
        ({"agent": "../mara"}, "agent"),
        ({"agent": "mara\n"}, "agent"),
        ({"agent": "m\0"}, "agent"),
        ({"agent": None}, "agent"),
        ({"agent": {"$ne": 1}}, "agent"),
        ({"approval_kind": ""}, "approval_kind"),
        ({"approval_kind": "x" * 61}, "approval_kind"),
        ({"request_id": "r\0"}, "request_id"),
        ({"request_id": "r" * 201}, "request_id"),
        ({"session": "s\0"}, "session"),
        ({"description": "x" * 20_001}, "description"),
        ({"diff": "x" * 800_001}, "diff"),
        ({"cwd": "/" * 1_001}, "cwd"),
        ({"deadline_seconds": 0}, "deadline_seconds"),
        ({"deadline_seconds": -5}, "deadline_seconds"),
        ({"deadline_seconds": 30 * 86_400 + 1}, "deadline_seconds"),
        ({"deadline_seconds": "soon"}, "deadline_seconds"),
        ({"deadline_seconds": 10**400}, "deadline_seconds"),
        ({"on_deadline": "approve"}, "on_deadline"),
        ({"risk": "none"}, "risk"),
        ({"status": "approved"}, "status"),
        ({"token": 1}, "token"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(machine, change, field):
    answer = machine.ask(**change)

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])
    assert not Approval.objects.exists()


def test_odd_text_is_kept_as_harmless_text(machine, ana):
    odd = f"NUL \0, half a pair {HALF}, turned \u202e, <script>alert(1)</script>, \x1b[31m"

    asked = machine.ask(description=odd, command=odd, diff=odd, cwd=odd, tool_input={odd: [odd]}, session="s")

    assert asked.status_code == 201
    row = ana.get(f"/api/v1/approvals/{asked.json()['id']}").json()
    assert "\0" not in json.dumps(row, ensure_ascii=False)
    assert HALF not in row["description"]
    assert "<script>" in row["description"]


@pytest.mark.parametrize("length", [MEGABYTE + 1, 3 * MEGABYTE])
def test_a_body_that_is_too_large_is_a_413(machine, length):
    answer = post(machine, b" " * length)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_body_that_hides_its_length_is_a_413(machine):
    answer = machine.client.generic(
        "POST", "/api/v1/approvals", b" " * (MEGABYTE + 1), content_type="application/json", CONTENT_LENGTH=""
    )

    assert answer.status_code in (413, 422)  # Django's test client hands over no more than it says


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/approvals/0",
        "/api/v1/approvals/9223372036854775808",
        f"/api/v1/approvals/{'9' * 400}",
        "/api/v1/approvals/1?wait=-1",
        "/api/v1/approvals/1?wait=nan",
        "/api/v1/approvals/1?wait=inf",
        "/api/v1/approvals/1?wait=x",
        "/api/v1/approvals?status=%00",
        "/api/v1/approvals?agent=a%00",
        "/api/v1/approvals?before=0",
        "/api/v1/approvals?limit=0",
        "/api/v1/approvals?limit=999999",
        "/api/events?after=-1",
        "/api/events?after=99999999999999999999",
        "/api/events?kinds=%00",
        "/api/events?epoch=%00",
        "/api/events?agent=%F0%9F%98%80",
        "/api/v1/agents/%00",
        "/api/v1/agents/a%20b",
        "/api/v1/agents/a%20b/commands",
    ],
)
def test_odd_addresses_are_refused(machine, path):
    answer = machine.client.get(path)

    assert answer.status_code in (404, 422)
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_a_405(machine, method):
    answer = machine.client.generic(method, "/api/v1/approvals/1")

    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("value", ["", "Bearer", "Basic YTpi", "Bearer wrong", "Bearer \xff"])
def test_a_token_that_opens_nothing_is_a_401(nobody, value):
    answer = nobody.get("/api/state", headers={"authorization": value})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_too_many_calls_are_a_429(machine, monkeypatch):
    from dashboard.access import tokens

    monkeypatch.setattr(tokens.token_pace, "pace", tokens.Pace(burst=2, per_second=0.01))

    answers = [machine.get("/api/state") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 10


def test_a_database_that_does_not_answer_is_a_503(machine, monkeypatch):
    from django.db import OperationalError

    from dashboard.api import state

    def busy(*_, **__):
        raise OperationalError("FATAL: sorry, too many clients already")

    monkeypatch.setattr(state, "snapshot_within", busy)
    answer = machine.get("/api/state")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert "FATAL" not in answer.text


def test_a_mistake_of_ours_is_a_500_without_its_trace(machine, monkeypatch, caplog):
    from dashboard.api import state

    monkeypatch.setattr(state, "snapshot_within", lambda _: 1 / 0)
    answer = machine.get("/api/state")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "error")
    assert "ZeroDivision" not in answer.text
    assert "ZeroDivision" in caplog.text
    assert answer["X-Request-Id"] in caplog.text


def test_nothing_of_the_api_is_kept_by_caches(machine):
    assert machine.get("/api/state")["Cache-Control"] == "no-store"
