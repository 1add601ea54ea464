"""Hook payloads become facts: every known event, and unknown ones as far as they can be understood.

New fields and new events are no error, for the agent is updated more often than the console. A field that we read
and that has another type than agreed is one: better a refused payload than a wrong card.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

ID_LENGTH = 200
DEPTH = 64
ANSWERS = {"AskUserQuestion": ("answers", "annotations", "response")}


@dataclass(frozen=True, slots=True)
class Shape:
    """What is particular to an event: the field with its own words, the field that says which sort, whether a tool."""

    text: str = ""
    word: str = ""
    tool: bool = False


EVENTS: dict[str, Shape] = {
    "SessionStart": Shape(word="source"),
    "Setup": Shape(word="trigger"),
    "SessionEnd": Shape(word="reason"),
    "UserPromptSubmit": Shape(text="prompt", word="source"),
    "UserPromptExpansion": Shape(text="prompt", word="command_name"),
    "PreToolUse": Shape(tool=True),
    "PermissionRequest": Shape(tool=True),
    "PermissionDenied": Shape(text="reason", tool=True),
    "PostToolUse": Shape(tool=True),
    "PostToolUseFailure": Shape(text="error", tool=True),
    "PostToolBatch": Shape(),
    "Notification": Shape(text="message", word="notification_type"),
    "MessageDisplay": Shape(text="delta"),
    "SubagentStart": Shape(),
    "SubagentStop": Shape(text="last_assistant_message"),
    "Stop": Shape(text="last_assistant_message"),
    "StopFailure": Shape(text="error_details", word="error"),
    "TaskCreated": Shape(text="task_subject", word="task_id"),
    "TaskCompleted": Shape(text="task_subject", word="task_id"),
    "TeammateIdle": Shape(text="teammate_name"),
    "PreCompact": Shape(text="custom_instructions", word="trigger"),
    "PostCompact": Shape(text="compact_summary", word="trigger"),
    "Elicitation": Shape(text="message", word="mcp_server_name"),
    "ElicitationResult": Shape(text="action", word="mcp_server_name"),
    "ConfigChange": Shape(text="file_path", word="source"),
    "InstructionsLoaded": Shape(text="file_path", word="load_reason"),
    "CwdChanged": Shape(text="new_cwd"),
    "FileChanged": Shape(text="file_path", word="event"),
    "DirectoryAdded": Shape(text="directory", word="source"),
    "WorktreeCreate": Shape(text="name"),
    "WorktreeRemove": Shape(text="worktree_path"),
    "PreModelSwitch": Shape(text="to_model", word="source"),
    "PostModelSwitch": Shape(text="to_model", word="source"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HookFact:
    """One hook event. A field that the payload does not have is empty, never missing."""

    event: str
    session_id: str
    transcript_path: str = ""
    cwd: str = ""
    prompt_id: str = ""
    permission_mode: str = ""
    effort: str = ""
    agent_id: str = ""  # only inside a subagent
    agent_type: str = ""
    tool_name: str = ""
    tool_input: Mapping[str, Any] = field(default_factory=dict)
    tool_use_id: str = ""
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    suggestions: tuple[Mapping[str, Any], ...] = ()
    mcp_server: str = ""
    model: str = ""
    title: str = ""  # the session's own
    text: str = ""  # the event's own words: the prompt, the last message, the error …
    word: str = ""  # which sort of this event: the source, the reason, the type of notification …
    duration_ms: int | None = None
    is_interrupt: bool = False
    background_tasks: tuple[Mapping[str, Any], ...] = ()
    session_crons: tuple[Mapping[str, Any], ...] = ()

    @property
    def known(self) -> bool:
        """Whether this console knows the event by name."""
        return self.event in EVENTS

    @property
    def main_thread(self) -> bool:
        """Whether the session's own conversation speaks, not one of its subagents."""
        return not self.agent_id

    @property
    def match_key(self) -> str:
        """The same for all events about one call of one tool: PermissionRequest carries no `tool_use_id`.

        A set of questions comes back from PostToolUse with its answers: they are no part of the call.
        """
        given = {name: value for name, value in self.tool_input.items() if name not in ANSWERS.get(self.tool_name, ())}
        parts = [self.session_id, self.agent_id, self.tool_name, given]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A payload that cannot be read: a sentence for whoever sent it, and the field it is about."""

    sentence: str
    field: str = ""


class _Unreadable(Exception):  # noqa: N818 - caught below, in this module
    pass


def read_hook(body: bytes | Mapping[str, Any]) -> HookFact | Rejected:
    """The fact that a payload states, or why it states none."""
    try:
        payload = body if isinstance(body, Mapping) else _parsed(body)
        _refuse_too_deep(payload)
        return _fact(payload)
    except _Unreadable as trouble:
        return Rejected(*trouble.args)


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        payload = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _Unreadable("The body is not JSON.") from None
    if not isinstance(payload, dict):
        raise _Unreadable("The body is not a JSON object.")
    return payload


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse_too_deep(payload: Mapping[str, Any]) -> None:
    """Every later walk over the payload may be recursive."""
    level: list[Any] = [payload]
    for _ in range(DEPTH):
        level = [
            item
            for value in level
            for item in (value.values() if isinstance(value, Mapping) else value)
            if isinstance(item, Mapping | list)
        ]
        if not level:
            return
    raise _Unreadable(f"The body is nested deeper than {DEPTH} levels.")


def _fact(payload: Mapping[str, Any]) -> HookFact:
    event = _identifier(payload, "hook_event_name", required=True)
    shape = EVENTS.get(event, Shape())
    return HookFact(
        event=event,
        session_id=_identifier(payload, "session_id", required=True),
        transcript_path=_text(payload, "transcript_path"),
        cwd=_text(payload, "cwd"),
        prompt_id=_identifier(payload, "prompt_id"),
        permission_mode=_text(payload, "permission_mode"),
        effort=_text(_object(payload, "effort"), "level"),
        agent_id=_identifier(payload, "agent_id"),
        agent_type=_text(payload, "agent_type"),
        tool_name=_identifier(payload, "tool_name", required=shape.tool),
        tool_input=_object(payload, "tool_input"),
        tool_use_id=_identifier(payload, "tool_use_id"),
        tool_calls=_objects(payload, "tool_calls"),
        suggestions=_objects(payload, "permission_suggestions"),
        mcp_server=_text(_object(payload, "mcp_server"), "name"),
        model=_text(payload, "to_model" if event == "PostModelSwitch" else "model"),
        title=_text(payload, "session_title"),
        text=_text(payload, shape.text),
        word=_text(payload, shape.word),
        duration_ms=_whole(payload, "duration_ms"),
        is_interrupt=_flag(payload, "is_interrupt"),
        background_tasks=_objects(payload, "background_tasks"),
        session_crons=_objects(payload, "session_crons"),
    )


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if value is not None and not isinstance(value, str):
        raise _Unreadable(f"{name} is not a text.", name)
    return value or ""


def _identifier(payload: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    value = _text(payload, name)
    if required and not value:
        raise _Unreadable(f"{name} is missing.", name)
    if len(value) > ID_LENGTH or not value.isprintable():
        raise _Unreadable(f"{name} is longer than {ID_LENGTH} characters or holds hidden ones.", name)
    return value


def _object(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise _Unreadable(f"{name} is not an object.", name)
    return value or {}


def _objects(payload: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    value = payload.get(name)
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(item, Mapping) for item in value):
        raise _Unreadable(f"{name} is not a list of objects.", name)
    return tuple(value)


def _whole(payload: Mapping[str, Any], name: str) -> int | None:
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        raise _Unreadable(f"{name} is not a number from 0 on.", name)
    return round(value)


def _flag(payload: Mapping[str, Any], name: str) -> bool:
    value = payload.get(name)
    if value is not None and not isinstance(value, bool):
        raise _Unreadable(f"{name} is neither true nor false.", name)
    return bool(value)
