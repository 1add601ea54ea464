"""Machines with their tokens and an operator's browser, as callers of the API."""

from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from dashboard.access import desk, tokens
from dashboard.services.actor import Actor
from dashboard.services.tokens import create_token

HERE = {"host": "localhost:8000"}
ROOT = Actor("command line")


class Machine:
    """A caller with a token; `call("POST", path, field=value)` sends a JSON body."""

    def __init__(self, name: str, **options):
        self.row, self.text = create_token(name, by=ROOT, now=timezone.now(), **options)
        self.client = Client(headers={**HERE, "authorization": f"Bearer {self.text}"}, raise_request_exception=False)

    def call(self, method: str, path: str, **body):
        return send(self.client, method, path, **body)

    def get(self, path: str, **query):
        return self.client.get(path, query)

    def ask(self, agent: str = "mara", **fields):
        return self.call("POST", "/api/v1/approvals", **{"agent": agent, "approval_kind": "run_command", **fields})


class Browser(Machine):
    """A person's browser; it sends the CSRF token with what changes something."""

    def __init__(self, name: str, role: str):
        user = User.objects.create_user(name)
        user.groups.add(Group.objects.get(name=role))
        self.client = Client(headers=HERE, enforce_csrf_checks=True, raise_request_exception=False)
        self.client.force_login(user)
        self.client.cookies["perspt_csrf"] = "c" * 32
        self.client.defaults["HTTP_X_CSRFTOKEN"] = "c" * 32


def send(client: Client, method: str, path: str, **body):
    return client.generic(method, path, json_of(body), content_type="application/json")


def json_of(body) -> str:
    import json

    return json.dumps(body)


@pytest.fixture(autouse=True)
def paces():
    yield
    for buckets in (tokens.token_pace, tokens.address_pace, tokens.failure_pace):
        buckets.clear()


@pytest.fixture
def at_one_desk(monkeypatch):
    """Database work in the test's own thread, so that it happens within the test's transaction."""

    async def run(fn, *args, **kwargs):
        return await sync_to_async(fn)(*args, **kwargs)

    monkeypatch.setattr(desk, "_desk", SimpleNamespace(run=run))


@pytest.fixture
def machine(db, at_one_desk) -> Machine:
    return Machine("hel-1")


@pytest.fixture
def bound(db, at_one_desk) -> Machine:
    """A machine that speaks for the agents of hel-2 alone."""
    return Machine("hel-2", agents=["hel-2-*"])


@pytest.fixture
def observer(db, at_one_desk) -> Machine:
    return Machine("watcher", scopes=["observe"])


@pytest.fixture
def ana(db, at_one_desk) -> Browser:
    return Browser("ana", "operator")


@pytest.fixture
def tom(db, at_one_desk) -> Browser:
    return Browser("tom", "viewer")


@pytest.fixture
def nobody(db, at_one_desk) -> Client:
    return Client(headers=HERE, raise_request_exception=False)
