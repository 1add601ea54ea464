"""What a Claude Code hook changes: who is there, what waits, and what no longer does."""

import json

import pytest

from dashboard.ingest.claude import read_hook
from dashboard.models import Agent, AgentSession, Approval, Event, Question
from dashboard.services import claude
from dashboard.services.approvals import expire_approvals, resolve_approval
from dashboard.services.claude.naming import agent_name, subagent_name
from dashboard.services.errors import Forbidden, Withdrawn
from tests.dashboard.services.hooks import BASH, COLOURS, Session, a_token, payload
from tests.dashboard.services.makers import ANA, later

pytestmark = [pytest.mark.django_db, pytest.mark.database]

SUB = {"agent_id": "a1b2c3d4", "agent_type": "Explore"}


def kinds():
    return list(Event.objects.values_list("kind", flat=True))


def frames(kind):
    return [json.loads(frame) for frame in Event.objects.filter(kind=kind).values_list("frame", flat=True)]


def the_agent(name="hel-1-shop"):
    return Agent.objects.get(name=name)


def status(ask):
    ask.refresh_from_db()
    return ask.status


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "cwd", "name"),
    [
        ("hel-1", "/home/ana/shop", "hel-1-shop"),
        ("hel-1", "/home/ana/shop/", "hel-1-shop"),
        ("hel-1", "C:\\Users\\ana\\shop", "hel-1-shop"),
        ("hel-1", "/home/ana/my shop (new)", "hel-1-my-shop-new"),
        ("hel-1", "/home/ana/.config", "hel-1-config"),
        ("hel-1", "/", "hel-1"),
        ("hel-1", "", "hel-1"),
        ("ana's laptop", "/shop", "ana-s-laptop-shop"),
    ],
)
def test_an_agent_is_called_by_host_and_folder(host, cwd, name):
    assert agent_name(host, cwd) == name


def test_folders_that_no_name_can_hold_are_told_apart():
    assert agent_name("hel-1", "/лавка") != agent_name("hel-1", "/склад")


def test_long_names_fit_and_stay_different():
    names = {agent_name("hel-1", f"/{'x' * 80}{end}") for end in "ab"}

    assert len(names) == 2
    assert {len(name) for name in names} == {63}
    assert len(subagent_name("x" * 63, "Explore", "a1b2c3d4")) == 63


# --- who is there ----------------------------------------------------------------------------------------------------


def test_an_agent_and_its_session_appear_with_the_first_word():
    Session().says("SessionStart", source="startup", model="opus")

    agent, session = the_agent(), AgentSession.objects.get()
    assert (agent.runtime, agent.host, agent.state, agent.seen_by, agent.model) == (
        "claude",
        "hel-1",
        "idle",
        "hook",
        "opus",
    )
    assert (session.source, session.external_id, session.agent, session.cwd) == (
        "claude",
        "s-1",
        agent,
        "/home/ana/shop",
    )
    assert kinds()[-2:] == ["agent_changed", "session_changed"]


def test_what_it_does_follows_its_events():
    session = Session()
    session.says("UserPromptSubmit", prompt="Make it green")
    assert (the_agent().state, AgentSession.objects.get().title) == ("working", "Make it green")

    session.calls(given={"command": "pytest -q"}, after=1)
    assert the_agent().status_text == "Bash pytest -q"

    session.says("Stop", last_assistant_message="It is green.", background_tasks=[], session_crons=[], after=1)
    assert (the_agent().state, the_agent().status_text) == ("idle", "It is green.")

    session.says("SessionEnd", reason="other", after=1)
    assert (the_agent().state, the_agent().running) == ("ended", False)
    assert AgentSession.objects.get().ended_at == later(3)


def test_secrets_in_prompts_and_commands_are_not_shown():
    session = Session()
    session.says("UserPromptSubmit", prompt="use ghp_abcdefghijklmnopqrstuvwxyz0123456789")

    assert "ghp_" not in the_agent().status_text + AgentSession.objects.get().title + "".join(
        Event.objects.values_list("frame", flat=True)
    )


