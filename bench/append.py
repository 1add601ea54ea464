"""How many events per second the log takes: `python bench/append.py [--events 5000]`.

The same rows by bare `executemany` into a bare table of the same shape, in the same run on the same disk, are the
measure: what counts is the ratio, for the figures themselves are those of one machine on one day. DATABASE_URL is
honoured (give it an empty database); without it, SQLite in a temporary folder.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.events import DashboardEvent

ROOT = Path(__file__).resolve().parent.parent
BATCHES = (1, 10, 100, 1000)
TEXT = "ran the tests of the billing service: 214 passed, 2 skipped"


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure the log.")
    arguments.add_argument("--events", type=int, default=5000, help="events of each measurement")
    wanted = arguments.parse_args().events
    with a_console():
        rows = [(name, *measured(work, wanted)) for name, work in works()]
    show(rows)


@contextmanager
def a_console() -> Iterator[None]:
    """An empty database with the product's own settings, gone afterwards."""
    folder = tempfile.mkdtemp(prefix="bench-")
    os.environ |= {"PERSPT_DATA": folder, "PERSPT_LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "perspt_site.settings"}
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    try:
        yield
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


Work = Callable[[int], int]


def works() -> Iterator[tuple[str, Work]]:
    """What is measured: each takes how many events are wanted and returns how many it wrote."""
    for size in BATCHES:
        yield f"executemany, {size} a transaction", lambda wanted, size=size: raw(wanted, size)
    for size in BATCHES:
        yield f"append(), {size} a transaction", lambda wanted, size=size: appended(wanted, size)
    yield "report_agent(), one change each", reported
    yield "ask_approval() and resolve_approval()", decided
    yield "send_as_operator() to one inbox", sent


def measured(work: Work, wanted: int) -> tuple[int, float]:
    began = time.perf_counter()
    return work(wanted), time.perf_counter() - began


def raw(wanted: int, size: int) -> int:
    """The floor: finished rows into a table with the log's columns and key, without counter, indexes or wake-up."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_event")
        columns = "at bigint, kind text, agent text, peer text, ref text, frame text"
        cursor.execute(f"CREATE TABLE bench_event (seq bigint PRIMARY KEY, {columns})")
    statement = "INSERT INTO bench_event VALUES (%s, %s, %s, %s, %s, %s, %s)"
    frame = note().frame(1)
    for first in range(0, wanted, size):
        rows = [(seq, 0, "note", "mara", "", "", frame) for seq in range(first, min(first + size, wanted))]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(statement, rows)
    return wanted


def appended(wanted: int, size: int) -> int:
    from django.db import transaction

    from dashboard.services.log import append

    for first in range(0, wanted, size):
        with transaction.atomic(durable=True):
            append(*(note() for _ in range(min(size, wanted - first))))
    return wanted


def reported(wanted: int) -> int:
    from django.utils import timezone

    from dashboard.services.roster import report_agent

    before = head()
    for number in range(wanted // 4):
        report_agent(f"bench-{number % 20}", changes={"status_text": f"step {number}"}, now=timezone.now())
    return head() - before


def decided(wanted: int) -> int:
    from django.utils import timezone

    from dashboard.services.actor import Actor
    from dashboard.services.approvals import ApprovalDraft, ask_approval, resolve_approval

    before, by = head(), Actor("bench")
    for number in range(wanted // 20):
        draft = ApprovalDraft(agent="bench-0", approval_kind="command", command=f"make deploy-{number}")
        asked, _ = ask_approval(draft, now=timezone.now())
        resolve_approval(asked.pk, status="approved", digest=asked.digest, by=by, now=timezone.now())
    return head() - before


def sent(wanted: int) -> int:
    from django.utils import timezone

    from dashboard.services.actor import Actor
    from dashboard.services.messages import send_as_operator

    before, by = head(), Actor("bench")
    for _ in range(wanted // 10):
        send_as_operator("bench-0", TEXT, by=by, now=timezone.now())
    return head() - before


def note() -> "DashboardEvent":
    from dashboard.events import Note

    return Note(at=int(time.time()), text=TEXT, agent="mara")


def head() -> int:
    from dashboard.selectors.log import log_head

    return log_head().seq


def show(rows: list[tuple[str, int, float]]) -> None:
    """A table, each row beside the floor of the same number of rows a transaction; services write few in each."""
    speed = {name: count / seconds for name, count, seconds in rows}
    floors = {size: speed[f"executemany, {size} a transaction"] for size in BATCHES}
    print(f"{'':<40} {'events':>7} {'seconds':>8} {'events/s':>9}  part of executemany")
    for name, count, seconds in rows:
        size = next((size for size in BATCHES if f", {size} a transaction" in name), 1)
        part = f"{speed[name] / floors[size]:.2f} of {size} a transaction"
        print(f"{name:<40} {count:>7} {seconds:>8.2f} {speed[name]:>9.0f}  {part}")


if __name__ == "__main__":
    main()
