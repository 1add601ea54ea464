"""No secret is stored, whichever way it comes in: the whole database is searched for it afterwards."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.urls import reverse

from dashboard.enums import CommandStatus, Source, TransientOutcome
from dashboard.models import Message
from dashboard.services.approvals import resolve_approval
from dashboard.services.messages import send_as_operator, send_message
from dashboard.services.orders import issue_command, resolve_command
from dashboard.services.questions import Part, QuestionDraft, ask_question
from dashboard.services.reminders import add_reminder, deliver_reminders
from dashboard.services.roster import put_session, remove_agent, report_agent
from dashboard.services.transients import begin_transient, end_transient
from tests.dashboard.services.hooks import Session, a_token
from tests.dashboard.services.makers import ANA, NOW, a_question, an_approval, later
from tests.dashboard.views.conftest import signed_in

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

SECRET = "ghp_" + "A1b2C3d4E5" * 4
TEXT = f"export GITHUB_TOKEN={SECRET} # remember"


def stored() -> str:
    """Everything that the console keeps, as one text."""
    nouns = apps.get_app_config("dashboard").get_models()
    return "\n".join(str(row) for noun in nouns for row in noun.objects.values())


def ask_for_approval():
    rule = {"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": TEXT}], "behavior": "allow"}
    texts = dict.fromkeys(("command", "description", "diff", "cwd", "commit_ref"), TEXT)
    an_approval(**texts, tool_input={"command": TEXT, "env": [{"X": TEXT}]}, suggestions=[rule])


def deny_with_a_note():
    approval = an_approval()
    resolve_approval(approval.pk, status="denied", digest=approval.digest, note=TEXT, by=ANA, now=NOW)


def ask_a_question():
    part = Part(TEXT, header=TEXT, options=(("yes", TEXT), (f"use {TEXT}", "")))
    ask_question(QuestionDraft(asker="scribe", parts=(part,), default_answer=TEXT), token=None, now=NOW)


def write_messages():
    report_agent("mara", changes={}, now=NOW)
    send_message("jo", "mara", TEXT, token=a_token(), now=NOW)
    send_as_operator("mara", TEXT, by=ANA, now=NOW)


def remind():
    add_reminder("mara", TEXT, due_at=later(5), token=a_token(), now=NOW)
    deliver_reminders(now=later(6))


def say_the_state():
    report_agent("mara", changes={"status_text": TEXT, "model": TEXT}, now=NOW)


def name_a_session():
    agent = report_agent("mara", changes={}, now=NOW)
    from django.db import transaction

    with transaction.atomic():
        put_session(agent, Source.API, "s-1", token=None, now=NOW, changes={"title": TEXT, "status_text": TEXT})


def send_hooks():
    session = Session()
    session.says("SessionStart", source="startup")
    session.says("UserPromptSubmit", prompt=TEXT)
    session.says("PermissionRequest", tool_name="Bash", tool_input={"command": TEXT, "description": TEXT})
    session.says("Notification", message=TEXT, notification_type="idle_prompt")
    session.says("Stop", last_assistant_message=TEXT)


def fail_at_starting():
    token = a_token()
    begin_transient("mara", "starting", token=token, now=NOW)
    end_transient("mara", outcome=TransientOutcome.FAILED, error=TEXT, token=token, now=NOW + timedelta(seconds=1))


def give_orders():
    report_agent("mara", changes={}, now=NOW)
    order = issue_command("pause", "mara", by=ANA, reason=TEXT, now=NOW)
    resolve_command(order.pk, status=CommandStatus.FAILED, by="mara", error=TEXT, now=NOW)
    remove_agent("mara", by=ANA, reason=TEXT, now=NOW)


@pytest.mark.parametrize(
    "way",
    [
        ask_for_approval, deny_with_a_note, ask_a_question, write_messages, remind, say_the_state,
        name_a_session, send_hooks, fail_at_starting, give_orders,
    ],
    ids=lambda way: way.__name__,
)  # fmt: skip
def test_a_secret_is_cut_out_before_it_is_stored(way):
    way()

    everything = stored()
    assert SECRET not in everything
    assert "[redacted]" in everything


def test_how_many_were_cut_out_is_shown_where_it_is_decided():
    approval = an_approval(command=TEXT, description=TEXT)
    question = a_question(text=TEXT)
    tom = signed_in("tom", "viewer")

    on_the_card = tom.get(reverse("dashboard:queue-item", args=[approval.pk])).content.decode()
    on_the_question = tom.get(reverse("dashboard:question", args=[question.pk])).content.decode()

    assert "2 secrets cut out before storing" in on_the_card
    assert "1 secret, before storing" in on_the_question


def test_how_many_were_cut_out_of_a_message_is_counted():
    write_messages()

    assert set(Message.objects.values_list("redacted", flat=True)) == {1}


def test_a_rule_without_a_secret_can_still_be_remembered():
    rule = {"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": "make:*"}], "behavior": "allow"}

    assert an_approval(suggestions=[rule]).suggestions == [rule]
