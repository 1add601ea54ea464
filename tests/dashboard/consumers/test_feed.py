"""The feed as clients meet it: who may listen, to what, and what happens to those who do not keep up."""

import asyncio
import json
from functools import partial

import pytest

from dashboard.access.desk import in_desk
from dashboard.consumers import feed, sse
from dashboard.live.hub import hub
from dashboard.live.window import Window
from dashboard.models import ApiToken, Event, LogState
from dashboard.selectors.log import log_head
from dashboard.services.tokens import create_token, revoke_token
from tests.dashboard.consumers.clients import EventSource, Socket
from tests.dashboard.live.engines import an_engine, write
from tests.dashboard.services.makers import ANA, NOW, an_approval
from tests.harness.waiting import eventually

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

OURS = "http://127.0.0.1:8000"


@pytest.fixture
def running():
    with an_engine(hub):
        yield


@pytest.fixture
def watcher(running):
    """A token that may observe everything; making it is written in the log as 1 and 2."""
    return create_token("watcher", by=ANA, now=NOW, scopes=["observe"])[1]


def until_all_is_published():
    eventually(lambda: hub.state.head == Event.objects.count(), what="the hub has read everything")


def test_a_client_hears_hello_and_then_what_happens(watcher):
    async def scene():
        async with Socket(token=watcher).open() as socket:
            await socket.until(lambda it: it.messages)
            await in_desk(write, "three", "four")
            await socket.until(lambda it: it.numbers() == [3, 4])
            await in_desk(write, "five")
            return await socket.until(lambda it: it.numbers() == [3, 4, 5])

    socket = asyncio.run(scene())
    hello = socket.messages[0]
    assert (hello["kind"], hello["seq"], hello["epoch"]) == ("hello", 2, log_head().epoch)
    assert [isinstance(message, list) for message in socket.messages] == [False, True, False]


def test_a_client_that_wants_single_frames_never_gets_an_array(watcher):
    async def scene():
        async with Socket(token=watcher, query="after=0&single=1").open() as socket:
            await in_desk(write, *map(str, range(50)))
            return await socket.until(lambda it: len(it.messages) == 53)

    socket = asyncio.run(scene())
    assert socket.numbers() == list(range(1, 53))
    assert all(isinstance(message, dict) for message in socket.messages)


@pytest.mark.parametrize(
    ("headers", "accepted", "code"),
    [
        ({}, False, 4403),  # a program that brings nothing
        ({"token": "ppt_wrong"}, False, 4401),
        ({"origin": OURS}, True, 4401),  # a browser that is not signed in may learn why
        ({"origin": "http://evil.example"}, False, 4403),
        ({"origin": "http://127.0.0.1:9000"}, False, 4403),
        ({"origin": "null"}, False, 4403),
    ],
)
def test_who_may_not_listen_hears_nothing(running, headers, accepted, code):
    async def scene():
        async with Socket(query="after=0", **headers).open() as socket:
            await socket.end()
            return socket

    socket = asyncio.run(scene())
    assert (socket.accepted, socket.closed, socket.messages) == (accepted, code, [])


def test_a_token_without_the_right_to_read_hears_nothing(running):
    text = create_token("asker", by=ANA, now=NOW, scopes=["ask", "report"])[1]

    async def scene():
        async with Socket(token=text).open() as socket:
            return await socket.end()

    assert asyncio.run(scene()) == 4403


def test_a_signed_in_browser_hears_everything(running, client, django_user_model):
    client.force_login(django_user_model.objects.create_user("ana"))
    cookie = f"perspt_session={client.cookies['perspt_session'].value}"
    write("one")

    async def scene(origin):
        async with Socket(query="after=0", cookie=cookie, origin=origin).open() as socket:
            await socket.until(lambda it: it.numbers() or it.closed)
            return socket

    assert asyncio.run(scene(OURS)).numbers() == [1]
    assert asyncio.run(scene("http://evil.example")).closed == 4403


