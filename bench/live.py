"""How fast events reach browsers: `python bench/live.py [--clients 100,500] [--servers uvicorn,daphne] [--seconds 4]`.

The same events in the same run by: a bare `websockets` server that broadcasts finished text; Channels' `group_send`
of finished text; this console one frame a message (`?single=1`); this console as its pages listen, in batches. `max`
publishes without a pause, `fixed` 200 events a second. A delivery is one event at one client; latency is from just
before the append to the client's socket. The server has one core and the rest the other, where there are two.
"""

import argparse
import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.harness.waiting import free_port  # noqa: E402

PAYLOAD = "x" * 300
FIXED = 200
MARK = b"sent=@"


def text_of_now() -> str:
    return f"sent=@{time.time_ns() // 1000:016d}@ {PAYLOAD}"


# --- the servers that are compared: `python bench/live.py --serve KIND PORT` ---


async def bare(port: int) -> None:
    """Broadcast to all clients whatever the first line of standard input orders: a rate, or 0 for no pause."""
    from websockets.asyncio.server import broadcast, serve

    clients: set[Any] = set()

    async def handler(socket: Any) -> None:
        clients.add(socket)
        await socket.wait_closed()

    async with serve(handler, "127.0.0.1", port, compression=None):
        rate, seconds = await asyncio.to_thread(order)
        async for text in paced(rate, seconds):
            broadcast(clients, text)
            if not rate:
                await asyncio.sleep(0)
                while any(  # noqa: ASYNC110  a buffer tells nobody that it is empty
                    socket.transport.get_write_buffer_size() > 2**18 for socket in clients
                ):
                    await asyncio.sleep(0.001)
        await asyncio.sleep(2)


def order() -> tuple[float, float]:
    rate, seconds = sys.stdin.readline().split()
    return float(rate), float(seconds)


async def paced(rate: float, seconds: float) -> Any:
    begin, number = time.perf_counter(), 0
    while (spent := time.perf_counter() - begin) < seconds:
        if rate and number >= spent * rate:
            await asyncio.sleep(0.002)
            continue
        number += 1
        yield json.dumps({"seq": number, "kind": "note", "text": text_of_now()})


def layer_application() -> Any:
    """Channels as its documentation has it: a group, and a consumer that passes on finished text."""
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.layers import get_channel_layer
    from channels.routing import ProtocolTypeRouter

    class Consumer(AsyncWebsocketConsumer):
        async def connect(self) -> None:
            await self.channel_layer.group_add("all", self.channel_name)
            await self.accept()

        async def passed(self, event: dict[str, str]) -> None:
            await self.send(text_data=event["text"])

    async def publish(scope: Any, _receive: Any, send: Any) -> None:
        rate, seconds = map(float, scope["query_string"].decode().split(","))
        layer = get_channel_layer()
        async for text in paced(rate, seconds):
            await layer.group_send("all", {"type": "passed", "text": text})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return ProtocolTypeRouter({"websocket": Consumer.as_asgi(), "http": publish})


# --- clients ----------------------------------------------------------------------------------------------------------


@dataclass
class Heard:
    events: int = 0
    first: float = 0.0
    last: float = 0.0
    cpu: float = 0.0
    waits: list[float] = field(default_factory=list)


