"""What a Claude Code hook asks of a person, and what shows that it no longer waits."""

import pytest

from dashboard.ingest.claude import read_hook
from dashboard.models import Agent, AgentSession, Approval, Event, Question
from dashboard.services import claude
from dashboard.services.approvals import expire_approvals, resolve_approval
from dashboard.services.errors import Forbidden, Withdrawn
from tests.dashboard.services.hooks import BASH, COLOURS, SUB, Session, a_token, payload
from tests.dashboard.services.makers import ANA, later

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def kinds():
    return list(Event.objects.values_list("kind", flat=True))


def the_agent(name="hel-1-shop"):
    return Agent.objects.get(name=name)


def status(ask):
    ask.refresh_from_db()
    return ask.status


# --- what waits ------------------------------------------------------------------------------------------------------


def test_a_permission_request_waits_for_a_person_and_silence_decides_nothing():
    approval = Session(hold=50).asks()

    assert (approval.command, approval.cwd, approval.description) == (
        "make deploy",
        "/home/ana/shop",
        BASH["description"],
    )
    assert (approval.approval_kind, approval.door, approval.blocking, approval.gate) == ("command", "hook", True, False)
    assert (approval.deadline_at, approval.on_deadline, approval.holder) == (later(50), "expire", "here")
    assert (approval.agent.name, approval.session.external_id) == ("hel-1-shop", "s-1")
    assert the_agent().state == "waiting"


def test_only_what_was_offered_can_be_remembered_and_only_for_the_session():
    rule = {"toolName": "Bash", "ruleContent": "make deploy"}
    offered = {"type": "addRules", "rules": [rule], "behavior": "allow", "destination": "localSettings"}
    bypass = {"type": "setMode", "mode": "bypassPermissions", "destination": "session"}
    approval = Session().asks(permission_suggestions=[offered, bypass])

    assert approval.suggestions == [offered | {"destination": "session"}]


def test_without_the_gate_a_call_is_only_seen():
    assert Session().calls() is None
    assert not Approval.objects.exists()


def test_the_gate_holds_a_call_and_silence_denies():
    approval = Session(gate=True, hold=50).calls(call="toolu_1")

    assert (approval.gate, approval.on_deadline, approval.tool_use_id) == (True, "deny", "toolu_1")
    assert (the_agent().state, AgentSession.objects.get().state) == ("waiting", "waiting")
    expire_approvals(now=later(51))
    assert status(approval) == "denied"


@pytest.mark.parametrize("tool", ["Read", "Grep", "Glob", "TodoWrite"])
def test_the_gate_lets_reading_pass_to_the_agents_own_rules(tool):
    assert Session(gate=True).calls(tool, {"file_path": "/x"}) is None


def test_a_question_is_held_by_the_gate_and_otherwise_shown_for_the_terminal():
    held = Session(gate=True).calls("AskUserQuestion", COLOURS)
    assert (held.question, held.in_terminal, held.deadline_at) == ("Which colour?", False, later(580))

    assert Session(a_token("hel-2"), session="s-2").calls("AskUserQuestion", COLOURS) is None
    shown = Question.objects.get(session__external_id="s-2")
    assert (shown.in_terminal, shown.deadline_at, shown.holder) == (True, None, "")


def test_the_dialog_of_a_question_is_not_one_more_thing_to_allow():
    session = Session()
    session.calls("AskUserQuestion", COLOURS)
    assert session.asks("AskUserQuestion", COLOURS) is None
    assert (Approval.objects.count(), Question.objects.count()) == (0, 1)


def test_a_repeated_request_is_the_same_request_with_another_listener():
    session = Session()
    first = session.asks()
    session.hold = claude.Hold(seconds=580, holder="elsewhere")
    again = session.asks(after=5)

    assert again.pk == first.pk
    assert (again.holder, again.deadline_at) == ("elsewhere", later(580))
    assert kinds().count("approval_added") == 1


def test_the_same_command_called_twice_at_the_gate_is_asked_twice():
    session = Session(gate=True)

    assert session.calls(call="toolu_1").pk != session.calls(call="toolu_2").pk
    assert session.calls(call="toolu_2").pk == Approval.objects.latest("pk").pk


def test_a_token_that_may_only_report_cannot_ask():
    session = Session(a_token(scopes=["report"]))

    with pytest.raises(Forbidden, match="not ask"):
        session.asks()


def test_after_the_answer_the_agent_works_again():
    session = Session(gate=True)
    approval = session.calls(call="toolu_1")
    resolve_approval(approval.pk, status="approved", digest=approval.digest, by=ANA, now=later(1))
    fact = read_hook(payload("PreToolUse", tool_name="Bash", tool_input=BASH, tool_use_id="toolu_1"))
    claude.note_answered(fact, session.token, now=later(1))

    assert the_agent().state == "working"