def test_a_token_that_is_bound_to_agents_hears_of_no_other(running):
    text = create_token("hel", by=ANA, now=NOW, scopes=["read"], agents=["hel-*"])[1]
    an_approval(agent="hel-1")
    an_approval(agent="other")
    until_all_is_published()

    async def scene():
        async with Socket(token=text, query="after=0").open() as socket:
            return await socket.until(lambda it: it.frames()[-1:] and it.frames()[-1]["kind"] == "mark")

    socket = asyncio.run(scene())
    heard = Event.objects.filter(agent="hel-1")
    assert socket.numbers() == list(heard.order_by("seq").values_list("seq", flat=True))
    assert socket.frames()[-1]["seq"] == Event.objects.count()


def test_kinds_and_agent_narrow_the_feed(watcher):
    an_approval(agent="mara")
    an_approval(agent="jo")

    async def scene():
        query = "after=0&kinds=approval_added,approval_resolved&agent=mara"
        async with Socket(token=watcher, query=query).open() as socket:
            return await socket.until(lambda it: it.numbers())

    frames = [frame for frame in asyncio.run(scene()).frames() if "agent" in frame]
    assert [(frame["kind"], frame["agent"]) for frame in frames] == [("approval_added", "mara")]


@pytest.mark.parametrize("query", ["after=x", "after=-1", "after=1.5", "after=" + "9" * 40])
def test_a_number_that_is_none_is_refused(watcher, query):
    async def scene():
        async with Socket(token=watcher, query=query).open() as socket:
            return await socket.end()

    assert asyncio.run(scene()) == 4400


def test_another_path_is_turned_away(running):
    async def scene():
        async with Socket(path="/ws/else/").open() as socket:
            return await socket.end()

    assert asyncio.run(scene()) == 4404


@pytest.mark.parametrize("words", ["", "no json", "[]", '{"ack": "x"}', '{"ack": -1}', '{"ack": true}', "[" * 4000])
def test_what_is_no_acknowledgement_is_nothing(watcher, words):
    async def scene():
        async with Socket(token=watcher).open() as socket:
            await socket.until(lambda it: it.messages)
            socket.say(words)
            await in_desk(write, "three")
            return await socket.until(lambda it: it.numbers() == [3])

    assert asyncio.run(scene()).closed is None


def test_long_words_end_the_connection(watcher):
    async def scene():
        async with Socket(token=watcher).open() as socket:
            await socket.until(lambda it: it.messages)
            socket.say("x" * 5000)
            return await socket.end()

    assert asyncio.run(scene()) == 1009


@pytest.fixture
def impatient(monkeypatch):
    """A window that is soon full, and a server that waits no long time."""
    monkeypatch.setattr(feed, "Window", partial(Window, max_frames=600, patience=0.5))
    monkeypatch.setattr("dashboard.live.hub.PULSE", 0.1)


def test_a_client_that_never_acknowledges_is_paused_then_cut_off_and_loses_nothing(watcher, impatient):
    write(*map(str, range(2000)))

    async def scene():
        heard, visits = [], 0
        while len(heard) < 2002:
            visits += 1
            async with Socket(token=watcher, query=f"after={len(heard)}").open() as socket:
                await socket.until(lambda it: it.closed or it.numbers()[-1:] == [2002])
                heard += socket.numbers()
                assert len(socket.numbers()) <= 600 + 500
                assert socket.closed in (4008, None)
        return heard, visits

    heard, visits = asyncio.run(scene())
    assert heard == list(range(1, 2003))
    assert visits >= 2


def test_a_client_that_acknowledges_gets_all_at_once(watcher, impatient):
    write(*map(str, range(3000)))

    async def scene():
        async with Socket(token=watcher, query="after=0").open() as socket:
            while socket.numbers()[-1:] != [3002]:
                known = len(socket.messages)
                await socket.until(lambda it, known=known: it.closed or len(it.messages) > known)
                socket.acknowledge(socket.frames()[-1]["seq"])
            return socket

    socket = asyncio.run(scene())
    assert (socket.numbers(), socket.closed) == (list(range(1, 3003)), None)


def test_an_acknowledgement_of_what_was_never_sent_counts_for_nothing_more(watcher, impatient):
    write(*map(str, range(2000)))

    async def scene():
        async with Socket(token=watcher, query="after=0").open() as socket:
            await socket.until(lambda it: it.messages)
            socket.acknowledge(10**15)
            return await socket.end()

    assert asyncio.run(scene()) == 4008


