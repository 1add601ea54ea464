"""A hundred thousand decisions: a page and a search still look at what they show, not at all there is."""

import json

import pytest
from django.db import connection

from dashboard.models import Agent, Decision
from dashboard.models.history import SLOTS
from dashboard.selectors.decisions import WITH_ASKS, Filters, find, in_postgres, matching
from dashboard.services.approvals import resolve_approval
from tests.dashboard.services.makers import ANA, NOW, an_approval

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.slow]

MANY = 100_000
AGENTS = 50
LOOKED_FOR = {
    "everything": {},
    "of an agent": {"agent": "agent-7"},
    "denied": {"status": "denied"},
    "by a person": {"by": "ana"},
    "by a door": {"door": "web"},
    "of a risk": {"risk": "high"},
    "of a kind": {"kind": "command"},
    "of a day": {"since": "2026-11-01", "until": "2026-11-02"},
    "a word of each": {"q": "make"},
    "a rare word": {"q": "target77777"},
    "a beginning of each": {"q": "make targ"},
    "a word, denied": {"q": "make", "status": "denied"},
}
NUMBERS = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) SELECT i FROM n)",
    "postgresql": "(SELECT generate_series(1, {many}) AS i)",
}


@pytest.fixture
def years(db):
    """One decided approval, and copies of it: of many agents, a minute apart, each with a target of its own."""
    first = an_approval(agent="agent-0", command="make target0")
    resolve_approval(first.pk, status="approved", digest=first.digest, by=ANA, now=NOW)
    Agent.objects.bulk_create(Agent(name=f"agent-{number}", created_at=NOW) for number in range(1, AGENTS))
    of_agent = f"{first.agent_id} + i % {AGENTS}"
    status = "CASE WHEN i % 20 = 0 THEN 'denied' ELSE 'approved' END"
    risk = "CASE WHEN i % 100 = 0 THEN 'high' ELSE 'low' END"
    both = {"agent_id": of_agent, "status": status, "risk": risk}
    copy("dashboard_approval", both | {"id": f"{first.pk} + i", "command": "'make target' || i"})
    key = f"({int(NOW.timestamp()) - MANY * 60} + i * 60) * CAST({1000 * SLOTS} AS bigint)"
    row = {"id": key, "approval_id": f"{first.pk} + i", "words": "'ana make target' || i"}
    copy("dashboard_decision", both | row)
    run("ANALYZE")


def test_no_page_and_no_search_walks_or_sorts_them_all(years, django_assert_max_num_queries):
    walked = []
    for name, query in LOOKED_FOR.items():
        filters = Filters.from_query(query)
        with django_assert_max_num_queries(2):
            page = find(filters)
        assert page.rows, name
        rows = matching(filters).select_related(*WITH_ASKS)[:51]
        walked += [f"{name}: {step}" for step in SLOW[connection.vendor](rows)]

    assert walked == []


def test_postgres_asks_its_index_whether_there_are_few(years):
    if connection.vendor == "postgresql":
        for word in ("make", "target77777", "targ", "nowhere"):
            assert slow_in_postgres(in_postgres(Decision.objects.order_by(), [word])[:1001]) == []


def slow_in_sqlite(rows) -> list[str]:
    """Steps that read or sort a whole table; a virtual table is always scanned, by the words."""
    steps = rows.explain().splitlines()
    return [step for step in steps if "TEMP B-TREE" in step or ("SCAN" in step and "VIRTUAL" not in step)]


def slow_in_postgres(rows) -> list[str]:
    """Steps that read more rows than a small part of a table; lists of numbers within an index are no rows."""
    return list(_slow(json.loads(rows.explain(format="json", analyze=True))[0]["Plan"]))


def _slow(node: dict):
    read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    if read > MANY / 10 and node["Node Type"] != "Bitmap Index Scan":
        yield f"{node['Node Type']} {node.get('Relation Name', '')} {read}"
    for inner in node.get("Plans", []):
        yield from _slow(inner)


SLOW = {"sqlite": slow_in_sqlite, "postgresql": slow_in_postgres}


def copy(table: str, changed: dict[str, str]) -> None:
    """Copy the one row of a table many times; `changed` are the columns that differ, in SQL over the number `i`."""
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    columns = [column for column in columns if column != "search"]
    values = ", ".join(changed.get(column, f"row.{column}") for column in columns)
    numbers = NUMBERS[connection.vendor].format(many=MANY)
    run(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} row, {numbers} n")


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
