"""The real Claude Code with a person at its terminal: both are asked at once, and the first answer counts."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.fakes.model_server import use
from tests.harness.claude import MAKE_A_FILE, claude_at
from tests.harness.console import Console
from tests.harness.terminal import ENTER, ESCAPE, Terminal
from tests.harness.waiting import eventually
from tests.test_real_claude import COLOURS

pytestmark = pytest.mark.slow

MAKE = use("Bash", command=MAKE_A_FILE, description="Make a file")
DRAWN = 1.0  # a dialog takes no key in its first moments
numbers = count(1)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with Console(tmp_path_factory.mktemp("served") / "data") as console:
        yield console


@pytest.fixture
def session(served: Console, tmp_path: Path) -> Iterator[Callable[..., SimpleNamespace]]:
    """Opens a terminal with a connected Claude Code that follows a script."""
    with ExitStack() as running:

        def start(*script):
            claude = running.enter_context(claude_at(served, tmp_path, list(script), f"term-{next(numbers)}"))
            claude.connect()
            person = running.enter_context(served.client())
            return SimpleNamespace(claude=claude, person=person, terminal=running.enter_context(Terminal(claude)))

        yield start


def ended(at, card, what="approvals"):
    row = at.person.get(f"/api/v1/{what}/{card['id']}").json()
    return row if row["status"] != "pending" else None


def test_an_answer_from_the_console_closes_the_dialog_and_the_tool_runs(session):
    at = session(MAKE, "Done.")
    at.terminal.says("Make a file")
    card = at.claude.card(at.person)
    assert card["on_deadline"] == "expire"
    at.claude.decide(at.person, card, "approved")

    eventually(at.claude.made.exists, within=20)
    eventually(lambda: at.claude.row(at.person)["state"] == "idle", within=20)


def test_an_answer_in_the_terminal_takes_the_card_away(session):
    at = session(MAKE, "Done.")
    at.terminal.says("Make a file")
    card = at.claude.card(at.person)
    eventually(lambda: at.terminal.shows("proceed?"), what="the dialog")
    time.sleep(DRAWN)
    at.terminal.types(ENTER)

    row = eventually(lambda: ended(at, card), within=20)
    assert (row["status"], row["resolved_by"]) == ("withdrawn", "terminal")
    assert at.claude.made.exists()


def test_a_dialog_that_is_dropped_takes_the_card_away_and_nothing_is_claimed_about_the_agent(session):
    at = session(MAKE, "Done.")
    at.terminal.says("Make a file")
    card = at.claude.card(at.person)
    eventually(lambda: at.terminal.shows("proceed?"), what="the dialog")
    time.sleep(DRAWN)
    at.terminal.types(ESCAPE)

    row = eventually(lambda: ended(at, card), within=20)
    assert (row["status"], row["resolved_by"]) == ("withdrawn", at.claude.agent)
    assert at.claude.row(at.person)["state"] == "unknown"
    assert not at.claude.made.exists()


def test_a_question_in_the_terminal_is_shown_and_goes_when_it_is_answered_there(session):
    at = session(use("AskUserQuestion", questions=[COLOURS]), "Red it is.")
    at.terminal.says("Paint it")
    question = at.claude.card(at.person, "questions")
    assert (question["question"], question["in_terminal"]) == ("Which colour?", True)
    assert at.claude.waiting(at.person) == []
    refused = at.person.post(f"/api/v1/questions/{question['id']}/answer", json={"answers": {"Which colour?": "Red"}})
    assert refused.status_code == 403

    eventually(lambda: at.terminal.shows("colour?"), what="the dialog")
    time.sleep(DRAWN)
    at.terminal.types(ENTER)
    row = eventually(lambda: ended(at, question, "questions"), within=20)
    assert (row["status"], row["resolved_by"]) == ("withdrawn", "terminal")
