"""Fifty answers to one request arrive at once, from several people at several processes."""

import threading

import pytest

from tests.harness.console import carry_csrf_token

pytestmark = pytest.mark.slow

PEOPLE = ("ana", "ben", "cleo", "dag", "eva")
CROWD = 50
ACCOUNTS = (
    "from django.contrib.auth.models import Group, User;"
    "group = Group.objects.get(name='operator');"
    f"[User.objects.create_user(name, password='a long secret').groups.add(group) for name in {PEOPLE}]"
)


@pytest.fixture(params=["sqlite", "two processes on postgres"])
def consoles(request, start_console):
    if request.param == "sqlite":
        return [start_console()]
    settings = {"DATABASE_URL": request.getfixturevalue("postgres").new_database()}
    return [start_console(server=server, settings=settings) for server in ("runserver", "uvicorn")]


def signed_in(console, name):
    """A browser of this person."""
    browser = console.anyone(event_hooks={"request": [carry_csrf_token]})
    assert browser.get("/login/").status_code == 200
    answer = browser.post("/login/", data={"username": name, "password": "a long secret"})
    assert answer.status_code == 200, answer.text
    assert answer.url.path == "/"
    return browser


def test_one_wins_and_everybody_else_learns_who(consoles):
    consoles[0].manage("shell", "--verbosity=0", "-c", ACCOUNTS)
    browsers = {name: signed_in(consoles[n % len(consoles)], name) for n, name in enumerate(PEOPLE)}
    asker = consoles[0].machine(consoles[0].token("asker"))
    asked = asker.post(
        "/api/v1/approvals", json={"agent": "atlas", "approval_kind": "command", "command": "make deploy"}
    ).json()
    gate, answers = threading.Barrier(CROWD), [None] * CROWD

    def decide(number):
        name, status = PEOPLE[number % len(PEOPLE)], ("approved", "denied")[number % 2]
        gate.wait()
        answers[number] = (
            status,
            browsers[name].post(
                f"/api/v1/approvals/{asked['id']}/resolve", json={"status": status, "digest": asked["digest"]}
            ),
        )

    threads = [threading.Thread(target=decide, args=[number]) for number in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    row = asker.get(f"/api/v1/approvals/{asked['id']}").json()
    assert row["resolved_by"] in PEOPLE
    told = {"status": row["status"], "resolved_by": row["resolved_by"], "resolved_at": row["resolved_at"], "note": None}
    for status, answer in answers:
        if status == row["status"]:
            assert (answer.status_code, answer.json()) == (200, row)
        else:
            assert (answer.status_code, answer.json()["resolved"]) == (409, told)
    feed = browsers["ana"].get("/api/events", params={"after": 0, "kinds": "approval_resolved"}).json()
    assert len(feed["events"]) == 1
    for client in (*browsers.values(), asker):
        client.close()
