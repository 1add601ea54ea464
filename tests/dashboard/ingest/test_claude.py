"""Claude Code's hooks are read as agreed, whatever the version, and answered in words it understands."""

import dataclasses
import json
from pathlib import Path

import pytest

from dashboard.ingest.claude import (
    EVENTS,
    READ_ONLY_TOOLS,
    HookFact,
    Rejected,
    answers_reply,
    describe_ask,
    describe_suggestions,
    gate_reply,
    permission_reply,
    progresses,
    read_hook,
    read_questions,
    session_suggestions,
    state_after,
)

SAMPLES = Path(__file__).parents[2] / "samples" / "claude"
CASES = sorted(SAMPLES.glob("*.input"))


def a_hook(event="PreToolUse", **fields):
    return read_hook({"hook_event_name": event, "session_id": "s1", "tool_name": "Bash", **fields})


def told(item):
    """The fields of a dataclass that say something."""
    fields = dataclasses.asdict(item)
    return {name: value for name, value in fields.items() if value not in ("", (), {}, None, False)}


def as_json(fact):
    if isinstance(fact, Rejected):
        return {"rejected": told(fact)}
    state = state_after(fact)
    reading = {"fact": told(fact), "known": fact.known, "main_thread": fact.main_thread, "progresses": progresses(fact)}
    reading["state"] = told(state) if state else None
    if fact.event == "PermissionRequest":
        reading["ask"] = told(describe_ask(fact))
    if fact.tool_name == "AskUserQuestion":
        reading["questions"] = [told(part) for part in read_questions(fact)]
    return json.loads(json.dumps(reading))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_payload_is_read_as_agreed(case):
    assert as_json(read_hook(case.read_bytes())) == json.loads(case.with_suffix(".facts.json").read_text())


def test_there_is_a_sample_of_every_event():
    seen = {fact.event for case in CASES if isinstance(fact := read_hook(case.read_bytes()), HookFact)}

    assert len(EVENTS) == 33
    assert set(EVENTS) <= seen


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", ""),
        (b"\xff\xfe", ""),
        (b"nil", ""),
        (b'"text"', ""),
        (b'{"session_id": NaN}', ""),
        (b"[" * 100_000, ""),
        (b'{"a":' * 70 + b"1" + b"}" * 70, ""),
        (b'{"n": ' + b"9" * 10_000 + b"}", ""),
        (b'{"session_id": "s1"}', "hook_event_name"),
        (b'{"hook_event_name": "Stop"}', "session_id"),
        (b'{"hook_event_name": "PreToolUse", "session_id": "s1"}', "tool_name"),
        (b'{"hook_event_name": "Stop", "session_id": "s1", "cwd": 5}', "cwd"),
        (b'{"hook_event_name": "Stop", "session_id": "s1", "background_tasks": ["x"]}', "background_tasks"),
        (b'{"hook_event_name": "Stop", "session_id": "s1", "duration_ms": -1}', "duration_ms"),
        (b'{"hook_event_name": "Stop", "session_id": "s1", "is_interrupt": "no"}', "is_interrupt"),
        (b'{"hook_event_name": "Stop", "session_id": "s1", "effort": "high"}', "effort"),
        (b'{"hook_event_name": "Stop", "session_id": "' + b"s" * 201 + b'"}', "session_id"),
        (b'{"hook_event_name": "Stop", "session_id": "s\\u0000"}', "session_id"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence_and_the_field(body, field):
    rejected = read_hook(body)

    assert isinstance(rejected, Rejected)
    assert rejected.field == field
    assert rejected.sentence.endswith(".")


def test_half_characters_in_a_command_are_readable():
    fact = read_hook(
        b'{"hook_event_name":"PreToolUse","session_id":"s","tool_name":"Bash","tool_input":{"command":"\\ud800"}}'
    )

    assert fact.tool_input == {"command": "\ud800"}
    assert len(fact.match_key) == 64


def test_a_request_and_its_later_events_share_a_key_that_nothing_else_has():
    given = {"command": "ls", "timeout": 5}
    request = a_hook("PermissionRequest", tool_input=given)
    after = a_hook("PostToolUse", tool_input=dict(reversed(given.items())), tool_use_id="toolu_1", tool_response="x")

    others = [
        a_hook("PostToolUse", tool_input={"command": "ls"}),
        a_hook("PostToolUse", tool_input=given, agent_id="a1"),
        a_hook("PostToolUse", tool_input=given, session_id="s2"),
        a_hook("PostToolUse", tool_input=given, tool_name="PowerShell"),
    ]

    assert request.match_key == after.match_key
    assert request.match_key not in {other.match_key for other in others}


PROOF = {
    "PostToolBatch",
    "PreCompact",
    "PreToolUse",
    "SessionEnd",
    "SessionStart",
    "Stop",
    "StopFailure",
    "UserPromptSubmit",
}


@pytest.mark.parametrize("event", [*EVENTS, "BranchPushed"])
def test_only_the_next_step_of_the_main_thread_proves_that_a_dialog_was_answered(event):
    assert progresses(a_hook(event)) == (event in PROOF)
    assert not progresses(a_hook(event, agent_id="a1"))


def test_a_state_text_is_one_harmless_line():
    state = state_after(a_hook(tool_input={"command": "echo \x1b[2J\u202e \\\n  done" + "x" * 500}))

    assert state.text.startswith("Bash echo \\x1b[2J\\u202e \\ done")
    assert len(state.text) == 120


@pytest.mark.parametrize("given", [{}, {"questions": "?"}, {"questions": [5, {"header": "h"}, {"question": 7}]}])
def test_a_set_of_questions_without_questions_is_empty(given):
    fact = a_hook(tool_name="AskUserQuestion", tool_input=given)

    assert read_questions(fact) == ()
    assert state_after(fact).state == "waiting"


@pytest.mark.parametrize(
    "given",
    [
        {"command": ["rm"]},
        {"file_path": 5, "edits": "x", "old_string": None},
        {"edits": [None, {"old_string": 1}]},
        {"plan": {}},
        {"url": 7},
    ],
)
@pytest.mark.parametrize(
    "tool", ["Bash", "Edit", "MultiEdit", "Write", "NotebookEdit", "WebFetch", "ExitPlanMode", "mcp__"]
)
def test_an_ask_with_odd_input_is_still_an_ask(tool, given):
    ask = describe_ask(a_hook("PermissionRequest", tool_name=tool, tool_input=given))

    assert ask.tool_input == given
    assert ask.description


def test_read_only_tools_pass_the_gate_and_those_that_act_do_not():
    assert {"Read", "Grep", "Glob", "LS", "NotebookRead", "TodoWrite", "Task", "Agent"} <= READ_ONLY_TOOLS
    assert not READ_ONLY_TOOLS & {"Bash", "Write", "Edit", "WebFetch", "WebSearch", "AskUserQuestion", "ExitPlanMode"}


def test_a_permission_is_granted_or_refused_in_claude_codes_words():
    rule = {"type": "addRules", "rules": [{"toolName": "Bash"}], "behavior": "allow", "destination": "session"}

    assert permission_reply("allow") == {
        "hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {"behavior": "allow"}}
    }
    assert permission_reply("allow", "ignored", [rule])["hookSpecificOutput"]["decision"] == {
        "behavior": "allow",
        "updatedPermissions": [rule],
    }
    assert permission_reply("deny", "Not before the changelog.", [rule])["hookSpecificOutput"]["decision"] == {
        "behavior": "deny",
        "message": "Not before the changelog.",
    }


def test_the_gate_answers_with_its_reason():
    assert gate_reply("deny", "Nobody answered.") == {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": "Nobody answered.",
        }
    }
    assert gate_reply("allow", updated_input={"a": 1})["hookSpecificOutput"]["updatedInput"] == {"a": 1}


