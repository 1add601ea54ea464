"""Signing in and out: accounts, the shared password, guessing, and passwords in the clear."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from dashboard.access import signin
from dashboard.models import Throttle
from tests.dashboard.access.conftest import HERE, PASSWORD

pytestmark = pytest.mark.database


@pytest.fixture
def shared(settings) -> str:
    settings.SHARED_PASSWORD = "open sesame"
    return settings.SHARED_PASSWORD


def test_whoever_is_nobody_is_led_to_the_door_and_back(browser, ana, send):
    assert browser.get("/agents/?state=idle")["Location"] == "/login/?next=%2Fagents%2F%3Fstate%3Didle"
    browser.get("/login/?next=/agents/%3Fstate%3Didle")

    answer = send(browser, "/login/", username="ana", password=PASSWORD, next="/agents/?state=idle")

    assert (answer.status_code, answer["Location"]) == (302, "/agents/?state=idle")
    assert browser.get("/").wsgi_request.actor.name == "ana"


def test_a_part_of_a_page_that_is_fetched_moves_the_whole_page_to_the_door(browser, ana):
    answer = browser.get(
        "/now/queue/", headers={"hx-request": "true", "hx-current-url": "http://localhost:8000/agents/?a=1"}
    )

    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/login/?next=%2Fagents%2F")


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x", "login"]
)
def test_signing_in_leads_nowhere_else(browser, ana, send, wanted):
    assert send(browser, "/login/", username="ana", password=PASSWORD, next=wanted)["Location"] == "/"


@pytest.mark.parametrize("password", ["wrong", PASSWORD + " ", "\0", "\ud800"])
def test_a_wrong_password_opens_nothing(browser, ana, send, password):
    answer = send(browser, "/login/", username="ana", password=password.encode("utf-8", "replace"))

    assert answer.status_code == 401
    assert b"do not belong together" in answer.content
    assert browser.get("/").status_code == 302


def test_an_account_that_was_closed_opens_nothing(browser, ana, send):
    User.objects.update(is_active=False)

    assert send(browser, "/login/", username="ana", password=PASSWORD).status_code == 401


def test_closing_an_account_ends_its_sessions(browser, ana, send):
    send(browser, "/login/", username="ana", password=PASSWORD)

    User.objects.update(is_active=False)

    assert browser.get("/").status_code == 302


def test_the_shared_password_makes_an_operator_named_after_the_address(browser, shared, send):
    send(browser, "/login/", password=shared)

    actor = browser.get("/").wsgi_request.actor
    assert (actor.name, actor.role, actor.address) == ("password@127.0.0.1", "operator", "127.0.0.1")


def test_only_the_password_is_asked_for_where_there_are_no_accounts(browser, shared):
    assert b'name="username"' not in browser.get("/login/").content


def test_where_there_are_both_the_name_may_be_left_out(browser, shared, ana, send):
    page = browser.get("/login/").content

    assert b"Without a name, the shared password opens." in page
    assert send(browser, "/login/", username="", password=shared).status_code == 302
    assert browser.get("/").wsgi_request.actor.name == "password@127.0.0.1"


def test_perspts_form_needs_nothing_but_the_password(browser, shared):
    answer = browser.post("/login", {"password": shared})

    assert answer.status_code == 302
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("header", ["origin", "referer"])
def test_a_foreign_page_cannot_sign_a_browser_in(browser, shared, header):
    answer = browser.post("/login/", {"password": shared}, headers={header: "http://evil.example/"})

    assert answer.status_code == 403
    assert browser.get("/").status_code == 302


def test_another_shared_password_ends_the_sessions_of_the_first(browser, shared, send, settings):
    send(browser, "/login/", password=shared)

    settings.SHARED_PASSWORD = "another"

    assert browser.get("/").status_code == 302


def test_the_session_does_not_hold_the_password(browser, shared, send):
    send(browser, "/login/", password=shared)

    assert shared not in str(dict(browser.session))


def test_someone_who_guesses_is_slowed_down(browser, shared, send):
    answers = [send(browser, "/login/", password="guess").status_code for _ in range(signin.TRIES_OF_ADDRESS + 1)]
    late = send(browser, "/login/", password=shared)

    assert answers == [401] * signin.TRIES_OF_ADDRESS + [429]
    assert late.status_code == 429
    assert 290 <= int(late["Retry-After"]) <= 300
    assert b"Try again in 5 minutes, at " in late.content


def test_whoever_must_wait_is_told_how_long_it_still_is(browser, shared, send):
    for _ in range(signin.TRIES_OF_ADDRESS + 1):
        send(browser, "/login/", password="guess")

    Throttle.objects.update(since=timezone.now() - signin.WINDOW + timedelta(seconds=40))
    late = send(browser, "/login/", password=shared)

    assert b"Try again in 40 seconds, at " in late.content
    assert late["Retry-After"] == "40"


def test_after_a_while_it_is_possible_again(browser, shared, send):
    for _ in range(signin.TRIES_OF_ADDRESS + 1):
        send(browser, "/login/", password="guess")

    Throttle.objects.update(since=timezone.now() - signin.WINDOW - timedelta(seconds=1))

    assert send(browser, "/login/", password=shared).status_code == 302


def test_guessing_from_many_addresses_is_slowed_down_too(browser, shared, send, settings):
    settings.TRUSTED_PROXIES = ("127.0.0.1",)
    browser.get("/login/")
    token = browser.cookies["perspt_csrf"].value

    answers = [
        browser.post(
            "/login/",
            {"password": "guess", "csrfmiddlewaretoken": token},
            headers={"x-forwarded-for": f"10.0.0.{number}"},
        ).status_code
        for number in range(signin.TRIES_OF_ALL + 1)
    ]

    assert answers == [401] * signin.TRIES_OF_ALL + [429]


def test_whoever_signs_in_has_all_tries_again(browser, shared, send):
    for _ in range(signin.TRIES_OF_ADDRESS - 1):
        send(browser, "/login/", password="guess")
    send(browser, "/login/", password=shared)
    send(browser, "/logout/")
    browser.get("/login/")

    assert send(browser, "/login/", password="guess").status_code == 401


def test_limits_can_be_switched_off(browser, shared, send, settings):
    settings.RATE_LIMITS = False

    answers = {send(browser, "/login/", password="guess").status_code for _ in range(signin.TRIES_OF_ADDRESS + 2)}

    assert answers == {401}


def test_one_household_of_ipv6_counts_as_one_address():
    assert signin.place_of("2001:db8:1:2::1") == signin.place_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert signin.place_of("192.0.2.7") == "192.0.2.7"


def test_no_password_is_taken_in_the_clear_from_elsewhere(browser, shared, settings):
    settings.ALLOWED_HOSTS = ["console.example"]
    elsewhere = {"host": "console.example"}

    assert b"PERSPT_URL=https://" in browser.get("/login/", headers=elsewhere).content
    answer = browser.post("/login/", {"password": shared}, headers=elsewhere)

    assert answer.status_code == 403
    assert b"PERSPT_INSECURE=1" in answer.content
    assert not browser.session.get("perspt_door")


def test_it_is_taken_over_https_or_if_the_risk_was_accepted(browser, shared, settings):
    settings.ALLOWED_HOSTS = ["console.example"]
    elsewhere = {"host": "console.example"}

    assert browser.post("/login/", {"password": shared}, headers=elsewhere, secure=True).status_code == 302
    settings.INSECURE = True
    assert browser.post("/login/", {"password": shared}, headers=elsewhere).status_code == 302


def test_signing_out_takes_a_post_of_ours(browser, shared, send, another):
    send(browser, "/login/", password=shared)

    assert browser.get("/logout/").status_code == 405
    assert browser.post("/logout/", headers={"origin": "http://evil.example"}).status_code == 403
    assert browser.get("/").status_code == 200
    assert send(browser, "/logout/").status_code == 302
    assert browser.get("/").status_code == 302


@pytest.mark.parametrize(
    ("groups", "role", "staff"),
    [
        ((), "viewer", False),
        (("viewer",), "viewer", False),
        (("operator",), "operator", False),
        (("admin",), "admin", True),
    ],
)
def test_groups_are_roles_and_admins_are_staff(browser, db, groups, role, staff):
    user = User.objects.create_user("tom", password=PASSWORD)
    user.groups.set(Group.objects.filter(name__in=groups))
    browser.force_login(user)

    assert browser.get("/", headers=HERE).wsgi_request.actor.role == role
    assert User.objects.get().is_staff == staff


def test_leaving_the_group_admin_closes_the_admin_pages(db):
    user = User.objects.create_user("tom")
    admins = Group.objects.get(name="admin")
    admins.user_set.add(user)
    assert User.objects.get().is_staff

    admins.user_set.remove(user)

    assert not User.objects.get().is_staff


def test_the_admin_pages_have_no_door_of_their_own(browser, ana, send):
    assert browser.get("/admin/login/")["Location"] == "/login/?next=%2Fadmin%2Flogin%2F"
    browser.force_login(ana)

    assert browser.get("/admin/login/").status_code == 403
    assert browser.post("/admin/login/", {"username": "x", "password": "y"}).status_code == 403
    User.objects.update(is_staff=True)
    assert browser.get("/admin/login/")["Location"] == "/admin/"
