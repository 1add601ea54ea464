"""What is said when something is refused or goes wrong: one JSON shape for machines, a page for people."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from dashboard.access.errors import TooMany, refused_body, refused_headers
from dashboard.models import Agent, Approval, Command
from dashboard.services.errors import AlreadyResolved, Changed, Invalid, Withdrawn
from tests.dashboard.access.conftest import HERE

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
STATUS = {
    "mistake": (500, "error"),
    "busy": (503, "unavailable"),
    "absent": (404, "not_found"),
    "denied": (403, "forbidden"),
    "suspicious": (400, "bad_request"),
    "large": (413, "too_large"),
    "invalid": (422, "invalid"),
    "missing": (404, "not_found"),
    "fast": (429, "too_many_requests"),
}


@pytest.fixture
def visitor(db, settings) -> Client:
    settings.OPEN = True
    settings.ROOT_URLCONF = "tests.dashboard.access.breaking_urls"
    return Client(headers=HERE, raise_request_exception=False)


@pytest.mark.parametrize("problem", STATUS)
@pytest.mark.parametrize("path", ["/api/broken/", "/dashboard/broken/"])
def test_machines_get_the_one_shape(visitor, path, problem):
    answer = visitor.get(path + problem)

    status, code = STATUS[problem]
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
    body = answer.json()
    assert body["error"]["code"] == code
    assert body["error"]["message"]
    assert set(body["error"]) <= {"code", "message", "fields"}
    assert "secret" not in answer.text


@pytest.mark.parametrize("problem", STATUS)
def test_people_get_a_page(visitor, problem):
    answer = visitor.get("/broken/" + problem)

    assert (answer.status_code, answer["Content-Type"]) == (STATUS[problem][0], "text/html; charset=utf-8")
    assert "<h1" in answer.text
    assert "secret" not in answer.text
    assert "<b>like</b>" not in answer.text


@pytest.mark.parametrize("path", ["/api/broken/mistake", "/api/nowhere", "/api/plain"])
def test_machines_get_it_with_debug_on_too(visitor, path, settings):
    settings.DEBUG = True

    answer = visitor.get(path)

    assert answer["Content-Type"] == "application/json"
    assert "secret" not in answer.text
    assert "stack" not in answer.text


def test_what_came_back_as_text_becomes_json(visitor):
    refused = visitor.get("/api/only-post")

    assert (refused.status_code, refused["Allow"]) == (405, "POST")
    assert refused.json()["error"]["code"] == "method_not_allowed"
    assert visitor.get("/api/plain").json()["error"]["code"] == "bad_request"


def test_a_form_without_its_token_is_refused_in_the_same_shape(visitor):
    strict = Client(headers=HERE, enforce_csrf_checks=True)

    assert strict.post("/api/only-post").json()["error"]["code"] == "forbidden"
    assert "<h1" in strict.post("/queue/1/resolve/").text


def test_a_host_that_is_not_ours_is_refused_in_the_same_shape(visitor):
    answer = visitor.post("/api/only-post", headers={"host": "evil.example"})

    assert answer["Content-Type"] == "application/json"
    assert answer.status_code in (400, 401)


def test_who_is_too_fast_is_told_when_to_come_back(visitor):
    assert visitor.get("/api/broken/fast")["Retry-After"] == visitor.get("/broken/fast")["Retry-After"] == "7"
    assert refused_headers(TooMany("x", retry_after=0.2)) == {"Retry-After": "1"}


def test_a_conflict_says_who_was_first_or_what_the_row_is_now(db):
    agent = Agent.objects.create(name="mara", created_at=NOW)
    approval = Approval.objects.create(
        agent=agent, digest="d" * 64, asked_at=NOW, approval_kind="run", door="api",
        status="denied", resolved_by="ana", resolved_at=NOW, note="no",
    )  # fmt: skip
    resolved = {"status": "denied", "resolved_by": "ana", "resolved_at": 1777636800, "note": "no"}

    assert refused_body(AlreadyResolved(approval)) == {
        "error": {"code": "already_resolved", "message": f"#{approval.pk} is already denied by ana."},
        "resolved": resolved,
    }
    assert refused_body(Withdrawn(approval))["error"]["code"] == "withdrawn"
    assert refused_body(Changed(approval))["current"]["digest"] == "d" * 64


def test_a_conflict_about_an_order_tells_its_outcome(db):
    order = Command(verb="stop", operator="ana", reason="x", status="failed", error="gone", resolved_by="mara")

    assert refused_body(AlreadyResolved(order))["resolved"] == {
        "status": "failed", "resolved_by": "mara", "resolved_at": None, "note": "gone",
    }  # fmt: skip


def test_fields_are_named():
    assert refused_body(Invalid("No.", fields={"agent": "odd"}))["error"]["fields"] == {"agent": "odd"}