# --- what no longer waits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["PostToolUse", "PostToolUseFailure"])
def test_a_card_is_withdrawn_when_its_call_was_made(event):
    session = Session()
    session.calls(call="toolu_1")
    card = session.asks()
    session.ran(call="toolu_1", event=event, after=1, **({"error": "exit 1"} if event.endswith("Failure") else {}))

    assert (status(card), card.resolved_by) == ("withdrawn", "terminal")
    with pytest.raises(Withdrawn):
        resolve_approval(card.pk, status="approved", digest=card.digest, by=ANA, now=later(2))


def test_a_card_stays_when_another_call_was_made():
    session = Session()
    card = session.asks()
    session.ran(given={"command": "ls"}, after=5)
    session.ran(after=5, **SUB)

    assert status(card) == "pending"


@pytest.mark.parametrize(
    "event",
    ["UserPromptSubmit", "Stop", "StopFailure", "SessionEnd", "SessionStart", "PreCompact", "PostToolBatch"],
)
def test_a_card_is_withdrawn_when_its_thread_goes_on(event):
    session = Session()
    card = session.asks()
    session.says(event, after=0.5)

    assert status(card) == "withdrawn"


def test_a_call_beside_a_card_is_a_sibling_at_first_and_progress_later():
    session = Session()
    card = session.asks()
    session.calls(given={"command": "ls"}, after=1.4)
    assert status(card) == "pending"

    session.calls(given={"command": "ls"}, after=0.2)
    assert status(card) == "withdrawn"


@pytest.mark.parametrize("event", ["Notification", "SubagentStart", "SubagentStop", "PostToolUse", "TaskCreated"])
def test_what_runs_beside_the_thread_proves_nothing(event):
    session = Session()
    card = session.asks()
    tool = {"tool_name": "Read", "tool_input": {}, "tool_use_id": "t"} if event == "PostToolUse" else {}
    session.says(event, after=5, **SUB, **tool)

    assert status(card) == "pending"


def test_a_subagents_card_goes_with_its_own_steps_and_the_end_of_the_turn_not_with_other_threads():
    session = Session()
    card = session.asks(**SUB)
    assert card.agent.name == "hel-1-shop.Explore-a1b2c3d4"
    session.calls(after=5)
    assert status(card) == "pending"

    session.says("Stop", background_tasks=[{"id": "1", "type": "subagent"}], after=1)
    assert status(card) == "pending"

    session.calls(given={"command": "ls"}, after=5, **SUB)
    assert status(card) == "withdrawn"

    second = session.asks(**SUB)
    session.says("Stop", background_tasks=[], session_crons=[], after=1)
    assert status(second) == "withdrawn"


def test_a_gate_is_not_ended_by_calls_beside_it():
    session = Session(gate=True)
    gate = session.calls(call="toolu_1")
    session.calls("Read", {"file_path": "/x"}, after=60)
    session.says("PostToolBatch", after=60)
    session.ran(call="toolu_2", after=1)

    assert status(gate) == "pending"


@pytest.mark.parametrize("event", ["Stop", "UserPromptSubmit", "SessionEnd", "StopFailure"])
def test_a_gate_ends_with_the_turn(event):
    session = Session(gate=True)
    gate = session.calls()
    session.says(event, after=0.1)

    assert status(gate) == "withdrawn"


def test_a_gate_ends_when_the_same_call_was_made():
    session = Session(gate=True)
    gate = session.calls(call="toolu_1")
    session.ran(call="toolu_1")

    assert status(gate) == "withdrawn"


def test_a_question_in_the_terminal_is_withdrawn_when_it_was_answered_there():
    session = Session()
    session.calls("AskUserQuestion", COLOURS, call="toolu_q")
    answered = COLOURS | {"answers": {"Which colour?": "Red"}}
    session.ran("AskUserQuestion", answered, call="toolu_q", after=3)

    assert status(Question.objects.get()) == "withdrawn"


def test_other_sessions_are_not_touched():
    token = a_token()
    card = Session(token).asks()
    Session(token, session="s-2").says("Stop", after=5)

    assert status(card) == "pending"


def test_whoever_hangs_up_takes_the_request_back():
    card = Session().asks()
    claude.hung_up(card, holder="here", now=later(3))

    assert (status(card), card.resolved_by, card.note) == ("withdrawn", "hel-1-shop", claude.HUNG_UP)
    assert kinds()[-1] == "approval_resolved"
    assert (the_agent().state, the_agent().status_text) == ("unknown", "hung up while it asked")


def test_whoever_hangs_up_on_one_of_two_requests_still_waits():
    session = Session(gate=True)
    first, second = session.calls(call="toolu_1"), session.calls(call="toolu_2")
    claude.hung_up(first, holder="here", now=later(3))
    assert the_agent().state == "waiting"

    claude.hung_up(second, holder="here", now=later(4))
    assert the_agent().state == "unknown"


def test_a_connection_that_broke_takes_nothing_back_once_another_process_holds_the_request():
    session = Session()
    card = session.asks()
    session.hold = claude.Hold(holder="elsewhere")
    session.asks()
    claude.hung_up(card, holder="here", now=later(3))

    assert status(card) == "pending"


def test_time_runs_out_even_if_the_clock_is_late():
    card = Session(hold=2).asks()

    assert claude.run_out(card, now=later(3)).status == "expired"
