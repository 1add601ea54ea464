"""Who may: every address and every call, by everyone who could try. A new address has to find its place here.

A caller is in if the answer is neither "sign in" nor "not allowed"; whether the thing itself then works is told by the
tests of its own room.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from dashboard.access import desk
from dashboard.enums import Role, Scope
from dashboard.services.actor import Actor
from dashboard.services.approvals import ApprovalDraft, ask_approval
from dashboard.services.orders import issue_command
from dashboard.services.questions import Part, QuestionDraft, ask_question
from dashboard.services.reminders import add_reminder
from dashboard.services.roster import session_of_asker
from dashboard.services.tokens import create_token
from tests.dashboard.access.conftest import HERE
from tests.harness.perspt_rows import a_run

pytestmark = pytest.mark.database

ROOT = Actor("command line")
TOKENS = tuple(f"token:{scope}" for scope in Scope)
PEOPLE = tuple(Role)
CALLERS = ("nobody", *TOKENS, *PEOPLE)

ALL = frozenset(CALLERS)
SIGNED_IN = frozenset(PEOPLE)
ADMINS = frozenset((Role.ADMIN,))
DECIDERS = frozenset((Role.OPERATOR, Role.ADMIN))
ASKERS = frozenset(("token:ask",))
REPORTERS = frozenset(("token:report",))
READERS = frozenset(("token:read", "token:observe")) | SIGNED_IN
ANY_TOKEN = frozenset(TOKENS)


@dataclass(frozen=True)
class Call:
    """One method of one address, by the route that Django knows; `body` is a form unless it is for the API."""

    method: str
    route: str
    may: frozenset[str]
    body: dict = field(default_factory=dict)
    noun: str = ""  # which number stands in it, where the word before does not tell

    def __str__(self) -> str:
        return f"{self.method} /{self.route}"


A, Q, C, T = ({"status": "cancelled"}, {"answer": "x"}, {"verb": "pause", "agent": "a", "reason": "x"}, {"reason": "x"})
ASK = {"agent": "a", "approval_kind": "x"}
VERDICT = {"verdict": "approve", "digest": "{digest}", "sure": "on"}
WHO_MAY = [
    Call("GET", "", SIGNED_IN),
    Call("GET", "now/queue/", SIGNED_IN),
    Call("GET", "now/roster/", SIGNED_IN),
    Call("GET", "now/activity/", SIGNED_IN),
    Call("GET", "now/nav/", SIGNED_IN),
    Call("GET", "palette/", SIGNED_IN),
    Call("POST", "queue/bulk/", DECIDERS, {"verdict": "approve", "pick": "1:{digest}", "sure": "on"}),
    Call("GET", "queue/<int:pk>/", SIGNED_IN),
    Call("POST", "queue/<int:pk>/resolve/", DECIDERS, VERDICT),
    Call("GET", "questions/", SIGNED_IN),
    Call("GET", "questions/<int:pk>/", SIGNED_IN),
    Call("POST", "questions/<int:pk>/answer/", DECIDERS, {"verdict": "cancel", "digest": "{asked}", "sure": "on"}),
    Call("GET", "decisions/", SIGNED_IN),
    Call("GET", "decisions/export.csv", SIGNED_IN),
    Call("GET", "decisions/export.json", SIGNED_IN),
    Call("GET", "sessions/", SIGNED_IN),
    Call("GET", "sessions/<path:external_id>/", SIGNED_IN),
    Call("GET", "sessions/<path:external_id>/<tab:tab>/", SIGNED_IN),
    Call("GET", "sessions/<path:external_id>/dag.json", SIGNED_IN),
    Call("GET", "sessions/<path:external_id>/node/", SIGNED_IN),
    Call("GET", "sessions/<path:external_id>/request/<int:pk>/", SIGNED_IN),
    Call("GET", "sessions/<path:external_id>/record/<int:pk>/", SIGNED_IN),
    Call("GET", "sessions/<path:external_id>/export.json", SIGNED_IN),
    Call("GET", "sessions/<path:external_id>/<slug:table>.<ending:ending>", SIGNED_IN),
    Call("GET", "agents/", SIGNED_IN),
    Call("GET", "agents/<str:name>/", SIGNED_IN),
    Call("POST", "agents/<str:name>/remove/", DECIDERS, T),
    Call("GET", "messages/", SIGNED_IN),
    Call("POST", "messages/send/", DECIDERS, {"to": "a", "body": "x"}),
    Call("POST", "messages/read/", DECIDERS),
    Call("POST", "reminders/<int:pk>/cancel/", DECIDERS),
    Call("GET", "status/", SIGNED_IN),
    Call("GET", "connect/", SIGNED_IN),
    Call("POST", "connect/token/", DECIDERS, {"name": "x", "host": "x"}),
    Call("GET", "connect/token/<int:pk>/", SIGNED_IN),
    Call("GET", "tokens/", SIGNED_IN),
    Call("POST", "tokens/new/", ADMINS, {"name": "x", "scopes": "read"}),
    Call("GET", "tokens/<int:pk>/", SIGNED_IN),
    Call("POST", "tokens/<int:pk>/change/", ADMINS, {"scopes": "read", "reason": "x"}),
    Call("POST", "tokens/<int:pk>/revoke/", DECIDERS),
    Call("GET", "login/", ALL),
    Call("POST", "logout/", SIGNED_IN),
    Call("GET", "launch/", SIGNED_IN),
    Call("GET", "healthz", ALL),
    Call("GET", "readyz", ALL),
    Call("GET", "metrics", frozenset(("nobody", "token:observe")) | SIGNED_IN),  # nobody: on this very computer
    Call("GET", "admin/", ADMINS),
    Call("GET", "admin/login/", ADMINS),
    Call("GET", "api/state", READERS),
    Call("GET", "api/events", READERS),
    Call("GET", "api/v1/openapi.json", ANY_TOKEN | SIGNED_IN),
    Call("GET", "api/v1/approvals", READERS),
    Call("POST", "api/v1/approvals", ASKERS, ASK),
    Call("GET", "api/v1/approvals/<int:pk>", READERS | ASKERS),
    Call("POST", "api/v1/approvals/<int:pk>/resolve", ASKERS | DECIDERS, A),
    Call("GET", "api/v1/questions", READERS),
    Call("POST", "api/v1/questions", ASKERS, {"asker": "a", "question": "?"}),
    Call("GET", "api/v1/questions/<int:pk>", READERS | ASKERS),
    Call("POST", "api/v1/questions/<int:pk>/answer", DECIDERS, Q),
    Call("POST", "api/v1/questions/<int:pk>/answer", ASKERS | DECIDERS, Q, noun="peer question"),
    Call("POST", "api/v1/questions/<int:pk>/cancel", ASKERS | DECIDERS),
    Call("GET", "api/v1/agents", READERS),
    Call("GET", "api/v1/agents/<name>", READERS),
    Call("PUT", "api/v1/agents/<name>", REPORTERS),
    Call("DELETE", "api/v1/agents/<name>", DECIDERS, T),
    Call("GET", "api/v1/agents/<name>/commands", REPORTERS | SIGNED_IN),
    Call("POST", "api/v1/commands", DECIDERS, C),
    Call("POST", "api/v1/commands/<int:pk>/resolve", REPORTERS, {"status": "done"}),
    Call("POST", "api/v1/messages", ASKERS, {"from": "a", "to": "*", "body": "x"}),
    Call("POST", "api/v1/messages", ASKERS | DECIDERS, {"to": "a", "body": "x"}),
    Call("GET", "api/v1/messages", frozenset(("token:observe",)) | SIGNED_IN),
    Call("GET", "api/v1/agents/<name>/inbox", frozenset(("token:read",))),
    Call("GET", "api/v1/inbox", SIGNED_IN),
    Call("POST", "api/v1/inbox/read", DECIDERS),
    Call("POST", "api/v1/reminders", ASKERS, {"agent": "a", "message": "x", "in_seconds": 60}),
    Call("GET", "api/v1/reminders", READERS),
    Call("POST", "api/v1/reminders/<int:pk>/cancel", ASKERS | DECIDERS),
    Call("POST", "api/v1/batch", ASKERS | REPORTERS, {}),
    Call("POST", "api/v1/turns", REPORTERS, {"turns": []}),
    Call("POST", "api/v1/agents/<name>/transients", REPORTERS, {"transient_kind": "starting"}),
    Call("DELETE", "api/v1/agents/<name>/transients", REPORTERS, {"outcome": "ok"}),
    Call("GET", "api/v1/agents/<name>/loose-ends", READERS),
    Call("GET", "api/v1/sessions", READERS),
    Call("GET", "api/v1/tokens", DECIDERS),
    Call("POST", "api/v1/tokens", DECIDERS, {"name": "x"}),
    Call("POST", "api/v1/tokens/<int:pk>/revoke", DECIDERS, T),
]
BY_OTHERS = {"hooks/claude", "api/events/stream", "ws/events/", "sse/"}
"""Doors beside Django; tests/dashboard/doors and tests/dashboard/consumers hold who may."""


@pytest.fixture
def world(db, monkeypatch):
    """One of everything, asked by the token that may ask, about an agent that every token may speak for."""

    async def run(fn, *args, **kwargs):
        return await sync_to_async(fn)(*args, **kwargs)

    monkeypatch.setattr(desk, "_desk", SimpleNamespace(run=run))
    now = timezone.now()
    clients, tokens = {"nobody": Client(headers=HERE)}, {}
    for scope in Scope:
        tokens[scope], text = create_token("a", by=ROOT, now=now, scopes=[scope], agents=["a"])
        clients[f"token:{scope}"] = Client(headers={**HERE, "authorization": f"Bearer {text}"})
    for role in Role:
        user = User.objects.create_user(role)
        user.groups.add(Group.objects.get(name=role))
        clients[role] = Client(headers=HERE)
        clients[role].force_login(user)
        clients[role].cookies["perspt_csrf"] = "c" * 32
        clients[role].defaults["HTTP_X_CSRFTOKEN"] = "c" * 32
    asker = tokens[Scope.ASK]
    approval, _ = ask_approval(ApprovalDraft(agent="a", approval_kind="x"), token=asker, now=now)
    question, _ = ask_question(QuestionDraft(asker="a", parts=(Part("?"),)), token=asker, now=now)
    peer, _ = ask_question(QuestionDraft(asker="b", target="a", parts=(Part("?"),)), now=now)
    reminder = add_reminder("a", "x", due_at=now + timedelta(hours=1), token=asker, now=now)
    session_of_asker("a", "s", token=asker, now=now)
    run = a_run("s", size=1)
    order = issue_command("pause", "a", by=ROOT, reason="x", now=now)
    spare, _ = create_token("spare", by=ROOT, now=now)
    numbers = {"queue": approval, "approvals": approval, "questions": question, "commands": order, "tokens": spare}
    numbers |= {"peer question": peer, "reminders": reminder}
    numbers |= {"request": run.llm_requests.get(), "record": run.records.first()}
    return SimpleNamespace(clients=clients, numbers=numbers | {"token": spare}, approval=approval, question=question)


def send(world, call: Call, client: Client):
    words = call.route.split("/")
    noun = (call.noun or words[words.index("<int:pk>") - 1]) if "<int:pk>" in words else ""
    number = str(world.numbers[noun].pk) if noun else ""
    path = "/" + call.route.replace("<int:pk>", number).replace("<name>", "a").replace("<str:name>", "a").replace(
        "<path:external_id>", "s"
    )
    path = path.replace("<tab:tab>", "llm").replace("<slug:table>.<ending:ending>", "node_states.csv")
    if call.route.startswith("api/"):
        body = json.dumps(call.body) if call.method != "GET" else ""
        return client.generic(call.method, path, body, content_type="application/json")
    digests = {"digest": world.approval.digest, "asked": world.question.digest}
    form = {name: value.format(**digests) for name, value in call.body.items()}
    return client.get(path) if call.method == "GET" else client.post(path, form)


def is_in(answer) -> bool:
    to_the_door = answer.status_code == 302 and answer["Location"].startswith(("/login/", "/admin/login/"))
    return answer.status_code not in (401, 403) and not to_the_door


@pytest.mark.parametrize("call", WHO_MAY, ids=str)
def test_who_may(world, call):
    others_first = sorted(CALLERS, key=lambda caller: caller in call.may)

    found = {caller: is_in(send(world, call, world.clients[caller])) for caller in others_first}

    assert {caller for caller in CALLERS if found[caller]} == set(call.may)


PAGES = [
    call for call in WHO_MAY if call.method == "GET" and Role.VIEWER in call.may and not call.route.startswith("api/")
]
FORM = re.compile(r'<form[^>]*method="post"[^>]*action="([^"]*)"', re.IGNORECASE)


@pytest.mark.parametrize("call", PAGES, ids=str)
def test_a_viewer_reads_every_page_and_finds_nothing_to_decide_on_it(world, call):
    page = send(world, call, world.clients[Role.VIEWER])

    body = b"" if page.streaming else page.content
    assert page.status_code in (200, 302)
    assert set(FORM.findall(body.decode("utf-8", "replace"))) <= {"/logout/"}
    assert b"hx-post" not in body


@pytest.mark.parametrize("route", ["", "queue/<int:pk>/", "questions/<int:pk>/", "connect/", "tokens/"])
def test_an_operator_finds_it_there(world, route):
    page = send(world, Call("GET", route, SIGNED_IN), world.clients[Role.OPERATOR])

    assert set(FORM.findall(page.text)) - {"/logout/"}


def routes(resolver=None, before: str = ""):
    """Every route that Django knows; those of its admin are one."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver) and route != "admin/":
            yield from routes(entry, route)
        else:
            yield route


def test_every_address_has_its_place_in_the_table():
    assert set(routes()) - {call.route for call in WHO_MAY} - {"api/"} == set()


def test_every_call_of_the_api_has_its_place_in_the_table():
    from dashboard.api.app import api

    described = {
        (method.upper(), path.removeprefix("/").replace("{pk}", "<int:pk>").replace("{name}", "<name>"))
        for path, calls in api.get_openapi_schema(path_prefix="/api/")["paths"].items()
        for method in calls
    }

    assert described - {(call.method, call.route) for call in WHO_MAY} == set()


def test_at_a_first_start_none_of_it_answers(db):
    nobody = Client(headers=HERE)

    for call in WHO_MAY:
        path = "/" + call.route.replace("<int:pk>", "1").replace("<name>", "a").replace("<str:name>", "a").replace(
            "<path:external_id>", "s"
        )
        path = path.replace("<tab:tab>", "llm").replace("<slug:table>.<ending:ending>", "node_states.csv")
        if path in ("/healthz", "/readyz", "/metrics"):
            continue
        answer = nobody.generic(call.method, path, "{}", content_type="application/json")
        assert answer.status_code == 401, path