class Ear(asyncio.Protocol):
    """A WebSocket that counts events without reading them, acknowledges, and takes one time out of each message."""

    def __init__(self, port: int, path: str, token: str, heard: Heard) -> None:
        self.heard, self.port, self.path, self.token = heard, port, path, token
        self.buffer, self.open, self.unacknowledged = b"", False, 0
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {self.token}\r\n\r\n"
        )
        transport.write(head.encode())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.open:
            _head, gap, rest = self.buffer.partition(b"\r\n\r\n")
            if not gap:
                return
            self.open, self.buffer = True, rest
            self.ready.set_result(None)
        place = 0
        while (end := self.message_end(place)) is not None:
            self.take(self.buffer[place:end])
            place = end
        self.buffer = self.buffer[place:]

    def message_end(self, place: int) -> int | None:
        """Where the frame that begins at `place` ends; None if it is not all here."""
        if len(self.buffer) < place + 2:
            return None
        length, head = self.buffer[place + 1] & 127, 2
        if length >= 126:
            wide = 2 if length == 126 else 8
            if len(self.buffer) < place + 2 + wide:
                return None
            length, head = int.from_bytes(self.buffer[place + 2 : place + 2 + wide], "big"), 2 + wide
        end = place + head + length
        return end if len(self.buffer) >= end else None

    def take(self, message: bytes) -> None:
        count = message.count(MARK)
        if not count:
            return
        self.heard.events += count
        self.heard.last = time.perf_counter()
        self.heard.first = self.heard.first or self.heard.last
        at = message.index(MARK) + len(MARK)  # the oldest of the message
        self.heard.waits.append(time.time() - int(message[at : at + 16]) / 1e6)
        self.unacknowledged += count
        if self.unacknowledged >= 500 or len(message) > 30_000:
            last = message.rindex(b'"seq":') + 6
            self.acknowledge(message[last : last + 20].split(b",")[0])
            self.unacknowledged = 0

    def acknowledge(self, seq: bytes) -> None:
        word = b'{"ack":' + seq + b"}"
        self.transport.write(bytes((0x81, 0x80 | len(word), 0, 0, 0, 0)) + word)  # masked with nothing

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("turned away"))


# --- one measurement --------------------------------------------------------------------------------------------------


def publish_here(port: int, token: str, rate: float, seconds: float) -> None:
    """Tell the console by its own door, as agents do: messages to the operator, many at once without a pause."""
    import http.client

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    line = http.client.HTTPConnection("127.0.0.1", port)
    begin, number = time.perf_counter(), 0
    while (spent := time.perf_counter() - begin) < seconds:
        due = int(spent * rate) - number if rate else 200
        if due <= 0:
            time.sleep(0.002)
            continue
        told = [{"from": "bench", "to": "operator", "body": text_of_now()} for _ in range(min(due, 1000))]
        line.request("POST", "/api/v1/batch", json.dumps({"messages": told}), headers)
        answer = line.getresponse()
        answer.read()
        number += len(told) if answer.status == 200 else 0


@dataclass(frozen=True)
class Way:
    name: str
    path: str
    ours: bool = False


WAYS = (
    Way("bare websockets", "/"),
    Way("group_send", "/"),
    Way("console, single", "/ws/events/?single=1&kinds=sent", ours=True),
    Way("console, batched", "/ws/events/?kinds=sent", ours=True),
)


@contextmanager
def serving(way: Way, server: str, folder: Path) -> Any:
    port = free_port()
    binary = Path(sys.executable).parent
    environment = os.environ | {
        "PERSPT_DATA": str(folder),
        "PYTHONPATH": str(ROOT),
        "PERSPT_LOG_LEVEL": "WARNING",
        "PERSPT_RATE_LIMITS": "0",
        "DJANGO_SETTINGS_MODULE": "perspt_site.settings",
    }
    target = "perspt_site.asgi:application" if way.ours else "bench.live_layer:application"
    if way.name.startswith("bare"):
        command = [sys.executable, "bench/live.py", "--serve", "bare", str(port)]
    elif server == "uvicorn":
        flags = ("--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--log-level", "warning")
        command = [str(binary / "uvicorn"), target, "--port", str(port), *flags, "--no-access-log"]
    else:
        command = [str(binary / "daphne"), "--bind=127.0.0.1", f"--port={port}", "--verbosity=0", target]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log)
    try:
        pin(process.pid, 0)
        yield port, process, environment
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def pin(pid: int, core: int) -> None:
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(pid, {core})


