"""What Claude Code's settings have to say so that its hooks come here: made, put in, found again, taken out.

Pure: text in, text out. Handlers are found again by their address and by the beginning of their status message, so
whatever else a file holds is not ours and is not touched.

The token stands once, in the `env` block; handlers name the variable (`allowedEnvVars`), so that the same handler in
two settings files is one handler for Claude Code and runs once. SessionStart takes no http handler: there a line of
shell hands the event on, with the token by a file descriptor, because arguments of a process are for all to read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from dashboard.doors.json_text import NotJsonError, Path, add, drop, parse, put

DOOR = "/hooks/claude"
MARK = "Perspt:"
HOLD_SECONDS = 580
HELD_TIMEOUT = 590
OBSERVED_TIMEOUT = 3

OBSERVED = (
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "PostToolBatch",
    "PermissionDenied",
    "Notification",
    "SubagentStart",
    "SubagentStop",
    "PreCompact",
    "PostCompact",
    "Elicitation",
    "ElicitationResult",
    "PostModelSwitch",
    "Stop",
    "StopFailure",
    "SessionEnd",
)
"""PostToolBatch looks like one too many; it is the only event after a call that was refused."""

ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


class Gate(StrEnum):
    """Whether calls are held before they run, and what a stopped console then means."""

    NONE = ""
    CLOSED = "closed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Connection:
    """Which console, with which token, with or without the gate."""

    url: str
    token: str
    gate: Gate = Gate.NONE

    def __post_init__(self) -> None:
        if not ADDRESS.fullmatch(self.url):
            raise ValueError(f"{self.url!r} is no address of a console, such as https://console.example")

    @property
    def door(self) -> str:
        return f"{self.url}{DOOR}"

    @property
    def variable(self) -> str:
        """The variable's name tells consoles apart: the settings of a folder may name another one than the user's."""
        return "CONSOLE_TOKEN_" + re.sub(r"[^A-Z0-9]+", "_", urlsplit(self.url).netloc.upper()).strip("_")


def settings_of(connection: Connection) -> dict[str, Any]:
    """The settings that connect a Claude Code, whole, to be pasted where there are none yet."""
    hooks = {event: [{"hooks": [handler]}] for event, handler in handlers(connection)}
    return {"env": {connection.variable: connection.token}, "hooks": hooks}


def handlers(connection: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every event that is hooked, with its handler."""
    held = f"{connection.door}?hold={HOLD_SECONDS}"
    yield "SessionStart", _command(connection)
    yield "PermissionRequest", _http(connection, held, HELD_TIMEOUT, "also waiting in the console")
    for event in OBSERVED:
        if event == "PreToolUse" and connection.gate:
            handler = _http(connection, f"{held}&gate=1", HELD_TIMEOUT, "waiting for the console")
            yield event, handler | ({"onFailure": "block"} if connection.gate is Gate.CLOSED else {})
        else:
            yield event, _http(connection, connection.door, OBSERVED_TIMEOUT, "telling the console")


def connected(text: str, connection: Connection) -> str:
    """The text with this connection in it, in place of any other to a console."""
    text = disconnected(text or "{}\n")
    text = put(text, ["env", connection.variable], connection.token)
    for event, handler in handlers(connection):
        text = add(text, ["hooks", event], {"hooks": [handler]})
    return text


def disconnected(text: str) -> str:
    """The text without any connection to a console; what became empty by that goes too."""
    value = _checked(text)
    ours = list(_ours(value))
    variables = {name for *_, handler in ours for name in _variables(handler)}
    for event, group, position, _ in reversed(ours):
        path = ["hooks", event, group, "hooks", position]
        text = _drop(text, path, path[:3], path[:2], path[:1])
    for name in variables:
        if name in value.get("env", {}):
            text = _drop(text, ["env", name], ["env"])
    return text


def tokens_in(text: str) -> list[str]:
    """The tokens of the connections that a text holds."""
    value = _checked(text)
    names = {name for *_, handler in _ours(value) for name in _variables(handler)}
    return [token for name in sorted(names) if isinstance(token := value.get("env", {}).get(name), str)]


def hindrances(text: str, connection: Connection) -> list[str]:
    """What in the same file keeps our hooks from running, in sentences."""
    value = _checked(text or "{}")
    found = []
    if value.get("disableAllHooks") is True:
        found.append("disableAllHooks is true: no hook runs.")
    if isinstance(allowed := value.get("allowedHttpHookUrls"), list) and not any(
        connection.url in str(pattern) for pattern in allowed
    ):
        found.append(f"allowedHttpHookUrls does not name {connection.door}: its hooks do not run.")
    if isinstance(allowed := value.get("httpHookAllowedEnvVars"), list) and connection.variable not in allowed:
        found.append(f"httpHookAllowedEnvVars does not name {connection.variable}: the hooks go out without a token.")
    return found


def _http(connection: Connection, url: str, timeout: int, status: str) -> dict[str, Any]:
    return {
        "type": "http",
        "url": url,
        "timeout": timeout,
        "headers": {"Authorization": f"Bearer ${connection.variable}"},
        "allowedEnvVars": [connection.variable],
        "statusMessage": f"{MARK} {status}",
    }


def _command(connection: Connection) -> dict[str, Any]:
    """Hand standard input on by curl. Whatever goes wrong is not the session's trouble."""
    line = (
        "curl -s -o /dev/null -m 2 -K /dev/fd/3 -H 'Content-Type: application/json' --data-binary @- "
        f"'{connection.door}' 3<<END || true\nheader = \"Authorization: Bearer ${connection.variable}\"\nEND"
    )
    status = f"{MARK} telling the console"
    return {"type": "command", "command": line, "timeout": OBSERVED_TIMEOUT, "statusMessage": status}


def _checked(text: str) -> dict[str, Any]:
    """The settings as a value. Raise NotJsonError where they are not of the shape that Claude Code reads."""
    value = parse(text).value
    if not isinstance(value, dict):
        raise NotJsonError("the settings are not an object")
    for name in ("env", "hooks"):
        if not isinstance(value.get(name, {}), dict):
            raise NotJsonError(f"{name!r} is not an object")
    for event, groups in value.get("hooks", {}).items():
        if not isinstance(groups, list):
            raise NotJsonError(f"'hooks' has something else than a list for {event}")
    return value


def _ours(value: dict[str, Any]) -> Iterator[tuple[str, int, int, dict[str, Any]]]:
    """Our handlers in the order of the file: event, number of the group, number in the group, the handler."""
    for event, groups in value.get("hooks", {}).items():
        for number, group in enumerate(groups):
            inner = group.get("hooks") if isinstance(group, dict) else None
            for position, handler in enumerate(inner if isinstance(inner, list) else []):
                if isinstance(handler, dict) and _is_ours(handler):
                    yield event, number, position, handler


def _is_ours(handler: dict[str, Any]) -> bool:
    target = str(handler.get("url") or handler.get("command") or "")
    return str(handler.get("statusMessage", "")).startswith(MARK) and DOOR in target


def _variables(handler: dict[str, Any]) -> list[str]:
    return re.findall(r"CONSOLE_TOKEN_\w+", f"{handler.get('allowedEnvVars')} {handler.get('command')}")


def _drop(text: str, path: Path, *above: Path) -> str:
    """Drop what `path` names, then as much of `above` as became empty by that, from the inside out."""
    text = drop(text, path)
    for outer in above:
        node = parse(text).at(outer)
        if node is None or any(part.parts or not isinstance(part.value, list) for _, _, part in node.parts):
            break
        text = drop(text, outer)
    return text
