"""Decisions as files: what fits the filters, safe to open in a spreadsheet, sent piece by piece."""

import csv
import json
from io import StringIO

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import reverse

from dashboard.services.approvals import resolve_approval
from dashboard.services.questions import answer_question
from dashboard.views.decisions import PIECE, cell
from tests.dashboard.services.makers import ANA, a_question, an_approval, later

pytestmark = pytest.mark.database


@pytest.fixture
def fetch(ana):
    """What a browser that is signed in gets, as (answer, text); under ASGI, where the file is a stream."""

    async def get(name, query):
        client = AsyncClient(headers={"host": "localhost:8000"})
        client.cookies.update(ana.cookies)
        answer = await client.get(reverse(f"dashboard:{name}"), query)
        return answer, b"".join([piece async for piece in answer.streaming_content]).decode()

    return lambda name, **query: async_to_sync(get)(name, query)


def decided(number=0, **fields):
    approval = an_approval(**fields)
    resolve_approval(
        approval.pk, status="denied", digest=approval.digest, by=ANA, note=fields.get("note", ""), now=later(5 + number)
    )


def test_a_spreadsheet_has_a_line_for_each_decision(fetch):
    decided(command="git push", agent="mara")
    question = a_question(text="Which?")
    answer_question(question.pk, answers={"Which?": "this"}, by=ANA, now=later(9))

    answer, text = fetch("decisions-csv")

    first, second = csv.DictReader(StringIO(text))
    assert (first["kind"], first["question"], first["answer"], first["waited_seconds"]) == (
        "question", "Which?", "this", "9",
    )  # fmt: skip
    assert (second["agent"], second["command"], second["status"], second["resolved_by"]) == (
        "mara", "git push", "denied", "ana",
    )  # fmt: skip
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="decisions-')


def test_programs_get_the_same_as_json(fetch):
    decided(command='say "hello"\n\x1b[31m\u202e')

    _, text = fetch("decisions-json")

    (row,) = json.loads(text)["decisions"]
    assert (row["command"], row["kind"]) == ('say "hello"\n\x1b[31m\u202e', "approval")


def test_filters_hold_for_files_too(fetch):
    decided(command="git push")
    decided(number=1, command="make deploy")

    _, text = fetch("decisions-json", q="push", status="denied")

    assert [row["command"] for row in json.loads(text)["decisions"]] == ["git push"]


def test_nothing_is_an_empty_file(fetch):
    assert json.loads(fetch("decisions-json")[1]) == {"decisions": []}
    assert fetch("decisions-csv")[1].startswith("kind,id,agent")


def test_more_than_one_piece_is_one_file(fetch):
    for number in range(PIECE + 3):
        decided(number=number, command=f"make {number}")

    rows = json.loads(fetch("decisions-json")[1])["decisions"]

    assert [row["command"] for row in rows] == [f"make {number}" for number in reversed(range(PIECE + 3))]
    assert len(list(csv.DictReader(StringIO(fetch("decisions-csv")[1])))) == PIECE + 3


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_of_an_agent_is_a_formula(fetch, text):
    decided(command=text)

    (row,) = csv.DictReader(StringIO(fetch("decisions-csv")[1], newline=""))

    assert row["command"] == f"'{text}"


def test_other_cells_stay_as_they_are():
    assert [cell(value) for value in ("make", "", None, -1, "a=b")] == ["make", "", None, -1, "a=b"]


@pytest.mark.parametrize("name", ["decisions-csv", "decisions-json"])
def test_a_file_is_only_read(ana, name):
    assert ana.post(reverse(f"dashboard:{name}")).status_code == 405
