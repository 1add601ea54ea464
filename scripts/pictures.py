"""Takes the pictures in docs/pictures: a console of its own, filled by the demo, seen by Chromium.

    .venv/bin/python scripts/pictures.py [NAME…]

Now and one request are taken wide and narrow, light and dark; the other pages wide and light, narrow and dark.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.harness import perspt_store  # noqa: E402 - needs the path above

PICTURES = ROOT / "docs" / "pictures"
PATIENCE_SECONDS = 60
WIDE, NARROW = 1440, 375
ALL = tuple((theme, width) for theme in ("light", "dark") for width in (WIDE, NARROW))
TWO = (("light", WIDE), ("dark", NARROW))
PAGES = {
    "now": "/",
    "queue-item": "a[href^='/queue/']",
    "question": "a[href^='/questions/']",
    "decisions": "/decisions/",
    "sessions": "/sessions/",
    "agents": "/agents/",
    "messages": "/messages/",
    "questions": "/questions/",
    "agent": "/agents/hel-2-webshop/",
    "status": "/status/",
    "tokens": "/tokens/",
    "connect": "/connect/",
    "not-found": "/queue/471147/",
}
"""By its address, or by the first link on Now that leads to one. A page that this version lacks is left out."""
TABS = ("summary", "dag", "energy", "llm", "sandbox", "decisions", "timeline")
REFUSING = ("not-found", "locked")
DOORS = {"login": "/login/", "locked": "/"}
KEY = re.compile(r"\?key=(\S+)")
BROWSER = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def serving(
    folder: Path, *, filled: bool = False, settings: dict[str, str] | None = None
) -> Iterator[tuple[str, Path]]:
    """A console in its own folder; gives its address and what it prints."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PERSPT_", "DJANGO_", "DATABASE"))
    }
    environment = kept | {"PERSPT_DATA": str(folder), "PYTHONUNBUFFERED": "1"} | (settings or {})
    manage(environment, "migrate", "--verbosity=0")
    if filled:
        manage(environment, "demo")
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    printed = folder.with_suffix(".log")
    with printed.open("wb") as log:
        command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        until_it_answers(f"http://127.0.0.1:{port}/healthz", server)
        yield f"http://127.0.0.1:{port}", printed
    finally:
        server.terminate()
        server.wait(timeout=20)


def manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)


def until_it_answers(address: str, server: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own console
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
        else:
            return
    sys.exit("The console did not start.")


def window(browser: Browser, address: str, theme: str, width: int, cookies: list[object]) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900 if width == WIDE else 812},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        base_url=address,
    )
    context.add_cookies(cookies)  # type: ignore[arg-type]  # as another window gave them
    return context.new_page()


def take(page: Page, path: str, name: str) -> bool:
    """Take one picture; false where this version has no such page."""
    answer = page.goto(path)
    refusing = name.startswith(REFUSING)
    if answer is None or (not answer.ok and not refusing):
        return False
    page.wait_for_timeout(900)  # until it is live and its fonts are there
    page.screenshot(path=PICTURES / f"{name}.png")
    return True


def main() -> None:
    wanted = sys.argv[1:]
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium on this machine.")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="perspt-pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*BROWSER])
        if not wanted or {"launch", *PAGES} & set(wanted):
            with serving(Path(folder) / "demo", filled=True) as (address, printed):
                take_pages(browser, address, printed, wanted)
        if not wanted or {f"session-{tab}" for tab in TABS} & set(wanted):
            take_sessions(browser, Path(folder), wanted)
        for name, path in DOORS.items():
            if not wanted or name in wanted:
                settings = {"PERSPT_PASSWORD": "correct horse battery staple"} if name == "login" else {}
                with serving(Path(folder) / name, settings=settings) as (address, _):
                    for theme, width in TWO:
                        take(window(browser, address, theme, width, []), path, f"{name}-{theme}-{width}")
        browser.close()


def take_sessions(browser: Browser, folder: Path, wanted: list[str]) -> None:
    """The pages of a perspt session, out of a store that is followed."""
    store = perspt_store.make_store(folder / "perspt.db")
    perspt_store.fill(store)
    perspt_store.fill_large(store, nodes=24, requests=120)
    with serving(folder / "sessions", settings={"PERSPT_STORES": str(store)}) as (address, printed):
        first = signed_in(browser, address, printed)
        give_up = time.monotonic() + PATIENCE_SECONDS
        while first.goto("/sessions/s-2/").status != 200 and time.monotonic() < give_up:  # type: ignore[union-attr]  # it answers
            time.sleep(0.5)
        for tab in TABS:
            if not wanted or f"session-{tab}" in wanted:
                session = "s-1" if tab in ("sandbox", "decisions", "timeline") else "s-2"
                path = f"/sessions/{session}/{'' if tab == 'summary' else f'{tab}/'}"
                for theme, width in TWO:
                    page = window(browser, address, theme, width, [*first.context.cookies()])
                    take(page, path, f"session-{tab}-{theme}-{width}")


def signed_in(browser: Browser, address: str, printed: Path) -> Page:
    """A window that came by the address with the key."""
    first = window(browser, address, "light", WIDE, [])
    found = KEY.search(printed.read_text(encoding="utf-8"))
    if found is None:
        sys.exit(f"The console printed no key:\n{printed.read_text(encoding='utf-8')}")
    first.goto(f"/?key={found.group(1)}")
    return first


def take_pages(browser: Browser, address: str, printed: Path, wanted: list[str]) -> None:
    first = signed_in(browser, address, printed)
    cookies: list[object] = [*first.context.cookies()]
    if not wanted or "launch" in wanted:
        for theme in ("light", "dark"):
            take(window(browser, address, theme, WIDE, cookies), "/launch/", f"launch-{theme}-{WIDE}")
    for name, where in PAGES.items():
        if wanted and name not in wanted:
            continue
        path = where
        if not where.startswith("/"):
            first.goto("/")
            path = first.locator(f"main {where}").first.get_attribute("href") or "/"
        for theme, width in ALL if name in ("now", "queue-item") else TWO:
            if not take(window(browser, address, theme, width, cookies), path, f"{name}-{theme}-{width}"):
                print(f"{name}: there is no {path}")
                break


if __name__ == "__main__":
    main()
