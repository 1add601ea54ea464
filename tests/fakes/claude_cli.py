"""The real Claude Code, run headless against a scripted model, in a home of its own and for a bounded time."""

import json
import os
import platform
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.fakes.model_server import ModelServer

PACKAGES = Path(__file__).parents[1] / "node_modules" / "@anthropic-ai"


def claude_binary() -> Path | None:
    """The program of `npm ci` in tests/, if it was run; it needs no install script and no Node."""
    machine = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "")
    system = platform.system().lower()
    libc = "-musl" if system == "linux" and platform.libc_ver()[0] != "glibc" else ""
    binary = PACKAGES / f"claude-code-{system}-{machine}{libc}" / "claude"
    return binary if binary.is_file() else None


@dataclass
class Run:
    """What a finished run left behind."""

    code: int
    messages: list[dict[str, Any]]  # the lines of its stream-json
    stderr: str

    @property
    def result(self) -> str:
        return next((message.get("result", "") for message in self.messages if message["type"] == "result"), "")


@dataclass
class ClaudeCli:
    """`with ClaudeCli(model, tmp_path) as claude: claude.run("Fix it")`; whatever still runs is killed at the end."""

    model: ModelServer
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)  # of the user, with hooks
    env: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.home, self.project = self.folder / "home", self.folder / "shop"
        (self.home / ".claude").mkdir(parents=True, exist_ok=True)
        self.project.mkdir(exist_ok=True)
        if self.settings:
            self.write_settings(self.settings)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running:
            self.kill(process)

    def write_settings(self, settings: dict[str, Any]) -> None:
        (self.home / ".claude" / "settings.json").write_text(json.dumps(settings))

    def start(self, prompt: str, *options: str) -> subprocess.Popen[str]:
        """A headless run in the background; the caller waits for it or kills it."""
        binary = claude_binary()
        if binary is None:
            raise FileNotFoundError("Claude Code is not installed: run `npm ci` in tests/")
        process = subprocess.Popen(
            [str(binary), "-p", prompt, "--output-format", "stream-json", "--verbose", *options],
            cwd=self.project,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.running.append(process)
        return process

    def run(self, prompt: str, *options: str, within: float = 60) -> Run:
        """A whole run. Raises subprocess.TimeoutExpired when it takes longer than `within` seconds."""
        return self.finish(self.start(prompt, *options), within=within)

    def finish(self, process: subprocess.Popen[str], *, within: float = 60) -> Run:
        try:
            stdout, stderr = process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self.kill(process)
            raise
        return Run(process.returncode, [json.loads(line) for line in stdout.splitlines() if line[:1] == "{"], stderr)

    def kill(self, process: subprocess.Popen[str], number: int = signal.SIGKILL) -> None:
        """Ends a run with what it started: the group is its own."""
        if process.poll() is None:
            os.killpg(process.pid, number)
            process.wait(timeout=10)

    def environment(self) -> dict[str, str]:
        """Nothing of the machine but where its programs are."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "ANTHROPIC_BASE_URL": self.model.url,
            "ANTHROPIC_API_KEY": "made-up-key-of-a-test",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_TELEMETRY": "1",
            **self.env,
        }
