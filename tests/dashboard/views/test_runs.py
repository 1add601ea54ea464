"""The pages of a perspt session: all of it visible, as many queries for much as for little."""

import csv
import io
import json

import duckdb
import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import AgentSession, LlmRequest, RunRecord
from dashboard.selectors.runs_export import TABLES
from dashboard.selectors.runs_records import DECISIONS, KEPT
from tests.harness.perspt_rows import NOON, a_run

pytestmark = pytest.mark.django_db

TABS = ("", "dag/", "energy/", "llm/", "sandbox/", "decisions/", "timeline/", "search/?q=goal%200")
ODD = 'a/b "c" <d>/dag'


def body(response) -> bytes:
    if not response.streaming:
        return response.content
    if response.is_async:
        return b"".join(async_to_sync(_all)(response))
    return b"".join(response.streaming_content)


async def _all(response):
    return [piece async for piece in response.streaming_content]


def queries(client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize("tab", TABS)
def test_a_page_costs_as_many_queries_for_thirty_rows_as_for_one(tom, tab):
    a_run("small", size=1)
    a_run("large", size=30)
    queries(tom, f"/sessions/small/{tab}")  # what is remembered by the process is asked once

    assert queries(tom, f"/sessions/large/{tab}") == queries(tom, f"/sessions/small/{tab}")


@pytest.mark.parametrize("tab", TABS)
def test_a_large_session_is_no_large_page(tom, tab):
    a_run("large", size=400)

    assert len(tom.get(f"/sessions/large/{tab}").content) < 300_000


@pytest.mark.parametrize("tab", TABS)
def test_an_unknown_session_is_not_found(tom, tab):
    assert tom.get(f"/sessions/nobody/{tab}").status_code == 404


@pytest.mark.parametrize("tab", TABS)
def test_foreign_text_is_never_markup(tom, tab):
    a_run()
    RunRecord.objects.update(headline="<img src=x onerror=alert(1)>", data={"<b>x</b>": ["<script>alert(1)</script>"]})

    text = tom.get(f"/sessions/run-1/{tab}").text

    assert "<script>alert(1)" not in text
    assert "<img src=x" not in text


def test_an_id_may_hold_slashes_quotes_and_the_name_of_a_page(tom):
    run = a_run(ODD)

    page = tom.get("/sessions/a%2Fb%20%22c%22%20%3Cd%3E%2Fdag/")
    graph = tom.get("/sessions/a%2Fb%20%22c%22%20%3Cd%3E%2Fdag/dag/")

    assert (page.status_code, page.context["tab"], page.context["run"]) == (200, "summary", run)
    assert (graph.status_code, graph.context["tab"], graph.context["run"]) == (200, "dag", run)


def test_a_session_of_another_source_keeps_its_page(tom):
    agent = a_run().session.agent
    AgentSession.objects.create(agent=agent, source="claude", external_id="c", started_at=NOON, seen_at=NOON)

    assert "What it asked" in tom.get("/sessions/c/").text
    assert tom.get("/sessions/c/dag/").status_code == 404


def test_the_graph_comes_as_data(tom):
    a_run(size=3)

    graph = tom.get("/sessions/run-1/dag.json").json()

    assert [(node["id"], node["mark"], node["word"]) for node in graph["nodes"]] == [
        ("task_0", "fine", "completed"),
        ("task_1", "fine", "completed"),
        ('task/2 "q"', "busy", "running"),
    ]
    assert graph["edges"] == [
        {"from": "task_0", "to": "task_1", "kind": "depends_on"},
        {"from": "task_0", "to": 'task/2 "q"', "kind": "depends_on"},
    ]


def test_a_chosen_node_shows_what_belongs_to_it(tom):
    a_run(size=3)

    text = tom.get("/sessions/run-1/node/?node=task%2F2%20%22q%22", headers={"HX-Request": "true"}).text

    assert "Goal 2" in text
    assert "src/a.py" in text
    assert tom.get("/sessions/run-1/node/?node=none").status_code == 404


def test_a_request_is_shown_in_full_only_when_it_is_asked_for(tom):
    a_run(size=1)
    request = LlmRequest.objects.get()

    assert "Write part 0" not in tom.get("/sessions/run-1/llm/").text
    assert "Write part 0" in tom.get(f"/sessions/run-1/request/{request.pk}/").text


def test_a_record_shows_its_json_as_structure_and_says_what_was_broken(tom):
    a_run(size=1)
    split, broken = (RunRecord.objects.get(kind=kind) for kind in ("escalation_reports", "correction_attempts"))

    assert (
        "<dt>proposed_children</dt><dd><ol><li>a__split_0</li></ol></dd>"
        in tom.get(f"/sessions/run-1/record/{split.pk}/").text
    )
    assert (
        "Not valid JSON in the store, kept as text: energy_json" in tom.get(f"/sessions/run-1/record/{broken.pk}/").text
    )


@pytest.mark.parametrize("kind", [*DECISIONS, *KEPT])
def test_every_kind_of_record_can_be_seen(tom, kind):
    a_run(size=1)

    assert f"{kind} of it" in tom.get(f"/sessions/run-1/decisions/?kind={kind}").text


def test_decisions_are_filtered_by_the_address(tom):
    a_run(size=3)

    page = tom.get("/sessions/run-1/decisions/?kind=sheaf_validations&node=task_1&ok=no")

    assert [(row.kind, row.node_id, row.ok) for row in page.context["rows"]] == [("sheaf_validations", "task_1", False)]


def test_decisions_stand_in_sections_too(tom):
    a_run(size=3)

    page = tom.get("/sessions/run-1/decisions/?as=sections")

    assert [(kind, count, len(rows)) for kind, _, count, rows in page.context["sections"]] == [
        (kind, 3, 3) for kind in DECISIONS
    ]


def test_lists_go_on_where_they_ended(tom):
    a_run(size=130)

    first = tom.get("/sessions/run-1/llm/")
    second = tom.get(f"/sessions/run-1/llm/{first.context['older']}")
    nodes = tom.get("/sessions/run-1/dag/")
    more = tom.get(f"/sessions/run-1/dag/{nodes.context['older']}")

    assert [len(page.context["rows"]) for page in (first, second, nodes, more)] == [100, 30, 100, 30]
    assert len({row.pk for page in (first, second) for row in page.context["rows"]}) == 130
    assert len({row[0].pk for page in (nodes, more) for row in page.context["rows"]}) == 130


def test_words_are_found_with_what_stands_around_them(tom):
    a_run(size=3)

    hits = tom.get("/sessions/run-1/search/?q=part%201").context["hits"]

    assert [(hit.what, hit.before, hit.found, hit.after) for hit in hits] == [("request", "Write ", "part 1", " of it")]


def test_search_goes_on_where_it_ended(tom):
    a_run(size=40)
    seen, address = [], "/sessions/run-1/search/?q=of%20it"

    for _ in range(12):
        page = tom.get(address)
        seen += [(hit.what, hit.key) for hit in page.context["hits"]]
        if not page.context["older"]:
            break
        address = f"/sessions/run-1/search/{page.context['older']}"

    assert len(seen) == len(set(seen)) == 40 + 5 * 40


def test_an_unreadable_store_leaves_the_last_data_with_its_age_and_the_reason(tom):
    a_run(trouble="The file is damaged: its log cannot be replayed.")

    text = tom.get("/sessions/run-1/").text

    assert "The file is damaged: its log cannot be replayed." in text
    assert "what is shown was read" in text
    assert "Add mandates" in text


def test_a_session_is_taken_along_whole(tom):
    a_run(size=3)

    whole = json.loads(body(tom.get("/sessions/run-1/export.json")))

    assert {name: len(rows) for name, rows in whole.items()} == {
        name: {"sessions": 1, "budget_envelopes": 1, "task_graph_edges": 2}.get(name, 3) for name in TABLES
    }
    assert whole["sessions"][0]["session_id"] == "run-1"


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_taken_along_as_csv_and_parquet(tom, table, tmp_path):
    a_run(size=3)

    lines = list(csv.reader(io.StringIO(body(tom.get(f"/sessions/run-1/{table}.csv")).decode())))
    file = tmp_path / "rows.parquet"
    file.write_bytes(body(tom.get(f"/sessions/run-1/{table}.parquet")))
    rows = duckdb.sql(f"SELECT * FROM read_parquet('{file}')").fetchall()

    assert len(rows) == len(lines) - 1 > 0
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "@"))]


def test_there_is_no_table_of_another_name(tom):
    a_run()

    assert tom.get("/sessions/run-1/auth_user.csv").status_code == 404


def test_sessions_are_found_by_words_of_their_task(tom):
    a_run("one")
    two = a_run("two")
    two.task = "Draw the harbour"
    two.save()

    assert [row[0].external_id for row in tom.get("/sessions/?q=HARBOUR").context["rows"]] == ["two"]
