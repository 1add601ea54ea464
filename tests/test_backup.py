"""Backup and restore: one consistent moment while others write, a new epoch, and clients that start over."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
import websockets

from tests.harness.console import ROOT, Console
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

WRITERS, WITHOUT_END = 4, 1_000_000


def start_writers(console):
    environment = {
        **console.environment(),
        "DJANGO_SETTINGS_MODULE": "perspt_site.settings",
        "PYTHONPATH": str(ROOT),
    }
    return [
        subprocess.Popen(
            [sys.executable, "tests/harness/writer.py", f"w{number}", str(WITHOUT_END), str(number)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        for number in range(WRITERS)
    ]


def log_of(data: Path):
    """Numbers, texts of what was noted, the counter and the epoch of a data folder's log."""
    with closing(sqlite3.connect(data / "console.sqlite3")) as database:
        rows = database.execute("SELECT seq, frame FROM dashboard_event ORDER BY seq").fetchall()
        seq, epoch = database.execute("SELECT seq, epoch FROM dashboard_logstate").fetchone()
    return [seq for seq, _ in rows], [json.loads(frame) for _, frame in rows], seq, epoch


def manage(console, *arguments, text=""):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=console.environment(),
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def restore(console, file):
    """Restore over what is there; a console that had to be killed counts as running for some seconds more."""

    def restored():
        outcome = manage(console, "restore", str(file), "--yes")
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout

    return eventually(restored, within=30, every=2)


@pytest.fixture
def backed_up(start_console, tmp_path):
    """A console with one request that waits, a file that it was backed up to, and a token."""
    console = start_console()
    token = console.token("watcher", "--scope", "observe", "--scope", "ask")
    with console.machine(token) as agent:
        answer = agent.post("/api/v1/approvals", json={"agent": "watcher", "approval_kind": "command", "command": "ls"})
        assert answer.status_code == 201, answer.text
    file = tmp_path / "console.tar"
    console.manage("backup", str(file))
    return console, file, token


def back_up_while_others_write(console, file):
    writers = start_writers(console)
    try:
        eventually(lambda: log_of(console.data)[2] > WRITERS * 5, within=30, what="the writers write")
        console.manage("backup", str(file), "--force")
        at_backup = log_of(console.data)[2]
        eventually(lambda: log_of(console.data)[2] > at_backup, what="the writers still write")
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()