def test_a_revoked_token_hears_no_more(watcher, monkeypatch):
    monkeypatch.setattr(feed, "ASK_AGAIN", 0.1)
    monkeypatch.setattr("dashboard.live.hub.PULSE", 0.1)

    pk = ApiToken.objects.get().pk

    async def scene():
        async with Socket(token=watcher).open() as socket:
            await socket.until(lambda it: it.messages)
            await asyncio.sleep(0.3)
            assert socket.closed is None
            await in_desk(revoke_token, pk, by=ANA, reason="lost", now=NOW)
            return await socket.end()

    assert asyncio.run(scene()) == 4401


def test_a_restored_log_lets_connected_clients_start_over(watcher):
    def restore():
        Event.objects.all().delete()
        LogState.objects.update(seq=0, epoch="restored")

    async def scene():
        async with Socket(token=watcher, query="after=0").open() as socket:
            await socket.until(lambda it: it.numbers() == [1, 2])
            await in_desk(restore)
            await socket.until(lambda it: [frame["kind"] for frame in it.frames()].count("gap") == 1)
            await in_desk(write, "first")
            return await socket.until(lambda it: it.numbers() == [1, 2, 1])

    frames = asyncio.run(scene()).frames()
    assert [frame["epoch"] for frame in frames if frame["kind"] == "hello"][1] == "restored"


# --- event streams ---------------------------------------------------------------------------------------------------


def test_an_event_stream_carries_ids_to_come_back_with(watcher):
    write("three")
    until_all_is_published()

    async def scene(query="", **headers):
        async with EventSource(query=query, token=watcher, **headers).open() as source:
            return await source.until(lambda it: it.ended or any("seq" in frame for _, frame in it.events[1:]))

    source = asyncio.run(scene("after=1"))
    epoch = log_head().epoch
    assert (source.status, source.text[:13]) == (200, "retry: 1000\n\n")
    assert [(event, frame.get("seq")) for event, frame in source.events] == [
        (f"{epoch}:1", 3),
        (f"{epoch}:2", 2),
        (f"{epoch}:3", 3),
    ]
    again = asyncio.run(scene("after=0", last_event_id=f"{epoch}:2"))
    assert [event for event, _ in again.events] == [f"{epoch}:2", f"{epoch}:3"]


def test_an_event_stream_ends_after_its_share_and_goes_on_where_it_was(watcher, monkeypatch):
    monkeypatch.setattr(sse, "MOST_BYTES", 20_000)
    write(*map(str, range(1500)))

    async def scene():
        place, heard, visits = "", [], 0
        while len(heard) < 1502:
            visits += 1
            async with EventSource(query="after=0", token=watcher, last_event_id=place).open() as source:
                await source.until(lambda it: it.ended or (it.events[-1:] and it.events[-1][1].get("seq") == 1502))
                heard += [frame["seq"] for _, frame in source.events if frame["kind"] != "hello"]
                place = source.events[-1][0]
        return heard, visits

    heard, visits = asyncio.run(scene())
    assert heard == list(range(1, 1503))
    assert visits >= 2


@pytest.mark.parametrize(
    ("headers", "method", "status", "code"),
    [
        ({}, "GET", 401, "unauthorized"),
        ({"token": "ppt_wrong"}, "GET", 401, "unauthorized"),
        ({"origin": "http://evil.example"}, "GET", 403, "forbidden"),
        ({}, "POST", 405, "method_not_allowed"),
    ],
)
def test_a_refused_stream_says_why(running, headers, method, status, code):
    async def scene():
        async with EventSource(method=method, **headers).open() as source:
            return await source.until(lambda it: it.ended)

    source = asyncio.run(scene())
    assert (source.status, json.loads(source.text)["error"]["code"]) == (status, code)


def test_a_quiet_stream_stays_alive(watcher, monkeypatch):
    monkeypatch.setattr(sse, "KEEP_ALIVE", 0.1)
    monkeypatch.setattr("dashboard.live.hub.PULSE", 0.1)

    async def scene():
        async with EventSource(token=watcher).open() as source:
            return await source.until(lambda it: it.text.count(": keep-alive\n\n") == 2)

    asyncio.run(scene())
