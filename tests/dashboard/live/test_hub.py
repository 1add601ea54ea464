"""Many clients, one log: each gets everything it asked for, once and in order, whatever the pace."""

import asyncio
import json
import random
import time
from datetime import UTC, datetime

import pytest

from dashboard.live import stream as streams
from dashboard.live.backlog import Page
from dashboard.live.filters import Filter
from dashboard.live.hub import COALESCE, Hub, Message
from dashboard.live.ring import Ring, Stored
from dashboard.live.stream import NotReadyError, Stream, Wish
from dashboard.live.waits import Interests
from dashboard.selectors.log import Head

EVERYTHING = Filter()


def row(seq, kind="note", agent="", size=0):
    return Stored(seq, kind, agent, "", f"thing:{seq}", json.dumps({"seq": seq, "kind": kind, "pad": "x" * size}))


def rows(first, last):
    return [row(seq) for seq in range(first, last + 1)]


class Log:
    """A log in memory, in place of the database."""

    def __init__(self, epoch="e1"):
        self.rows = []
        self.floor = 0
        self.epoch = epoch
        self.pages = 0

    @property
    def head(self):
        return Head(len(self.rows), self.floor, self.epoch)

    def page_after(self, seq, upto, wanted):
        self.pages += 1
        found = [one for one in self.rows if seq < one.seq <= upto and one.seq > self.floor and wanted.passes(one)][
            :100
        ]
        return Page(Message.of(found, found[-1].seq if len(found) == 100 else upto), self.head)


@pytest.fixture
def log(monkeypatch):
    kept = Log()

    async def asked(question, *args):
        await asyncio.sleep(0)
        return {"log_head": lambda: kept.head, "page_after": kept.page_after}[question.__name__](*args)

    monkeypatch.setattr(streams, "_asked", asked)
    return kept


def a_hub(ring=None):
    return Hub(ring=ring, waiting=Interests())


def started(hub, log):
    hub.begin(epoch=log.epoch, head=log.head.seq, floor=log.floor)
    return hub


def grow(hub, log, added):
    log.rows += added
    hub.publish(added, floor=log.floor)


class Client:
    """Reads a stream to where it has nothing more to say, and remembers every frame."""

    def __init__(self, hub, **wish):
        self.stream = Stream(hub, Wish(**wish), now=lambda: datetime(2026, 1, 1, tzinfo=UTC), version="1")
        self.hub = hub
        self.frames = []
        self.messages = 0

    async def open(self):
        with self.hub.listening() as ear:
            self.frames += [json.loads(one.text) for one in await self.stream.open(ear)]
        return self

    async def step(self):
        for piece in await self.stream.next():
            found = json.loads(piece.text)
            self.frames += found if isinstance(found, list) else [found]
            self.messages += 1

    async def catch_up(self):
        while True:
            before = len(self.frames)
            await self.step()
            if not self.stream.behind and len(self.frames) == before:
                return self.numbers()

    def numbers(self):
        return [frame["seq"] for frame in self.frames if frame["kind"] not in ("hello", "mark", "gap", "seen")]

    def kinds(self):
        return [frame["kind"] for frame in self.frames]


async def test_a_client_without_a_number_starts_now(log):
    hub = started(a_hub(), log)
    grow(hub, log, rows(1, 3))
    client = await Client(hub).open()
    grow(hub, log, rows(4, 5))

    assert await client.catch_up() == [4, 5]
    assert client.frames[0] == {"kind": "hello", "seq": 3, "epoch": "e1", "now": 1767225600, "version": "1"}


async def test_a_watcher_who_returns_receives_what_was_missed(log):
    hub = started(a_hub(), log)
    grow(hub, log, rows(1, 50))
    client = await Client(hub, after=20, epoch="e1").open()

    assert await client.catch_up() == list(range(21, 51))
    assert client.kinds()[0] == "hello"


async def test_what_the_ring_has_lost_comes_from_the_database(log):
    hub = started(a_hub(Ring(max_frames=10)), log)
    grow(hub, log, rows(1, 1000))
    client = await Client(hub, after=0).open()

    assert await client.catch_up() == list(range(1, 1001))
    assert log.pages == 10


