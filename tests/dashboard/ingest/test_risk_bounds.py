"""Whatever text an agent sends, judging its risk ends after a bounded amount of work."""

import pytest

from dashboard.ingest.risk import COMMANDS, LENGTH, Judge, assess

CWD = "/srv/ana/shop"

HOSTILE = [
    "$(",
    "`",
    '"',
    "'",
    "\\",
    "<(",
    "${",
    "$((",
    "{a,",
    "<<E\n",
    "((",
    "$'",
    "`\\`",
    "x;",
    "a=$a$a;",
    "$a",
    "sudo ",
]
HOSTILE += [
    "eval ",
    "bash -c '",
    "git push ",
    "-r ",
    "rm -rf x|",
    "'$(' ",
    "env A=1 ",
    "find -exec ",
    "\u00a0",
    "\0",
    "x" * 99,
]
HOSTILE += [
    "delete from ",
    "curl |",
    "if ",
    "<<E $(\n",
    "alias a='b';",
    "=",
    "/../",
    "x() { x|",
    "timeout 1 ",
    "sh|",
    "cat|",
]
HOSTILE_SHORT = ["eval " * 1_000, "bash -c '" + "eval " * 300 + "'", "$(" * 20 + ")" * 20]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_costs_a_bounded_amount_of_work(piece):
    judge = Judge(CWD)

    judge.line(piece * (LENGTH // len(piece)))

    assert judge.read <= 5 * LENGTH
    assert judge.seen <= COMMANDS * 25
    assert judge.found


def test_a_command_too_long_to_read_is_unknown_at_best():
    assert assess("ls\n" * LENGTH, cwd=CWD).level == "unknown"
    assert assess("rm -rf x\n" + "ls\n" * LENGTH, cwd=CWD).level == "high"


@pytest.mark.parametrize("text", HOSTILE_SHORT)
def test_scripts_within_scripts_end_somewhere(text):
    assert assess(text, cwd=CWD).level == "unknown"
