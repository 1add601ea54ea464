"""What a Claude Code hook changes: who is there and what they do."""

import json

import pytest

from dashboard.ingest.claude import read_hook
from dashboard.models import Agent, AgentSession, Event
from dashboard.services import claude
from dashboard.services.claude.naming import agent_name, subagent_name
from dashboard.services.errors import Forbidden
from tests.dashboard.services.hooks import BASH, SUB, Session, a_token
from tests.dashboard.services.makers import later

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def kinds():
    return list(Event.objects.values_list("kind", flat=True))


def frames(kind):
    return [json.loads(frame) for frame in Event.objects.filter(kind=kind).values_list("frame", flat=True)]


def the_agent(name="hel-1-shop"):
    return Agent.objects.get(name=name)


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
