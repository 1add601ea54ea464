"""perspt's stores are followed by whoever serves: one process at a time, the next one when it dies, or by a command."""

import signal
import subprocess
import sys

import duckdb
import pytest

from tests.harness.console import ROOT
from tests.harness.perspt_store import add, fill, make_store
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

OWNER = (
    "from dashboard.models import Lease; print(*Lease.objects.filter(name='stores').values_list('owner', flat=True))"
)


@pytest.fixture
def store(tmp_path):
    path = make_store(tmp_path / "perspt.db")
    fill(path)
    return path


def begin_session(store, name):
    with duckdb.connect(str(store)) as agent:
        add(agent, "sessions", session_id=name, task=f"Task of {name}", working_dir="/srv/shop", status="RUNNING")


def owner_of(console):
    return console.manage("shell", "--verbosity=0", "-c", OWNER).strip()


def knows(browser, name):
    return browser.get(f"/sessions/{name}/").status_code == 200


def test_what_an_agent_commits_is_on_the_page_soon(start_console, store):
    console = start_console(settings={"PERSPT_STORES": str(store)})
    with console.client() as browser:
        eventually(lambda: knows(browser, "s-1"), within=20)

        begin_session(store, "s-new")

        eventually(lambda: knows(browser, "s-new"), within=10)
        assert "Task of s-new" in browser.get("/sessions/s-new/").text
        assert browser.get("/sessions/s-never/").status_code == 404
    assert list((console.data / "copies").iterdir()) == []


def test_a_store_that_cannot_be_read_leaves_the_last_data_and_says_why(start_console, store):
    console = start_console(settings={"PERSPT_STORES": str(store)})
    with console.client() as browser:
        eventually(lambda: knows(browser, "s-1"), within=20)

        store.write_bytes(b"this is no database " * 100)

        page = eventually(lambda: text if "cannot be read" in (text := text_of(browser)) else "", within=20)
        assert "The file is not a DuckDB database." in page


def text_of(browser):
    return browser.get("/sessions/s-1/").text


def test_when_the_follower_dies_another_process_goes_on(start_console, postgres, store):
    settings = {"DATABASE_URL": postgres.new_database(), "PERSPT_STORES": str(store), "PERSPT_SECRET_KEY": "k" * 50}
    consoles = [start_console(server=server, settings=settings) for server in ("uvicorn", "runserver")]
    owner = eventually(lambda: owner_of(consoles[0]), within=20)
    dead = next(console for console in consoles if f"-{console.process.pid}-" in owner)
    left = next(console for console in consoles if console is not dead)

    dead.kill()
    begin_session(store, "s-after")

    new = eventually(
        lambda: (now := left.manage("shell", "--verbosity=0", "-c", OWNER).strip()) != owner and now, within=15
    )
    assert f"-{left.process.pid}-" in new
    rows = "from dashboard.models import Run; print(Run.objects.filter(session__external_id='s-after').count())"
    eventually(lambda: left.manage("shell", "--verbosity=0", "-c", rows).strip() == "1", within=15)


def test_the_command_follows_by_itself_and_ends_when_told(start_console, store):
    console = start_console()
    command = [sys.executable, "manage.py", "follow"]
    environment = console.environment() | {"PERSPT_STORES": str(store)}
    following = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        with console.client() as browser:
            eventually(lambda: knows(browser, "s-1"), within=20)
            begin_session(store, "s-new")
            eventually(lambda: knows(browser, "s-new"), within=10)
    finally:
        following.send_signal(signal.SIGINT)
        said, _ = following.communicate(timeout=20)
    assert following.returncode == 0, said
    assert b"Traceback" not in said
    assert owner_of(console) == ""
