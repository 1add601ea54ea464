"""PERSPT_OPEN: no sign-in for a browser on this computer, and for nothing that only looks like it."""

import pytest

from dashboard.access.actors import actor_of_scope

SCOPE = {
    "type": "websocket",
    "scheme": "ws",
    "path": "/ws/events/",
    "client": ("127.0.0.1", 40_000),
    "headers": [(b"host", b"localhost:8000")],
}


@pytest.fixture(autouse=True)
def standing_open(settings):
    settings.OPEN = True


def test_a_browser_on_this_computer_may_decide(browser):
    answer = browser.get("/")

    assert answer.status_code == 200
    assert (answer.wsgi_request.actor.name, answer.wsgi_request.actor.can_decide) == ("operator@127.0.0.1", True)


def test_a_banner_says_so_on_every_page(browser):
    assert b"PERSPT_OPEN" in browser.get("/").content


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-for": "127.0.0.1"},
        {"x-forwarded-host": "localhost"},
        {"forwarded": "for=127.0.0.1"},
        {"via": "1.1 nginx"},
        {"x-real-ip": "127.0.0.1"},
    ],
)
def test_a_proxy_on_this_computer_is_not_this_computer(browser, headers):
    assert browser.get("/", headers=headers).status_code == 401


def test_another_computer_is_turned_away(browser):
    assert browser.get("/", REMOTE_ADDR="192.0.2.7").status_code == 401


def test_another_name_is_turned_away(browser, settings):
    settings.ALLOWED_HOSTS = ["*"]

    assert browser.get("/", headers={"host": "console.example"}).status_code == 401


def test_a_foreign_page_can_post_nothing(browser):
    answer = browser.post("/queue/1/resolve/", {"verdict": "approve"}, headers={"origin": "http://evil.example"})

    assert answer.status_code in (401, 403)


def test_even_here_a_form_needs_its_token(browser):
    assert browser.post("/queue/1/resolve/", {"verdict": "approve"}).status_code == 403
    assert browser.post("/api/v1/tokens", {"name": "x"}, content_type="application/json").status_code == 403


async def test_a_socket_from_this_computer_is_someone():
    assert (await actor_of_scope(SCOPE)).name == "operator@127.0.0.1"


@pytest.mark.parametrize(
    "change",
    [
        {"client": ("192.0.2.7", 1)},
        {"client": None},
        {"headers": [(b"host", b"console.example")]},
        {"headers": [*SCOPE["headers"], (b"x-forwarded-for", b"127.0.0.1")]},
        {"headers": [*SCOPE["headers"], (b"origin", b"http://evil.example")]},
    ],
)
async def test_any_other_socket_is_nobody(change):
    assert await actor_of_scope({**SCOPE, **change}) is None


async def test_a_closed_console_knows_nobody(settings):
    settings.OPEN = False

    assert await actor_of_scope(SCOPE) is None