def test_a_second_session_in_the_same_folder_is_a_second_session_of_the_agent():
    token = a_token()
    first, second = Session(token), Session(token, session="s-2")
    first.says("UserPromptSubmit", prompt="one")
    second.says("UserPromptSubmit", prompt="two")
    first.says("SessionEnd", reason="other")

    assert AgentSession.objects.filter(agent=the_agent()).count() == 2
    assert (the_agent().state, the_agent().running) == ("working", True)


def test_a_session_stays_with_its_agent_when_it_changes_the_folder():
    session = Session()
    session.says("UserPromptSubmit", prompt="go")
    session.says("PostToolUse", tool_name="Bash", tool_input=BASH, tool_use_id="t", cwd="/home/ana/shop/src")

    assert [agent.name for agent in Agent.objects.all()] == ["hel-1-shop"]
    assert AgentSession.objects.get().cwd == "/home/ana/shop/src"


def test_a_session_belongs_to_the_token_that_named_it_first():
    Session().says("UserPromptSubmit", prompt="mine")

    with pytest.raises(Forbidden, match="another token"):
        Session(a_token("hel-2")).says("Stop")


def test_a_token_speaks_only_for_the_agents_it_covers():
    with pytest.raises(Forbidden, match="hel-1-shop"):
        Session(a_token(agents=["hel-1-other*"])).says("Stop")

    assert not Agent.objects.exists()


def test_a_subagent_is_a_child_of_its_sessions_agent():
    session = Session()
    session.says("UserPromptSubmit", prompt="go")
    session.says("SubagentStart", **SUB)

    child = the_agent("hel-1-shop.Explore-a1b2c3d4")
    assert (child.parent, child.state, the_agent().state) == (the_agent(), "working", "working")

    session.says("SubagentStop", **SUB, last_assistant_message="found it")
    assert the_agent("hel-1-shop.Explore-a1b2c3d4").state == "ended"


def test_ended_subagents_leave_the_roster_with_the_next_turn_and_all_with_the_session():
    session = Session()
    session.says("SubagentStart", **SUB)
    session.says("SubagentStart", agent_id="ffff0000", agent_type="Plan")
    session.says("SubagentStop", **SUB)
    session.says("UserPromptSubmit", prompt="next")
    assert [frame["name"] for frame in frames("agent_removed")] == ["hel-1-shop.Explore-a1b2c3d4"]

    session.says("SessionEnd", reason="other")
    assert Agent.objects.filter(removed_at=None).get() == the_agent()


def test_turns_begin_with_a_prompt_and_end_with_how_they_ended():
    session = Session()
    session.says("UserPromptSubmit", prompt="one")
    session.says("Stop")
    session.says("UserPromptSubmit", prompt="two")
    session.says("StopFailure", error="rate_limit")
    session.says("UserPromptSubmit", prompt="three", source="schedule_wakeup")
    session.says("SessionEnd", reason="other")

    assert [frame["wake_from"] for frame in frames("turn_started")] == ["operator", "operator", "system"]
    assert [frame["result_kind"] for frame in frames("turn_ended")] == ["ok", "rate_limited", "cancelled"]


def test_a_sign_in_that_ran_out_is_shown_until_the_agent_works_again():
    session = Session()
    session.says("StopFailure", error="authentication_failed")
    assert (the_agent().failed, the_agent().needs_login) == (True, True)

    session.says("UserPromptSubmit", prompt="again")
    assert the_agent().needs_login

    session.says("Stop")
    assert (the_agent().failed, the_agent().needs_login) == (False, False)


def test_an_event_that_is_new_to_us_still_shows_that_the_agent_lives():
    Session().says("QuantumLeap", whatever={"x": 1})

    assert the_agent().seen_by == "hook"


def test_a_connection_that_is_tried_out_leaves_a_note_and_no_agent():
    fact = read_hook({"hook_event_name": claude.SELF_TEST, "session_id": "connect", "cwd": "/home/ana"})
    claude.observe(fact, a_token(), hold=claude.Hold(), now=later(0))

    assert [frame["text"] for frame in frames("note")] == ["Claude Code on hel-1 is connected: /home/ana."]
    assert not Agent.objects.exists()


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
