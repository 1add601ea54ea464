"""The first start: one key, printed once, good once."""

import pytest
from django.contrib.auth.models import User

from dashboard.access import launch
from dashboard.models import Command

pytestmark = pytest.mark.database

FORM = {"username": "ana", "password": "correct horse battery", "password_again": "correct horse battery"}


@pytest.mark.parametrize("path", ["/", "/agents/", "/sessions/", "/decisions/", "/login/", "/launch/", "/admin/"])
def test_without_the_key_every_page_is_locked(browser, path):
    answer = browser.get(path)

    assert answer.status_code == 401
    assert b"waits for its key" in answer.content


def test_without_the_key_only_the_pulse_answers(browser):
    assert browser.get("/healthz").json() == {"status": "alive", "version": "0.1.0"}
    assert browser.get("/readyz").json() == {"status": "ready", "database": True, "layer": True}
    assert browser.get("/api/state").status_code == 401
    assert browser.post("/queue/1/resolve/", {"verdict": "approve"}).status_code == 401


def test_the_key_opens_once_and_leads_to_the_page_of_the_first_start(browser, another, key):
    opened = browser.get("/", {"key": key})

    assert (opened.status_code, opened["Location"]) == (302, "/launch/")
    assert browser.get("/launch/").status_code == 200
    assert browser.get("/").status_code == 200
    assert another.get("/", {"key": key}).status_code == 401


def test_whoever_holds_the_key_is_an_operator_of_this_address(browser, key):
    browser.get("/", {"key": key})

    actor = browser.get("/").wsgi_request.actor

    assert (actor.name, actor.role, actor.can_decide) == ("operator@127.0.0.1", "operator", True)


def test_a_link_that_is_opened_again_in_the_same_browser_leads_to_the_front_page(browser, key):
    browser.get("/", {"key": key})

    assert browser.get("/", {"key": key})["Location"] == "/"


def test_a_browser_that_looks_ahead_does_not_use_the_key_up(browser, key):
    ahead = browser.get("/", {"key": key}, headers={"sec-purpose": "prefetch;prerender"})

    assert ahead.status_code == 503
    assert browser.get("/", {"key": key}).status_code == 302


def test_a_head_request_does_not_use_the_key_up(browser, key):
    browser.head("/", {"key": key})

    assert browser.get("/", {"key": key}).status_code == 302


def test_the_cookie_is_a_new_one(browser, key):
    browser.cookies["perspt_session"] = "chosen-by-someone-else"

    browser.get("/", {"key": key})

    assert browser.cookies["perspt_session"].value != "chosen-by-someone-else"
    assert browser.cookies["perspt_session"]["httponly"]


def test_wrong_keys_are_slowed_down_and_then_the_right_one_is_too(browser, key):
    answers = [browser.get("/", {"key": "wrong"}).status_code for _ in range(launch.WRONG_KEYS + 1)]

    assert answers == [401] * launch.WRONG_KEYS + [429]
    assert browser.get("/", {"key": key}).status_code == 429


def test_an_empty_key_opens_nothing(browser):
    launch.key.forget()

    assert browser.get("/", {"key": ""}).status_code == 401


def test_the_key_is_void_as_soon_as_there_is_an_account(browser, key, ana):
    assert browser.get("/", {"key": key})["Location"] == "/login/"
    assert browser.get("/")["Location"].startswith("/login/")


def test_a_session_of_the_key_ends_when_there_is_an_account(browser, key):
    browser.get("/", {"key": key})

    User.objects.create_user("ana")

    assert browser.get("/")["Location"] == "/login/?next=%2F"


def test_the_key_is_void_where_a_shared_password_is_set(browser, key, settings):
    settings.SHARED_PASSWORD = "sesame"

    assert browser.get("/", {"key": key})["Location"] == "/login/"


def test_the_key_is_not_sent_in_the_clear(browser, key, settings):
    settings.ALLOWED_HOSTS = ["console.example"]

    answer = browser.get("/", {"key": key}, headers={"host": "console.example"})

    assert answer.status_code == 403
    assert b"PERSPT_URL=https://" in answer.content
    assert launch.key.take(key)


def test_the_first_admin_is_made_and_signed_in(browser, key, send):
    browser.get("/", {"key": key})
    browser.get("/launch/")

    answer = send(browser, "/launch/", **FORM)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert browser.get("/").wsgi_request.actor.name == "ana"
    assert browser.get("/").wsgi_request.actor.role == "admin"
    assert browser.get("/admin/").status_code == 200
    assert browser.get("/launch/")["Location"] == "/"
    order = Command.objects.get()
    assert (order.verb, order.subject, order.operator) == ("create admin", "ana", "operator@127.0.0.1")


def test_the_page_of_the_first_start_never_appears_again(browser, ana):
    assert browser.get("/launch/")["Location"] == "/login/"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password_again": "another"}, "password_again"),
        ({"password": "ana", "password_again": "ana"}, "password"),
        ({"username": "deadline"}, "username"),
        ({"username": "operator@10.0.0.1"}, "username"),
        ({"username": "<b>ana</b>"}, "username"),
        ({"username": "a\0na"}, "username"),
        ({"username": ""}, "username"),
    ],
)
def test_a_first_admin_needs_a_name_and_a_good_password(browser, key, send, change, field):
    browser.get("/", {"key": key})
    browser.get("/launch/")

    answer = send(browser, "/launch/", **{**FORM, **change})

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not User.objects.exists()


def test_nobody_makes_an_admin_without_the_key(browser, send):
    browser.get("/launch/")

    assert send(browser, "/launch/", **FORM).status_code in (401, 403)
    assert not User.objects.exists()


def test_someone_at_an_open_console_is_no_admin(browser, send, settings):
    settings.OPEN = True
    browser.get("/")

    assert browser.get("/launch/")["Location"] == "/"
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("127.0.0.1", "Open http://127.0.0.1:8010/?key="),
        ("0.0.0.0", "Open http://127.0.0.1:8010/?key="),
        ("::1", "Open http://[::1]:8010/?key="),
        ("192.168.1.5", "Open http://192.168.1.5:8010/?key="),
    ],
)
def test_the_start_line_has_the_port_and_the_key(db, address, link):
    assert launch.start_line(address, 8010).startswith(link)


def test_the_start_line_of_a_console_with_accounts_has_no_key(ana, settings):
    assert launch.start_line("127.0.0.1", 8000) == "Open http://127.0.0.1:8000/ and sign in"
    settings.PUBLIC_URL = "https://console.example"
    assert launch.start_line("127.0.0.1", 8000) == "Open https://console.example and sign in"


def test_the_start_line_of_an_open_console_has_no_key(db, settings):
    settings.OPEN = True

    assert "key=" not in launch.start_line("127.0.0.1", 8000)


@pytest.mark.parametrize(
    ("line", "bound"),
    [
        ("perspt_site.asgi:application --host 0.0.0.0 --port 8010", ("0.0.0.0", 8010)),
        ("perspt_site.asgi:application --host=::1 --port=8010", ("::1", 8010)),
        ("perspt_site.asgi:application", ("127.0.0.1", 8000)),
        ("perspt_site.asgi:application --uds /run/console.sock", ("", 0)),
        ("perspt_site.asgi:application --port x", ("127.0.0.1", 0)),
    ],
)
def test_the_port_is_read_from_the_server_s_command_line(line, bound):
    assert launch.bound_by(line.split()) == bound
