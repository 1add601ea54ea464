"""What perspt's values and words mean."""

import json
from pathlib import Path

import pytest

from dashboard.ingest.perspt import names, progress, tables, values, vocabulary
from dashboard.ingest.perspt.store import opened
from tests.harness.perspt_store import LAYOUTS, fill, make_store

SAMPLES = Path(__file__).parents[2] / "samples" / "perspt"


def reading(path):
    """All that the reader gives of a store, as JSON."""
    with opened(path) as store:
        rows = {
            table.name: [
                {name: values.plain(value) for name, value in row.items()}
                for batch in store.batches(table)
                for row in batch
            ]
            for table in tables.ALL
        }
        return {"layout": store.layout, "version": store.version, "zone_offset": store.zone_offset()} | rows


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_read_as_agreed(tmp_path, layout):
    path = make_store(tmp_path / "perspt.db", layout)
    fill(path, layout)

    assert reading(path) == json.loads((SAMPLES / f"layout-{layout}.json").read_text())


@pytest.mark.parametrize(
    ("session_id", "places"),
    [("a", (1, 0)), ("", (0, 0)), ("0c241cef-490c-4c1e-9f6e-000000000001", (24, 30)), ("session-é", (29, 14))],
)
def test_a_friendly_name_is_always_the_same(session_id, places):
    assert names.places(session_id) == places
    assert names.friendly_name(session_id) == f"{names.ADJECTIVES[places[0]]}-{names.NOUNS[places[1]]}"


def test_there_are_as_many_words_as_places():
    assert (len(set(names.ADJECTIVES)), len(set(names.NOUNS))) == (32, 32)


@pytest.mark.parametrize(
    ("word", "state"),
    [("TaskQueued", "queued"), ("CODING", "running"), ("committed", "completed"), ("", "unknown"), ("odd", "unknown")],
)
def test_words_for_states_are_known_in_any_spelling_and_others_stay_unknown(word, state):
    assert vocabulary.normal(word) == state


@pytest.mark.parametrize(
    ("stored", "hexadecimal"), [(b"", ""), (b"ab" * 32, "ab" * 32), (b"\xff" * 32, "ff" * 32), (None, "")]
)
def test_a_hash_is_hex_however_it_was_stored(stored, hexadecimal):
    assert values.hexadecimal(stored) == hexadecimal


def test_a_node_that_escalated_after_its_commit_is_escalated():
    said = progress.Evidence(
        status="RUNNING",
        branches=[("a", "merged"), ("b", "active")],
        committed={"a": "Completed"},
        last_commit={"a": 3},
        last_escalation={"a": 9},
        last_step={"a": 9, "c": 10},
    )

    assert [(node.node_id, node.state, node.source) for node in progress.nodes_of(said)] == [
        ("a", "escalated", "steps"),
        ("b", "running", "branches"),
        ("c", "running", "steps"),
    ]
