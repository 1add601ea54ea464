"""Ask, card, answer, gone: what an operator does all day, in a real browser."""

import re

from playwright.sync_api import Page, expect

TWICE = ("make deploy", "make release")
PATIENCE = 15_000  # milliseconds until something that must happen counts as not happening


def mark_this_document(page: Page) -> None:
    page.evaluate("window.__here = 'since the beginning'")


def same_document(page: Page) -> bool:
    return page.evaluate("window.__here") == "since the beginning"


def test_an_ask_appears_is_answered_and_goes_twice_with_a_restart_between_and_no_reload(console, agent, open_browser):
    page = open_browser(console)
    page.goto("/")
    mark_this_document(page)
    expect(page.locator("html")).to_have_attribute("data-link", "live", timeout=PATIENCE)

    for number, command in enumerate(TWICE, 1):
        asked = agent.asks(command=command, description="the tests are green")
        card = page.locator(f"#ask-{asked['id']}")
        expect(card).to_contain_text(command, timeout=PATIENCE)
        expect(page).to_have_title(re.compile(r"^\(1\) Now"), timeout=PATIENCE)
        card.locator("summary").click()
        card.get_by_role("button", name="Approve").click()
        expect(card).to_have_count(0, timeout=PATIENCE)
        expect(page).to_have_title(re.compile(r"^Now"), timeout=PATIENCE)
        assert agent.approval(asked["id"])["status"] == "approved"

        if number == 1:
            console.kill()
            expect(page.locator("html")).not_to_have_attribute("data-link", "live", timeout=PATIENCE)
            console.start()
            expect(page.locator("html")).to_have_attribute("data-link", "live", timeout=PATIENCE * 2)

    assert same_document(page)


def test_a_denial_asks_for_the_reason_that_the_agent_reads(console, agent, open_browser):
    asked = agent.asks(command="make deploy")
    page = open_browser(console)
    page.goto("/")

    page.locator(f"#ask-{asked['id']}").get_by_role("button", name="Deny").click()
    page.get_by_label(re.compile("Reason")).fill("Not before the changelog is written.")
    page.locator("dialog").get_by_role("button", name=re.compile("^Deny")).click()

    expect(page.locator(f"#ask-{asked['id']}")).to_have_count(0, timeout=PATIENCE)
    ended = agent.approval(asked["id"])
    assert (ended["status"], ended["note"]) == ("denied", "Not before the changelog is written.")


def test_high_risk_asks_twice(console, agent, open_browser):
    asked = agent.asks(command="git push --force origin main")
    page = open_browser(console)
    page.goto("/")

    page.locator(f"#ask-{asked['id']}").get_by_role("button", name="Approve").click()
    expect(page.locator("dialog[open]")).to_be_visible()
    assert agent.approval(asked["id"])["status"] == "pending"
    page.locator("dialog[open]").get_by_role("button", name=re.compile("^Approve")).click()

    expect(page.locator(f"#ask-{asked['id']}")).to_have_count(0, timeout=PATIENCE)
    assert agent.approval(asked["id"])["status"] == "approved"


def test_a_click_on_what_has_changed_resolves_nothing_and_shows_what_moved(console, agent, open_browser):
    asked = agent.asks(command="make deploy", request_id="r1")
    page = open_browser(console)
    page.goto(f"/queue/{asked['id']}/")
    page.context.set_offline(False)
    page.evaluate("document.querySelector('form.verdict input[name=digest]').dataset.kept = 1")
    digest = page.locator("form.verdict input[name=digest]").first.input_value()

    agent.asks(command="make deploy ENV=prod", request_id="r1")
    stale = page.evaluate(
        """async ([url, digest]) => {
          const form = new FormData(document.querySelector("form.verdict"));
          form.set("digest", digest);
          form.set("verdict", "approve");
          const answer = await fetch(url, {method: "POST", body: new URLSearchParams(form)});
          return [answer.status, await answer.text()];
        }""",
        [f"/queue/{asked['id']}/resolve/", digest],
    )

    assert stale[0] == 409
    assert "make deploy ENV=prod" in stale[1]
    assert agent.approval(asked["id"])["status"] == "pending"
    expect(page.locator("main")).to_contain_text("make deploy ENV=prod", timeout=PATIENCE)


def test_a_question_is_answered_with_an_option_or_in_own_words(console, agent, open_browser):
    chosen, written = agent.wonders(), agent.wonders(question="Which port?", options=[])
    page = open_browser(console)
    page.goto(f"/questions/{chosen['id']}/")
    page.get_by_label("the new").check()
    page.get_by_role("button", name=re.compile("Send answer")).click()
    page.goto(f"/questions/{written['id']}/")
    page.get_by_role("textbox").first.fill("8010")
    page.get_by_role("button", name=re.compile("Send answer")).click()

    assert agent.question(chosen["id"], wait=5)["answer"] == "the new"
    assert agent.question(written["id"], wait=5)["answer"] == "8010"


def test_without_scripts_everything_can_be_read_and_answered(console, agent, open_browser):
    plain, risky = agent.asks(command="make deploy"), agent.asks(command="sudo rm -rf /srv/app")
    page = open_browser(console, scripts=False, width=375, height=700)

    page.goto("/")
    page.locator(f"#ask-{plain['id']} summary").click()
    page.locator(f"#ask-{plain['id']}").get_by_role("button", name="Approve").click()
    page.goto(f"/queue/{risky['id']}/")
    page.get_by_role("button", name="Deny").first.click()
    page.get_by_label(re.compile("Reason")).fill("never")
    page.get_by_role("button", name=re.compile("^Deny")).click()

    assert agent.approval(plain["id"])["status"] == "approved"
    assert agent.approval(risky["id"])["status"] == "denied"


def test_what_an_agent_writes_is_text_and_nothing_else(console, agent, open_browser):
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202egpj.exe\x1b[31mred"
    asked = agent.asks(command=hostile, description=hostile, cwd=hostile, diff=f"+{hostile}")
    page = open_browser(console)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    page.goto("/")
    page.goto(f"/queue/{asked['id']}/")

    expect(page.locator("main")).to_contain_text("<img src=x onerror=alert(1)>")
    assert (dialogs, page.locator("main img").count(), page.locator("main script").count()) == ([], 0, 0)
    assert "\u202e" not in page.locator("main").inner_text()