def test_answers_come_back_with_their_questions():
    given = {"questions": [{"question": "Which?"}]}

    reply = answers_reply(given, {"Which?": ["Prices", "Carts"], "Why?": "Speed"})

    assert reply["hookSpecificOutput"] == {
        "hookEventName": "PreToolUse",
        "permissionDecision": "allow",
        "updatedInput": {**given, "answers": {"Which?": "Prices, Carts", "Why?": "Speed"}},
    }


def test_answers_can_be_given_while_the_terminal_shows_the_questions():
    given = {"questions": [{"question": "Which?"}]}

    reply = answers_reply(given, {"Which?": "Redis"}, event="PermissionRequest")

    assert reply["hookSpecificOutput"] == {
        "hookEventName": "PermissionRequest",
        "decision": {"behavior": "allow", "updatedInput": {**given, "answers": {"Which?": "Redis"}}},
    }


def test_answered_questions_are_still_the_same_call():
    given = {"questions": [{"question": "Which?"}]}
    asked = a_hook("PermissionRequest", tool_name="AskUserQuestion", tool_input=given)
    answered = a_hook("PostToolUse", tool_name="AskUserQuestion", tool_input={**given, "answers": {"Which?": "Redis"}})

    assert asked.match_key == answered.match_key


def test_allowing_for_the_session_echoes_only_what_was_offered_and_allows():
    push = {"toolName": "Bash", "ruleContent": "git push:*"}
    offered = [
        {"type": "addRules", "rules": [push], "behavior": "allow", "destination": "userSettings", "extra": 1},
        {"type": "addRules", "rules": [push], "behavior": "deny", "destination": "session"},
        {"type": "addRules", "rules": [push, {"toolName": 5}], "behavior": "allow", "destination": "session"},
        {"type": "addRules", "rules": [], "behavior": "allow", "destination": "session"},
        {"type": "replaceRules", "rules": [push], "behavior": "allow", "destination": "session"},
        {"type": "removeRules", "rules": [push], "behavior": "deny", "destination": "session"},
        {"type": "addDirectories", "directories": ["/srv/lib"], "destination": "projectSettings"},
        {"type": "addDirectories", "directories": [5], "destination": "session"},
        {"type": "removeDirectories", "directories": ["/srv/lib"], "destination": "session"},
        {"type": "setMode", "mode": "acceptEdits", "destination": "localSettings"},
        {"type": "setMode", "mode": "bypassPermissions", "destination": "session"},
        {"type": "setMode", "mode": "auto", "destination": "session"},
        {"type": "setMode", "mode": ["plan"], "destination": "session"},
        {"type": ["addRules"]},
        {},
    ]

    assert session_suggestions(offered) == [
        {"type": "addRules", "rules": [push], "behavior": "allow", "destination": "session"},
        {"type": "addDirectories", "directories": ["/srv/lib"], "destination": "session"},
        {"type": "setMode", "mode": "acceptEdits", "destination": "session"},
    ]
    assert describe_suggestions(offered) == ["Bash git push:*", "work in /srv/lib", "permission mode acceptEdits"]
