"""A perspt session in a browser: drawn, walked, followed while its agent works, filtered, searched, taken along."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import axe_problems, sideways
from tests.harness.console import Console

FILL = "from tests.harness.perspt_rows import a_run; a_run('run/1', size=8)"
GROW = """
from dashboard.events.traffic import NodeChanged
from dashboard.models import Edge, Node, Run
from dashboard.services.log import append
from django.db import transaction

run = Run.objects.get(session__external_id='run/1')
with transaction.atomic():
    Node.objects.filter(run=run, node_id='task_4').update(state='completed')
    Node.objects.create(run=run, node_id='task_new', state='running', goal='It came later')
    Edge.objects.create(run=run, row_id=99, parent_node_id='task_4', child_node_id='task_new', edge_type='depends_on')
    changed = (('task_4', 'completed'), ('task_new', 'running'))
    append(*[
        NodeChanged(at=1, agent='perspt-billing', session='run/1', node={'node_id': name, 'state': state})
        for name, state in changed
    ])
"""
TABS = ("", "dag/?node=task_3", "energy/", "llm/", "sandbox/", "decisions/", "timeline/", "search/?q=part")


@pytest.fixture
def session(console) -> Console:
    console.manage("shell", "-c", FILL)
    return console


def at(page: Page, console: Console, tab: str) -> None:
    page.goto(f"{console.url}/sessions/run%2F1/{tab}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_tab_is_accessible_and_fits(session, open_browser, axe, theme):
    found = {}
    for width in (1440, 375):
        page = open_browser(session, width=width, theme=theme)
        for tab in TABS:
            at(page, session, tab)
            if tab.startswith("dag"):
                expect(page.locator("[data-graph]")).to_have_attribute("data-drawn", "8")
            if problems := [*axe_problems(page, axe), *sideways(page)]:
                found[f"{tab} {width}"] = problems
    assert found == {}


def test_the_graph_is_walked_by_keys_and_opens_a_node(session, open_browser):
    page = open_browser(session)
    at(page, session, "dag/")
    page.locator(".graph .node[data-id=task_0]").focus()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    walked = page.evaluate("document.activeElement.dataset.id")
    page.keyboard.press("Enter")

    assert walked in {"task_3", "task_4", "task_5", "task_6"}
    expect(page.locator("#node-name")).to_have_text(walked)
    expect(page).to_have_url(f"{session.url}/sessions/run%2F1/dag/?node={walked}")


def test_a_session_is_followed_while_its_agent_works(session, open_browser):
    page = open_browser(session)
    at(page, session, "dag/")
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    expect(page.locator(".node[data-id=task_4]")).to_have_attribute("data-state", "queued")

    session.manage("shell", "-c", GROW)

    expect(page.locator(".node[data-id=task_4]")).to_have_attribute("data-state", "fine", timeout=10_000)
    expect(page.locator(".node[data-id=task_new]")).to_have_attribute("data-state", "busy")
    expect(page.get_by_role("row").get_by_role("link", name="task_new")).to_be_visible()


def test_decisions_are_filtered_in_the_address(session, open_browser):
    page = open_browser(session)
    at(page, session, "decisions/")

    page.get_by_label("Kind").select_option("sheaf_validations")
    page.get_by_role("button", name="Filter").click()

    expect(page.locator(".timeline > li")).to_have_count(8)
    assert "kind=sheaf_validations" in page.url


def test_a_prompt_is_found_and_read_in_full(session, open_browser):
    page = open_browser(session)
    at(page, session, "")
    search = page.get_by_label("Search this session")

    search.fill("part 5")
    search.press("Enter")
    page.get_by_role("link", name="Prompt, task_5").click()

    expect(page.locator("pre").first).to_have_text("Write part 5 of it")


def test_a_session_is_taken_along(session, open_browser, tmp_path):
    page = open_browser(session)
    at(page, session, "")

    with page.expect_download() as taken:
        page.get_by_role("link", name="Export JSON").click()
    file = tmp_path / "session.json"
    taken.value.save_as(file)

    assert len(json.loads(file.read_text())["llm_requests"]) == 8


def test_a_large_graph_is_laid_out_beside_the_page(console, open_browser):
    console.manage("shell", "-c", FILL.replace("size=8", "size=300"))
    page = open_browser(console)
    at(page, console, "dag/")

    expect(page.locator("[data-graph]")).to_have_attribute("data-drawn", "300", timeout=30_000)
    expect(page.locator(".graph .node")).to_have_count(300)
    assert len(page.workers) == 1
