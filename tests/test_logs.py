"""The log of the process: a line per request and per order, as JSON if that is wanted, each with its request."""

import json
import logging

import httpx
import pytest

from dashboard.access.request_id import current_request
from dashboard.services.approvals import resolve_approval
from dashboard.services.orders import issue_command
from dashboard.services.roster import remove_agent
from perspt_site.logs import JsonFormatter, LineFormatter
from tests.dashboard.services.makers import ANA, NOW, an_approval


@pytest.fixture
def orders(caplog):
    caplog.set_level(logging.INFO, logger="dashboard.order")
    return lambda: [record for record in caplog.records if record.name == "dashboard.order"]


@pytest.mark.django_db(transaction=True)
def test_a_decision_is_one_line_that_says_who_why_from_where_and_what_became_of_it(orders):
    approval = an_approval()
    for _ in range(2):  # the same answer again is no second decision
        resolve_approval(approval.pk, status="denied", digest=approval.digest, by=ANA, note="not on a Friday", now=NOW)

    (record,) = orders()
    wanted = {"operator": "ana", "address": "10.0.0.7", "reason": "not on a Friday", "before": "pending"}
    assert wanted | {"after": "denied", "result": "done"} == {
        name: getattr(record, name) for name in (*wanted, "after", "result")
    }
    assert f"approval {approval.pk} of atlas by ana from 10.0.0.7: pending → denied" in record.getMessage()


@pytest.mark.django_db(transaction=True)
def test_orders_are_written_too(orders):
    an_approval()
    issue_command("pause", "atlas", by=ANA, reason="lunch", now=NOW)
    remove_agent("atlas", by=ANA, reason="moved\nINFO forged: line", now=NOW)

    lines = [record.getMessage() for record in orders()]
    assert any("pause atlas by ana" in line and "issued" in line for line in lines)
    assert not any("\n" in line for line in lines)


def test_a_line_that_is_written_within_a_request_knows_which():
    record = logging.makeLogRecord({"msg": "hello", "levelname": "INFO", "name": "x", "agent": "mara"})
    token = current_request.set("abc123")
    try:
        line, text = json.loads(JsonFormatter().format(record)), LineFormatter("{message}", style="{").format(record)
    finally:
        current_request.reset(token)

    assert {"message": "hello", "level": "info", "request_id": "abc123", "agent": "mara"}.items() <= line.items()
    assert text == "hello [abc123]"
    current_request.set("")
    assert "request_id" not in json.loads(JsonFormatter().format(record))


@pytest.mark.slow
def test_a_served_console_writes_json_and_its_decisions_carry_the_id_of_their_request(start_console):
    console = start_console(settings={"PERSPT_LOG_JSON": "1"})
    token = console.token()
    with console.machine(token) as agent:
        asked = agent.post("/api/v1/approvals", json={"agent": "tester", "approval_kind": "command", "command": "ls"})
    with console.client() as browser:
        row = asked.json()
        decided = browser.post(
            f"/api/v1/approvals/{row['id']}/resolve", json={"status": "denied", "digest": row["digest"], "note": "no"}
        )
    hook = {"hook_event_name": "Stop", "session_id": "s", "cwd": "/srv"}
    httpx.post(f"{console.url}/hooks/claude", json=hook, headers={"Authorization": f"Bearer {token}"})

    lines = [json.loads(line) for line in console.output().splitlines() if line.startswith("{")]
    requests = {line["request_id"]: line for line in lines if line["logger"] == "dashboard.request"}
    (order,) = (line for line in lines if line["logger"] == "dashboard.order" and line["order"] == "denied")
    assert (decided.status_code, decided.headers["X-Request-Id"]) == (200, order["request_id"])
    assert requests[order["request_id"]]["path"].endswith("/resolve")
    assert any(line.get("event") == "Stop" and line["path"] == "/hooks/claude" for line in requests.values())
    assert token not in console.output()
