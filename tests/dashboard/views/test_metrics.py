"""`/metrics`: what monitoring reads, and who may."""

import asyncio

import httpx
import pytest
import websockets
from django.db import OperationalError, connection
from prometheus_client.parser import text_string_to_metric_families

from dashboard.access.meters import DATABASE_ERRORS, registry
from dashboard.live.parts import Parts
from tests.dashboard.services.makers import NOW, later
from tests.harness.waiting import eventually


def read(text):
    """Every sample by its name and labels."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels) if name != "le")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.slow
def test_a_served_console_tells_its_figures(start_console):
    console = start_console()
    token = console.token("watcher", "--scope", "observe", "--scope", "ask", "--scope", "report")
    with console.machine(token) as agent:
        agent.post("/api/v1/approvals", json={"agent": "watcher", "approval_kind": "command", "command": "ls"})
        agent.get("/api/v1/approvals/99")
        httpx.post(f"{console.url}/hooks/claude", json={})

        async def with_a_client():
            headers = {"Authorization": f"Bearer {token}"}
            async with websockets.connect(f"{console.ws}/ws/events/", additional_headers=headers) as socket:
                await socket.recv()
                return await asyncio.to_thread(lambda: read(agent.get("/metrics").text))

        found = asyncio.run(with_a_client())

        assert found["perspt_open_asks", "approval"] == 1
        assert found["perspt_hub_clients",] == 1
        assert found["perspt_log_seq",] == found["perspt_ring_frames",] > 0
        assert 0 < found["perspt_events_appended_total",] < found["perspt_log_seq",], "the command line wrote some"
        assert found["perspt_requests_total", "api", "2xx"] == 1
        assert found["perspt_requests_total", "api", "4xx"] == 1
        assert found["perspt_requests_total", "hooks", "4xx"] == 1
        assert found["perspt_request_seconds_count", "api"] == 2
        assert found["perspt_held_hooks",] == found["perspt_waits",] == 0
        eventually(lambda: ("perspt_engine_ran_at", "the lease") in read(agent.get("/metrics").text))
    assert httpx.get(f"{console.url}/metrics").status_code == 200, "on this computer, without a token"
    between = httpx.get(f"{console.url}/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (between.status_code, between.json()["error"]["code"]) == (401, "unauthorized")
    asker = console.token("asker", "--scope", "ask")
    assert console.machine(asker).get("/metrics").status_code == 403


@pytest.mark.django_db
def test_a_statement_that_the_database_fails_is_counted():
    def value():
        return registry.get_sample_value("perspt_database_errors_total", {"error": "OperationalError"}) or 0

    DATABASE_ERRORS.labels("OperationalError")
    before = value()
    slow = "SET LOCAL statement_timeout = '10ms'; SELECT pg_sleep(5)"
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM nowhere_at_all" if connection.vendor == "sqlite" else slow)

    assert value() == before + 1


def test_a_part_of_the_engine_is_in_trouble_from_its_failure_to_its_next_success():
    parts = Parts()
    parts.starts("the log")
    parts.failed("the log", OSError("gone\nfishing"), NOW)

    (part,) = parts()
    assert (part.in_trouble, part.failures, part.error) == (True, 1, "OSError: gone fishing")
    parts.ran("the log", later(1))
    assert [part.in_trouble for part in parts()] == [False]
