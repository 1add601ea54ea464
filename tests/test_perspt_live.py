"""Beside a live writer: the follower has all that was committed, the writer never notices it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.perspt_store import fill, make_store
from tests.harness.waiting import eventually

WRITER = Path(__file__).parent / "harness" / "perspt_writer.py"
pytestmark = pytest.mark.slow


def write(store: Path, seconds: float, seed: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), str(store), str(seconds), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_console_has_all_that_was_committed_and_no_writer_notices(start_console, tmp_path):
    store = make_store(tmp_path / "perspt.db")
    fill(store)
    console = start_console(settings={"PERSPT_STORES": str(store)})
    committed: list[int] = []
    for seed, killed_after in ((1, 4.0), (2, None), (3, None)):  # each opens the store while it is followed
        writer = write(store, 8.0, seed)
        if killed_after:
            time.sleep(killed_after)  # no wait for something: the writer is at work meanwhile
            os.kill(writer.pid, signal.SIGKILL)
        out, error = writer.communicate(timeout=30)
        assert error == ""
        committed += [int(line) for line in out.split("\n") if line.strip().isdigit()]

    asked = "from dashboard.models import EnergySample as E; print('rows', *E.objects.values_list('row_id', flat=True))"

    def kept() -> set[int]:
        return {int(word) for word in console.manage("shell", "-v", "0", "-c", asked).split()[1:]}

    eventually(lambda: set(committed) <= kept())
    eventually(lambda: list((console.data / "copies").iterdir()) == [])
    assert len(committed) > 300
