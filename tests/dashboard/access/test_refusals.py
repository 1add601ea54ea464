"""Who was turned away is counted, whichever door it was, and whoever knocks fills nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from dashboard.access import refusals
from dashboard.models import Refusal
from dashboard.services.actor import Actor
from dashboard.services.refusals import ELSEWHERE, MOST_PER_HOUR
from dashboard.services.retention import prune_batch
from dashboard.services.tokens import create_token, revoke_token
from tests.dashboard.access.conftest import HERE

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
ANA = Actor("ana")


@pytest.fixture(autouse=True)
def nothing_before():
    refusals.ledger.take()
    yield
    refusals.ledger.take()


def written(now=NOW):
    refusals.write_down(now=now)
    return [(row.door, row.reason, row.about, row.count) for row in Refusal.objects.order_by("id")]


def test_what_happens_often_is_one_row_that_counts():
    for _ in range(3):
        refusals.note("api", "192.0.2.7", refusals.UNKNOWN_TOKEN)
    written()
    refusals.note("api", "192.0.2.7", refusals.UNKNOWN_TOKEN)

    assert written(NOW + timedelta(minutes=10)) == [("api", "unknown token", "", 4)]
    assert Refusal.objects.get().last_at == NOW + timedelta(minutes=10)


def test_the_next_hour_counts_anew():
    refusals.note("api", "192.0.2.7", refusals.NO_TOKEN)
    written()
    refusals.note("api", "192.0.2.7", refusals.NO_TOKEN)

    assert len(written(NOW + timedelta(hours=1))) == 2


def test_knocking_from_everywhere_fills_neither_the_memory_nor_the_disk():
    for number in range(3_000):
        refusals.note("api", f"10.{number // 250}.{number % 250}.1", refusals.UNKNOWN_TOKEN)
    written()
    refusals.note("api", "203.0.113.9", refusals.UNKNOWN_TOKEN)
    written()

    assert Refusal.objects.count() <= MOST_PER_HOUR + 1
    assert sum(Refusal.objects.values_list("count", flat=True)) == 3_001
    assert Refusal.objects.filter(address=ELSEWHERE).exists()


def test_a_network_of_the_new_internet_is_one_address():
    refusals.note("api", "2001:db8:1:2::1", refusals.NO_TOKEN)
    refusals.note("api", "2001:db8:1:2::9", refusals.NO_TOKEN)

    assert written() == [("api", "no token", "", 2)]


def test_what_could_not_be_written_is_not_lost(monkeypatch):
    refusals.note("api", "192.0.2.7", refusals.NO_TOKEN)

    def broken(*_args, **_options):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(refusals, "count_refusals", broken)
        with pytest.raises(RuntimeError):
            refusals.write_down(now=NOW)

    assert written() == [("api", "no token", "", 1)]


def test_old_attempts_are_forgotten():
    refusals.note("api", "192.0.2.7", refusals.NO_TOKEN)
    written()

    assert prune_batch(now=NOW + timedelta(days=31), keep_days=30)["attempts"] == 1


def bearing(text):
    return Client(headers={**HERE, "authorization": f"Bearer {text}"})


def test_machines_that_were_turned_away_are_listed_with_the_token_where_it_is_known():
    User.objects.create_user("ana")
    lost, lost_text = create_token("lost", by=ANA, now=NOW)
    revoke_token(lost.pk, by=ANA, reason="lost", now=NOW)
    bound, bound_text = create_token("bound", by=ANA, now=NOW, scopes=["ask", "report"], agents=["hel-1-*"])

    Client(headers=HERE).get("/api/state")
    bearing("ppt_guess").get("/api/state")
    bearing(lost_text).get("/api/state")
    bearing(bound_text).get("/api/v1/sessions")
    bearing(bound_text).put("/api/v1/agents/otto", "{}", content_type="application/json")
    bearing(bound_text).get("/api/v1/tokens")

    assert written() == [
        ("api", "no token", "", 1),
        ("api", "unknown token", "", 1),
        ("api", "revoked token", str(lost), 1),
        ("api", "scope missing", str(bound), 1),
        ("api", "not allowed", str(bound), 2),
    ]


def test_people_who_were_turned_away_are_listed(settings):
    user = User.objects.create_user("tom", password="a long enough password")
    user.groups.add(Group.objects.get_or_create(name="viewer")[0])
    tom = Client(headers=HERE)

    tom.post("/login/", {"username": "tom", "password": "hunter2 hunter2"})
    tom.force_login(user)
    tom.post("/connect/token/", {"host": "hel-2"})
    tom.post("/api/v1/tokens", "{}", content_type="application/json")

    assert written()[:2] == [("sign-in", "wrong password", "", 1), ("web", "not allowed", "tom", 1)]
    assert not Refusal.objects.filter(about__contains="hunter2").exists()


def test_a_wrong_key_is_listed():
    Client(headers=HERE).get("/?key=guess")

    assert written() == [("launch key", "wrong key", "", 1)]


def test_a_page_that_sends_hooks_is_listed():
    import asyncio

    from dashboard.doors.claude import application

    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"{}"}

    headers = [(b"host", b"localhost:8000"), (b"origin", b"https://evil.example")]
    scope = {"type": "http", "method": "POST", "path": "/hooks/claude", "headers": headers, "client": ("127.0.0.1", 9)}
    asyncio.run(application(scope, receive, send))

    assert sent[0]["status"] == 403
    assert written() == [("hook", "page from elsewhere", "", 1)]