@pytest.mark.parametrize("wish", [{"after": 3, "epoch": "other"}, {"after": 99, "epoch": "e1"}, {"after": 99}])
async def test_who_comes_with_another_log_starts_over(log, wish):
    hub = started(a_hub(), log)
    grow(hub, log, rows(1, 5))
    client = await Client(hub, **wish).open()
    grow(hub, log, rows(6, 7))

    assert await client.catch_up() == [6, 7]
    assert client.frames[1] == {"kind": "gap", "from": 1, "to": 5}


async def test_a_client_may_know_more_than_the_hub_has_read_yet(log):
    hub = started(a_hub(), log)
    log.rows += rows(1, 5)
    client = await Client(hub, after=4, epoch="e1").open()
    hub.publish(log.rows, floor=0)

    assert await client.catch_up() == [5]
    assert client.kinds()[:2] == ["hello", "note"]


async def test_what_is_no_longer_kept_is_a_gap(log):
    log.rows, log.floor = rows(1, 100), 60
    hub = started(a_hub(), log)

    assert await (client := await Client(hub, after=50, epoch="e1").open()).catch_up() == list(range(61, 101))
    assert client.frames[1] == {"kind": "gap", "from": 51, "to": 60}
    assert await (client := await Client(hub, after=60).open()).catch_up() == list(range(61, 101))
    assert "gap" not in client.kinds()


async def test_zero_asks_for_all_that_is_kept(log):
    log.rows, log.floor = rows(1, 100), 60
    hub = started(a_hub(), log)
    client = await Client(hub, after=0).open()

    assert await client.catch_up() == list(range(61, 101))
    assert "gap" not in client.kinds()


async def test_what_is_pruned_under_a_slow_client_is_a_gap(log):
    hub = started(a_hub(Ring(max_frames=5)), log)
    grow(hub, log, rows(1, 300))
    client = await Client(hub, after=0).open()
    await client.step()
    log.floor = 200

    assert await client.catch_up() == [*range(1, 101), *range(201, 301)]
    assert {"kind": "gap", "from": 101, "to": 200} in client.frames


async def test_a_log_that_becomes_another_one_lets_everybody_start_over(log):
    hub = started(a_hub(), log)
    grow(hub, log, rows(1, 5))
    client = await Client(hub).open()
    log.rows, log.epoch = rows(1, 2), "e2"
    hub.begin(epoch="e2", head=2, floor=0)
    await client.step()
    grow(hub, log, rows(3, 3))

    assert await client.catch_up() == [3]
    assert client.kinds() == ["hello", "hello", "gap", "note"]
    assert (client.frames[1]["epoch"], client.frames[2]) == ("e2", {"kind": "gap", "from": 1, "to": 2})


async def test_a_filtered_client_hears_how_far_the_feed_has_come(log):
    hub = started(a_hub(), log)
    client = await Client(hub, filter=Filter(agent="mara")).open()
    grow(hub, log, [row(1), row(2, agent="mara"), row(3), row(4)])

    assert await client.catch_up() == [2]
    assert client.frames[-1] == {"kind": "mark", "seq": 4}


async def test_marks_come_now_and_then_only(log):
    hub = started(a_hub(), log)
    client = await Client(hub, filter=Filter(agent="mara")).open()
    for seq in range(1, 50):
        grow(hub, log, [row(seq)])
        await client.catch_up()

    assert client.kinds() == ["hello", "mark"]


async def test_clients_in_the_same_place_share_one_message(log):
    hub = started(a_hub(), log)
    grow(hub, log, rows(1, 100))

    taken = [hub.take(0, Filter(), generation=0) for _ in range(3)]

    assert taken[0] is taken[1] is taken[2]
    assert hub.take(0, Filter(agent="mara"), generation=0) == Message(100)


