"""Several processes on one database: what only one may do is handed over, what must happen once happens once."""

import json
import time

import pytest

from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

OWNER = "from dashboard.models import Lease; print(*Lease.objects.filter(name='prune').values_list('owner', flat=True))"
COUNTS = """
import json
from collections import Counter
from dashboard.models import Event
frames = [json.loads(text) for text in Event.objects.values_list("frame", flat=True)]
told = [f"{f['kind']} {f['id']}" for f in frames if f["kind"].endswith("_resolved") and not f["kind"].startswith("c")]
seqs = sorted(frame["seq"] for frame in frames)
print(json.dumps({"told": Counter(told), "gapless": seqs == list(range(1, len(seqs) + 1)),
    "reminders": sum(f["kind"] == "sent" and "look again" in f["body"] for f in frames)}))
"""


@pytest.fixture(params=["redis", "no redis"])
def consoles(request, postgres, start_console):
    settings = {"DATABASE_URL": postgres.new_database()}
    if request.param == "redis":
        settings["REDIS_URL"] = request.getfixturevalue("redis").url
    return [start_console(server=server, settings=settings) for server in ("uvicorn", "runserver")]


def shell(console, code):
    return console.manage("shell", "--verbosity=0", "-c", code).strip()


def test_another_process_takes_over_within_ten_seconds(consoles):
    owner = eventually(lambda: shell(consoles[0], OWNER), within=10, what="somebody prunes")
    dead = next(console for console in consoles if f"-{console.process.pid}-" in owner)
    left = next(console for console in consoles if console is not dead)

    dead.kill()
    died = time.monotonic()

    new = eventually(lambda: (now := shell(left, OWNER)) != owner and now, within=12, every=0.2)
    assert f"-{left.process.pid}-" in new
    assert time.monotonic() - died < 10


def test_deadlines_and_reminders_happen_once(consoles):
    token = consoles[0].token("asker")
    with consoles[0].machine(token) as one, consoles[1].machine(token) as other:
        for number, machine in enumerate([one, other] * 10):
            ask = {"agent": f"a-{number}", "approval_kind": "command", "command": "make", "deadline_seconds": 2}
            assert machine.post("/api/v1/approvals", json=ask).status_code == 201
            question = {"asker": f"a-{number}", "question": "Which?", "ttl_seconds": 2, "default_answer": "this"}
            assert machine.post("/api/v1/questions", json=question).status_code == 201
            reminder = {"agent": f"a-{number}", "message": "look again", "in_seconds": 2}
            assert machine.post("/api/v1/reminders", json=reminder).status_code == 201

    def done():
        found = json.loads(shell(consoles[0], COUNTS))
        return found if len(found["told"]) == 60 else None

    found = eventually(done, within=20, every=0.5, what="all have ended")
    assert set(found["told"].values()) == {1}
    assert (found["reminders"], found["gapless"]) == (20, True)


def test_facts_in_numbers_through_both_are_numbered_without_a_gap(consoles):
    token = consoles[0].token("teller")
    with consoles[0].machine(token) as one, consoles[1].machine(token) as other:
        for number in range(60):
            names = [f"a-{(number + offset) % 7}" for offset in range(5)]
            facts = {
                "agents": [{"name": name, "status_text": f"step {number}"} for name in names],
                "messages": [{"from": names[0], "to": "operator", "body": f"step {number}"}],
            }
            answer = (one if number % 2 else other).post("/api/v1/batch", json=facts)
            assert answer.status_code == 200, answer.text

    assert json.loads(shell(consoles[0], COUNTS))["gapless"] is True
