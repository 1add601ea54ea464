"""What was decided: found by filters and words, newest first, a page at a time or all of it as a stream."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from django.db import connection
from django.db.models import QuerySet

from dashboard.ingest.text import words
from dashboard.models import Decision
from dashboard.models.history import SLOTS
from dashboard.selectors.queue import Resolved
from dashboard.selectors.rows import Row, unix

LONGEST = 200
MOST_WORDS = 12
LARGEST_KEY = 2**63 - 1
CHUNK = 200
FEW = 1_000
WITH_ASKS = ("approval__agent", "approval__session", "question__agent", "question__session")
NOT_EXPORTED = ("approval__diff", "approval__tool_input", "approval__previous", "approval__suggestions")
NOUNS = {"approval": {"approval__isnull": False}, "question": {"question__isnull": False}}
COLUMNS = {
    "status": "status",
    "agent": "agent__name",
    "by": "resolved_by",
    "door": "resolved_via",
    "risk": "risk",
    "kind": "kind",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; all of it must fit. `since` and `until` are days (UTC), both included.

    `q` is words, the last one may be the beginning of one. `kind` is `approval`, `question`, or a kind of approval.
    """

    q: str = ""
    status: str = ""
    agent: str = ""
    by: str = ""
    door: str = ""
    risk: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read the filters of an address; what cannot be read is no filter."""
        texts: dict[str, Any] = {name: _text(query.get(name)) for name in ("q", *COLUMNS)}
        return cls(**texts, since=_day(query.get("since")), until=_day(query.get("until")))

    def as_query(self) -> dict[str, str]:
        """The same filters for an address; only those that are set."""
        return {name: str(value) for name, value in asdict(self).items() if value}

    def but(self, **changes: Any) -> dict[str, str]:
        """The query with some filters changed, for links."""
        return replace(self, **changes).as_query()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class Found:
    """A page of history; `next` is the `before` of the following page, empty on the last one."""

    rows: list[Resolved]
    next: str = ""


def find(filters: Filters, *, before: str = "", limit: int = 50) -> Found:
    """What ended and fits, newest first, from the place `before` (a page's `next`) on."""
    place = int(before) if before.isascii() and before.isdigit() and len(before) < 20 else LARGEST_KEY
    rows = matching(filters, before=min(place, LARGEST_KEY)).select_related(*WITH_ASKS).defer("words")
    found = list(rows[: limit + 1])
    more = len(found) > limit
    return Found([_resolved(row) for row in found[:limit]], str(found[limit - 1].pk) if more else "")


def matching(filters: Filters, *, before: int = LARGEST_KEY) -> QuerySet[Decision]:
    """Everything that fits and came before a key, newest first; nothing is read yet."""
    first, end = _keys(filters, before)
    rows = Decision.objects.filter(pk__gte=first, pk__lt=end).order_by("-id")
    for name, column in COLUMNS.items():
        if wanted := getattr(filters, name):
            rows = rows.filter(**(NOUNS.get(wanted) if name == "kind" else None) or {column: wanted})
    return _with_words(rows, words(filters.q)[:MOST_WORDS], first, end) if filters.q else rows


def export_decisions(filters: Filters) -> Iterator[Row]:
    """Everything that fits, newest first, as flat rows; read piece by piece, however much it is."""
    place = LARGEST_KEY
    while page := list(_exported(filters, place)[:CHUNK]):
        yield from (export_row(_resolved(row)) for row in page)
        place = page[-1].pk


def _exported(filters: Filters, before: int) -> QuerySet[Decision]:
    return matching(filters, before=before).select_related(*WITH_ASKS).defer(*NOT_EXPORTED, "words")


def export_row(one: Resolved) -> Row:
    """One line of an export; the same columns for approvals and questions."""
    ask = one.ask
    approval = one.kind == "approval"
    return {
        "kind": one.kind,
        "id": ask.pk,
        "agent": ask.agent.name,
        "session": ask.session.external_id if ask.session else None,
        "approval_kind": getattr(ask, "approval_kind", None),
        "tool_name": getattr(ask, "tool_name", None) or None,
        "command": getattr(ask, "command", None) or None,
        "description": getattr(ask, "description", None) or None,
        "question": None if approval else getattr(ask, "question", None),
        "target": getattr(ask, "target", None) or None,
        "risk": getattr(ask, "risk", None),
        "status": ask.status,
        "answer": getattr(ask, "answer", None) or None,
        "note": ask.note or None,
        "resolved_by": ask.resolved_by,
        "resolved_via": ask.resolved_via or None,
        "asked_at": unix(ask.asked_at),
        "resolved_at": unix(ask.resolved_at),
        "waited_seconds": one.waited,
        "digest": ask.digest,
        "redacted": ask.redacted,
    }


def _with_words(rows: QuerySet[Decision], looked_for: list[str], first: int, end: int) -> QuerySet[Decision]:
    """Those with all of the words, by the index that the database keeps.

    SQLite's index is read in the order of the keys. PostgreSQL's has no order: few are sorted, and for many the list
    is walked from its end, which soon meets enough of them; it cannot tell by itself which of the two it has.
    """
    if not looked_for:
        return rows.none()  # signs alone are no words
    if connection.vendor == "sqlite":
        return in_sqlite(rows, looked_for, first, end)
    within = Decision.objects.order_by().filter(pk__gte=first, pk__lt=end)
    some = list(in_postgres(within, looked_for).values_list("pk", flat=True)[: FEW + 1])
    return rows.filter(pk__in=some) if len(some) <= FEW else in_postgres(rows, looked_for)


def in_sqlite(rows: QuerySet[Decision], looked_for: list[str], first: int, end: int) -> QuerySet[Decision]:
    phrase = " ".join(f'"{word}"' for word in looked_for) + "*"
    index = "dashboard_decision_words"
    return rows.extra(  # noqa: S610  the words come as a parameter
        tables=[index],
        where=[f"{index}.rowid = dashboard_decision.id", f"{index} MATCH %s", f"{index}.rowid BETWEEN %s AND %s"],
        params=[phrase, first, end - 1],
        order_by=[f"-{index}.rowid"],
    )


def in_postgres(rows: QuerySet[Decision], looked_for: list[str]) -> QuerySet[Decision]:
    query = " & ".join(f"'{word}'" for word in looked_for) + ":*"
    return rows.extra(where=["dashboard_decision.search @@ to_tsquery('simple', %s)"], params=[query])


def _resolved(row: Decision) -> Resolved:
    if row.approval is not None:
        return Resolved(row.approval, "approval")
    if row.question is None:
        raise ValueError("a decision is about an ask")
    return Resolved(row.question, "question")


def _text(value: str | None) -> str:
    return (value or "").replace("\0", "").strip()[:LONGEST]


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        return None


def _keys(filters: Filters, before: int) -> tuple[int, int]:
    """The first key that fits the days and the place, and the one that is too late; see `Decision`."""
    first = _key(filters.since) if filters.since else 0
    end = _key(filters.until + timedelta(days=1)) if filters.until and filters.until < date.max else LARGEST_KEY
    return max(first, 0), min(end, before)


def _key(day: date) -> int:
    return int(datetime.combine(day, time.min, tzinfo=UTC).timestamp()) * 1000 * SLOTS
