"""Stores of perspt become sessions: whole, once, in every layout, with what is odd in them."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from django.core.management import CommandError, call_command

from dashboard.live.stores import followed
from dashboard.models import (
    AgentSession,
    Branch,
    Budget,
    Edge,
    EnergySample,
    Event,
    LlmRequest,
    Node,
    NodeState,
    Run,
    RunRecord,
    StepRecord,
    Store,
)
from dashboard.services.runs import import_store
from tests.harness.perspt_store import COLUMNS, LAYOUTS, add, fill, fill_large, make_store

NOW = datetime(2026, 1, 3, tzinfo=UTC)
NODE = "api/<b>'1' é"
TYPED = {
    "sessions": Run,
    "node_states": NodeState,
    "energy_history": EnergySample,
    "llm_requests": LlmRequest,
    "provisional_branches": Branch,
    "task_graph_edges": Edge,
    "budget_envelopes": Budget,
    "srbn_step_records": StepRecord,
}
pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def store(tmp_path):
    path = make_store(tmp_path / "perspt.db")
    fill(path)
    return path


def read(path: Path):
    return import_store(path, folder=path.parent / "copies", now=NOW)


def kept() -> dict[str, int]:
    """How many rows we have of each table."""
    kinds = list(RunRecord.objects.values_list("kind", flat=True))
    tables = [table for group in COLUMNS.values() for table in group]
    return {table: TYPED[table].objects.count() if table in TYPED else kinds.count(table) for table in tables}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_row_of_every_table_of_a_layout_is_taken(tmp_path, layout):
    path = make_store(tmp_path / "perspt.db", layout)
    fill(path, layout)

    outcome = read(path)

    there = {table for since, group in COLUMNS.items() for table in group if since <= layout}
    expected = {table: int(table in there) for table in kept()} | {"energy_history": 2}
    assert (outcome.trouble, dict(outcome.rejected)) == ("", {})
    assert kept() == expected
    assert Store.objects.get().layout == layout


def test_a_store_that_a_newer_duckdb_made_is_read_too(tmp_path):
    path = make_store(tmp_path / "perspt.db", storage="latest")
    fill(path)

    assert (read(path).trouble, Run.objects.count()) == ("", 1)


def test_a_session_is_kept_as_it_was_written_with_its_times_in_utc(store):
    read(store)

    run = Run.objects.select_related("session__agent").get()
    assert (run.session.external_id, run.session.agent.name) == ("s-1", "perspt-shop")
    assert (run.task, run.status, run.session.state) == ("Build <b>it</b>\nnow", "RUNNING", "working")
    assert run.started_at == datetime(2026, 1, 2, 10, 0, tzinfo=UTC)  # two hours ahead, as committed_at tells
    assert (run.store.zone_offset, run.progress_source) == (7200, "plan")


def test_totals_tell_reported_tokens_from_estimates_and_leave_out_what_is_no_number(store):
    read(store)

    run = Run.objects.get()
    assert (run.llm_calls, run.tokens_in, run.tokens_out, run.estimated_tokens_in) == (1, 0, 3, 2)
    assert (run.energy_count, run.energy_sum, run.energy_last) == (1, 2.5, 2.5)
    assert NodeState.objects.get().v_total is None


def test_nodes_are_told_from_plan_edges_and_rewrites_and_say_from_where(store):
    read(store)

    assert list(Node.objects.order_by("position").values_list("node_id", "state", "state_source")) == [
        ("next", "queued", "plan"),
        (NODE, "completed", "node_states"),
        ("n__split_0", "queued", "edges"),
    ]


def test_broken_json_stays_text_and_is_marked(store):
    read(store)

    data = RunRecord.objects.get(kind="escalation_reports").data
    assert (data["action"], data["broken"]) == ("{not json", ["action"])


def test_an_unchanged_store_touches_no_row(store):
    read(store)
    before = Event.objects.count()

    outcome = read(store)

    assert (outcome.unchanged, Event.objects.count()) == (True, before)


def test_a_touched_store_with_nothing_new_makes_no_event(store):
    read(store)
    before, rows = Event.objects.count(), kept()
    store.touch()

    outcome = read(store)

    assert (outcome.unchanged, outcome.taken.total()) == (False, 0)
    assert (Event.objects.count(), kept()) == (before, rows)


def test_only_what_is_new_is_taken_and_what_changed_is_changed(store):
    read(store)
    with duckdb.connect(str(store)) as writer:
        add(writer, "llm_requests", session_id="s-1", model="m", prompt="", response="", tokens_in=5)
        writer.execute("UPDATE provisional_branches SET state = 'merged', updated_at = '2026-01-02 13:00:00'")
        writer.execute("UPDATE sessions SET status = 'COMPLETED'")

    outcome = read(store)

    assert dict(outcome.taken) == {"sessions": 1, "llm_requests": 1, "provisional_branches": 1}
    assert (Run.objects.get().llm_calls, Run.objects.get().tokens_in, Branch.objects.get().state) == (2, 5, "merged")
    assert AgentSession.objects.get().state == "ended"


def test_a_row_that_cannot_be_taken_is_counted_and_stops_nothing(store):
    with duckdb.connect(str(store)) as writer:
        add(writer, "energy_history", session_id="s-1", node_id="x" * 501, v_total=1)
        add(writer, "energy_history", session_id="lost", node_id="x", v_total=1)

    outcome = read(store)

    reasons = {
        "energy_history: its node_id is longer than 500 characters": 1,
        "energy_history: its session is not there": 1,
    }
    assert (dict(outcome.rejected), EnergySample.objects.count()) == (reasons, 2)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no file"),
        (b"", "The file is empty."),
        (b"SQLite format 3\0" + b"x" * 100, "The file is not a DuckDB database."),
        (b"\0" * 8 + b"DUCK" + (1000).to_bytes(8, "little"), "The file has storage version 1000"),
    ],
)
def test_what_is_no_store_is_said_in_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "perspt.db"
    if content is not None:
        path.write_bytes(content)

    assert read(path).trouble.startswith(sentence)
    assert Store.objects.get().trouble.startswith(sentence)


def test_a_truncated_store_keeps_what_was_read_before(store):
    read(store)
    store.write_bytes(store.read_bytes()[:20_000])

    assert "truncated" in read(store).trouble
    assert (Run.objects.count(), Store.objects.get().trouble_at) == (1, NOW)


def test_no_copy_is_left_and_the_copies_of_dead_processes_go(store):
    left = store.parent / "copies" / "perspt-store-999999999-x"
    left.mkdir(parents=True)

    read(store)

    assert list((store.parent / "copies").iterdir()) == []


def test_a_store_is_read_while_its_writer_holds_it(store):
    with duckdb.connect(str(store)) as writer:  # this process only copies it
        add(writer, "energy_history", session_id="s-1", node_id="x", v_total=1)
        assert read(store).trouble == ""

    assert EnergySample.objects.count() == 3


def test_a_damaged_log_beside_the_store_is_said_and_what_was_read_stays(store, tmp_path):
    read(store)
    wal = store.with_name("perspt.db.wal")
    with duckdb.connect(str(store)) as writer:
        add(writer, "energy_history", session_id="s-1", node_id="x", v_total=1)
        shutil.copy(store, tmp_path / "then")  # as it is after the writer was killed
        shutil.copy(wal, tmp_path / "wal")
    shutil.copy(tmp_path / "then", store)
    damaged = bytearray((tmp_path / "wal").read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    wal.write_bytes(damaged)

    assert read(store).trouble == "The write-ahead log beside the file is damaged."
    assert (Run.objects.count(), EnergySample.objects.count()) == (1, 2)


def test_the_command_says_what_it_took_and_fails_with_a_sentence(store, capsys, tmp_path):
    call_command("import_perspt", str(store))
    assert "24 rows new or changed, 0 not taken" in capsys.readouterr().out

    call_command("import_perspt", str(store))
    assert capsys.readouterr().out == "Unchanged since it was read; nothing to do.\n"

    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_perspt", str(tmp_path / "none.db"))


def test_perspts_own_store_is_followed_where_it_is_there_and_wanted(store, settings, tmp_path):
    settings.STORES, settings.DEFAULT_STORE, settings.FOLLOW_DEFAULT_STORE = (tmp_path / "a",), store, True
    assert followed() == [tmp_path / "a", store]

    settings.FOLLOW_DEFAULT_STORE = False
    assert followed() == [tmp_path / "a"]


def test_a_session_at_work_shows_more_than_the_agent_has_committed(tmp_path):
    path = make_store(tmp_path / "perspt.db")
    fill_large(path, nodes=40, requests=100)

    read(path)

    run = Run.objects.get()
    assert (run.nodes_total, run.nodes_completed, run.nodes_running, run.nodes_queued) == (40, 20, 2, 18)
    assert (run.llm_calls, run.unreported_calls, run.energy_count) == (100, 25, 80)


def test_a_reading_that_was_cut_off_is_completed_by_the_next(store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("dashboard.services.runs.importing.finish", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            read(store)

    read(store)

    run = Run.objects.get()
    assert (run.llm_calls, run.nodes_total, Event.objects.filter(kind="session_changed").count()) == (1, 3, 1)
    assert "unfinished" not in Store.objects.get().cursors
