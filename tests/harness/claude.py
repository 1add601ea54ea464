"""The real Claude Code beside a console: connected as a person would, its cards found, decided, waited for."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.claude_cli import ClaudeCli, claude_binary
from tests.fakes.model_server import ModelServer, Step
from tests.harness.console import ROOT, Console
from tests.harness.waiting import eventually, unavailable

MAKE_A_FILE = "python3 -c \"open('made.txt', 'w').write('by the agent')\""


class ConnectedClaude:
    """One Claude Code in a home of its own, its scripted model, and the console that it is connected to."""

    def __init__(self, console: Console, cli: ClaudeCli, model: ModelServer, host: str) -> None:
        self.console, self.cli, self.model, self.host = console, cli, model, host
        self.agent = f"{host}-{cli.project.name}"

    def connect(self, *arguments: str, hold: int | None = None) -> str:
        """`manage.py connect claude-code …`; `hold` shortens the time that a person has."""
        command = [sys.executable, str(ROOT / "manage.py"), "connect", "claude-code", "--url", self.console.url]
        outcome = subprocess.run(
            [*command, "--host", self.host, *arguments],
            cwd=self.cli.project,
            env={**self.console.environment(), "HOME": str(self.cli.home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        if hold is not None:
            self.settings.write_text(self.settings.read_text().replace("hold=580", f"hold={hold}"))
        return outcome.stdout + outcome.stderr

    @property
    def settings(self) -> Path:
        return self.cli.home / ".claude/settings.json"

    @property
    def made(self) -> Path:
        """The file that `MAKE_A_FILE` makes."""
        return self.cli.project / "made.txt"

    def card(self, person: httpx.Client, what: str = "approvals", *, within: float = 30) -> dict[str, Any]:
        """The first thing that this agent, or a subagent of it, waits for."""
        return eventually(lambda: self.waiting(person, what), within=within, every=0.2, what=f"{self.agent} asks")[0]

    def waiting(self, person: httpx.Client, what: str = "approvals") -> list[dict[str, Any]]:
        rows = person.get("/api/state").json()[what]
        return [row for row in rows if (row.get("agent") or row.get("asker")).startswith(self.agent)]

    def row(self, person: httpx.Client, name: str = "") -> dict[str, Any]:
        """The roster row of this agent, or of one below it."""
        rows = {row["name"]: row for row in person.get("/api/state").json()["agents"]}
        return dict(rows[name or self.agent])

    def decide(self, person: httpx.Client, card: dict[str, Any], status: str, note: str = "") -> None:
        body = {"status": status, "digest": card["digest"], "note": note}
        answer = person.post(f"/api/v1/approvals/{card['id']}/resolve", json=body)
        assert answer.status_code == 200, answer.text

    def approval(self, person: httpx.Client, pk: int) -> dict[str, Any]:
        return dict(person.get(f"/api/v1/approvals/{pk}").json())

    def read(self) -> str:
        """What the model was told of the last tool's result."""
        return self.model.tool_results()[-1]


@contextmanager
def claude_at(console: Console, folder: Path, script: list[Step], host: str = "hel-1") -> Iterator[ConnectedClaude]:
    """A Claude Code that follows `script`; not yet connected."""
    if claude_binary() is None:
        unavailable("Claude Code (npm ci in tests/)")
    with ExitStack() as running:
        model = running.enter_context(ModelServer(script))
        cli = running.enter_context(ClaudeCli(model, folder))
        yield ConnectedClaude(console, cli, model, host)


def settings_of(claude: ConnectedClaude) -> dict[str, Any]:
    return dict(json.loads(claude.settings.read_text()))
