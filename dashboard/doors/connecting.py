"""Connecting the Claude Code of this computer: a token, its settings file, a try; and taking all of it back."""

import json
import socket
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from enum import Enum
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from dashboard.access.visit import LOOPBACK_NAMES
from dashboard.doors.claude_settings import Connection, connected, disconnected, hindrances, tokens_in
from dashboard.doors.settings_file import SettingsFile
from dashboard.enums import Scope
from dashboard.models import ApiToken
from dashboard.services.actor import Actor
from dashboard.services.claude import SELF_TEST
from dashboard.services.tokens import create_token, digest_of, host_name, revoke_token

PLACEHOLDER = "ppt_(made when you connect)"
TRY_SECONDS = 5


class Tried(Enum):
    """What became of the event that tries the connection out."""

    ANSWERED = "answered"
    NOBODY = "nobody answers"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    """A settings file and what it is to become."""

    file: SettingsFile
    after: str

    def diff(self, *, secrets: tuple[str, ...] = ()) -> str:
        """The change as a unified diff, with tokens shortened."""
        before, after = self.file.text, self.after
        for token in (*secrets, *tokens_in(before or "{}"), *tokens_in(after)):
            shown = token if token == PLACEHOLDER else f"{token[:8]}…"
            before, after = before.replace(token, shown), after.replace(token, shown)
        lines = unified_diff(before.splitlines(), after.splitlines(), str(self.file.path), "afterwards", lineterm="")
        return "\n".join(lines)

    @property
    def is_none(self) -> bool:
        return self.file.text == self.after


def settings_path(scope: str, *, home: Path, folder: Path) -> Path:
    """Where Claude Code looks. For one project the personal file: the shared one would put the token into Git."""
    return home / ".claude/settings.json" if scope == "user" else folder / ".claude/settings.local.json"


def this_host() -> str:
    """The name of this computer, as agents' names can begin with it."""
    return host_name(socket.gethostname().partition(".")[0])


def connecting(path: Path, connection: Connection) -> Change:
    """Raise NotJsonError for a file that cannot be understood, before anything was made."""
    file = SettingsFile.read(path)
    return Change(file, connected(file.text, connection))


def disconnecting(path: Path) -> Change:
    file = SettingsFile.read(path)
    return Change(file, disconnected(file.text) if file.text else "")


def new_token(host: str, *, by: Actor, now: datetime) -> tuple[ApiToken, str]:
    """A token for the agents of one computer: it may report and ask for them, nothing else."""
    host = host_name(host)
    scopes, agents = (Scope.REPORT, Scope.ASK), (host, f"{host}-*")
    return create_token(f"Claude Code on {host}", by=by, now=now, host=host, scopes=scopes, agents=agents)


def revoke_all(texts: list[str], *, by: Actor, reason: str, now: datetime) -> int:
    """Revoke those of these tokens that are ours and still open something."""
    found = ApiToken.objects.filter(digest__in=[digest_of(text) for text in texts], revoked_at=None)
    for token in found:
        revoke_token(token.pk, by=by, reason=reason, now=now)
    return len(found)


def try_out(connection: Connection, *, folder: Path) -> tuple[Tried, str]:
    """Send the event that shows up in the console's activity. Return what became of it, with a word about it."""
    body = json.dumps({"hook_event_name": SELF_TEST, "session_id": "connect", "cwd": str(folder)}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {connection.token}"}
    request = Request(connection.door, body, headers)  # noqa: S310  http or https, Connection has checked it
    here = urlsplit(connection.url).hostname in LOOPBACK_NAMES
    opener = build_opener(ProxyHandler({})) if here else build_opener()
    try:
        with opener.open(request, timeout=TRY_SECONDS) as answer:
            said: Any = json.load(answer)
    except HTTPError as refused:
        return Tried.REFUSED, f"HTTP {refused.code}"
    except (URLError, OSError, HTTPException) as trouble:
        return Tried.NOBODY, str(getattr(trouble, "reason", trouble))
    except ValueError:
        return Tried.REFUSED, "it is no console of ours"
    return (Tried.ANSWERED, "") if said == {} else (Tried.REFUSED, "it is no console of ours")


__all__ = [
    "PLACEHOLDER",
    "Change",
    "Tried",
    "connecting",
    "disconnecting",
    "hindrances",
    "new_token",
    "revoke_all",
    "settings_path",
    "this_host",
    "try_out",
]
