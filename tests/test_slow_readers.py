"""Clients that never read cost the server nothing: it pauses, cuts them off, and they go on where they were."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
READERS = 4
EVENTS, SIZE = 2_500, 10_000  # 25 MB
MOST_GROWTH = 40_000  # kB
PUBLISH = f"""
from django.db import transaction
from dashboard.events import Note
from dashboard.services.log import append
for first in range(0, {EVENTS}, 50):
    with transaction.atomic():
        append(*(Note(at=1, text=f"{{n}} " + "x" * {SIZE}) for n in range(first, first + 50)))
"""


def memory(console):
    """What the server's process holds in memory, in kB."""
    status = Path(f"/proc/{console.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


def deaf(console, token, after):
    """A WebSocket that says hello and then never reads; its own buffer is small."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.connect(("127.0.0.1", console.port))
    key = b64encode(os.urandom(16)).decode()
    lines = [
        f"GET /ws/events/?after={after} HTTP/1.1",
        f"Host: 127.0.0.1:{console.port}",
        f"Authorization: Bearer {token}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
    ]
    one.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    assert one.recv(12) == b"HTTP/1.1 101"
    return one


def everything(console, token, after, head):
    """Come back and take all that is left, acknowledging as it comes."""
    seqs = []
    headers = {"Authorization": f"Bearer {token}"}
    with connect(f"{console.ws}/ws/events/?after={after}", additional_headers=headers, max_size=None) as feed:
        while not seqs or seqs[-1] < head:
            frames = json.loads(feed.recv(timeout=20))
            for frame in frames if isinstance(frames, list) else [frames]:
                if frame["kind"] in ("hello", "seen", "mark"):
                    continue
                seqs.append(frame["seq"])
            feed.send(json.dumps({"ack": seqs[-1] if seqs else after}))
    return seqs


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("server", ["uvicorn", "runserver"])
def test_readers_that_never_read_cost_no_memory_and_lose_nothing(start_console, server):
    console = start_console(server=server)
    token = console.token("watcher", "--scope", "observe")
    start = last_number(console)
    assert everything(console, token, 0, start) == list(range(1, start + 1))  # warm
    readers = [deaf(console, token, start) for _ in range(READERS)]
    time.sleep(1)
    before = memory(console)

    console.manage("shell", "--verbosity=0", "-c", PUBLISH)
    head = eventually(lambda: (now := last_number(console)) == start + EVENTS and now, within=20)
    most = 0
    for _ in range(20):
        time.sleep(0.2)
        most = max(most, memory(console) - before)

    assert most < MOST_GROWTH
    for reader in readers:
        reader.close()
    for _ in readers:
        assert everything(console, token, start, head) == list(range(start + 1, head + 1))


def last_number(console):
    code = "from dashboard.selectors.log import log_head; print(log_head().seq)"
    environment = {**console.environment(), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", code]
    out = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    return int(out.split()[-1])
