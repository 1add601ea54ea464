"""The snapshot and the history, and that both are as they are described."""

from pathlib import Path

import pytest

from dashboard.api import rows
from dashboard.api.app import api
from dashboard.models import Event, LogState

pytestmark = pytest.mark.database


def kinds(answer):
    return [event["kind"] for event in answer.json()["events"]]


def test_the_snapshot_shows_what_is_open(machine, ana, observer):
    asked = machine.ask("hel-1-web").json()["id"]
    machine.call("POST", "/api/v1/questions", asker="hel-1-web", question="Which?")
    machine.ask("mara")

    state = ana.get("/api/state").json()

    assert (state["seq"], len(state["epoch"])) == (Event.objects.count(), 16)
    assert state["approvals"][0]["id"] == asked
    assert len(state["questions"]) == 1
    assert [row["name"] for row in state["agents"]] == ["hel-1-web", "mara"]
    assert (state["transients"], state["reminders"], state["targets"]) == ([], [], [])
    assert observer.get("/api/state").json() == state
    own = machine.get("/api/state").json()
    assert [row["name"] for row in own["agents"]] == ["hel-1-web"]
    assert [row["agent"] for row in own["approvals"]] == ["hel-1-web"]
    assert own["seq"] == state["seq"]


def test_history_goes_on_from_a_number(machine, ana):
    machine.ask("mara")
    machine.ask("mara", command="x")
    epoch = LogState.objects.get().epoch

    whole = ana.get("/api/events", after=0, epoch=epoch).json()
    first = ana.get("/api/events", after=0, epoch=epoch, limit=1).json()
    rest = ana.get("/api/events", after=first["seq"], epoch=epoch).json()

    assert [event["seq"] for event in whole["events"]] == list(range(1, whole["seq"] + 1))
    assert first["events"] + rest["events"] == whole["events"]
    assert ana.get("/api/events", after=whole["seq"], epoch=epoch).json() == {
        "seq": whole["seq"], "epoch": epoch, "events": [],
    }  # fmt: skip


def test_without_a_number_history_is_the_newest(machine, ana):
    for number in range(4):
        machine.ask(command=str(number))

    newest = ana.get("/api/events", limit=2).json()

    assert [event["seq"] for event in newest["events"]] == [newest["seq"] - 1, newest["seq"]]


def test_history_is_filtered_by_kind_and_agent(machine, ana):
    machine.ask("mara")
    machine.ask("otto")

    assert kinds(ana.get("/api/events", after=0, kinds="approval_added")) == ["approval_added"] * 2
    assert kinds(ana.get("/api/events", after=0, agent="otto")) == ["agent_changed", "approval_added"]
    assert kinds(ana.get("/api/events", after=0, kinds="never_heard_of")) == []


def test_a_machine_hears_of_its_agents_alone(bound, machine, observer):
    machine.ask("mara")
    bound.ask("hel-2-api")

    assert len(bound.get("/api/events", after=0).json()["events"]) == 2
    assert machine.get("/api/events", after=0).json()["events"] == []
    assert "command_issued" in kinds(observer.get("/api/events", after=0))
    assert "command_issued" not in kinds(bound.get("/api/events", after=0))


@pytest.mark.parametrize("query", [{"after": 0, "epoch": "another"}, {"after": 10_000}])
def test_another_log_is_told_as_a_gap(machine, ana, query):
    machine.ask()

    answer = ana.get("/api/events", **query).json()

    assert answer["events"] == []
    assert answer["gap"] == {"from": 1, "to": answer["seq"]}


def test_what_retention_took_is_told_as_a_gap(machine, ana):
    for number in range(4):
        machine.ask(command=str(number))
    Event.objects.filter(seq__lte=3).delete()
    LogState.objects.update(floor=3)

    answer = ana.get("/api/events", after=1).json()

    assert answer["gap"] == {"from": 2, "to": 3}
    assert answer["events"][0]["seq"] == 4
    assert "gap" not in ana.get("/api/events", after=3).json()
    assert "gap" not in ana.get("/api/events", after=0).json()


def test_rows_are_as_they_are_described(machine, ana):
    machine.call("PUT", "/api/v1/agents/mara", state="idle")
    number = machine.ask("mara", session="s1", command="ls").json()["id"]
    asked = machine.call("POST", "/api/v1/questions", asker="mara", question="?", options=["a"]).json()["id"]
    order = ana.call("POST", "/api/v1/commands", verb="stop", agent="mara", reason="x").json()
    seen = {
        rows.AgentRow: ana.get("/api/v1/agents/mara").json(),
        rows.SessionRow: ana.get("/api/v1/sessions").json()["sessions"][0],
        rows.ApprovalRow: ana.get(f"/api/v1/approvals/{number}").json(),
        rows.QuestionRow: ana.get(f"/api/v1/questions/{asked}").json(),
        rows.CommandRow: order,
        rows.TokenRow: ana.get("/api/v1/tokens").json()["tokens"][0],
        rows.Snapshot: ana.get("/api/state").json(),
    }

    for schema, row in seen.items():
        assert set(row) == set(schema.model_fields), schema
        assert schema.model_validate(row).model_dump(by_alias=True) == row


def described() -> dict:
    return api.get_openapi_schema(path_prefix="/api/")


def test_every_call_and_every_field_is_described():
    document = described()

    for path, calls in document["paths"].items():
        for call in calls.values():
            assert call["description"], path
            assert {"200", "201"} & {str(code) for code in call["responses"]}
            assert [p["name"] for p in call.get("parameters", []) if not p["schema"].get("description")] == [], path
    for name, schema in document["components"]["schemas"].items():
        silent = [field for field, told in schema.get("properties", {}).items() if not told.get("description")]
        assert silent == [], name


def test_the_description_is_for_those_who_may_call(nobody, machine, ana):
    assert nobody.get("/api/v1/openapi.json").status_code == 401
    assert nobody.get("/api/v1/openapi.json", headers={"authorization": "Bearer x"}).status_code == 401
    assert machine.get("/api/v1/openapi.json").json()["openapi"].startswith("3.")
    assert "/api/v1/approvals/{pk}/resolve" in ana.get("/api/v1/openapi.json").json()["paths"]


@pytest.mark.parametrize("path", ["/api/docs", "/api/v1/docs", "/api/", "/api/openapi.json"])
def test_there_is_no_page_that_loads_scripts_from_elsewhere(ana, path):
    assert ana.get(path).status_code == 404


def test_every_call_is_in_the_documents():
    text = (Path(__file__).parents[3] / "docs" / "api.md").read_text()

    calls = [f"{method.upper()} {path}" for path, methods in described()["paths"].items() for method in methods]

    assert [call for call in calls if f"`{call}`" not in text] == []
