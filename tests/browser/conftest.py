"""Chromium, driven as a person would. These tests run in a pytest process of their own: Playwright's fixtures break
ORM and asyncio tests that come later in the same process. The console is a subprocess, reached by HTTP alone."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.harness.console import Console
from tests.harness.waiting import unavailable

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WATCH = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        unavailable("Chromium")
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield browser
    browser.close()


class Watched:
    """A browser's window on one console, which fails the test for whatever the page complained about."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        context.add_init_script(WATCH)
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        offline = "ERR_CONNECTION_REFUSED" in message.text or "WebSocket connection" in message.text
        expected = "status of 409" in message.text or "status of 404" in message.text
        if message.type == "error" and not offline and not expected:
            self.complaints.append(message.text)

    def violations(self) -> list[str]:
        return self.page.evaluate("window.__violations ?? []")


@pytest.fixture
def open_browser(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page signed in at a console; `width`, `theme` and `scripts` as the test likes."""
    opened: list[tuple[BrowserContext, Watched]] = []

    def open_page(
        console: Console, *, width: int = 1440, height: int = 900, theme: str = "light", scripts: bool = True
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            java_script_enabled=scripts,
            base_url=console.url,
            reduced_motion="reduce",
        )
        context.add_cookies(
            [{"name": cookie.name, "value": cookie.value, "url": console.url} for cookie in console.cookies().jar]
        )
        watched = Watched(context)
        opened.append((context, watched))
        return watched.page

    yield open_page
    for context, watched in opened:
        violations = watched.violations() if watched.page.url.startswith("http") else []
        context.close()
        assert (watched.complaints, violations) == ([], [])


class Agent:
    """An agent that speaks to the console through the API."""

    def __init__(self, console: Console, token: str) -> None:
        self.http: httpx.Client = console.machine(token)

    def asks(self, **fields: Any) -> dict[str, Any]:
        body = {"agent": "atlas", "approval_kind": "command", "command": "make deploy", "cwd": "/srv/app"} | fields
        answer = self.http.post("/api/v1/approvals", json=body)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def wonders(self, **fields: Any) -> dict[str, Any]:
        body = {"asker": "scribe", "question": "Which tax rule?", "options": ["the old", "the new"]} | fields
        answer = self.http.post("/api/v1/questions", json=body)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def approval(self, pk: int, wait: float = 0) -> dict[str, Any]:
        return dict(self.http.get(f"/api/v1/approvals/{pk}", params={"wait": wait}).json())

    def question(self, pk: int, wait: float = 0) -> dict[str, Any]:
        return dict(self.http.get(f"/api/v1/questions/{pk}", params={"wait": wait}).json())


@pytest.fixture
def agent(console: Console) -> Agent:
    return Agent(console, console.token("hel-2"))


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's script, from tests/node_modules."""
    path = Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"
    if not path.exists():
        unavailable("axe-core")
    return path.read_text(encoding="utf-8")
