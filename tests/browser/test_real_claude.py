"""The main job as the operator has it: a real Claude Code asks, its card appears in the browser, a click answers."""

import re

import pytest
from playwright.sync_api import expect

from tests.fakes.model_server import use
from tests.harness.claude import MAKE_A_FILE, ConnectedClaude, claude_at

PATIENCE = 30_000
READING = 1_000  # a card that has just opened by itself takes no click yet
MAKE = use("Bash", command=MAKE_A_FILE, description="Make a file")


@pytest.fixture
def claude(console, tmp_path):
    with claude_at(console, tmp_path, [MAKE, "That is all."]) as connected:
        connected.connect("--gate")
        yield connected


def card_of(page, claude: ConnectedClaude):
    return page.locator("#queue article, #queue [id^=ask-]").filter(has_text=claude.agent).first


def test_the_card_appears_a_click_approves_and_the_tool_really_runs(console, claude, open_browser):
    page = open_browser(console)
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-link", "live", timeout=PATIENCE)
    run = claude.cli.start("Make a file")

    card = card_of(page, claude)
    expect(card).to_contain_text("made.txt", timeout=PATIENCE)
    expect(card).to_contain_text(str(claude.cli.project))
    expect(page).to_have_title(re.compile(r"^\(1\) Now"), timeout=PATIENCE)
    page.wait_for_timeout(READING)
    card.get_by_role("button", name="Approve").click()
    expect(card).to_have_count(0, timeout=PATIENCE)
    ended = claude.cli.finish(run)

    assert (ended.code, ended.result, claude.made.exists()) == (0, "That is all.", True)
    expect(page.locator("main")).to_contain_text(claude.agent)


def test_a_denial_is_written_in_the_browser_and_read_by_the_model(console, claude, open_browser):
    page = open_browser(console)
    page.goto("/")
    run = claude.cli.start("Make a file")

    card = card_of(page, claude)
    expect(card).to_contain_text("made.txt", timeout=PATIENCE)
    page.wait_for_timeout(READING)
    card.get_by_role("button", name="Deny").click()
    page.get_by_label(re.compile("Reason")).fill("Write it to the docs folder instead.")
    page.locator("dialog").get_by_role("button", name=re.compile("^Deny")).click()
    claude.cli.finish(run)

    assert "Write it to the docs folder instead." in claude.read()
    assert not claude.made.exists()


def test_without_a_script_in_the_browser_the_answer_reaches_the_agent_too(console, claude, open_browser):
    run = claude.cli.start("Make a file")
    with console.client() as person:
        claude.card(person)
    page = open_browser(console, scripts=False)
    page.goto("/")
    card_of(page, claude).get_by_role("button", name="Approve").click()
    claude.cli.finish(run)

    assert claude.made.exists()


def test_the_connect_page_makes_a_token_that_works_and_shows_that_it_does(console, tmp_path, open_browser):
    page = open_browser(console)
    page.goto("/connect/?gate=closed")
    page.get_by_label(re.compile("Computer")).fill("hel-9")
    page.get_by_role("button", name="Make a token").click()
    settings = page.get_by_label("Settings for Claude Code").inner_text()
    expect(page.locator("#progress")).to_contain_text("Waiting for the first event")

    with claude_at(console, tmp_path, [MAKE, "That is all."], "hel-9") as claude:
        claude.settings.write_text(settings)
        run = claude.cli.start("Make a file")
        expect(page.locator("#progress")).to_contain_text("The first event arrived", timeout=PATIENCE)
        expect(page.locator("#progress")).to_contain_text("The first permission was asked", timeout=PATIENCE)
        with console.client() as person:
            claude.decide(person, claude.card(person), "approved")
        expect(page.locator("#progress")).to_contain_text("An answer went back", timeout=PATIENCE)
        claude.cli.finish(run)

    assert claude.made.exists()
