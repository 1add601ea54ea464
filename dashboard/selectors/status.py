"""How the console itself stands: figures for monitoring, sizes and leases for the Status page. Constant work."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection
from django.db.models import Max

from dashboard.enums import ApprovalStatus
from dashboard.models import Approval, Command, Event, Lease, Message, Question
from dashboard.selectors.log import Head, log_head


@dataclass(frozen=True, slots=True)
class Figures:
    """Where the log stands, and how much waits for a person."""

    head: Head
    approvals: int
    questions: int


def figures() -> Figures:
    pending = ApprovalStatus.PENDING
    return Figures(
        log_head(),
        approvals=Approval.objects.filter(status=pending).count(),
        questions=Question.objects.filter(status=pending).count(),
    )


@dataclass(frozen=True, slots=True)
class Storage:
    """The database in bytes; `journal` is what SQLite has yet to write back, None where there is no such thing."""

    database: str
    size: int
    journal: int | None


def storage() -> Storage:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return Storage("PostgreSQL", int(cursor.fetchone()[0]), None)
    path = Path(str(connection.settings_dict["NAME"]))
    return Storage("SQLite", _size(path), _size(path.with_name(path.name + "-wal")))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class Kept:
    """One sort of thing that is kept: how many there were so far, or are, and since when, where that is known."""

    what: str
    count: int
    since: datetime | None = None


def kept(head: Head) -> list[Kept]:
    """What there is, without counting rows: numbers of the log have no gaps, and keys only grow."""
    oldest = Event.objects.order_by("seq").values_list("at", flat=True).first()
    since = datetime.fromtimestamp(oldest, UTC) if oldest is not None else None
    nouns = ((Approval, "approvals so far"), (Question, "questions so far"), (Message, "messages so far"))
    rows = [Kept("events in the log", head.seq - head.floor, since)]
    rows += [Kept(word, noun.objects.aggregate(last=Max("pk"))["last"] or 0) for noun, word in nouns]
    return [*rows, Kept("orders so far", Command.objects.aggregate(last=Max("pk"))["last"] or 0)]


def leases() -> list[Lease]:
    """Who holds what: the processes that live, and jobs that only one may do. The newest; a bounded number."""
    return list(Lease.objects.order_by("-expires_at")[:50])
