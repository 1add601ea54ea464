"""How many facts per second come in by HTTP: `python bench/ingest_http.py [--seconds 5] [--servers uvicorn,daphne]`.

Each row beside a bare ASGI echo of the same bodies on the same server in the same run: the ratio is what counts. The
server has one core and the client the other, where there are two. Everything that is answered 2xx was committed.
SQLite in a temporary folder, or DATABASE_URL (an empty database). Limits on the pace of callers are off.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.harness.waiting import free_port  # noqa: E402

CONNECTIONS = 64
WARM_UP = 1.0
SERVERS = {
    "uvicorn": ("uvicorn", "--no-access-log", "--log-level=warning", "--host=127.0.0.1", "--no-proxy-headers"),
    "daphne": ("daphne", "--bind=127.0.0.1", "--verbosity=0"),
}
Body = Callable[[int], bytes]


@dataclass(frozen=True)
class Case:
    """What is sent: to which path, how many facts in a body, and the body of a request by its number."""

    name: str
    path: str
    facts: int
    body: Body
    connections: int = CONNECTIONS


def turn(number: int) -> dict[str, object]:
    start = 1_000_000_000 + number % 700_000_000
    tokens = {"input_tokens": 1_200, "output_tokens": 300, "cache_read_input_tokens": 60_000}
    times = {"started_at": start, "ended_at": start + 20, "duration_ms": 20_000 + number % 997}
    return (
        {"agent": f"mara-{number % 50}", "model": "opus", "wake_from": "operator", "result_kind": "ok"} | times | tokens
    )


def word(number: int) -> dict[str, object]:
    return {"name": f"mara-{number % 50}", "state": "working", "status_text": f"ran step {number} of the tests"}


def message(number: int) -> dict[str, object]:
    return {"from": f"mara-{number % 50}", "to": "operator", "body": f"Step {number} is done; the next one waits."}


def many(name: str, one: Callable[[int], dict[str, object]], size: int) -> Body:
    return lambda number: orjson.dumps({name: [one(number * size + offset) for offset in range(size)]})


def observation(number: int) -> bytes:
    said = {"hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_input": {"command": f"make step-{number}"}}
    return orjson.dumps({"session_id": f"bench-{number % 20}", "cwd": f"/srv/shop-{number % 20}"} | said)


CASES = (
    Case("one turn a request", "/api/v1/turns", 1, lambda number: orjson.dumps(turn(number))),
    Case("one word of an agent a batch", "/api/v1/batch", 1, many("agents", word, 1)),
    Case("1,000 words of agents a batch", "/api/v1/batch", 1000, many("agents", word, 1000), 6),
    Case("1,000 turns a batch", "/api/v1/turns", 1000, many("turns", turn, 1000), 6),
    Case("1,000 messages a batch", "/api/v1/batch", 1000, many("messages", message, 1000), 6),
    Case("one hook a request", "/hooks/claude", 1, observation),
)


@dataclass
class Tally:
    answered: int = 0
    refused: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        return 1000 * statistics.quantiles(self.waits, n=1000)[round(share * 1000) - 1] if len(self.waits) > 1 else 0.0


class Caller(asyncio.Protocol):
    """One connection that sends the next request when it has its answer, until the end."""

    def __init__(self, requests: Iterator[bytes], tally: Tally, begin: float, end: float) -> None:
        self.requests, self.tally, self.begin, self.end = requests, tally, begin, end
        self.buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        request = next(self.requests)
        self.since = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, gap, body = self.buffer.partition(b"\r\n\r\n")
        if not gap:
            return
        at = head.lower().index(b"content-length:") + 15
        if len(body) < int(head[at:].split(b"\r\n", 1)[0]):
            return
        self.buffer = b""
        now = time.perf_counter()
        if head[9:10] != b"2":
            self.tally.refused += 1
        elif self.begin <= now <= self.end:
            self.tally.answered += 1
            self.tally.waits.append(now - self.since)
        if now >= self.end:
            self.transport.close()
        else:
            self.ask()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def load(port: int, case: Case, headers: str, seconds: float, numbers: Iterator[int]) -> Tally:
    """Ask as fast as the server answers. Bodies are made before: the client's core is to spare."""
    tally = Tally()
    head = f"POST {case.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n{headers}"
    wanted = round(seconds + WARM_UP + 1) * (40_000 if case.facts == 1 else 200)
    ready = (
        f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        for body in (case.body(number) for number in numbers)
    )
    stock = iter([next(ready) for _ in range(min(wanted, 160_000))])

    def requests() -> Iterator[bytes]:
        yield from stock
        yield from ready

    begin = time.perf_counter() + WARM_UP
    source, loop = requests(), asyncio.get_running_loop()
    callers = [
        (await loop.create_connection(lambda: Caller(source, tally, begin, begin + seconds), "127.0.0.1", port))[1]
        for _ in range(case.connections)
    ]
    await asyncio.wait([caller.done for caller in callers], timeout=seconds + WARM_UP + 30)
    tally.seconds = seconds
    return tally


@contextmanager
def server(name: str, application: str, folder: Path) -> Iterator[int]:
    """A server on the first core."""
    port = free_port()
    command = [
        str(Path(sys.executable).parent / SERVERS[name][0]),
        *SERVERS[name][1:],
        "--port",
        str(port),
        application,
    ]
    environment = os.environ | {
        "PERSPT_DATA": str(folder),
        "PERSPT_RATE_LIMITS": "0",
        "PYTHONPATH": str(ROOT),
        "PERSPT_LOG_LEVEL": os.environ.get("PERSPT_LOG_LEVEL", "INFO"),
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        if (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(process.pid, {0})
        wait_until_open(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_until_open(port: int) -> None:
    import socket

    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("The server did not start.")


def manage(folder: Path, *arguments: str) -> str:
    environment = os.environ | {"PERSPT_DATA": str(folder)}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure the doors of machines.")
    arguments.add_argument("--seconds", type=float, default=5)
    arguments.add_argument("--servers", default="uvicorn,daphne")
    arguments.add_argument("--only", default="", help="part of a case's name")
    wanted = arguments.parse_args()
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    cases = [case for case in CASES if wanted.only in case.name]
    print(
        f"{'':<32} {'server':<8} {'requests/s':>10} {'facts/s':>9} {'p50 ms':>7} {'p99 ms':>7} {'refused':>7}  of echo"
    )
    for name in wanted.servers.split(","):
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            folder = Path(scratch)
            manage(folder, "migrate", "--verbosity=0")
            token = manage(folder, "create_token", "bench").split()[-1]
            for case in cases:
                measure(name, case, folder, token, wanted.seconds)


def measure(name: str, case: Case, folder: Path, token: str, seconds: float) -> None:
    numbers = count(int(time.time() * 10) % 10_000_000 * 1000)
    headers = f"Authorization: Bearer {token}\r\n"
    with server(name, "bench.echo:application", folder) as port:
        bare = asyncio.run(load(port, case, headers, seconds, numbers))
    with server(name, "perspt_site.asgi:application", folder) as port:
        ours = asyncio.run(load(port, case, headers, seconds, numbers))
    for label, tally in (("echo: " + case.name, bare), (case.name, ours)):
        rate = tally.answered / tally.seconds
        share = tally.answered / bare.answered if bare.answered else 0
        print(
            f"{label:<32.32} {name:<8} {rate:>10,.0f} {rate * case.facts:>9,.0f} {tally.quantile(0.5):>7.1f}"
            f" {tally.quantile(0.99):>7.1f} {tally.refused:>7}  {share:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
