"""Django's admin: every table can be looked at, none can be touched."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client

from dashboard.models import Agent
from tests.dashboard.access.conftest import HERE

NOUNS = list(apps.get_app_config("dashboard").get_models())


@pytest.fixture
def eva(db) -> Client:
    """A member of the group admin, without being a superuser."""
    user = User.objects.create_user("eva")
    user.groups.add(Group.objects.get(name="admin"))
    client = Client(headers=HERE)
    client.force_login(user)
    return client


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_every_noun_can_be_looked_at_and_not_touched(eva, noun):
    path = f"/admin/dashboard/{noun._meta.model_name}/"

    assert eva.get(path).status_code == 200
    assert eva.get(f"{path}add/").status_code == 403
    assert not admin.site.get_model_admin(noun).has_delete_permission(None)


def test_a_row_is_shown_escaped_and_cannot_be_saved(eva):
    agent = Agent.objects.create(name="mara", status_text="<script>x</script>", created_at="2026-05-01T00:00:00Z")

    shown = eva.get(f"/admin/dashboard/agent/{agent.pk}/change/")
    saved = eva.post(f"/admin/dashboard/agent/{agent.pk}/change/", {"name": "otto"})

    assert shown.status_code == 200
    assert "<script>x" not in shown.text
    assert saved.status_code == 403
    assert Agent.objects.get().name == "mara"


def test_the_hash_of_a_token_is_not_shown(eva):
    from django.utils import timezone

    from dashboard.services.actor import Actor
    from dashboard.services.tokens import create_token

    token, _ = create_token("x", by=Actor("ana"), now=timezone.now())

    assert token.digest not in eva.get(f"/admin/dashboard/apitoken/{token.pk}/change/").text


def test_accounts_are_managed_here(eva):
    assert eva.get("/admin/auth/user/").status_code == 200
    assert eva.get("/admin/auth/user/add/").status_code == 200


def test_the_pages_of_an_agent_and_a_session_and_their_rows_lead_to_each_other(eva):
    from dashboard.models import AgentSession

    agent = Agent.objects.create(name="mara", created_at="2026-05-01T00:00:00Z")
    session = AgentSession.objects.create(
        agent=agent, source="api", external_id="run/7", started_at=agent.created_at, seen_at=agent.created_at
    )

    for row, page in ((agent, "/agents/mara/"), (session, "/sessions/run%2F7/?source=api")):
        change = f"/admin/dashboard/{row._meta.model_name}/{row.pk}/change/"
        assert change in eva.get(page).text
        link = admin.site.get_model_admin(type(row)).view_on_site(row)
        assert link == page