def spent(pid: int) -> float:
    """Seconds of a core that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(way: Way, load: "Load", folder: Path, token: str) -> Heard:
    heard = Heard()
    with serving(way, load.server, folder) as (port, process, environment):
        loop = asyncio.get_running_loop()
        ears = [await listen(loop, port, way.path, token, heard) for _ in range(load.clients)]
        await asyncio.sleep(0.5)
        before, began = spent(process.pid), time.perf_counter()
        publisher = publish(way, port, process, environment, load, token)
        await asyncio.sleep(load.seconds)
        if publisher:
            await asyncio.to_thread(publisher.wait, 30)
        await asyncio.sleep(0.2)
        heard.cpu = (spent(process.pid) - before) / (time.perf_counter() - began)
        for ear in ears:
            ear.transport.close()
    return heard


async def listen(loop: Any, port: int, path: str, token: str, heard: Heard) -> Ear:
    for _ in range(200):
        with suppress(OSError, ConnectionError):
            _, ear = await loop.create_connection(lambda: Ear(port, path, token, heard), "127.0.0.1", port)
            await asyncio.wait_for(ear.ready, 10)
            return ear
        await asyncio.sleep(0.1)
    sys.exit("The server did not start.")


def publish(way: Way, port: int, process: Any, environment: Any, load: "Load", token: str) -> Any:  # noqa: PLR0913, PLR0917
    order = f"{load.rate} {load.seconds}"
    if way.ours:
        command = [sys.executable, "bench/live.py", "--publish", str(port), token, *order.split()]
        return subprocess.Popen(command, cwd=ROOT, env=environment)
    if way.name.startswith("bare"):
        process.stdin.write(f"{order}\n".encode())
        process.stdin.flush()
        return None
    import urllib.request

    address = f"http://127.0.0.1:{port}/?{order.replace(' ', ',')}"
    asyncio.get_running_loop().run_in_executor(None, lambda: urllib.request.urlopen(address, timeout=60).read())
    return None


@dataclass(frozen=True)
class Load:
    server: str
    clients: int
    mode: str
    rate: float
    seconds: float


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure the feed.")
    arguments.add_argument("--clients", default="100,500")
    arguments.add_argument("--servers", default="uvicorn,daphne")
    arguments.add_argument("--seconds", type=float, default=4)
    arguments.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    arguments.add_argument("--publish", nargs=4, help=argparse.SUPPRESS)
    wanted = arguments.parse_args()
    if wanted.serve:
        asyncio.run(bare(int(wanted.serve[1])))
        return
    pin(0, 1)
    if wanted.publish:
        port, token, rate, seconds = wanted.publish
        publish_here(int(port), token, float(rate), float(seconds))
        return
    print(f"{'':<18} {'server':<8} clients  mode  deliveries/s  p50 ms   p99 ms  CPU  of bare  of group_send")
    for server in wanted.servers.split(","):
        for clients in map(int, wanted.clients.split(",")):
            for mode, rate in (("max", 0.0), ("fixed", float(FIXED))):
                rows(Load(server, clients, mode, rate, wanted.seconds))


def rows(load: Load) -> None:
    speeds: dict[str, float] = {}
    for way in WAYS:
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            token = prepared(scratch) if way.ours else ""
            heard = asyncio.run(measure(way, load, Path(scratch), token))
        speed = speeds[way.name] = heard.events / max(heard.last - heard.first, 0.001)
        waits = statistics.quantiles(heard.waits, n=100) if len(heard.waits) > 1 else [0.0] * 99
        print(
            f"{way.name:<18} {load.server:<8} {load.clients:>7} {load.mode:>5} {speed:>13,.0f} {waits[49] * 1000:>7.1f}"
            f" {waits[98] * 1000:>8.1f} {heard.cpu:>4.0%} {ratio(speed, speeds, 'bare websockets'):>8}"
            f" {ratio(speed, speeds, 'group_send'):>9}",
            flush=True,
        )


def ratio(speed: float, speeds: dict[str, float], other: str) -> str:
    return f"{speed / speeds[other]:.2f}" if speeds.get(other) else ""


def prepared(folder: str) -> str:
    """A migrated database; the token that listens and tells."""
    environment = os.environ | {"PERSPT_DATA": folder, "PERSPT_RATE_LIMITS": "0"}
    scopes = ("--scope", "observe", "--scope", "ask", "--scope", "report")
    for words in (["migrate", "--verbosity=0"], ["create_token", "bench", *scopes]):
        command = [sys.executable, "manage.py", *words]
        out = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return out.stdout.split()[-1]


if __name__ == "__main__":
    main()
