"""The one door into the event log. Nothing else writes Event rows.

`append` must be the last call of a transaction: it takes the log's counter, which every other writer then waits for.
Because the counter is taken inside the transaction, numbers are gapless and in commit order: a rolled-back
transaction gives its numbers back, and a later number never becomes visible before an earlier one.
"""

from collections.abc import Sequence

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.dispatch import Signal

from dashboard.events import DashboardEvent
from dashboard.models import Event, LogState
from dashboard.models.log import new_epoch

grew = Signal()
"""Sent after the commit of a transaction that appended, with `seq`, the number of its last event, and
`count`, how many it appended."""

POSTGRES_CHANNEL = "perspt_log"

_COUNT = (
    f"INSERT INTO {LogState._meta.db_table} (id, seq, epoch, floor) VALUES (1, %s, %s, 0)"  # noqa: S608, SLF001
    f" ON CONFLICT (id) DO UPDATE SET seq = {LogState._meta.db_table}.seq + excluded.seq RETURNING seq"  # noqa: SLF001
)
_INSERT = (
    f"INSERT INTO {Event._meta.db_table} (seq, at, kind, agent, peer, ref, frame)"  # noqa: S608, SLF001
    " VALUES (%s, %s, %s, %s, %s, %s, %s)"
)


def ensure_log(**_: object) -> None:
    """Give an empty log its counter and epoch; after each migration, and again whenever they were deleted."""
    LogState.objects.get_or_create(pk=1)


def append(*events: DashboardEvent) -> int:
    """Number the events, store their frames, and wake whoever watches once the transaction has committed.

    Return the number of the last one, or 0 where there was nothing to append.
    """
    if not events:
        return 0
    if not connection.in_atomic_block:
        raise RuntimeError("append() belongs into the transaction of the rows that it tells of")
    with connection.cursor() as cursor:
        last = append_rows(cursor, events)
    transaction.on_commit(lambda: grew.send(sender=append, seq=last, count=len(events)))
    return last


def append_rows(cursor: CursorWrapper, events: Sequence[DashboardEvent]) -> int:
    """Write the rows of at least one event; return the number of the last. For `append` and for group commits."""
    cursor.execute(_COUNT, [len(events), new_epoch()])
    last: int = cursor.fetchone()[0]
    first = last - len(events) + 1
    cursor.executemany(_INSERT, [_row(seq, event) for seq, event in enumerate(events, first)])
    if connection.vendor == "postgresql":
        cursor.execute("SELECT pg_notify(%s, %s)", [POSTGRES_CHANNEL, str(last)])
    return last


def _row(seq: int, event: DashboardEvent) -> tuple[int, int, str, str, str, str, str]:
    agent, peer, *_ = (*event.agents(), "", "")
    return seq, event.at, event.kind, agent, peer, event.ref(), event.frame(seq)
