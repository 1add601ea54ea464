"""The main job, with the real Claude Code: connected by `manage.py connect`, it asks, a person answers, it goes on."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.fakes.model_server import use
from tests.harness.claude import MAKE_A_FILE, ConnectedClaude, claude_at, settings_of
from tests.harness.console import Console
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

MAKE = use("Bash", command=MAKE_A_FILE, description="Make a file")
COLOURS = {
    "question": "Which colour?",
    "header": "Colour",
    "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
    "multiSelect": False,
}
HOSTED = ("--permission-prompt-tool", "stdio")  # as an SDK runs it: a plain `-p` has no AskUserQuestion
numbers = count(1)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One console for all tests that leave it running."""
    with Console(tmp_path_factory.mktemp("served") / "data") as console:
        yield console


@pytest.fixture
def claude_on(tmp_path: Path) -> Iterator[Callable[..., ConnectedClaude]]:
    """Makes a Claude Code beside a console, with a host's name of its own."""
    with ExitStack() as running:

        def make(console: Console, *script) -> ConnectedClaude:
            return running.enter_context(claude_at(console, tmp_path, list(script), f"hel-{next(numbers)}"))

        yield make


def test_approve_and_the_tool_really_runs(served, claude_on):
    claude = claude_on(served, MAKE, "The file is there.")
    assert "noted a first event" in claude.connect("--gate")
    run = claude.cli.start("Make a file")

    with served.client() as person:
        card = claude.card(person)
        assert (card["agent"], card["command"], card["cwd"]) == (claude.agent, MAKE_A_FILE, str(claude.cli.project))
        assert claude.row(person)["state"] == "waiting"
        assert not claude.made.exists()
        claude.decide(person, card, "approved")
        ended = claude.cli.finish(run)

        assert (ended.code, ended.result, claude.made.read_text()) == (0, "The file is there.", "by the agent")
        assert (claude.row(person)["state"], claude.row(person)["running"]) == ("ended", False)
        sessions = [row for row in person.get("/api/state").json()["sessions"] if row["agent"] == claude.agent]
        assert [(row["title"], row["state"], row["cwd"]) for row in sessions] == [
            ("Make a file", "ended", str(claude.cli.project))
        ]
        notes = person.get("/api/events", params={"after": 0, "kinds": "note"}).json()["events"]
        assert any(claude.host in note["text"] for note in notes)


def test_deny_with_a_reason_and_the_model_reads_it(served, claude_on):
    claude = claude_on(served, MAKE, "I will ask again.")
    claude.connect("--gate")
    run = claude.cli.start("Make a file")

    with served.client() as person:
        claude.decide(person, claude.card(person), "denied", "Not before the changelog is written.")
    ended = claude.cli.finish(run)

    assert "Not before the changelog is written." in claude.read()
    assert (ended.code, ended.result, claude.made.exists()) == (0, "I will ask again.", False)


def test_no_answer_is_a_denial_at_the_deadline_and_says_so(served, claude_on):
    claude = claude_on(served, MAKE, "Nobody is there.")
    claude.connect("--gate", hold=2)
    ended = claude.cli.run("Make a file", "--allowedTools", "Bash")

    assert "Nobody approved this in the console within 2 seconds" in claude.read()
    assert (ended.result, claude.made.exists()) == ("Nobody is there.", False)
    with served.client() as person:
        resolved = person.get("/api/v1/approvals", params={"agent": claude.agent}).json()
        assert [(row["status"], row["resolved_by"]) for row in resolved["approvals"]] == [("denied", "deadline")]


def test_a_stopped_console_blocks_and_does_not_hold_the_run_up(start_console, claude_on):
    console = start_console()
    claude = claude_on(console, MAKE, "It was blocked.")
    claude.connect("--gate")
    console.stop()
    ended = claude.cli.run("Make a file", "--allowedTools", "Bash", within=40)  # a hold would take 580 s

    assert "blocking" in claude.read()
    assert (ended.code, ended.result, claude.made.exists()) == (0, "It was blocked.", False)


def test_with_the_gate_left_open_a_stopped_console_lets_through(start_console, claude_on):
    console = start_console()
    claude = claude_on(console, MAKE, "The file is there.")
    claude.connect("--gate=open")
    console.stop()
    ended = claude.cli.run("Make a file", "--allowedTools", "Bash", within=40)

    assert (ended.result, claude.made.exists()) == ("The file is there.", True)


