"""A whole shift by the keyboard alone: open, read, answer, deny with a reason, several at once, and no way back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import axe_problems
from tests.harness.waiting import eventually

PATIENCE = 15_000  # milliseconds until something that must happen counts as not happening


@pytest.fixture
def shift(console, agent, open_browser) -> Page:
    """Now, live, with nothing in it."""
    page = open_browser(console)
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-link", "live", timeout=PATIENCE)
    return page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def settled(page: Page) -> None:
    """An ask that opened by itself takes no answer at once."""
    page.wait_for_timeout(800)


def focused(page: Page) -> str:
    """The card that holds the focus."""
    return page.evaluate("document.activeElement.closest('details.ask')?.id ?? document.activeElement.tagName")


def wait_for_focus(page: Page, card: str) -> None:
    page.wait_for_function("id => document.activeElement.closest('details.ask')?.id === id", arg=card, timeout=PATIENCE)


def approve_two_at_once(page: Page) -> None:
    """Several are listed before they are decided."""
    press(page, "x", "j", "x")
    button = page.get_by_role("button", name="Approve 2…")
    expect(button).to_be_visible()
    button.focus()
    press(page, "Enter")
    expect(page.locator("#step li")).to_have_count(2)
    expect(page.locator("#step")).to_contain_text("A decision cannot be taken back")
    press(page, "Enter")
    expect(page.locator("[data-said]")).to_contain_text("2 of 2 approved.")


def test_a_whole_shift_by_the_keyboard(agent, shift):
    page = shift
    first = agent.asks(command="make build", deadline_seconds=900)
    second = agent.asks(agent="moss", command="make deploy", deadline_seconds=1200)
    question = agent.wonders(ttl_seconds=1500)
    third = agent.asks(agent="quill", command="pytest tests/quill", deadline_seconds=1800)
    fourth = agent.asks(agent="wren", command="pytest tests/wren", deadline_seconds=2100)
    fifth = agent.asks(agent="rook", command="git push --force origin main", deadline_seconds=2400)
    expect(page.locator("details.ask")).to_have_count(6, timeout=PATIENCE)
    expect(page).to_have_title(re.compile(r"^\(6\) Now"), timeout=PATIENCE)
    expect(page.locator("link[data-icon]")).to_have_attribute("href", re.compile("mark-attention"))

    press(page, "k", "Enter")  # read the first in full, and come back
    expect(page).to_have_url(re.compile(rf"/queue/{first['id']}/$"))
    press(page, "g", "n")
    expect(page.locator("details.ask[open]")).to_have_count(1, timeout=PATIENCE)

    press(page, "k", "a")  # approve; the next one opens and has the focus
    wait_for_focus(page, f"ask-{second['id']}")
    assert agent.approval(first["id"])["status"] == "approved"
    expect(page.locator("[data-said]")).to_contain_text("A decision cannot be taken back")

    settled(page)
    press(page, "d")  # deny with a reason; keys are letters while it is typed
    expect(page.locator("#step")).to_contain_text("A decision cannot be taken back")
    page.keyboard.type("ask again")
    press(page, "Tab", "Tab", "Tab", "Tab", "Tab", "Enter")
    wait_for_focus(page, f"question-{question['id']}")
    ended = agent.approval(second["id"])
    assert (ended["status"], ended["note"]) == ("denied", "ask again")

    settled(page)
    page.locator(f"#question-{question['id']} input[type=radio]").last.focus()
    press(page, "Space", "a")
    wait_for_focus(page, f"ask-{third['id']}")
    assert agent.question(question["id"])["answer"] == "the new"

    approve_two_at_once(page)
    wait_for_focus(page, f"ask-{fifth['id']}")
    assert [agent.approval(one["id"])["status"] for one in (third, fourth)] == ["approved", "approved"]

    settled(page)
    press(page, "x")  # high risk has no tick, and asks twice
    expect(page.locator(".pick input")).to_have_count(0)
    press(page, "a")
    expect(page.locator("#step")).to_contain_text("high risk")
    press(page, "Enter")
    expect(page.locator("details.ask")).to_have_count(0, timeout=PATIENCE)
    assert agent.approval(fifth["id"])["status"] == "approved"
    expect(page).to_have_title(re.compile(r"^Now"), timeout=PATIENCE)
    expect(page.locator("link[data-icon]")).to_have_attribute("href", re.compile(r"mark(\.\w+)?\.svg$"))

    press(page, "g", "d")  # what was decided, row by row
    expect(page).to_have_url(re.compile("/decisions/"))
    press(page, "j", "j", "Enter")
    expect(page).to_have_url(re.compile(r"/(queue|questions)/\d+/$"))


def test_the_palette_goes_where_its_letters_say_and_acts(agent, shift, axe):
    page = shift
    asked = agent.asks(agent="wren", command="make <b>deploy</b>")
    press(page, "Control+k")
    expect(page.locator("#palette").get_by_role("option").first).to_be_visible()
    assert axe_problems(page, axe) == []
    field = page.locator("#palette").get_by_role("combobox")
    expect(field).to_have_attribute("aria-expanded", "true")
    active = field.get_attribute("aria-activedescendant")
    press(page, "ArrowDown")
    assert field.get_attribute("aria-activedescendant") != active
    press(page, "Escape")
    expect(page.locator("#palette")).not_to_be_visible()

    press(page, "/")
    page.keyboard.type("decis")
    press(page, "Enter")
    expect(page).to_have_url(re.compile("/decisions/$"))

    press(page, "/")
    page.keyboard.type("deploy")
    expect(page.locator("#palette").get_by_role("option").first).to_contain_text("make <b>deploy</b>")
    press(page, "Enter")
    expect(page).to_have_url(re.compile(rf"/queue/{asked['id']}/$"))

    press(page, "Control+k")
    page.keyboard.type("light or dark")
    press(page, "Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_page_held_still_counts_what_is_new_until_it_is_let_go(agent, shift):
    page = shift
    first = agent.asks(command="make one")
    expect(page.locator("details.ask")).to_have_count(1, timeout=PATIENCE)
    press(page, "r")
    expect(page.get_by_role("button", name="Held still")).to_be_visible()

    agent.asks(agent="moss", command="make two")
    expect(page.locator("[data-held-pill]")).to_have_text("1 new", timeout=PATIENCE)
    expect(page).to_have_title(re.compile(r"^\(2\) Now"), timeout=PATIENCE)  # the tab says what is true
    assert page.locator("details.ask").count() == 1

    page.locator("[data-held-pill]").click()
    expect(page.locator("details.ask")).to_have_count(2, timeout=PATIENCE)
    agent.asks(agent="quill", command="make three")
    expect(page.locator("[data-held-pill]")).to_have_text("1 new", timeout=PATIENCE)
    press(page, "r")
    expect(page.locator("details.ask")).to_have_count(3, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Held still")).not_to_be_visible()
    assert page.locator("details.ask[open]").get_attribute("id") == f"ask-{first['id']}"


def test_holding_while_another_window_is_in_front_is_a_choice_that_this_browser_keeps(agent, shift):
    page = shift
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    expect(page.locator("html")).not_to_have_attribute("data-held", "")
    press(page, "?")
    page.get_by_label("Hold the page still while another window is in front").check()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-link", "live", timeout=PATIENCE)

    page.evaluate("window.dispatchEvent(new Event('blur'))")
    agent.asks(command="make one")
    expect(page.locator("[data-held-pill]")).to_have_text("1 new", timeout=PATIENCE)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("details.ask")).to_have_count(1, timeout=PATIENCE)


def test_focus_and_ticks_survive_what_happens_around_them(agent, shift):
    page = shift
    mine = agent.asks(command="make mine", deadline_seconds=900, request_id="mine")
    other = agent.asks(agent="moss", command="make other", deadline_seconds=600, request_id="other")
    expect(page.locator("details.ask")).to_have_count(2, timeout=PATIENCE)
    page.locator(f"#ask-{mine['id']} summary").click()
    page.locator(f"#ask-{mine['id']}").get_by_role("button", name="Approve").focus()
    page.locator(f"#pick-{other['id']}").evaluate("tick => tick.click()")

    agent.asks(agent="quill", command="make third", deadline_seconds=60)
    expect(page.locator("details.ask")).to_have_count(3, timeout=PATIENCE)
    assert (focused(page), page.evaluate("document.activeElement.value")) == (f"ask-{mine['id']}", "approve")
    expect(page.locator(f"#pick-{other['id']}")).to_be_checked()

    agent.asks(agent="moss", command="make something else", deadline_seconds=600, request_id="other")
    expect(page.locator(f"#ask-{other['id']} summary")).to_contain_text("something else", timeout=PATIENCE)
    expect(page.locator(f"#pick-{other['id']}")).not_to_be_checked()  # a tick never outlives what was read


def test_help_names_the_keys_there_are_and_dialogs_are_accessible(agent, shift, axe):
    page = shift
    agent.asks(command="make one")
    expect(page.locator("details.ask")).to_have_count(1, timeout=PATIENCE)
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert axe_problems(page, axe) == []
    press(page, "j", "d", "t")  # keys sleep in a dialog
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press(page, "Escape")
    page.locator(".pick input").check()
    page.get_by_role("button", name="Deny 1…").click()
    expect(page.get_by_role("dialog")).to_contain_text("make one")
    assert axe_problems(page, axe) == []


def test_the_connection_mark_tells_what_was_missed(console, agent, shift):
    page = shift
    console.kill()
    expect(page.locator("html")).not_to_have_attribute("data-link", "live", timeout=PATIENCE)
    expect(page.locator(".link-state")).to_contain_text(re.compile(r"Reconnecting · \d+ s"), timeout=PATIENCE)
    console.start()
    expect(page.locator("html")).to_have_attribute("data-link", "live", timeout=PATIENCE * 2)
    agent.asks(command="make one")
    page.locator(".link-state").click()
    eventually(lambda: "ago" in page.locator("#link").inner_text())
    expect(page.locator("#link")).to_contain_text("Dropped")


def test_several_are_decided_without_script_too(console, agent, open_browser):
    asked = [agent.asks(agent=name, command=f"pytest tests/{name}") for name in ("atlas", "moss")]
    page = open_browser(console, scripts=False)
    page.goto("/")
    for one in asked:
        page.locator(f"#pick-{one['id']}").check()
    page.get_by_role("button", name="Deny the ticked ones…").click()
    page.get_by_label(re.compile("Reason")).fill("Not today.")
    page.get_by_role("button", name="Deny 2").click()

    expect(page.locator("main")).to_contain_text("2 of 2 denied.")
    assert {agent.approval(one["id"])["note"] for one in asked} == {"Not today."}


def test_a_key_is_heard_in_the_very_moment_in_which_a_dialog_closes(shift):
    page = shift
    press(page, "Control+k")
    expect(page.locator("#palette")).to_be_visible()

    opened = page.evaluate(
        """() => {
          const palette = document.getElementById("palette");
          palette.close();
          const key = new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true });
          document.getElementById("palette-input").dispatchEvent(key);
          return palette.open;
        }"""
    )

    assert opened
