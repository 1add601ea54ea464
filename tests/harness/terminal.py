"""The real Claude Code in a terminal of its own: typed into as a person would, read by nobody but the test."""

import fcntl
import json
import os
import pty
import signal
import struct
import termios
import time
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self

from tests.fakes.claude_cli import claude_binary
from tests.harness.claude import ConnectedClaude
from tests.harness.waiting import eventually

KEY = "made-up-key-of-a-test-with-a-terminal"
ENTER, ESCAPE = "\r", "\x1b"


class Terminal:
    """`with Terminal(claude) as terminal: terminal.says("Make a file")`; the first-run screens are behind it."""

    def __init__(self, claude: ConnectedClaude) -> None:
        self.claude = claude
        self.output = b""
        self.heard = time.monotonic()

    def __enter__(self) -> Self:
        cli = self.claude.cli
        cli.env |= {"ANTHROPIC_API_KEY": KEY, "TERM": "xterm-256color"}
        trusted = {"hasTrustDialogAccepted": True, "allowedTools": []}
        known = {
            "hasCompletedOnboarding": True,
            "theme": "dark",
            "numStartups": 5,
            "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
            "projects": {str(cli.project): trusted},
        }
        (cli.home / ".claude.json").write_text(json.dumps(known))
        environment, binary = cli.environment(), str(claude_binary())
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.chdir(cli.project)
            os.execve(binary, [binary, "--permission-mode", "default"], environment)
        fcntl.ioctl(self.screen, termios.TIOCSWINSZ, struct.pack("HHHH", 45, 140, 0, 0))
        Thread(target=self._read, daemon=True).start()
        eventually(self.is_quiet, within=30, what="Claude Code waits for a prompt")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.screen)

    def is_quiet(self) -> bool:
        """Whether it has drawn something and then nothing for a while."""
        return bool(self.output) and time.monotonic() - self.heard > 1.5

    def shows(self, word: str) -> bool:
        """Whether one word has been drawn; lines are drawn in pieces, words mostly whole."""
        return word.encode() in self.output

    def types(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def says(self, prompt: str) -> None:
        self.types(prompt)
        time.sleep(0.5)  # what comes in one piece with its Enter is taken for a paste
        self.types(ENTER)

    def _read(self) -> None:
        with suppress(OSError):
            while piece := os.read(self.screen, 65_536):
                self.output += piece
                self.heard = time.monotonic()