def test_with_the_gate_left_open_a_running_console_still_decides(served, claude_on):
    claude = claude_on(served, MAKE, "No.")
    claude.connect("--gate=open", hold=2)
    claude.cli.run("Make a file", "--allowedTools", "Bash")

    assert not claude.made.exists()


def test_a_console_that_dies_while_it_holds_a_call_blocks_it_and_takes_the_request_back(start_console, claude_on):
    console = start_console()
    claude = claude_on(console, MAKE, "It was blocked.")
    claude.connect("--gate")
    run = claude.cli.start("Make a file", "--allowedTools", "Bash")
    with console.client() as person:
        card = claude.card(person)
        console.kill()
        ended = claude.cli.finish(run)
        assert (ended.result, claude.made.exists()) == ("It was blocked.", False)

        console.start()
        eventually(lambda: claude.approval(person, card["id"])["status"] == "withdrawn", within=60, every=0.5)


def test_a_run_that_is_killed_takes_its_request_back(served, claude_on):
    claude = claude_on(served, MAKE)
    claude.connect("--gate")
    run = claude.cli.start("Make a file")

    with served.client() as person:
        card = claude.card(person)
        claude.cli.kill(run, signal.SIGKILL)
        eventually(lambda: claude.approval(person, card["id"])["status"] == "withdrawn", within=10)
        late = person.post(
            f"/api/v1/approvals/{card['id']}/resolve", json={"status": "approved", "digest": card["digest"]}
        )
        assert (late.status_code, late.json()["error"]["code"]) == (409, "withdrawn")


def test_reading_passes_the_gate_without_a_person(served, claude_on):
    claude = claude_on(served, use("Glob", pattern="*.md"), "Nothing to read.")
    claude.connect("--gate")
    ended = claude.cli.run("Look around")

    assert ended.result == "Nothing to read."


def test_a_question_is_answered_from_the_console(served, claude_on):
    claude = claude_on(served, use("AskUserQuestion", questions=[COLOURS]), "Red it is.")
    claude.connect("--gate")
    run = claude.cli.start("Paint it", *HOSTED)

    with served.client() as person:
        question = claude.card(person, "questions")
        assert (question["question"], question["options"]) == ("Which colour?", ["Red", "Blue"])
        body = {"answers": {"Which colour?": "Red"}}
        answer = person.post(f"/api/v1/questions/{question['id']}/answer", json=body)
        assert answer.status_code == 200, answer.text
    ended = claude.cli.finish(run)

    assert "Red" in claude.read()
    assert ended.result == "Red it is."


def test_without_the_gate_a_run_asks_only_for_what_its_own_rules_would_refuse(served, claude_on):
    claude = claude_on(served, MAKE, "The file is there.")
    claude.connect()
    run = claude.cli.start("Make a file")

    with served.client() as person:
        card = claude.card(person)
        assert card["on_deadline"] == "expire"
        claude.decide(person, card, "approved")
    ended = claude.cli.finish(run)

    assert (ended.result, claude.made.exists()) == ("The file is there.", True)


def test_a_subagents_call_is_asked_by_a_child_of_the_agent(served, claude_on):
    subagent = use("Agent", description="Make it", prompt="Make a file", subagent_type="general-purpose")
    claude = claude_on(served, subagent, MAKE, "Made.", "All done.")
    claude.connect("--gate")
    run = claude.cli.start("Have a file made")

    with served.client() as person:
        card = claude.card(person)
        child = claude.row(person, card["agent"])
        assert (child["parent"], child["name"].startswith(f"{claude.agent}.general-purpose-")) == (claude.agent, True)
        claude.decide(person, card, "approved")
    claude.cli.finish(run)

    assert claude.made.exists()


def test_what_was_connected_is_taken_out_again_and_the_token_opens_nothing(served, claude_on):
    claude = claude_on(served, MAKE, "The rules refused.")
    claude.settings.write_text('{\n  "permissions": {"deny": ["WebFetch"]}\n}\n')
    claude.connect("--gate")
    (token,) = settings_of(claude)["env"].values()
    claude.connect("--remove")

    assert claude.settings.read_text() == '{\n  "permissions": {"deny": ["WebFetch"]}\n}\n'
    with served.machine(token) as machine:
        assert machine.post("/hooks/claude", json={}).status_code == 401
    with served.client() as person:
        claude.cli.run("Make a file")
        assert claude.waiting(person) == []