async def test_a_message_is_bounded(log):
    hub = started(a_hub(), log)
    grow(hub, log, [row(seq, size=100_000) for seq in range(1, 8)])
    client = await Client(hub, after=0).open()

    assert await client.catch_up() == list(range(1, 8))
    assert client.messages == 4


async def test_ages_are_told_to_those_who_may_see_the_agent(log):
    hub = started(a_hub(), log)
    everyone, bound = await Client(hub).open(), await Client(hub, filter=Filter(only=("ma*",))).open()
    other = await Client(hub, filter=Filter(agent="x")).open()
    hub.tell_seen(70, (("mara", 60), ("jo", 50)))
    for client in (everyone, bound, other):
        await client.catch_up()

    assert everyone.frames[-1] == {"kind": "seen", "at": 70, "agents": {"mara": 60, "jo": 50}}
    assert bound.frames[-1] == {"kind": "seen", "at": 70, "agents": {"mara": 60}}
    assert other.kinds() == ["hello"]


async def test_a_hub_that_cannot_read_turns_clients_away(log, monkeypatch):
    monkeypatch.setattr(streams, "READY_WITHIN", 0.1)
    with pytest.raises(NotReadyError):
        await Client(a_hub()).open()


@pytest.mark.parametrize(
    ("seconds_to_tell", "fewest", "most"),
    [(0.02, 2, 40), (0, 50, 100)],
    ids=["a flood is collected where telling all takes long", "few clients hear each frame at once"],
)
async def test_the_first_frame_goes_at_once(log, seconds_to_tell, fewest, most):
    hub = started(a_hub(), log)
    loop, rung = asyncio.get_running_loop(), []
    with hub.listening() as ear:

        async def listen():
            while True:
                await ear.wait()
                ear.clear()
                rung.append(loop.time())
                time.sleep(seconds_to_tell)  # noqa: ASYNC251  it stands for sending to many clients

        listening = asyncio.create_task(listen())
        began = loop.time()
        for seq in range(1, 101):
            grow(hub, log, [row(seq)])
            await asyncio.sleep(0.005)
        await asyncio.sleep(COALESCE * 2)
        listening.cancel()

    assert rung[0] - began < COALESCE
    assert fewest <= len(rung) <= most
    assert hub.clients() == 0


@pytest.mark.parametrize("seed", range(12))
async def test_every_client_gets_exactly_what_it_asked_for_once_and_in_order(log, seed):
    """Clients of all sorts come, read at their own pace, go and come back, while the log grows and loses its tail."""
    chance = random.Random(seed)
    hub = started(a_hub(Ring(max_frames=chance.choice([3, 50, 1000]))), log)
    wishes = [Filter(), Filter(agent="a1"), Filter(kinds=frozenset(["sent"])), Filter(only=("a*",))] * 2
    got = {number: [] for number in range(len(wishes))}
    clients = {}
    for _ in range(300):
        number = len(log.rows)
        grow(
            hub,
            log,
            [
                row(number + offset, kind=chance.choice(["note", "sent"]), agent=chance.choice(["", "a1", "b1"]))
                for offset in range(1, chance.randint(0, 30) + 1)
            ],
        )
        for who, wanted in enumerate(wishes):
            if who not in clients and chance.random() < 0.3:
                place = max((frame["seq"] for frame in got[who] if "seq" in frame), default=0)
                clients[who] = await Client(hub, after=place, epoch="e1", filter=wanted).open()
                clients[who].frames.clear()
            elif who in clients and chance.random() < 0.5:
                await clients[who].step()
            if who in clients and chance.random() < 0.1:
                got[who] += clients.pop(who).frames
    for who, wanted in enumerate(wishes):
        if who in clients:
            got[who] += clients.pop(who).frames
        place = max((frame["seq"] for frame in got[who] if "seq" in frame), default=0)
        last = await Client(hub, after=place, epoch="e1", filter=wanted).open()
        await last.catch_up()
        got[who] += last.frames[1:]
        assert [frame["seq"] for frame in got[who] if frame["kind"] != "mark"] == [
            one.seq for one in log.rows if wanted.passes(one)
        ]
