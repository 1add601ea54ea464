"""Whether a console stays as it is: `python bench/soak.py [--minutes 60] [--events 50] [--clients 50]`.

Agents tell by the door of facts in numbers, browsers listen, come and go. Each minute one line: memory, threads and
open descriptors of the server, events told and heard. The last line says what grew since the fifth minute, when pools
and caches are full.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.live import WAYS, Ear, Heard, prepared, serving, text_of_now  # noqa: E402

SETTLED = 5
STAY = (2, 120)
"""Seconds that a browser stays."""


@dataclass(frozen=True)
class Size:
    """What the server's process holds."""

    memory: int
    threads: int
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> "Size":
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        told = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "Threads"))}
        return cls(int(told["VmRSS"]), int(told["Threads"]), len(list(Path(f"/proc/{pid}/fd").iterdir())))


async def browser(port: int, token: str, heard: Heard, chance: random.Random, end: float) -> None:
    """Listen for a while, go, and come back."""
    while time.monotonic() < end:
        with suppress(OSError):
            _, ear = await asyncio.get_running_loop().create_connection(
                lambda: Ear(port, WAYS[-1].path, token, heard), "127.0.0.1", port
            )
            with suppress(ConnectionError, TimeoutError):
                await asyncio.wait_for(ear.ready, 10)
                await asyncio.sleep(min(chance.uniform(*STAY), max(0, end - time.monotonic())))
            ear.transport.close()
        await asyncio.sleep(chance.uniform(0, 3))


async def agents(port: int, token: str, rate: float, end: float, told: list[int]) -> None:
    """Tell so many events a second, in bodies of a tenth of a second."""
    begin, number = time.monotonic(), 0
    while time.monotonic() < end:
        due = int((time.monotonic() - begin) * rate) - number
        messages = [{"from": f"mara-{n}", "to": "operator", "body": text_of_now()} for n in range(due)]
        number += due
        body = json.dumps({"messages": messages}).encode()
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = f"POST /api/v1/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await reader.read()
            told[0] += len(messages) if answer[9:12] == b"200" else 0
            writer.close()
        await asyncio.sleep(0.1)


async def watch(pid: int, minutes: int, heard: Heard, told: list[int]) -> list[Size]:
    sizes = []
    for minute in range(1, minutes + 1):
        await asyncio.sleep(60)
        size = Size.of(pid)
        sizes.append(size)
        heard.waits.clear()
        print(
            f"{minute:>6} {size.memory / 1024:>9.1f} {size.threads:>8} {size.descriptors:>12}"
            f" {told[0]:>9} {heard.events:>11}",
            flush=True,
        )
    return sizes


async def soak(server: Any, wanted: Any, token: str) -> list[Size]:
    port, process, _ = server
    heard, told, end = Heard(), [0], time.monotonic() + wanted.minutes * 60 + 1
    await asyncio.sleep(5)
    work = [
        asyncio.ensure_future(browser(port, token, heard, random.Random(number), end))
        for number in range(wanted.clients)
    ]
    work.append(asyncio.ensure_future(agents(port, token, wanted.events, end, told)))
    try:
        return await watch(process.pid, wanted.minutes, heard, told)
    finally:
        for one in work:
            one.cancel()
        await asyncio.gather(*work, return_exceptions=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description="Let a console work for a long time.")
    arguments.add_argument("--minutes", type=int, default=60)
    arguments.add_argument("--events", type=float, default=50, help="a second")
    arguments.add_argument("--clients", type=int, default=50)
    arguments.add_argument("--server", default="uvicorn")
    wanted = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        token = prepared(scratch)
        with serving(WAYS[-1], wanted.server, Path(scratch)) as server:
            print("minute memory MB  threads  descriptors      told       heard", flush=True)
            sizes = asyncio.run(soak(server, wanted, token))
    first, last = sizes[min(SETTLED, len(sizes)) - 1], sizes[-1]
    print(
        f"since minute {min(SETTLED, len(sizes))}: memory {(last.memory - first.memory) / 1024:+.1f} MB,"
        f" threads {last.threads - first.threads:+d}, descriptors {last.descriptors - first.descriptors:+d}"
    )


if __name__ == "__main__":
    main()
