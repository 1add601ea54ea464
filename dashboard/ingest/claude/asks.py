"""What Claude Code wants to be allowed, or wants to know, in the words of the queue."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.ingest.claude.hooks import HookFact
from dashboard.ingest.diff import edits_diff, write_diff

SHELLS = frozenset({"Bash", "PowerShell", "Monitor"})
EDITS = frozenset({"Edit", "MultiEdit"})
PATH_FIELDS = ("file_path", "notebook_path", "path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One thing to decide on; `approval_kind` is command, edit, fetch, plan, mcp_tool or tool."""

    approval_kind: str
    description: str = ""
    command: str = ""
    cwd: str = ""
    diff: str = ""
    tool_input: Mapping[str, Any]
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One question of a set; `multi` allows several of its options."""

    question: str
    header: str
    options: tuple[Option, ...]
    multi: bool


def describe_ask(fact: HookFact) -> Ask:
    """The request as a card shows it. Whatever the tool, its whole input stays with it."""
    kind, description, command, diff = _told(fact)
    return Ask(
        approval_kind=kind,
        description=description,
        command=command,
        cwd=fact.cwd,
        diff=diff,
        tool_input=fact.tool_input,
        paths=tuple(text for name in PATH_FIELDS if (text := _said(fact.tool_input, name))),
    )


def read_questions(fact: HookFact) -> tuple[Part, ...]:
    """The questions of AskUserQuestion; what is no question is left out."""
    asked = fact.tool_input.get("questions")
    return tuple(
        Part(
            question=_said(item, "question"),
            header=_said(item, "header"),
            options=_options(item.get("options")),
            multi=item.get("multiSelect") is True,
        )
        for item in _mappings(asked)
        if _said(item, "question")
    )


def _told(fact: HookFact) -> tuple[str, str, str, str]:
    """Kind, description, command and diff."""
    tool, given = fact.tool_name, fact.tool_input
    if tool in SHELLS and _said(given, "command"):
        return "command", _said(given, "description"), _said(given, "command"), ""
    if diff := _diff(tool, given):
        return "edit", f"{tool} {_said(given, 'notebook_path') or _said(given, 'file_path')}", "", diff
    if tool == "WebFetch" and _said(given, "url"):
        return "fetch", "\n".join(filter(None, (_said(given, "url"), _said(given, "prompt")))), "", ""
    if tool == "ExitPlanMode":
        return "plan", _said(given, "plan") or "Leave plan mode and start to work.", "", ""
    if tool.startswith("mcp__"):
        server, _, name = tool.removeprefix("mcp__").partition("__")
        return "mcp_tool", f"{name or server} of the MCP server {fact.mcp_server or server}\n{_json(given)}", "", ""
    return "tool", f"{tool}\n{_json(given)}" if given else tool, "", ""


def _diff(tool: str, given: Mapping[str, Any]) -> str:
    if tool == "Write":
        return write_diff(_said(given, "file_path"), _said(given, "content"))
    if tool == "NotebookEdit":
        mode, cell = _said(given, "edit_mode") or "replace", _said(given, "cell_id")
        section = f"{mode} cell {cell}" if cell else f"{mode} a cell"
        return write_diff(_said(given, "notebook_path"), _said(given, "new_source"), section=section)
    if tool in EDITS:
        edits = _mappings(given.get("edits")) or (given,)
        every = any(edit.get("replace_all") is True for edit in edits)
        return edits_diff(
            _said(given, "file_path"),
            [(_said(edit, "old_string"), _said(edit, "new_string")) for edit in edits],
            section="every occurrence" if every else "counted within this edit",
        )
    return ""


def _options(value: Any) -> tuple[Option, ...]:
    return tuple(
        Option(_said(item, "label"), _said(item, "description")) for item in _mappings(value) if _said(item, "label")
    )


def _mappings(value: Any) -> Sequence[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def _said(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""


def _json(given: Mapping[str, Any]) -> str:
    return json.dumps(given, indent=2, ensure_ascii=False, sort_keys=True)
