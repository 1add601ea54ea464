"""The page of tokens: made, changed and revoked there, and who was turned away."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.models import ApiToken, Command, Refusal
from dashboard.services.tokens import create_token, token_by_text
from tests.dashboard.services.makers import ANA, NOW
from tests.dashboard.views.conftest import signed_in

HERE = reverse("dashboard:tokens")
NEW = reverse("dashboard:token-new")


@pytest.fixture
def eva(transactional_db):
    """An admin's browser."""
    return signed_in("eva", "admin")


def a_token(name="build", **options):
    return create_token(name, by=ANA, now=NOW, **options)[0]


def fields(**given):
    return {"scopes": ["read"], "agents": "hel-1-*, hel-2", "reason": "too much", **given}


def test_an_admin_makes_a_token_that_is_shown_once(eva):
    response = eva.post(
        NEW, {"name": "build", "scopes": ["ask", "observe"], "agents": "hel-1-* hel-2", "host": "hel-1"}
    )

    text = response.content.decode().partition("<code>ppt_")[2].partition("</code>")[0]
    token = token_by_text(f"ppt_{text}", now=NOW)
    assert (token.name, token.scopes, token.agents) == ("build", ["ask", "observe"], ["hel-1-*", "hel-2"])
    assert (token.host, token.created_by, response["Cache-Control"]) == ("hel-1", "eva", "no-store")
    assert text not in eva.get(HERE).content.decode()


@pytest.mark.parametrize(
    "given",
    [{"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"agents": "a;b"}, {"agents": "<b>"}, {"name": "x" * 121}],
)
def test_a_token_that_cannot_be_is_refused_with_what_was_typed(eva, given):
    response = eva.post(NEW, {"name": "build", "scopes": ["ask"], "agents": "hel-1-*", **given})

    assert response.status_code == 422
    assert not ApiToken.objects.exists()
    assert given.get("agents", "hel-1-*").replace("<", "&lt;").replace(">", "&gt;") in response.content.decode()


def test_a_token_is_restricted_and_the_order_says_from_what_to_what(eva):
    token = a_token()

    response = eva.post(reverse("dashboard:token-change", args=[token.pk]), fields())

    token.refresh_from_db()
    assert (response.status_code, token.scopes, token.agents) == (303, ["read"], ["hel-1-*", "hel-2"])
    order = Command.objects.get(verb="change token")
    assert (order.operator, order.reason) == ("eva", "too much")
    assert order.before == {"scopes": ["ask", "read", "report"], "agents": []}
    assert order.after == {"scopes": ["read"], "agents": ["hel-1-*", "hel-2"]}
    page = eva.get(reverse("dashboard:token", args=[token.pk])).content.decode()
    assert "change token" in page
    assert "too much" in page


@pytest.mark.parametrize("given", [{"reason": ""}, {"scopes": []}, {"agents": "a;b"}])
def test_a_change_that_cannot_be_changes_nothing(eva, given):
    token = a_token()

    response = eva.post(reverse("dashboard:token-change", args=[token.pk]), fields(**given))

    token.refresh_from_db()
    assert (response.status_code, token.scopes) == (422, ["ask", "read", "report"])


def test_the_same_again_is_no_order(eva):
    token = a_token(scopes=["read"], agents=["hel-1-*", "hel-2"])

    eva.post(reverse("dashboard:token-change", args=[token.pk]), fields())

    assert not Command.objects.filter(verb="change token").exists()


def test_a_revoked_token_does_not_come_back(eva):
    token = a_token()
    response = eva.post(reverse("dashboard:token-revoke", args=[token.pk]), {"reason": "lost", "back": "tokens"})
    changed = eva.post(reverse("dashboard:token-change", args=[token.pk]), fields())

    assert response["Location"] == f"{HERE}#tokens"
    assert changed.status_code == 422
    assert "build" not in eva.get(HERE).content.decode().partition("Turned away")[0]
    assert "build" in eva.get(HERE, {"show": "revoked"}).content.decode()


def test_operators_see_and_revoke_but_do_not_make_or_change(ana):
    token = a_token()

    assert b"made by admins" in ana.get(HERE).content
    assert ana.post(NEW, {"name": "x", "scopes": ["ask"]}).status_code == 403
    assert ana.post(reverse("dashboard:token-change", args=[token.pk]), fields()).status_code == 403
    assert ana.post(reverse("dashboard:token-revoke", args=[token.pk]), {"reason": "lost"}).status_code == 303


def test_viewers_only_look(tom):
    token = a_token()

    page = tom.get(HERE).content.decode() + tom.get(reverse("dashboard:token", args=[token.pk])).content.decode()

    assert '<button class="btn' not in page.partition("<main")[2].partition("</main>")[0]
    assert tom.post(reverse("dashboard:token-revoke", args=[token.pk]), {"reason": "x"}).status_code == 403


def test_a_token_that_does_not_exist_is_not_found(eva):
    assert eva.get(reverse("dashboard:token", args=[4711])).status_code == 404
    assert eva.post(reverse("dashboard:token-change", args=[4711]), fields()).status_code == 404


def test_who_was_turned_away_is_listed_escaped(eva):
    Refusal.objects.create(
        hour=NOW,
        door="api",
        address="192.0.2.7",
        reason="revoked token",
        about="<script>x</script>",
        count=41,
        last_at=NOW,
    )

    page = eva.get(HERE).content.decode()

    assert "192.0.2.7" in page
    assert ">41<" in page
    assert "<script>x" not in page


def many(number):
    ApiToken.objects.bulk_create(
        ApiToken(name=f"t{n}", prefix="ppt_", digest=f"{number}-{n}", scopes=["read"], created_at=NOW)
        for n in range(number)
    )
    Refusal.objects.bulk_create(
        Refusal(hour=NOW - timedelta(hours=n), door="api", reason=f"r{number}", count=1, last_at=NOW)
        for n in range(number)
    )


def test_a_long_list_costs_as_many_queries_as_a_short_one_and_is_paged(eva):
    many(1)
    with CaptureQueriesContext(connection) as few:
        eva.get(HERE)
    many(300)
    with CaptureQueriesContext(connection) as more:
        page = eva.get(HERE)

    assert len(more) == len(few)
    first = page.context["rows"]
    older = eva.get(HERE + page.context["older"]).context["rows"]
    assert first[-1].pk - 1 == older[0].pk
    later = eva.get(HERE + page.context["older_refusals"].partition("#")[0]).context["refusals"]
    assert not {row.pk for row in later} & {row.pk for row in page.context["refusals"]}


@pytest.mark.parametrize("query", ["before=x", "before=-1", "before=" + "9" * 40, "attempts=x", "show=<b>"])
def test_an_address_that_makes_no_sense_is_the_first_page(eva, query):
    assert eva.get(f"{HERE}?{query}").status_code == 200
