"""Facts in numbers: all or nothing, stored as the calls for one would, and refused in the same words by both doors."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from dashboard.access.tokens import known_tokens
from dashboard.live.desk import in_desk
from dashboard.models import Agent, Delivery, Event, Message, Transient
from dashboard.services.tokens import revoke_token
from stats.models import Turn
from tests.dashboard.doors.facts import BATCH, TURNS, a_token, a_turn, tell
from tests.dashboard.services.makers import ANA, NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

OF_ALL_KINDS = {
    "agents": [{"name": "mara", "state": "working"}, {"name": "jo", "parent": "mara", "status_text": "reads"}],
    "messages": [
        {"from": "jo", "to": "mara", "body": "I begin."},
        {"from": "mara", "to": "*", "body": "token=hunter2x9"},
    ],
    "transients": [{"agent": "jo", "transient_kind": "starting"}, {"agent": "jo", "outcome": "ok"}],
    "turns": [a_turn(agent="jo"), a_turn(agent="jo")],
}


@sync_to_async
def frames():
    return [json.loads(text) for text in Event.objects.order_by("seq").values_list("frame", flat=True)]


async def kinds():
    return [frame["kind"] for frame in await frames() if not frame["kind"].startswith("command")]


async def test_facts_of_all_kinds_are_stored_together():
    status, answer = await tell(await a_token(), OF_ALL_KINDS)

    ids = [pk async for pk in Message.objects.order_by("id").values_list("id", flat=True)]
    assert (status, answer) == (
        200,
        {
            "agents": {"heard": 2},
            "messages": {"ids": ids[:2]},
            "transients": {"begun": 1, "ended": 1},
            "turns": {"stored": 1, "known": 1},
        },
    )
    assert await kinds() == [
        *("agent_changed", "agent_changed", "sent", "sent", "transient_set", "transient_cleared", "sent", "turn_ended")
    ]


async def test_what_is_stored_is_what_the_calls_for_one_would_store():
    await tell(await a_token(), OF_ALL_KINDS)

    jo = await Agent.objects.select_related("parent").aget(name="jo")
    assert (jo.parent.name, jo.status_text, jo.seen_by, jo.state) == ("mara", "reads", "api", "unknown")
    assert jo.seen_at == jo.status_set_at
    letter = await Message.objects.aget(recipient="*")
    assert (letter.body, letter.redacted, letter.sender) == ("token=[redacted]", 1, "mara")
    inboxes = [name async for name in Delivery.objects.filter(message=letter).values_list("recipient", flat=True)]
    assert inboxes == ["jo"]
    assert [one.outcome async for one in Transient.objects.all()] == ["ok"]


async def test_a_word_that_changes_nothing_makes_no_event_and_moves_the_age():
    token = await a_token()
    await tell(token, {"agents": [{"name": "mara", "state": "idle"}]})
    await Agent.objects.aupdate(seen_at=NOW)
    before = await kinds()

    await tell(token, {"agents": [{"name": "mara", "state": "idle"}, {"name": "mara"}]})
    await tell(token, {"messages": [{"from": "mara", "to": "operator", "body": "hello"}]})

    assert await kinds() == [*before, "sent"]
    assert (await Agent.objects.aget(name="mara")).seen_at > NOW


async def test_a_silent_or_removed_agent_is_back_with_any_fact():
    token = await a_token()
    await tell(token, {"agents": [{"name": "mara", "state": "working"}, {"name": "jo"}]})
    await Agent.objects.filter(name="mara").aupdate(silent=True)
    await Agent.objects.filter(name="jo").aupdate(removed_at=NOW)
    before = len(await kinds())

    await tell(token, {"turns": [a_turn(), a_turn(agent="jo")]})

    assert (await kinds())[before:] == ["agent_changed", "turn_ended", "agent_changed", "turn_ended"]
    assert await Agent.objects.filter(silent=False, removed_at=None).acount() == 2


async def test_each_change_in_a_batch_is_an_event_and_the_last_one_stays():
    steps = [{"name": "mara", "status_text": f"step {number}"} for number in range(5)]

    await tell(await a_token(), {"agents": steps})

    told = [frame["agent"]["status_text"] for frame in await frames() if frame["kind"] == "agent_changed"]
    assert told == [f"step {number}" for number in range(5)]
    assert (await Agent.objects.aget(name="mara")).status_text == "step 4"


REFUSED = [
    ({"messages": [{"from": "mara", "to": "nobody", "body": "x"}]}, 404, {"messages.0": "There is no agent 'nobody'."}),
    ({"agents": [{"name": "jo"}, {"name": "x", "parent": "y"}]}, 422, {"agents.1.parent": "no agent 'y'"}),
    ({"agents": [{"name": "a", "parent": "a"}]}, 422, {"agents.0.parent": "makes a circle"}),
    ({"transients": [{"agent": "mara", "outcome": "ok"}]}, 404, {"transients.0": "Nothing is under way for 'mara'."}),
    ({"agents": [{"name": "operator"}]}, 422, {"agent": "the name of no agent"}),
]


@pytest.mark.parametrize(("body", "status", "fields"), REFUSED, ids=[next(iter(case[2])) for case in REFUSED])
async def test_one_fact_that_cannot_be_refuses_them_all(body, status, fields):
    token = await a_token()
    good = {"agents": [{"name": "mara", "state": "idle"}, *body.get("agents", [])]}

    code, answer = await tell(token, {**body, **good} if "agents" not in body else body)

    assert (code, answer["error"]["fields"]) == (status, fields)
    assert await Agent.objects.acount() == 0
    assert await kinds() == []


UNREADABLE = [
    b"{",
    b"[]",
    b'{"agents": [{"name": "a", "state": NaN}]}',
    b"[" * 5000,
    b"\xff",
    {"agent": []},
    {"agents": [{"name": "-"}]},
    {"agents": [{"name": "a", "colour": "red"}]},
    {"agents": [{"name": "a"}] * 1001},
    {"agents": [{"name": "a"}] * 999, "messages": [{"from": "a", "to": "b", "body": "x"}] * 2},
    {"messages": [{"to": "b", "body": "x"}]},
    {"transients": [{"agent": "a"}]},
    {"transients": [{"agent": "a", "transient_kind": "starting", "outcome": "ok"}]},
    {"turns": [a_turn(ended_at=1)]},
    {"turns": [a_turn(input_tokens=-1)]},
    {"turns": [a_turn(started_at=10**30)]},
    {"turns": [a_turn(tools={"": 1})]},
    {"turns": [a_turn(note="\0")]},
    {},
    {"agents": [{"name": "mara", "status_text": "\ud800"}]},
]


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: str(body)[:50])
async def test_both_doors_say_the_same(body):
    token = await a_token()
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {token}", "host": "localhost:8000"}
    client = Client(headers=headers, raise_request_exception=False)

    quick = await tell(token, text)
    slow = await sync_to_async(client.generic)("POST", BATCH, text, content_type="application/json")

    assert quick == (slow.status_code, slow.json())
    assert quick[0] in (200, 400, 422)


async def test_one_turn_may_stand_alone():
    token = await a_token()

    assert await tell(token, a_turn(tools={"Bash": 2}), TURNS) == (200, {"turns": {"stored": 1, "known": 0}})
    assert await tell(token, {"turns": [a_turn(), a_turn(model="opus")]}, TURNS + "/") == (
        200,
        {"turns": {"stored": 1, "known": 1}},
    )
    assert await Turn.objects.acount() == 2


# --- the gatekeeper ---------------------------------------------------------------------------------------------------


async def test_a_token_tells_what_its_scopes_allow_of_its_own_agents():
    reporter = await a_token("r", scopes=["report"], agents=["r-*"])
    asker = await a_token("a", scopes=["ask"])
    observer = await a_token("o", scopes=["observe"])
    message = {"messages": [{"from": "r-1", "to": "operator", "body": "x"}]}

    assert (await tell(reporter, {"agents": [{"name": "r-1"}]}))[0] == 200
    assert (await tell(reporter, {"agents": [{"name": "r-1"}, {"name": "s-1"}]}))[0] == 403
    assert (await tell(reporter, message))[0] == 403
    assert (await tell(asker, message))[0] == 200
    assert (await tell(asker, {"turns": [a_turn()]}, TURNS))[0] == 403
    assert (await tell(observer, {}))[0] == 403
    assert (await tell("ppt_unknown", {}))[0] == 401
    assert (await tell("x", {}, Authorization="Basic x"))[0] == 401


async def test_a_revoked_token_is_refused_at_once_although_it_was_just_known():
    token = await a_token()
    assert (await tell(token, {}))[0] == 200
    assert known_tokens.get(token) is not None

    await in_desk(lambda: revoke_token(_pk_of(token), by=ANA, reason="lost", now=NOW))

    assert (await tell(token, {}))[0] == 401


def _pk_of(text):
    from dashboard.services.tokens import token_ever

    return token_ever(text).pk


async def test_too_large_a_body_is_refused_before_it_is_read():
    status, answer = await tell(await a_token(), b" " * (4 * 2**20 + 1))

    assert (status, answer["error"]["code"]) == (413, "too_large")


async def test_many_requests_at_once_are_each_answered_for_themselves():
    token = await a_token()
    bodies = [
        {"messages": [{"from": f"a-{number}", "to": "operator" if number % 3 else "nobody", "body": str(number)}]}
        for number in range(60)
    ]

    answers = await asyncio.gather(*(tell(token, body) for body in bodies))

    assert [status for status, _ in answers] == [200 if number % 3 else 404 for number in range(60)]
    stored = {one.pk: one.body async for one in Message.objects.all()}
    told = {
        answer["messages"]["ids"][0]: str(number) for number, (status, answer) in enumerate(answers) if status == 200
    }
    assert stored == told
    seqs = [seq async for seq in Event.objects.order_by("seq").values_list("seq", flat=True)]
    assert seqs == list(range(1, len(seqs) + 1))
