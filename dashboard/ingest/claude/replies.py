"""Decisions in the words that Claude Code's hooks understand. An empty object is no decision at all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

# Tools that change nothing outside the conversation: a gate lets them pass to Claude Code's own rules.
# A subagent's own calls come to the gate one by one, so starting one is harmless.
READ_ONLY_TOOLS = frozenset(
    {
        "Agent",
        "BashOutput",
        "CronList",
        "EnterPlanMode",
        "Glob",
        "Grep",
        "LS",
        "LSP",
        "ListAgents",
        "ListMcpResources",
        "ListMcpResourcesTool",
        "NotebookRead",
        "Read",
        "ReadMcpResource",
        "ReadMcpResourceDir",
        "ReadMcpResourceDirTool",
        "ReadMcpResourceTool",
        "ReportFindings",
        "Task",
        "TaskCreate",
        "TaskGet",
        "TaskList",
        "TaskOutput",
        "TaskUpdate",
        "TodoRead",
        "TodoWrite",
        "ToolSearch",
    }
)

# Modes that a person may grant from the console; those that stop asking altogether are not among them.
GRANTED_MODES = frozenset({"acceptEdits", "default", "dontAsk", "plan"})


def permission_reply(
    behavior: Literal["allow", "deny"],
    message: str = "",
    updated_permissions: Sequence[Mapping[str, Any]] = (),
    updated_input: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The answer to PermissionRequest; the message of a denial is read by the model."""
    decision: dict[str, Any] = {"behavior": behavior}
    if behavior == "deny" and message:
        decision["message"] = message
    if behavior == "allow" and updated_permissions:
        decision["updatedPermissions"] = [dict(update) for update in updated_permissions]
    if behavior == "allow" and updated_input is not None:
        decision["updatedInput"] = dict(updated_input)
    return {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}}


def gate_reply(
    decision: Literal["allow", "deny", "ask"], reason: str = "", updated_input: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The answer to PreToolUse; the reason of a denial is read by the model, that of an allowance by the user."""
    output: dict[str, Any] = {"hookEventName": "PreToolUse", "permissionDecision": decision}
    if reason:
        output["permissionDecisionReason"] = reason
    if updated_input is not None:
        output["updatedInput"] = dict(updated_input)
    return {"hookSpecificOutput": output}


def answers_reply(
    tool_input: Mapping[str, Any],
    answers: Mapping[str, str | Sequence[str]],
    reason: str = "",
    *,
    event: Literal["PreToolUse", "PermissionRequest"] = "PreToolUse",
) -> dict[str, Any]:
    """AskUserQuestion answered: its input comes back with answers by the question's text, several joined by commas.

    As the answer to PreToolUse before the terminal shows the questions, to PermissionRequest while it shows them.
    """
    said = {question: answer if isinstance(answer, str) else ", ".join(answer) for question, answer in answers.items()}
    answered = {**tool_input, "answers": said}
    if event == "PermissionRequest":
        return permission_reply("allow", updated_input=answered)
    return gate_reply("allow", reason, answered)


def session_suggestions(suggestions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What "allow for this session" may echo: only what was offered, only what allows, only for the session."""
    return [kept for offered in suggestions if (kept := _for_this_session(offered))]


def describe_suggestions(suggestions: Iterable[Mapping[str, Any]]) -> list[str]:
    """The same in words, for the button that grants it."""
    sentences = []
    for update in session_suggestions(suggestions):
        match update["type"]:
            case "addRules":
                sentences += [_rule_in_words(rule) for rule in update["rules"]]
            case "addDirectories":
                sentences += [f"work in {directory}" for directory in update["directories"]]
            case "setMode":
                sentences.append(f"permission mode {update['mode']}")
    return sentences


def _for_this_session(offered: Mapping[str, Any]) -> dict[str, Any] | None:
    kept: dict[str, Any] = {"type": offered.get("type"), "destination": "session"}
    match offered:
        case {"type": "addRules", "behavior": "allow", "rules": list(given)} if rules := _rules(given):
            return kept | {"rules": rules, "behavior": "allow"}
        case {"type": "addDirectories", "directories": list(folders)} if folders and all(map(_is_text, folders)):
            return kept | {"directories": folders}
        case {"type": "setMode", "mode": str(mode)} if mode in GRANTED_MODES:
            return kept | {"mode": mode}
    return None


def _rules(given: list[Any]) -> list[dict[str, str]]:
    """Well-formed rules, or none: half of what was offered is not what was offered."""
    rules = []
    for rule in given:
        match rule:
            case {"toolName": str(tool), "ruleContent": str(content)}:
                rules.append({"toolName": tool, "ruleContent": content})
            case {"toolName": str(tool)} if "ruleContent" not in rule:
                rules.append({"toolName": tool})
            case _:
                return []
    return rules


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _rule_in_words(rule: Mapping[str, str]) -> str:
    content = rule.get("ruleContent")
    return f"{rule['toolName']} {content}" if content else f"every use of {rule['toolName']}"
