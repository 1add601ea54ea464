"""A console as a person would run it: a process of its own, in its own data folder, on its own port.

Tests reach it by HTTP, WebSocket and management commands only, never through the ORM of the test's process.
"""

import atexit
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.harness.waiting import eventually, free_port

ROOT = Path(__file__).resolve().parents[2]
LAUNCH_ADDRESS = re.compile(r"https?://\S+/\?key=(\S+)")
SERVERS = {
    "make run": ["scripts/serve.py", "--port", "{port}"],
    "runserver": ["manage.py", "runserver", "--noreload", "127.0.0.1:{port}"],
    "uvicorn": [
        *("-m", "uvicorn", "perspt_site.asgi:application", "--host", "127.0.0.1", "--port", "{port}"),
        *("--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--no-access-log"),
        *("--timeout-graceful-shutdown", "2"),
    ],
}


class Console:
    """`with Console(folder) as console:` serves; `kill`, `restart` and `manage` do what their names say."""

    def __init__(
        self,
        data: Path,
        *,
        server: str = "runserver",
        settings: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        self.data = data
        self.server = server
        self.settings = dict(settings or {})
        self.port = port or free_port()
        self.log = data.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None
        self._cookies = httpx.Cookies()
        self._seen = 0
        self._prepared = False

    # --- life ---------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Migrate, serve, and return when it answers."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        if not self._prepared and self.server != "make run":  # which migrates by itself
            self._prepare()
        self._seen = self.log.stat().st_size if self.log.exists() else 0
        command = [sys.executable, *(part.format(port=self.port) for part in SERVERS[self.server])]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        eventually(self.answers, within=40, what=f"the console answers on port {self.port}")
        return self

    def _prepare(self) -> None:
        """A new SQLite database is a copy of one that was migrated before; any other is migrated."""
        database = self.data / "console.sqlite3"
        if "DATABASE_URL" in self.settings or database.exists():
            self.manage("migrate", "--verbosity=0")
        else:
            self.data.mkdir(mode=0o700, exist_ok=True)
            shutil.copyfile(migrated() / "console.sqlite3", database)
            with closing(sqlite3.connect(database)) as connection, connection:
                connection.execute("UPDATE dashboard_logstate SET epoch = lower(hex(randomblob(8)))")
        self._prepared = True

    def answers(self) -> bool:
        if self.process and self.process.poll() is not None:
            raise RuntimeError(f"the console ended with {self.process.returncode}:\n{self.output()}")
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """End it as Ctrl-C or a service manager would, by force after ten seconds."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def kill(self) -> None:
        """SIGKILL: no goodbye, as with a power cut."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self) -> Self:
        """The same port, the same data, a new process."""
        self.stop()
        return self.start()

    # --- talking to it --------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def output(self) -> str:
        """What the running process has printed."""
        return self.log.read_bytes()[self._seen :].decode(errors="replace") if self.log.exists() else ""

    def launch_key(self) -> str:
        """The one-use key of a first start without accounts, read from what the console printed."""
        found = eventually(lambda: LAUNCH_ADDRESS.search(self.output()), what=f"a launch address in:\n{self.output()}")
        return found.group(1)

    def cookies(self) -> httpx.Cookies:
        """The cookies of a browser that opened the launch address; they outlive a restart."""
        if not self._cookies:
            with httpx.Client(base_url=self.url, follow_redirects=True, timeout=20) as browser:
                answer = browser.get("/", params={"key": self.launch_key()})
                assert answer.status_code == 200, (
                    f"the launch address answered {answer.status_code}: {answer.text[:500]}"
                )
                self._cookies = httpx.Cookies(browser.cookies)
        return self._cookies

    def client(self, **options: Any) -> httpx.Client:
        """A person's browser, signed in by the launch key; its form posts carry the CSRF token."""
        return self.anyone(cookies=self.cookies(), event_hooks={"request": [carry_csrf_token]}, **options)

    def machine(self, token: str, **options: Any) -> httpx.Client:
        """An agent with its token."""
        return self.anyone(headers={"Authorization": f"Bearer {token}"}, **options)

    def anyone(self, **options: Any) -> httpx.Client:
        """A caller who brings nothing."""
        return httpx.Client(**{"base_url": self.url, "timeout": 30, "follow_redirects": True} | options)

    def manage(self, *arguments: str, text: str | None = None) -> str:
        """Run one management command on the same data; what it printed comes back."""
        outcome = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(),
            input=text or "",
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert outcome.returncode == 0, f"manage.py {' '.join(arguments)}:\n{outcome.stdout}\n{outcome.stderr}"
        return outcome.stdout

    def token(self, name: str = "tester", *arguments: str) -> str:
        """A new token for machines; the command prints it alone on its last line."""
        return self.manage("create_token", name, *arguments).strip().splitlines()[-1]

    def environment(self) -> dict[str, str]:
        """The shell's environment without anything that speaks to the console, then what this console was given."""
        foreign = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
        kept = {name: value for name, value in os.environ.items() if name not in foreign and "PERSPT_" not in name}
        return {**kept, "PERSPT_DATA": str(self.data), "PERSPT_FOLLOW": "0", "PYTHONUNBUFFERED": "1", **self.settings}

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@cache
def migrated() -> Path:
    """A data folder that was migrated once for this whole run: migrating takes longer than serving."""
    folder = Path(tempfile.mkdtemp(prefix="perspt-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Console(folder).manage("migrate", "--verbosity=0")
    return folder


def carry_csrf_token(request: httpx.Request) -> None:
    """What Django's forms do with a hidden field: repeat the cookie's value."""
    found = re.search(r"perspt_csrf=([^;]+)", request.headers.get("Cookie", ""))
    if found and request.method not in ("GET", "HEAD", "OPTIONS"):
        request.headers["X-CSRFToken"] = found.group(1)
