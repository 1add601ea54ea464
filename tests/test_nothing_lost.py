"""Nothing is lost and nothing comes twice: four writers, ten clients that come and go, a server killed in between."""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
import pytest
import websockets

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
WRITERS = 4
EVENTS = 500  # of each writer
GONE = (OSError, httpx.HTTPError, websockets.WebSocketException, TimeoutError)
WISHES = [
    {},
    {},
    {"agent": "mara"},
    {"agent": "jo"},
    {"kinds": "agent_removed"},
    {"kinds": "note", "agent": "x-1"},
    {"single": "1"},
    {"single": "1", "agent": "mara"},
]
STREAM_WISHES = [{}, {"kinds": "note"}]


class Watcher:
    """A client that remembers how far it has come, and goes on there after every break."""

    def __init__(self, consoles, token, wish, chance):
        self.consoles = consoles
        self.headers = {"Authorization": f"Bearer {token}"}
        self.wish = wish
        self.chance = chance
        self.place = 0
        self.epoch = ""
        self.frames = []
        self.visits = 0
        self.strange = []

    def takes(self, frame):
        if frame["kind"] == "hello":
            self.epoch = frame["epoch"]
        elif frame["kind"] == "mark":
            self.place = max(self.place, frame["seq"])
        elif "seq" not in frame:
            self.strange += [frame] if frame["kind"] != "seen" else []
        else:
            self.frames.append(frame)
            self.place = frame["seq"]

    async def watch(self, head):
        """Come and go until the feed has brought everything up to the number in `head`."""
        while not head or self.place < head[0]:
            self.visits += 1
            patience = self.chance.uniform(0.1, 2.0) if not head else 20
            with suppress(*GONE):
                async with asyncio.timeout(patience):
                    async for frame in self.listen():
                        self.takes(frame)
                        if head and self.place >= head[0]:
                            break
            await asyncio.sleep(self.chance.uniform(0, 0.3))

    def address(self, scheme, path):
        wish = {**self.wish, "after": str(self.place)} | ({"epoch": self.epoch} if self.epoch else {})
        console = self.chance.choice(self.consoles)
        return str(httpx.URL(f"{scheme}://127.0.0.1:{console.port}{path}", params=wish))

    async def listen(self) -> AsyncIterator[dict]:
        address = self.address("ws", "/ws/events/")
        async with websockets.connect(address, additional_headers=self.headers, open_timeout=5) as socket:
            acknowledged = self.place
            async for text in socket:
                message = json.loads(text)
                for frame in message if isinstance(message, list) else [message]:
                    yield frame
                if self.place - acknowledged > 100:
                    acknowledged = self.place
                    await socket.send(json.dumps({"ack": acknowledged}))


class StreamWatcher(Watcher):
    """The same by server-sent events; its place is the id of the last event."""

    async def listen(self) -> AsyncIterator[dict]:
        headers = self.headers | ({"Last-Event-ID": f"{self.epoch}:{self.place}"} if self.epoch else {})
        async with (
            httpx.AsyncClient(timeout=20) as http,
            http.stream("GET", self.address("http", "/api/events/stream"), headers=headers) as answer,
        ):
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line[6:])


def passes(frame, wish):
    names = {frame.get("agent"), frame.get("name")}
    return wish.get("agent") in (None, *names) and frame["kind"] in wish.get("kinds", frame["kind"]).split(",")


def start_writers(console):
    return [
        subprocess.Popen(
            [sys.executable, "tests/harness/writer.py", f"w{number}", str(EVENTS), str(number)],
            cwd=ROOT,
            env={**console.environment(), "DJANGO_SETTINGS_MODULE": "perspt_site.settings", "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        )
        for number in range(WRITERS)
    ]


def committed_by(writers):
    """What all writers say they have committed."""
    found = []
    for writer in writers:
        out, _ = writer.communicate(timeout=120)
        assert writer.returncode == 0
        found += json.loads(out)
    return found


async def scene(consoles, token, seed, trouble):
    """Everything at once. Returns the watchers, and what was committed."""
    chance = random.Random(seed)
    head = []
    watchers = [Watcher(consoles, token, wish, random.Random(seed + n)) for n, wish in enumerate(WISHES)]
    watchers += [StreamWatcher(consoles, token, wish, random.Random(seed - n)) for n, wish in enumerate(STREAM_WISHES)]
    writers = start_writers(consoles[0])
    watching = [asyncio.create_task(watcher.watch(head)) for watcher in watchers]
    try:
        for _ in range(2):
            await asyncio.sleep(chance.uniform(1, 2.5))
            victim = chance.choice(consoles)
            await asyncio.to_thread(victim.kill)
            await asyncio.to_thread(trouble)
            await asyncio.to_thread(victim.start)
        committed = await asyncio.to_thread(committed_by, writers)
        head.append(await asyncio.to_thread(last_number, consoles[0]))
        await asyncio.wait_for(asyncio.gather(*watching), 60)
    finally:
        for task in watching:
            task.cancel()
        for writer in writers:
            writer.kill()
    return watchers, committed


def last_number(console):
    code = "from dashboard.selectors.log import log_head; print(log_head().seq)"
    return int(console.manage("shell", "--verbosity=0", "-c", code).strip().splitlines()[-1])


def everything_that_was_written(console):
    code = "from dashboard.models import Event; print(*Event.objects.order_by('seq').values_list('frame', flat=True))"
    return json.loads("[" + console.manage("shell", "--verbosity=0", "-c", code).strip().replace("} {", "},{") + "]")


PLACES = ["sqlite", "postgres", "two processes on postgres", "two processes on postgres and redis"]


@pytest.fixture(params=PLACES)
def place(request, start_console):
    """Consoles, each with the server that it would run on, and what goes wrong besides their deaths."""
    if request.param == "sqlite":
        return [start_console()], lambda: None
    settings = {"DATABASE_URL": request.getfixturevalue("postgres").new_database()}
    if request.param == "postgres":
        return [start_console(server="uvicorn", settings=settings)], lambda: None
    troubles = [lambda: cut_connections(settings["DATABASE_URL"])]
    if "redis" in request.param:
        redis = request.getfixturevalue("redis")
        settings["REDIS_URL"] = redis.url
        troubles += [redis.kill, redis.start]
    consoles = [start_console(server=server, settings=settings) for server in ("uvicorn", "runserver")]
    return consoles, lambda: [trouble() for trouble in troubles]


def cut_connections(address):
    """End the connections by which the hubs read the log, under their hands."""
    with psycopg.connect(address, autocommit=True) as connection:
        cut = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'perspt hub' AND datname = current_database()"
        ).fetchall()
    assert cut


def test_every_client_ends_with_exactly_what_was_committed(place):
    consoles, trouble = place
    token = consoles[0].token("watcher", "--scope", "observe")

    watchers, committed = asyncio.run(scene(consoles, token, seed=20, trouble=trouble))

    log = everything_that_was_written(consoles[0])
    assert [frame["seq"] for frame in log] == list(range(1, len(log) + 1))
    written = [frame.get("text") or frame["actor"] for frame in log if frame["kind"] in ("note", "agent_removed")]
    assert sorted(written) == sorted(committed)
    assert len(written) == WRITERS * EVENTS
    for watcher in watchers:
        assert watcher.strange == []
        assert watcher.frames == [frame for frame in log if passes(frame, watcher.wish)], watcher.wish
    assert sum(watcher.visits for watcher in watchers) > 3 * len(watchers)
