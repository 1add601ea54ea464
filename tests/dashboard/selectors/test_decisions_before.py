"""A console that was there before the search: its history is found too, and the way back stays open."""

import pytest
from django.core.management import call_command
from django.db import connection

from dashboard.models import Decision
from dashboard.selectors.decisions import Filters, find
from dashboard.services.approvals import resolve_approval
from dashboard.services.questions import answer_question
from tests.dashboard.services.makers import ANA, a_question, an_approval, later

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database, pytest.mark.slow]


def migrate(*to: str) -> None:
    call_command("migrate", *to, verbosity=0)


def tables() -> list[str]:
    with connection.cursor() as cursor:
        return connection.introspection.table_names(cursor)


def test_what_ended_before_there_was_a_search_is_found_by_it():
    approval = an_approval(command="git push --force")
    resolve_approval(approval.pk, status="denied", digest=approval.digest, by=ANA, note="Größe?", now=later(5))
    question = a_question(text="Which rule?")
    answer_question(question.pk, answers={"Which rule?": "this"}, by=ANA, now=later(6))
    an_approval(command="git still waiting")
    written = list(Decision.objects.values())

    try:
        migrate("dashboard", "0002_traffic")
        assert [name for name in tables() if "decision" in name] == []
    finally:
        migrate()

    assert [row | {"words": set(row["words"].split())} for row in Decision.objects.values()] == [
        row | {"words": set(row["words"].split())} for row in written
    ]
    assert [one.ask for one in find(Filters(q="größe git")).rows] == [approval]
    assert [one.kind for one in find(Filters()).rows] == ["question", "approval"]
