"""A hundred and fifty agents wait at once, on a PostgreSQL that allows twenty connections."""

import asyncio
import json
import random
import time

import httpx
import pytest

from tests.harness.postgres import Postgres, binaries
from tests.harness.waiting import eventually, unavailable

pytestmark = pytest.mark.slow

POLLS, HOOKS = 90, 60
CONNECTIONS = 20


@pytest.fixture(scope="module")
def small_postgres():
    if binaries() is None:
        unavailable("PostgreSQL")
    with Postgres(max_connections=CONNECTIONS) as server:
        yield server


@pytest.fixture(params=["runserver", "uvicorn"])
def console(request, start_console, small_postgres):
    return start_console(server=request.param, settings={"DATABASE_URL": small_postgres.new_database()})


def many(console, **options):
    """A client with as many connections as it likes."""
    return httpx.AsyncClient(base_url=console.url, timeout=60, limits=httpx.Limits(max_connections=None), **options)


class Waiting:
    """One agent's request and the connection that it holds open for the answer."""

    def __init__(self, number, held):
        self.number = number
        self.answered_at = None
        self.task = asyncio.create_task(self._hear(held))

    async def _hear(self, held):
        answer = await held
        self.answered_at = time.monotonic()
        answer.raise_for_status()
        return answer.json()


async def ask_and_poll(machine, number):
    asked = await machine.post(
        "/api/v1/approvals",
        json={"agent": f"poll-{number}", "approval_kind": "command", "command": f"make {number}"},
    )
    assert asked.status_code == 201, asked.text
    pk = asked.json()["id"]
    return pk, Waiting(number, machine.get(f"/api/v1/approvals/{pk}", params={"wait": 50}))


def hook(machine, number):
    body = {
        "session_id": f"session-{number}",
        "transcript_path": "/t.jsonl",
        "cwd": f"/home/ana/shop-{number}",
        "permission_mode": "default",
        "hook_event_name": "PermissionRequest",
        "tool_name": "Bash",
        "tool_input": {"command": f"make {number}"},
    }
    return Waiting(number, machine.post("/hooks/claude", params={"hold": 55}, json=body))


async def hold_all(machine, operator):
    """Everybody asks and waits. Returns them by the number of their request."""
    polls = dict([await ask_and_poll(machine, number) for number in range(POLLS)])
    hooks = {str(number): hook(machine, number) for number in range(HOOKS)}
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        rows = (await operator.get("/api/state")).json()["approvals"]
        if len(rows) == POLLS + HOOKS:
            break
        await asyncio.sleep(0.2)
    asked = {row["id"]: row for row in rows}
    held = {pk: polls.get(pk) or hooks[row["command"].removeprefix("make ")] for pk, row in asked.items()}
    assert len(held) == POLLS + HOOKS
    return asked, held


async def decide(operator, row, status):
    """Decide as a person does; return when that was done."""
    answer = await operator.post(
        f"/api/v1/approvals/{row['id']}/resolve", json={"status": status, "digest": row["digest"], "note": "no"}
    )
    assert answer.status_code == 200, answer.text
    return time.monotonic()


def verdict_in(said):
    """The verdict as an API client or Claude Code hears it."""
    if "status" in said:
        return said["status"]
    return {"allow": "approved", "deny": "denied"}[said["hookSpecificOutput"]["decision"]["behavior"]]


async def scene(console, token):
    cookies = console.cookies()
    csrf = {"X-CSRFToken": cookies.get("perspt_csrf", "")}
    chance = random.Random(150)
    async with (
        many(console, headers={"Authorization": f"Bearer {token}"}) as machine,
        many(console, cookies=cookies, headers=csrf) as operator,
    ):
        asked, held = await hold_all(machine, operator)
        assert not any(waiting.task.done() for waiting in held.values())
        order = chance.sample(sorted(held), len(held))
        leaving, deciding = order[:20], order[20:]

        lags = []
        for pk in deciding:
            status = chance.choice(["approved", "denied"])
            decided_at = await decide(operator, asked[pk], status)
            said = await asyncio.wait_for(held[pk].task, 20)
            assert verdict_in(said) == status
            lags.append(held[pk].answered_at - decided_at)
        assert max(lags) < 1

        for pk in leaving:
            held[pk].task.cancel()
        await asyncio.gather(*(held[pk].task for pk in leaving), return_exceptions=True)
        return [asked[pk] for pk in leaving]


def test_all_wait_at_once_each_wakes_with_its_decision_and_who_hangs_up_is_noticed(console):
    token = console.token("fleet", "--host", "hel")

    left = asyncio.run(scene(console, token))

    hooks = [row for row in left if row["agent"].startswith("hel-")]
    polls = len(left) - len(hooks)
    assert hooks
    assert polls
    with console.client() as operator:

        def all_withdrawn():
            found = [operator.get(f"/api/v1/approvals/{row['id']}").json() for row in hooks]
            return {row["status"] for row in found} == {"withdrawn"}

        eventually(all_withdrawn, within=5, what="the asks of agents that hung up are withdrawn")
    eventually(lambda: hung_up_polls(console) >= polls, within=5, what="polls that hung up have ended")


def hung_up_polls(console):
    """Requests that ended because their client was gone, by the console's own log."""
    return sum("GET /api/v1/approvals/" in line and " 499 in" in line for line in console.output().splitlines())


def test_a_decision_wakes_every_poll_of_the_same_request(console):
    token = console.token("fleet")

    async def watch():
        cookies = console.cookies()
        async with (
            many(console, headers={"Authorization": f"Bearer {token}"}) as machine,
            many(console, cookies=cookies, headers={"X-CSRFToken": cookies.get("perspt_csrf", "")}) as operator,
        ):
            pk, first = await ask_and_poll(machine, 1)
            rest = [Waiting(n, machine.get(f"/api/v1/approvals/{pk}", params={"wait": 50})) for n in range(30)]
            row = (await operator.get(f"/api/v1/approvals/{pk}")).json()
            await asyncio.sleep(1)
            await decide(operator, row, "denied")
            said = await asyncio.wait_for(asyncio.gather(*(one.task for one in (first, *rest))), 10)
        return {json.dumps(one, sort_keys=True) for one in said}

    (told,) = asyncio.run(watch())
    assert json.loads(told)["status"] == "denied"
