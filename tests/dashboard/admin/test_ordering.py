"""Orders from the admin: with a reason, through the services, row by row."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.admin.looking import MOST_COUNTED, Pages
from dashboard.events import Note
from dashboard.models import Agent, AgentSession, ApiToken, Approval, Command, Event, Question, Reminder
from dashboard.services.approvals import resolve_approval
from dashboard.services.reminders import add_reminder
from dashboard.services.roster import report_agent
from tests.dashboard.services.hooks import Session, a_token
from tests.dashboard.services.makers import ANA, NOW, a_question, an_approval, later
from tests.dashboard.views.conftest import signed_in

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

NOUNS = list(apps.get_app_config("dashboard").get_models())


@pytest.fixture
def eva() -> Client:
    """A member of the group admin, without being a superuser."""
    client = signed_in("eva", "admin")
    from dashboard.access.roles import put_roles

    put_roles(app_config=apps.get_app_config("dashboard"), using="default")
    return client


def changelist(row):
    return reverse(f"admin:dashboard_{row._meta.model_name}_changelist")


def order(client, action, *rows, **more):
    form = {"action": action, "_selected_action": [str(row.pk) for row in rows], **more}
    return client.post(changelist(rows[0]), form)


def said(response):
    return [str(message) for message in response.context["messages"]] if response.context else []


def follow(client, response):
    return said(client.get(response["Location"]))


def test_a_reason_is_asked_for_before_anything_happens(eva):
    approval = an_approval(command="make deploy")

    page = order(eva, "deny", approval)
    empty = order(eva, "deny", approval, reason=" ")

    assert b"make deploy" in page.content
    assert approval.digest.encode() in page.content
    assert b"This field is required" in empty.content
    approval.refresh_from_db()
    assert approval.pending


@pytest.mark.parametrize(("action", "status"), [("approve", "approved"), ("deny", "denied")])
def test_an_approval_is_decided_by_whoever_ordered_it(eva, action, status):
    approval = an_approval(command="make deploy")

    answer = order(eva, action, approval, reason="as agreed", **{f"shown-{approval.pk}": approval.digest})

    approval.refresh_from_db()
    assert (approval.status, approval.resolved_by, approval.note) == (status, "eva", "as agreed")
    assert follow(eva, answer) == [f"{action.capitalize()}: 1 done."]


def test_what_changed_since_it_was_shown_is_not_decided(eva):
    approval = an_approval(request_id="r-1", command="make deploy")
    an_approval(request_id="r-1", command="make destroy", now=later(1))

    answer = order(eva, "approve", approval, reason="ok", **{f"shown-{approval.pk}": approval.digest})

    approval.refresh_from_db()
    assert approval.pending
    assert "has changed since it was shown" in follow(eva, answer)[0]


def test_what_is_risky_is_not_approved_among_others(eva):
    safe, risky = an_approval(command="ls", risk="low"), an_approval(command="rm -rf /", request_id="r-2")
    shown = {f"shown-{row.pk}": row.digest for row in (safe, risky)}

    page = order(eva, "approve", safe, risky)
    order(eva, "approve", safe, risky, reason="ok", **shown)

    assert b"approve it alone" in page.content
    assert Approval.objects.get(pk=risky.pk).pending


def test_whoever_was_quicker_is_named(eva):
    approval = an_approval()
    resolve_approval(approval.pk, status="denied", digest=approval.digest, by=ANA, now=NOW)

    answer = order(eva, "approve", approval, reason="ok", **{f"shown-{approval.pk}": approval.digest})

    assert "already denied by ana" in follow(eva, answer)[0]


def test_questions_reminders_tokens_and_agents_are_ended_with_a_reason(eva):
    question, token = a_question(), a_token()
    reminder = add_reminder("mara", "look", due_at=later(60), token=token, now=NOW)
    agent = Agent.objects.get(name="mara")

    for action, row in (("cancel", question), ("cancel", reminder), ("remove", agent), ("revoke", token)):
        assert follow(eva, order(eva, action, row, reason="no longer")) != []

    assert (Question.objects.get().status, Question.objects.get().note) == ("cancelled", "no longer")
    assert Reminder.objects.get().status == "cancelled"
    assert Agent.objects.get(name="mara").removed_at is not None
    assert ApiToken.objects.get().revoked_at is not None
    ordered = Command.objects.filter(reason="no longer").values_list("verb", "operator")
    assert set(ordered) == {("cancel reminder", "eva"), ("remove", "eva"), ("revoke token", "eva")}


def test_staff_who_may_only_look_order_nothing():
    tom = signed_in("tom", "viewer")
    user = User.objects.get(username="tom")
    User.objects.update(is_staff=True)
    user.user_permissions.set(Group.objects.get(name="admin").permissions.filter(codename__startswith="view_"))
    approval = an_approval()

    answer = order(tom, "approve", approval, reason="ok", **{f"shown-{approval.pk}": approval.digest})

    assert Approval.objects.get().pending
    assert answer.status_code in (302, 403)


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_no_row_is_saved_added_or_deleted_here(eva, noun):
    held = admin.site.get_model_admin(noun)

    page = eva.get(reverse(f"admin:dashboard_{noun._meta.model_name}_changelist"), {"q": "x"})

    assert page.status_code == 200
    assert b"delete_selected" not in page.content
    assert not held.has_add_permission(None)
    assert not held.has_change_permission(None)
    assert not held.has_delete_permission(None)


def test_every_filter_narrows_without_asking_the_table_which_words_there_are(eva):
    for noun in NOUNS:
        held = admin.site.get_model_admin(noun)
        path = reverse(f"admin:dashboard_{noun._meta.model_name}_changelist")
        for chosen in held.list_filter:
            if isinstance(chosen, str):
                assert noun._meta.get_field(chosen).get_internal_type() == "BooleanField"
                continue
            for word, _ in chosen.lookups(None, None, None):
                assert eva.get(path, {chosen.parameter_name: word}).status_code == 200, (path, word)


def test_a_row_leads_to_the_console_and_back(eva):
    session = Session()
    session.asks()
    question = a_question()
    approval = Approval.objects.get()
    pages = {
        approval: reverse("dashboard:queue-item", args=[approval.pk]),
        question: reverse("dashboard:question", args=[question.pk]),
        session.token: reverse("dashboard:token", args=[session.token.pk]),
    }
    for row, page in pages.items():
        in_admin = reverse(f"admin:dashboard_{row._meta.model_name}_change", args=[row.pk])
        assert page in eva.get(in_admin).content.decode()
        assert in_admin in eva.get(page).content.decode()
    one = AgentSession.objects.get()
    assert "View on site" in eva.get(reverse("admin:dashboard_agentsession_change", args=[one.pk])).content.decode()


def test_who_is_no_staff_sees_no_way_into_the_admin():
    approval = an_approval()

    page = signed_in("ana", "operator").get(reverse("dashboard:queue-item", args=[approval.pk]))

    assert "/admin/" not in page.content.decode()


def many(number):
    for n in range(number):
        report_agent(f"a{number}-{n}", changes={}, now=NOW)
        an_approval(agent=f"a{number}-{n}", request_id=f"r{number}-{n}")
        a_question(asker=f"a{number}-{n}", request_id=f"r{number}-{n}")


def test_long_lists_cost_as_many_queries_as_short_ones(eva):
    paths = [reverse(f"admin:dashboard_{noun._meta.model_name}_changelist") for noun in NOUNS]

    def cost():
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as made:
                assert eva.get(path).status_code == 200
            counts.append(len(made))
        return dict(zip(paths, counts, strict=True))

    many(2)
    eva.get("/admin/")
    few = cost()
    many(30)

    assert cost() == few


def test_counting_ends_somewhere(monkeypatch):
    from django.db import transaction

    from dashboard.admin import looking
    from dashboard.services.log import append

    with transaction.atomic():
        append(*(Note(at=1, text=str(n)) for n in range(20)))
    monkeypatch.setattr(looking, "MOST_COUNTED", 10)

    assert MOST_COUNTED > 10
    assert Pages(Event.objects.order_by("-seq"), 50).count == 10


@pytest.mark.parametrize("name", ["deadline", "Operator", "password@10.0.0.1", "system"])
def test_no_account_takes_a_name_that_means_something_else(eva, name):
    made = {
        "username": name,
        "usable_password": "true",
        "password1": "a long Enough one",
        "password2": "a long Enough one",
    }

    answer = eva.post("/admin/auth/user/add/", made)

    assert b"means something else here" in answer.content
    assert not User.objects.filter(username=name).exists()


def test_an_admin_makes_an_operator(eva):
    made = {
        "username": "lena",
        "usable_password": "true",
        "password1": "a long Enough one",
        "password2": "a long Enough one",
    }

    answer = eva.post("/admin/auth/user/add/", made)

    assert answer.status_code == 302
    assert User.objects.get(username="lena").check_password("a long Enough one")
