"""Every page, light and dark, wide and narrow: accessible, true to the content policy, nothing cut off."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.harness.console import Console

PICTURES = Path("docs/pictures")
PAGES = {
    "now": "/",
    "queue-item": "/queue/{approval}/",
    "question": "/questions/{question}/",
    "decisions": "/decisions/",
    "sessions": "/sessions/",
    "session": "/sessions/run%2F7/",
    "agents": "/agents/",
    "agent": "/agents/atlas/",
    "messages": "/messages/?thread={message}",
    "questions": "/questions/",
    "connect": "/connect/",
    "tokens": "/tokens/",
    "status": "/status/",
    "not-found": "/queue/4711/",
}
DIFF = """--- a/scripts/backfill_mandates.py
+++ b/scripts/backfill_mandates.py
@@ -38,7 +38,9 @@ def backfill(since, apply):
     rows = Invoice.objects.filter(booked__gte=since, mandate=None)
-    for invoice in rows:
-        mandate = mandate_for(invoice.customer)
-        invoice.mandate = mandate
+    for invoice in rows.iterator(chunk_size=500):
+        mandate = mandate_for(invoice.customer, create=True)
+        if mandate.iban_hash != invoice.iban_hash:
+            skipped.append(invoice.pk)
+            continue
     return len(rows), skipped
"""


@pytest.fixture
def furnished(console, agent) -> tuple[Console, dict[str, int]]:
    """A console with something on every page."""
    for name, state, text in (
        ("quill", "working", "Edit docs/mandates.md, then the API reference"),
        ("moss", "working", "Bash pytest tests/mandates -q"),
        ("dove", "idle", "finished: 3 flaky tests fixed"),
        ("orrin", "unknown", ""),
    ):
        row = {"state": state, "status_text": text, "runtime": "claude", "host": "hel-2", "model": "claude-opus-5"}
        agent.http.put(f"/api/v1/agents/{name}", json=row).raise_for_status()
    agent.http.put("/api/v1/agents/rook", json={"needs_login": True, "host": "hive-01"}).raise_for_status()
    approval = agent.asks(
        command="uv run scripts/backfill_mandates.py --apply --since 2026-10-01",
        cwd="/srv/app/billing",
        diff=DIFF,
        description="The dry run found 212 invoices without a mandate. I want to write them to staging.",
        risk="high",
        deadline_seconds=420,
        on_deadline="deny",
    )
    done = agent.asks(command="pytest -q")
    with console.client() as person:
        person.get("/")
        person.post(
            f"/api/v1/approvals/{done['id']}/resolve", json={"status": "approved", "digest": done["digest"]}
        ).raise_for_status()
    question = agent.wonders(question="Which tax rule applies to refunds booked across a year end?", ttl_seconds=700)
    agent.asks(command="make docs", session="run/7")
    agent.wonders(asker="quill", question="Shall I wait?", target="moss")
    agent.http.post("/api/v1/agents/moss/transients", json={"transient_kind": "restarting"}).raise_for_status()
    later = {"agent": "atlas", "message": "re-run the reconciliation", "in_seconds": 1600}
    agent.http.post("/api/v1/reminders", json=later).raise_for_status()
    for to, body in (("moss", "I take the backfill script."), ("*", "Freeze main at 15:00."), ("operator", "Ready.")):
        sent = agent.http.post("/api/v1/messages", json={"from": "atlas", "to": to, "body": body})
        sent.raise_for_status()
    return console, {"approval": approval["id"], "question": question["id"], "message": sent.json()["id"]}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits(furnished, open_browser, axe, theme):
    console, ids = furnished
    found = {}
    for width in (1440, 1024, 375):
        page = open_browser(console, width=width, theme=theme)
        for name, path in PAGES.items():
            page.goto(path.format(**ids))
            if name == "now":
                expect(page.locator("html")).to_have_attribute("data-link", "live")
            keep_picture(page, f"{name}-{theme}-{width}")
            if problems := [*axe_problems(page, axe), *sideways(page)]:
                found[f"{name} {width}"] = problems
    assert found == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_doors_are_accessible_and_fit(start_console, open_browser, chromium, axe, theme):
    console = start_console(settings={"PERSPT_PASSWORD": "correct horse battery staple"})
    launching = start_console()
    found = {}
    for width in (1440, 375):
        context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
        page = context.new_page()
        page.goto(f"{console.url}/login/")
        keep_picture(page, f"login-{theme}-{width}")
        found[f"login {width}"] = [*axe_problems(page, axe), *sideways(page)]
        page.goto(f"{launching.url}/")
        keep_picture(page, f"locked-{theme}-{width}")
        found[f"locked {width}"] = [*axe_problems(page, axe), *sideways(page)]
        context.close()
    page = open_browser(launching, theme=theme)
    page.goto("/launch/")
    keep_picture(page, f"launch-{theme}-1440")
    found["launch"] = [*axe_problems(page, axe), *sideways(page)]
    assert {name: problems for name, problems in found.items() if problems} == {}


def axe_problems(page: Page, axe: str) -> list[str]:
    """What the accessibility checker finds wrong, as one line each."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(axe)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for violation in result["violations"]
        for node in violation["nodes"][:3]
    ]


def sideways(page: Page) -> list[str]:
    """Whether the page can be scrolled sideways, which no page of ours may."""
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{too_wide} px too wide"] if too_wide > 0 else []


def keep_picture(page: Page, name: str) -> None:
    """Pictures for the documents are taken only when asked for: `PICTURES=1 pytest -m browser`."""
    if os.environ.get("PICTURES"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")
