"""The page that connects agents."""

import json
from html import unescape

import pytest
from django.urls import reverse

from dashboard.models import ApiToken, Command
from dashboard.services.claude import Hold, observe
from dashboard.services.tokens import token_by_text
from tests.dashboard.services.hooks import BASH, payload
from tests.dashboard.services.makers import ANA, NOW, later

HERE = reverse("dashboard:connect")
MAKE = reverse("dashboard:connect-token")


def snippet(response):
    text = response.content.decode()
    return json.loads(unescape(text.partition('aria-label="Settings for Claude Code">')[2].partition("</pre>")[0]))


def test_it_shows_what_to_paste_with_this_consoles_address(ana):
    settings = snippet(ana.get(HERE))

    assert settings["hooks"]["Stop"][0]["hooks"][0]["url"] == "http://testserver/hooks/claude"
    assert list(settings["env"].values()) == ["ppt_…"]
    assert not ApiToken.objects.exists()


def test_behind_a_public_address_that_is_the_one(ana, settings):
    settings.PUBLIC_URL = "https://console.example"

    assert snippet(ana.get(HERE))["hooks"]["Stop"][0]["hooks"][0]["url"] == "https://console.example/hooks/claude"


def test_a_token_is_shown_once_with_settings_that_hold_it(ana):
    response = ana.post(MAKE, {"host": "hel-2", "with": "claude", "gate": "closed"})

    settings = snippet(response)
    (text,) = settings["env"].values()
    token = token_by_text(text, now=NOW)
    assert (token.host, token.created_by, token.name) == ("hel-2", "ana", "Claude Code on hel-2")
    assert (token.scopes, token.agents) == (["report", "ask"], ["hel-2", "hel-2-*"])
    assert settings["hooks"]["PreToolUse"][0]["hooks"][0]["onFailure"] == "block"
    assert response["Cache-Control"] == "no-store"
    assert text not in ana.get(HERE).content.decode()


def test_reloading_the_page_with_the_token_makes_no_other(ana):
    response = ana.get(MAKE, {"gate": "open"})

    assert (response.status_code, response["Location"]) == (302, f"{HERE}?with=claude&gate=open")
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(("gate", "failure"), [("", None), ("open", None), ("closed", "block"), ("<script>", None)])
def test_the_gate_is_chosen_in_the_address(ana, gate, failure):
    handler = snippet(ana.get(HERE, {"gate": gate}))["hooks"]["PreToolUse"][0]["hooks"][0]

    assert handler.get("onFailure") == failure
    assert handler["url"].endswith("gate=1") == (gate in ("open", "closed"))


def test_any_agent_can_ask_with_curl(ana):
    page = ana.get(HERE, {"with": "curl"}).content.decode()

    assert "curl -X PUT http://testserver/api/v1/agents/heron" in page


def test_a_computer_without_a_name_gets_no_token(ana):
    response = ana.post(MAKE, {"host": " "})

    assert response.status_code == 422
    assert b"host:" in response.content
    assert not ApiToken.objects.exists()


def test_whoever_may_only_look_makes_and_revokes_nothing(tom, ana):
    ana.post(MAKE, {"host": "hel-2"})
    token = ApiToken.objects.get()

    assert b"role operator" in tom.get(HERE).content
    assert tom.post(MAKE, {"host": "hel-3"}).status_code == 403
    assert tom.post(reverse("dashboard:token-revoke", args=[token.pk]), {"reason": "x"}).status_code == 403
    token.refresh_from_db()
    assert (ApiToken.objects.count(), token.revoked_at) == (1, None)


def test_a_token_is_revoked_with_a_reason(ana):
    ana.post(MAKE, {"host": "hel-2"})
    token = ApiToken.objects.get()
    ana.post(reverse("dashboard:token-revoke", args=[token.pk]), {"reason": ""})
    token.refresh_from_db()
    assert token.revoked_at is None

    ana.post(reverse("dashboard:token-revoke", args=[token.pk]), {"reason": "the laptop is gone"})
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert Command.objects.get(verb="revoke token").reason == "the laptop is gone"


def test_the_page_shows_how_far_the_connection_has_come(ana):
    from dashboard.ingest.claude import read_hook
    from dashboard.services.approvals import resolve_approval

    ana.post(MAKE, {"host": "hel-2"})
    token = ApiToken.objects.get()
    where = reverse("dashboard:connect-progress", args=[token.pk])
    assert b"Waiting for the first event" in ana.get(where).content

    fact = read_hook(payload("PermissionRequest", tool_name="Bash", tool_input=BASH))
    ask = observe(fact, token, hold=Hold(), now=NOW)
    assert b"hel-2-shop" in ana.get(where).content
    assert b"The first permission was asked" in ana.get(where).content

    resolve_approval(ask.pk, status="approved", digest=ask.digest, by=ANA, now=later(1))
    assert b"An answer went back" in ana.get(where).content


def test_a_host_with_html_in_it_is_text(ana):
    page = ana.post(MAKE, {"host": '<img src="x">'}).content.decode()

    assert "<img" not in page


def test_the_page_costs_the_same_for_one_token_and_for_ten(ana, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ana.post(MAKE, {"host": "hel-2"})
    with CaptureQueriesContext(connection) as one:
        ana.get(HERE)
    spent = len(one)
    for number in range(10):
        ana.post(MAKE, {"host": f"hel-{number}"})
    with django_assert_num_queries(spent):
        ana.get(HERE)
