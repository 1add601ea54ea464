"""A store of any size is taken in the same memory."""

import subprocess
import sys

import duckdb
import pytest

from tests.harness.perspt_store import fill, make_store

pytestmark = pytest.mark.slow
MEASURED = """
import resource, sys
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from django.utils import timezone
call_command("migrate", verbosity=0)
from dashboard.services.runs import import_store
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
store = Path(sys.argv[1])
outcome = import_store(store, folder=store.parent / "copies", now=timezone.now())
print(outcome.taken.total(), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def large(path, requests: int, states: int):
    make_store(path)
    fill(path)
    with duckdb.connect(str(path)) as db:
        db.execute(
            "INSERT INTO llm_requests (session_id, node_id, model, prompt, response)"
            f" SELECT 's-1', 'n' || i % 2000, 'm', repeat('p', 1500), repeat('r', 1500) FROM range({requests}) t(i)"
        )
        db.execute(
            "INSERT INTO node_states (session_id, node_id, state)"
            f" SELECT 's-1', 'n' || i % 2000, 'Completed' FROM range({states}) t(i)"
        )
    return path


def growth(path, data) -> tuple[int, int]:
    """Rows taken, and by how many megabytes a fresh process grew."""
    environment = {"DJANGO_SETTINGS_MODULE": "perspt_site.settings", "PERSPT_DATA": str(data), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], env=environment, capture_output=True, text=True, check=True
    )
    rows, megabytes = done.stdout.split()[-2:]
    return int(rows), int(megabytes)


def test_ten_times_the_rows_take_hardly_more_memory(tmp_path):
    small = growth(large(tmp_path / "small.db", 10_000, 5_000), tmp_path / "one")
    big = growth(large(tmp_path / "big.db", 100_000, 50_000), tmp_path / "two")

    assert big[0] - small[0] == 135_000
    assert big[1] < small[1] + 150  # the texts alone are 300 MB
