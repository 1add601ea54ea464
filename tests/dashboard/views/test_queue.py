"""Approvals on their page: what is shown, and what a verdict without script leads to."""

import pytest
from django.urls import reverse

from dashboard.models import Approval
from dashboard.services.approvals import resolve_approval
from dashboard.views import clock
from tests.dashboard.services.makers import LENA, NOW, an_approval, later

PART = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    for room in ("queue", "questions", "now"):
        monkeypatch.setattr(f"dashboard.views.{room}.now", lambda: later(60))
    monkeypatch.setattr("dashboard.templatetags.console.now", lambda: later(60))
    return clock


def page_of(client, approval, **headers):
    return client.get(reverse("dashboard:queue-item", args=[approval.pk]), **headers)


def decide(client, approval, *, digest=None, script=False, **fields):
    url = reverse("dashboard:resolve", args=[approval.pk])
    data = {"digest": digest or approval.digest} | fields
    return client.post(url, data, **(PART if script else {}))


def test_the_page_shows_command_folder_risk_and_what_silence_means(ana):
    approval = an_approval(
        command="uv run backfill.py", cwd="/srv/app", deadline_seconds=408, on_deadline="deny", door="hook", gate=True
    )

    text = page_of(ana, approval).content.decode()

    for shown in ("uv run backfill.py", "/srv/app", "then it is denied", f'data-level="{approval.risk}"'):
        assert shown in text
    assert f'value="{approval.digest}"' in text


def test_a_diff_is_shown_line_by_line_with_numbers(ana):
    diff = "--- a/x.py\n+++ b/x.py\n@@ -4,2 +4,2 @@\n same\n-old\n+new <b>\n"

    text = page_of(ana, an_approval(command=None, approval_kind="edit", diff=diff)).content.decode()

    assert '<span data-old="4" data-new="4">  same</span>' in text
    assert '<del data-old="5" data-new="">- old</del>' in text
    assert '<ins data-old="" data-new="5">+ new &lt;b&gt;</ins>' in text


def test_the_blind_spot_is_said_where_a_terminal_may_answer_too(ana):
    interactive, gated = an_approval(door="hook"), an_approval(door="hook", gate=True, command="make x")

    assert "cannot be seen from here" in page_of(ana, interactive).content.decode()
    assert "cannot be seen from here" not in page_of(ana, gated).content.decode()


def test_what_an_agent_wrote_is_text_and_hides_nothing(ana):
    hostile = '<img src=x onerror=alert(1)>"\u202egpj.exe\x1b[31m'
    approval = an_approval(command=hostile, description=hostile, cwd=hostile, diff=f"+{hostile}", approval_kind=hostile)

    for text in (page_of(ana, approval).content.decode(), ana.get("/").content.decode()):
        assert "<img" not in text
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert "&lt;img src=x" in text
        assert "\\u202e" in text


def test_a_yes_without_script_goes_back_to_the_queue_and_says_so_there(ana):
    approval = an_approval(command="ls")

    response = decide(ana, approval, verdict="approve")

    assert (response.status_code, response["Location"]) == (303, "/#queue")
    assert Approval.objects.get().status == "approved"
    assert f"Approved #{approval.pk} of atlas." in ana.get("/").content.decode()


def test_a_denial_asks_for_its_reason_first_as_a_page_or_as_a_part(ana):
    approval = an_approval(command="ls")

    page, part = decide(ana, approval, verdict="deny"), decide(ana, approval, verdict="deny", script=True)

    assert Approval.objects.get().status == "pending"
    assert "<html" in page.content.decode()
    assert "<html" not in part.content.decode()
    assert 'data-reply="step"' in part.content.decode()

    decide(ana, approval, verdict="deny", note="  use the copy first ", asked="1")

    assert Approval.objects.values_list("status", "note", "resolved_by").get() == (
        "denied",
        "use the copy first",
        "ana",
    )


def test_an_empty_reason_is_asked_for_again(ana):
    response = decide(ana, an_approval(command="ls"), verdict="deny", note="   ", asked="1")

    assert "Say why" in response.content.decode()
    assert Approval.objects.get().status == "pending"


