"""The gatekeeper for machines."""

from datetime import UTC, datetime

import pytest

from dashboard.access import tokens
from dashboard.access.errors import TooLarge, TooMany, Unauthorized
from dashboard.enums import Scope
from dashboard.services.actor import Actor
from dashboard.services.errors import Forbidden
from dashboard.services.tokens import create_token, revoke_token

pytestmark = pytest.mark.database

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANA = Actor("ana")


def a_token(**options):
    token, text = create_token("hel-1", by=ANA, now=NOW, **options)
    return token, {"authorization": f"Bearer {text}"}


def enter(headers, *scopes, address="10.0.0.1"):
    return tokens.authenticate_now(headers, *(scopes or (Scope.ASK,)), address=address, now=NOW)


def test_a_token_with_the_scope_opens(db):
    token, headers = a_token()

    assert enter(headers) == token
    assert enter({"authorization": headers["authorization"].replace("Bearer", "bEARER")}) == token


@pytest.mark.parametrize(
    "value",
    [None, "", "Bearer", "Bearer ", "Basic YTpi", "ppt_x", "Bearer ppt_wrong", "Bearer \xe9", "Bearer " + "x" * 5_000],
)
def test_anything_else_does_not(db, value):
    with pytest.raises(Unauthorized):
        enter({} if value is None else {"authorization": value})


def test_a_revoked_token_opens_nothing_from_now_on(db):
    token, headers = a_token()
    enter(headers)

    revoke_token(token.pk, by=ANA, reason="lost", now=NOW)

    with pytest.raises(Unauthorized):
        enter(headers)


def test_a_token_does_only_what_its_scopes_say(db):
    _, headers = a_token(scopes=["read"])

    assert enter(headers, Scope.READ)
    assert enter(headers, Scope.ASK, Scope.READ)
    with pytest.raises(Forbidden, match="lacks the scope ask"):
        enter(headers, Scope.ASK)


def test_who_may_observe_may_read(db):
    _, headers = a_token(scopes=["observe"])

    assert enter(headers, Scope.READ)


def test_a_token_speaks_for_its_agents_alone(db):
    token, _ = a_token(agents=["hel-1-*"])

    tokens.speaks_for(token, "hel-1-api")
    with pytest.raises(Forbidden):
        tokens.speaks_for(token, "hel-2-api")


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ({"scopes": ["observe"]}, None),
        ({"agents": ["a-*", "b"]}, ("a-*", "b")),
        ({}, ("hel-1", "hel-1-*")),
        ({"host": "box"}, ("box", "box-*")),
    ],
)
def test_a_token_sees_its_agents_or_those_of_its_host(db, options, seen):
    token, _ = a_token(**options)

    assert tokens.sight(token) == seen


def test_calls_that_come_too_fast_are_told_to_wait(db, monkeypatch):
    _, headers = a_token()
    monkeypatch.setattr(tokens.token_pace, "pace", tokens.Pace(burst=3, per_second=0.001))

    for _ in range(3):
        enter(headers)

    with pytest.raises(TooMany) as slow:
        enter(headers)
    assert slow.value.retry_after > 60


def test_guessing_is_slow_and_shuts_out_nobody_else(db):
    _, headers = a_token()
    guess = {"authorization": "Bearer ppt_guess"}

    for _ in range(int(tokens.OF_FAILURES.burst)):
        with pytest.raises(Unauthorized):
            enter(guess)

    with pytest.raises(TooMany):
        enter(guess)
    assert enter(headers)
    with pytest.raises(Unauthorized):
        enter(guess, address="10.0.0.2")


def test_limits_can_be_switched_off(db, settings):
    settings.RATE_LIMITS = False

    for _ in range(int(tokens.OF_FAILURES.burst) + 5):
        with pytest.raises(Unauthorized):
            enter({"authorization": "Bearer ppt_guess"})


def test_a_bucket_fills_up_again():
    buckets = tokens.Buckets(tokens.Pace(burst=2, per_second=4))

    taken = [buckets.take("a", at=0.0), buckets.take("a", at=0.0), buckets.take("a", at=0.0)]

    assert taken == [0, 0, 0.25]
    assert buckets.take("b", at=0.0) == 0
    assert [buckets.take("a", at=0.25), buckets.take("a", at=0.25)] == [0, 0.25]


def test_buckets_do_not_grow_without_end():
    buckets = tokens.Buckets(tokens.Pace(burst=1, per_second=1), most=3)

    for number in range(50):
        buckets.take(str(number), at=0.0)

    assert len(buckets._levels) == 3


@pytest.mark.parametrize("length", ["1048577", "9" * 30])
def test_a_body_that_says_it_is_too_large_is_not_read(length):
    with pytest.raises(TooLarge):
        tokens.check_length({"content-length": length})


async def test_a_door_beside_django_asks_at_the_desk(transactional_db):
    from asgiref.sync import sync_to_async

    token, headers = await sync_to_async(a_token)()

    assert await tokens.authenticate(headers, Scope.ASK, address="10.0.0.1", now=NOW) == token
