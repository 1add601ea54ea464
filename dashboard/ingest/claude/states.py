"""What an event tells about its agent: what it does now, and whether it went past an earlier request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.ingest.claude.hooks import HookFact
from dashboard.ingest.text import one_line

STATUS_LENGTH = 120

# The field of a tool's input that says in one line what it does.
TELLING = {
    "Bash": "command",
    "PowerShell": "command",
    "Monitor": "description",
    "Read": "file_path",
    "Write": "file_path",
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "NotebookEdit": "notebook_path",
    "NotebookRead": "notebook_path",
    "Glob": "pattern",
    "Grep": "pattern",
    "LS": "path",
    "WebFetch": "url",
    "WebSearch": "query",
    "Task": "description",
    "Agent": "description",
    "Skill": "skill",
}

NEEDS_LOGIN = frozenset({"authentication_failed", "oauth_org_not_allowed", "verification_required"})

PROGRESS = frozenset(
    {
        "UserPromptSubmit",
        "Stop",
        "StopFailure",
        "SessionEnd",
        "SessionStart",
        "PreCompact",
        "PostToolBatch",
        "PreToolUse",
    }
)


@dataclass(frozen=True, slots=True)
class StateChange:
    """The state that an event claims: working, idle, waiting or ended, with a short text for the roster."""

    state: str
    text: str = ""
    failed: bool = False
    needs_login: bool = False


def state_after(fact: HookFact) -> StateChange | None:
    """The state of the session, or of the subagent that `agent_id` names; None where the event says nothing of it."""
    told = STATES.get(fact.event)
    return told(fact) if told else None


def progresses(fact: HookFact) -> bool:
    """Whether this event proves that the session's own thread went past an earlier PermissionRequest.

    Nothing announces that a dialog was answered in the terminal, so the thread's next step has to tell. A new prompt,
    the end of a turn or of the session, a compaction, a finished batch and the next tool call all come after the
    dialog has closed (the caller gives PreToolUse a moment's grace: parallel calls of one message announce themselves
    while the first still asks). What runs beside the thread proves nothing: subagents (whatever has an `agent_id`,
    and their start and end), notifications, shown text, watched files, settings, tasks, teammates, denials, MCP
    dialogs. Nor does PostToolUse of another call: parallel calls end while one still waits.

    It speaks of requests of the main thread only. A background subagent may still ask while the thread stops.
    """
    return fact.main_thread and fact.event in PROGRESS


def _after_start(fact: HookFact) -> StateChange | None:
    """After a compaction the turn goes on as before."""
    return None if fact.word == "compact" else StateChange("idle", STARTS.get(fact.word, "started"))


def _after_prompt(fact: HookFact) -> StateChange:
    """A background task that ends wakes the session with a prompt of its own, which is no text for people."""
    woken = fact.text.startswith("<task-notification>")
    return StateChange("working", "woken by a background task" if woken else _line("prompt:", fact.text))


def _before_tool(fact: HookFact) -> StateChange:
    if fact.tool_name == "AskUserQuestion":
        return StateChange("waiting", _line("asks:", _first_question(fact.tool_input)))
    return StateChange("working", _doing(fact))


def _after_failure(fact: HookFact) -> StateChange:
    """A person who interrupts ends the turn, and no Stop follows."""
    if fact.is_interrupt:
        return StateChange("idle", _line("interrupted:", _doing(fact)))
    return StateChange("working", _line("thinking, failed:", _doing(fact)))


def _after_stop(fact: HookFact) -> StateChange:
    open_ends = _open_ends(fact)
    return StateChange("waiting", open_ends) if open_ends else StateChange("idle", _line(fact.text))


def _after_stop_failure(fact: HookFact) -> StateChange:
    text = _line("stopped:", fact.word or "error", fact.text)
    return StateChange("idle", text, failed=True, needs_login=fact.word in NEEDS_LOGIN)


def _after_notification(fact: HookFact) -> StateChange | None:
    state = NOTIFICATIONS.get(fact.word)
    return StateChange(state, _line(fact.text)) if state else None


def _after_compaction(fact: HookFact) -> StateChange:
    return StateChange("idle" if fact.word == "manual" else "working", "compacted")


STARTS = {"resume": "resumed", "clear": "started after /clear", "fork": "forked"}

NOTIFICATIONS = {
    "permission_prompt": "waiting",
    "agent_needs_input": "waiting",
    "elicitation_dialog": "waiting",
    "elicitation_url_dialog": "waiting",
    "elicitation_complete": "working",
    "elicitation_response": "working",
    "idle_prompt": "idle",
}

STATES: dict[str, Callable[[HookFact], StateChange | None]] = {
    "SessionStart": _after_start,
    "Setup": lambda _: StateChange("working", "setting up"),
    "SessionEnd": lambda fact: StateChange("ended", _line("ended:", fact.word or "other")),
    "UserPromptSubmit": _after_prompt,
    "UserPromptExpansion": lambda fact: StateChange("working", _line(f"/{fact.word}")),
    "PreToolUse": _before_tool,
    "PermissionRequest": lambda fact: StateChange("waiting", _line("asks:", _doing(fact))),
    "PermissionDenied": lambda fact: StateChange("working", _line("denied:", _doing(fact))),
    "PostToolUse": lambda fact: StateChange("working", _line("thinking, after", _doing(fact))),
    "PostToolUseFailure": _after_failure,
    "PostToolBatch": lambda _: StateChange("working", "thinking"),
    "Notification": _after_notification,
    "SubagentStart": lambda fact: StateChange("working", _line(fact.agent_type)),
    "SubagentStop": lambda fact: StateChange("ended", _line(fact.text)),
    "Stop": _after_stop,
    "StopFailure": _after_stop_failure,
    "PreCompact": lambda _: StateChange("working", "compacting"),
    "PostCompact": _after_compaction,
    "Elicitation": lambda fact: StateChange("waiting", _line(fact.word, "asks:", fact.text)),
    "ElicitationResult": lambda fact: StateChange("working", _line("answered", fact.word)),
}


def _open_ends(fact: HookFact) -> str:
    """What still runs or will wake the session although its turn has ended."""
    tasks = [_first(task, "description", "command", "name", "type") for task in fact.background_tasks]
    crons = [_first(cron, "prompt", "schedule") for cron in fact.session_crons]
    parts = []
    if tasks:
        parts.append(f"{len(tasks)} background task{_s(tasks)}: {', '.join(tasks[:3])}")
    if crons:
        parts.append(f"{len(crons)} timer{_s(crons)}: {', '.join(crons[:3])}")
    return _line("; ".join(parts))


def _doing(fact: HookFact) -> str:
    """The tool and what it is used for, such as "Bash pytest -q"."""
    value = fact.tool_input.get(TELLING.get(fact.tool_name, ""))
    return _line(fact.tool_name, value if isinstance(value, str) else "")


def _first_question(given: Mapping[str, Any]) -> str:
    asked = given.get("questions")
    first = asked[0] if isinstance(asked, list) and asked else None
    return _first(first, "question") if isinstance(first, Mapping) else "a question"


def _first(given: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := given.get(name), str) and value), "?")


def _s(items: Sequence[str]) -> str:
    return "" if len(items) == 1 else "s"


def _line(*words: str) -> str:
    return one_line(" ".join(word for word in words if word), STATUS_LENGTH)