def test_high_risk_wants_a_second_yes(ana):
    approval = an_approval(command="ls", risk="high")

    first = decide(ana, approval, verdict="approve")
    assert (first.status_code, Approval.objects.get().status) == (200, "pending")
    assert 'name="sure" value="1"' in first.content.decode()

    decide(ana, approval, verdict="approve", sure="1")
    assert Approval.objects.get().status == "approved"


def test_allowing_for_the_session_grants_what_the_agent_offered(ana):
    rule = {"type": "addRules", "behavior": "allow", "rules": [{"toolName": "Bash", "ruleContent": "ls:*"}]}
    approval = an_approval(command="ls", door="hook", suggestions=[rule])
    assert "Bash ls:*" in page_of(ana, approval).content.decode()

    decide(ana, approval, verdict="session")

    assert Approval.objects.values_list("status", "granted").get() == ("approved", [rule])


def test_the_same_answer_again_is_the_same_answer(ana):
    approval = an_approval(command="ls")
    decide(ana, approval, verdict="approve")

    assert decide(ana, approval, verdict="approve", script=True).status_code == 200


@pytest.mark.parametrize("script", [False, True])
def test_who_comes_second_is_told_who_was_first_and_when(ana, script):
    approval = an_approval(command="ls")
    resolve_approval(approval.pk, status="denied", digest=approval.digest, by=LENA, note="not today", now=later(30))

    response = decide(ana, approval, verdict="approve", script=script)

    assert response.status_code == 409
    text = response.content.decode()
    assert ("<html" in text) is not script
    for word in ("already denied", "lena", "14:00", "not today"):
        assert word in text


@pytest.mark.parametrize("script", [False, True])
def test_a_request_that_changed_is_not_decided_and_shows_what_moved(ana, script):
    shown = an_approval(command="make deploy", request_id="r1")
    an_approval(command="make deploy ENV=staging", request_id="r1", now=later(5))

    response = decide(ana, shown, verdict="approve", script=script)

    assert response.status_code == 409
    assert "changed the request" in response.content.decode()
    assert Approval.objects.get().status == "pending"
    after = page_of(ana, shown).content.decode()
    assert "make deploy ENV=staging" in after
    assert '<del class="mono">make deploy</del>' in after


def test_who_may_only_look_finds_no_buttons_and_is_refused(tom):
    approval = an_approval(command="ls")

    assert 'name="verdict"' not in page_of(tom, approval).content.decode()
    assert decide(tom, approval, verdict="approve").status_code == 403
    assert Approval.objects.get().status == "pending"


def test_how_asks_like_this_were_decided_stands_below(ana):
    before = an_approval(command="make deploy")
    resolve_approval(before.pk, status="denied", digest=before.digest, by=LENA, note="freeze", now=NOW)

    text = page_of(ana, an_approval(command="make deploy now")).content.decode()

    assert "Denied" in text
    assert "freeze" in text


def test_a_card_that_cannot_show_everything_is_not_the_place_to_decide(ana):
    approval = an_approval(command="echo " + "x" * 9_000)

    assert "Open in full to decide" in ana.get("/").content.decode()
    assert 'value="approve"' in page_of(ana, approval).content.decode()


@pytest.mark.parametrize("path", ["/queue/{}", "/queue/{}/"])
def test_pages_answer_with_and_without_the_slash(ana, path):
    assert ana.get(path.format(an_approval(command="ls").pk)).status_code == 200


def test_a_post_without_the_slash_keeps_its_body(ana):
    approval = an_approval(command="ls")

    response = ana.post(f"/queue/{approval.pk}/resolve", {"digest": approval.digest, "verdict": "approve"})

    assert (response.status_code, Approval.objects.get().status) == (303, "approved")


def test_an_unknown_request_is_not_found(ana):
    response = ana.get("/queue/4711/")

    assert response.status_code == 404
    assert "There is no request #4711." in response.content.decode()


@pytest.mark.parametrize("others", [0, 3])
def test_the_page_costs_the_same_however_long_the_history(ana, django_assert_num_queries, others):
    for number in range(others):
        old = an_approval(command=f"make {number}")
        resolve_approval(old.pk, status="approved", digest=old.digest, by=LENA, now=NOW)
    approval = an_approval(command="make deploy")

    with django_assert_num_queries(11):
        page_of(ana, approval)
