"""How fast a store of perspt is taken in, beside DuckDB's own COPY of the same tables. Run: python -m bench.perspt."""

import os
import sys
import tempfile
import time
from pathlib import Path

import duckdb

REQUESTS, STATES = 100_000, 50_000


def big_store(path: Path) -> Path:
    from tests.harness.perspt_store import fill, make_store

    make_store(path)
    fill(path)
    with duckdb.connect(str(path)) as db:
        db.execute(
            "INSERT INTO llm_requests (session_id, node_id, model, prompt, response, tokens_in, latency_ms)"
            f" SELECT 's-1', 'n' || i % 2000, 'm', repeat('p', 400), repeat('r', 400), 9, 5 FROM range({REQUESTS}) t(i)"
        )
        db.execute(
            "INSERT INTO node_states (session_id, node_id, state, goal)"
            f" SELECT 's-1', 'n' || i % 2000, 'Completed', 'g' FROM range({STATES}) t(i)"
        )
    return path


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ.update(DJANGO_SETTINGS_MODULE="perspt_site.settings", PERSPT_DATA=str(folder / "data"))
        import django
        from django.core.management import call_command
        from django.utils import timezone

        django.setup()
        call_command("migrate", verbosity=0)
        from dashboard.services.runs import import_store

        store = big_store(folder / "perspt.db")
        began = time.perf_counter()
        with duckdb.connect(str(store), read_only=True) as db:
            for table in ("llm_requests", "node_states"):
                db.execute(f"COPY {table} TO '{folder / table}.csv'")
        copied = time.perf_counter() - began
        began = time.perf_counter()
        outcome = import_store(store, folder=folder / "copies", now=timezone.now())
        taken = time.perf_counter() - began
        began = time.perf_counter()
        import_store(store, folder=folder / "copies", now=timezone.now())
        again = time.perf_counter() - began
    rows = outcome.taken.total()
    sys.stdout.write(
        f"{rows:,} rows: taken in {taken:.1f} s ({rows / taken:,.0f} a second), DuckDB's COPY {copied:.2f} s"
        f" ({taken / copied:.0f} times as long); unchanged {again * 1000:.1f} ms\n"
    )


if __name__ == "__main__":
    main()