def test_a_backup_made_while_four_processes_write_is_one_moment_and_restores_into_a_new_folder(backed_up, tmp_path):
    console, file, token = backed_up
    back_up_while_others_write(console, file)
    there = Console(tmp_path / "elsewhere")
    there.manage("restore", str(file))

    numbers, frames, seq, epoch = log_of(there.data)
    assert numbers == list(range(1, seq + 1))
    assert [frame["seq"] for frame in frames] == numbers
    assert (seq < log_of(console.data)[2], epoch != log_of(console.data)[3]) == (True, True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert (there.data / "secret_key").read_text() == (console.data / "secret_key").read_text()
    assert (there.data / "secret_key").stat().st_mode & 0o777 == 0o600
    with there, there.machine(token) as agent:
        state = agent.get("/api/state").json()
        assert [row["command"] for row in state["approvals"]] == ["ls"]
        assert state["epoch"] == epoch


def test_a_connected_client_starts_over_by_itself_after_restore_and_restart(backed_up):
    console, file, token = backed_up
    asyncio.run(follow_through_a_restore(console, file, token))
    assert [path.name for path in console.data.glob("before-restore/*/console.sqlite3")] == ["console.sqlite3"]


async def follow_through_a_restore(console, file, token):
    place, epoch = await first_visit(console, token)
    async with connect(console, token, place, epoch) as socket:
        await asyncio.to_thread(console.stop)
        await asyncio.to_thread(restore, console, file)
        await asyncio.to_thread(console.start)
        with suppress(websockets.ConnectionClosed):
            await asyncio.wait_for(read_all(socket), 20)
    async with connect(console, token, place, epoch) as socket:
        frames = [await frame(socket) for _ in range(2)]
    kinds = [frame["kind"] for frame in frames]
    assert kinds == ["hello", "gap"]
    assert frames[0]["epoch"] == log_of(console.data)[3] != epoch


async def read_all(socket):
    async for _ in socket:
        pass


def connect(console, token, place, epoch):
    address = f"{console.ws}/ws/events/?after={place}&epoch={epoch}&single=1"
    return websockets.connect(address, additional_headers={"Authorization": f"Bearer {token}"}, open_timeout=10)


async def frame(socket):
    return json.loads(await asyncio.wait_for(socket.recv(), 20))


async def first_visit(console, token):
    async with connect(console, token, 0, "") as socket:
        hello = await frame(socket)
    return log_of(console.data)[2], hello["epoch"]


def test_nothing_is_restored_under_a_running_console_nor_over_data_without_a_yes(backed_up):
    console, file, _ = backed_up

    running = manage(console, "restore", str(file), "--yes")
    console.kill()  # it counts as running until its lease has ended
    killed = manage(console, "restore", str(file), "--yes")
    time.sleep(12)
    unasked = manage(console, "restore", str(file))

    for refused in (running, killed):
        assert (refused.returncode, "A console is running on this data" in refused.stderr) == (1, True)
    assert (unasked.returncode, "Say --yes" in unasked.stderr) == (1, True)
    assert not list(console.data.glob("before-restore")), "nothing was put aside"


def test_a_file_that_is_no_backup_or_is_torn_or_newer_changes_nothing(backed_up, tmp_path):
    console, file, _ = backed_up
    console.stop()
    before = log_of(console.data)

    torn = tmp_path / "torn.tar"
    torn.write_bytes(file.read_bytes()[:40_000])
    newer = tmp_path / "newer.tar"
    with tarfile.open(file) as archive, tarfile.open(newer, "w") as target:
        for member in archive.getmembers():
            data = archive.extractfile(member).read()
            if member.name == "manifest.json":
                text = json.loads(data)
                data = json.dumps(text | {"migrations": [*text["migrations"], "9999_tomorrow"]}).encode()
            (tmp_path / "part").write_bytes(data)
            target.add(tmp_path / "part", member.name)
    foreign = tmp_path / "foreign.tar"
    foreign.write_text("hello")

    outcomes = {path.stem: manage(console, "restore", str(path), "--yes") for path in (torn, newer, foreign)}

    assert {outcome.returncode for outcome in outcomes.values()} == {1}
    assert "newer version of the console" in outcomes["newer"].stderr
    assert "Traceback" not in "".join(outcome.stderr for outcome in outcomes.values())
    assert log_of(console.data) == before
    assert not (console.data / "before-restore").exists()


def test_a_backup_file_that_is_there_is_replaced_only_if_told_to(backed_up, tmp_path):
    console, file, _ = backed_up

    refused = manage(console, "backup", str(file))
    forced = manage(console, "backup", str(file), "--force")
    into_folder = manage(console, "backup", str(tmp_path))

    assert (refused.returncode, forced.returncode, into_folder.returncode) == (1, 0, 0)
    assert "--force" in refused.stderr
    assert len(list(tmp_path.glob("console-*T*Z.tar"))) == 1
    assert not list(tmp_path.glob(".backup-*"))


def test_postgresql_is_backed_up_and_restored_with_the_old_tables_kept_beside(postgres, start_console, tmp_path):
    console = start_console(settings={"DATABASE_URL": postgres.new_database()})
    token = console.token("watcher", "--scope", "observe", "--scope", "ask")
    ask = {"agent": "watcher", "approval_kind": "command", "command": "ls"}
    with console.machine(token) as agent:
        agent.post("/api/v1/approvals", json=ask)
        console.manage("backup", str(tmp_path / "pg.tar"))
        agent.post("/api/v1/approvals", json=ask | {"command": "later"})
        epoch = agent.get("/api/state").json()["epoch"]
    console.stop()
    said = restore(console, tmp_path / "pg.tar")

    assert "public_before_restore_" in said
    with console, console.machine(token) as agent:
        state = agent.get("/api/state").json()
        assert [row["command"] for row in state["approvals"]] == ["ls"]
        assert state["epoch"] != epoch
    fresh = Console(tmp_path / "fresh", settings={"DATABASE_URL": postgres.new_database()})
    fresh.manage("restore", str(tmp_path / "pg.tar"))
    with fresh, fresh.machine(token) as agent:
        assert [row["command"] for row in agent.get("/api/state").json()["approvals"]] == ["ls"]
