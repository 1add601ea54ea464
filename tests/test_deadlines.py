"""Deadlines live in the server: with every browser closed, and across its restarts."""

import threading
import time
from contextlib import suppress

import httpx
import pytest

from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

STATUSES = (
    "from dashboard.models import Approval, Question;"
    "print(*[f'{row.status}:{row.resolved_by}:{row.note}' for model in (Approval, Question)"
    " for row in model.objects.order_by('id')], sep='\\n')"
)


@pytest.fixture(params=["sqlite", "postgres"])
def console(request, start_console):
    if request.param == "sqlite":
        return start_console()
    return start_console(settings={"DATABASE_URL": request.getfixturevalue("postgres").new_database()})


def endings(console):
    """How everything that was asked has ended, read without a request to the console."""
    return console.manage("shell", "--verbosity=0", "-c", STATUSES).strip().splitlines()


def ask_all(console, seconds):
    with console.machine(console.token("asker")) as machine:
        for on_deadline in ("expire", "deny"):
            asked = machine.post(
                "/api/v1/approvals",
                json={
                    "agent": "atlas",
                    "approval_kind": "command",
                    "command": "make deploy",
                    "deadline_seconds": seconds,
                    "on_deadline": on_deadline,
                },
            )
            assert asked.status_code == 201, asked.text
        asked = machine.post(
            "/api/v1/questions",
            json={"asker": "atlas", "question": "Which?", "ttl_seconds": seconds, "default_answer": "this"},
        )
        assert asked.status_code == 201, asked.text


ENDED = [
    "expired:deadline:Nobody answered in time.",
    "denied:deadline:Nobody answered in time, so it was denied.",
    "expired:deadline:Nobody answered in time.",
]


def test_a_deadline_passes_with_nobody_watching(console):
    ask_all(console, 2)

    eventually(lambda: endings(console) == ENDED, within=10, every=0.5, what="all three have ended")


def test_a_deadline_that_passed_while_the_console_was_dead_is_kept_at_its_start(console):
    ask_all(console, 4)
    console.kill()
    time.sleep(4)
    assert [line.split(":")[0] for line in endings(console)] == ["pending"] * 3

    console.start()

    eventually(lambda: endings(console) == ENDED, within=10, every=0.5, what="all three have ended")


def test_what_a_killed_console_was_holding_is_withdrawn_by_the_next_one(console):
    body = {
        "session_id": "s-1",
        "transcript_path": "/t.jsonl",
        "cwd": "/home/ana/shop",
        "permission_mode": "default",
        "hook_event_name": "PermissionRequest",
        "tool_name": "Bash",
        "tool_input": {"command": "make deploy"},
    }
    token = console.token("hel")

    def ask():
        with console.machine(token) as machine, suppress(httpx.TransportError):
            machine.post("/hooks/claude", params={"hold": 60}, json=body)

    agent = threading.Thread(target=ask)
    agent.start()
    eventually(lambda: endings(console) == ["pending::"], within=10, every=0.5, what="the hook is held")
    console.kill()
    agent.join()

    console.start()

    said = "withdrawn:console:The console restarted while the agent was waiting, so nobody could hear an answer."
    eventually(lambda: endings(console) == [said], within=30, every=1, what="the request is withdrawn")
