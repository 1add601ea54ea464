"""Browsers at the doors: on this computer, with nobody's cookie."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from dashboard.access import launch, tokens

PASSWORD = "a long enough password"
HERE = {"host": "localhost:8000"}


@pytest.fixture(autouse=True)
def fresh():
    """What a process keeps in memory: the launch key, and how fast somebody calls."""
    yield
    launch.key.forget()
    for buckets in (tokens.token_pace, tokens.address_pace, tokens.failure_pace):
        buckets.clear()


@pytest.fixture
def browser(db) -> Client:
    """A browser on this computer that nobody has signed in with; it checks CSRF as the real thing would."""
    return Client(headers=HERE, enforce_csrf_checks=True)


@pytest.fixture
def another(db) -> Client:
    return Client(headers=HERE, enforce_csrf_checks=True)


@pytest.fixture
def ana(db) -> User:
    """An operator with an account."""
    user = User.objects.create_user("ana", password=PASSWORD)
    user.groups.add(Group.objects.get(name="operator"))
    return user


@pytest.fixture
def key(db) -> str:
    """The key of a first start, as the start line has it."""
    return launch.start_line("127.0.0.1", 8000).split("key=")[1].split()[0]


def post(browser: Client, path: str, **fields):
    """Send a form with the token that the page of the form set, as a browser on that page does."""
    if "perspt_csrf" not in browser.cookies:
        browser.get(path)
    token = browser.cookies["perspt_csrf"].value if "perspt_csrf" in browser.cookies else ""
    return browser.post(path, {"csrfmiddlewaretoken": token, **fields}, headers={"origin": "http://localhost:8000"})


@pytest.fixture
def send():
    return post
