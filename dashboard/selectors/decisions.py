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
    rows = matching(filters).filter(pk__lt=min(place, LARGEST_KEY)).select_related(*WITH_ASKS).defer("words")
    found = list(rows[: limit + 1])
    more = len(found) > limit
    return Found([_resolved(row) for row in found[:limit]], str(found[limit - 1].pk) if more else "")


def matching(filters: Filters) -> QuerySet[Decision]:
    """Everything that fits, newest first; nothing is read yet."""
    rows = Decision.objects.order_by("-id")
    for name, column in COLUMNS.items():
        if wanted := getattr(filters, name):
            rows = rows.filter(**(NOUNS.get(wanted) if name == "kind" else None) or {column: wanted})
    if filters.since:
        rows = rows.filter(pk__gte=_key(filters.since))
    if filters.until and filters.until < date.max:
        rows = rows.filter(pk__lt=_key(filters.until + timedelta(days=1)))
    if filters.q:
        rows = _with_words(rows, words(filters.q)[:MOST_WORDS])
    return rows


def export_decisions(filters: Filters) -> Iterator[Row]:
    """Everything that fits, newest first, as flat rows; read piece by piece, however much it is."""
    rows = matching(filters).select_related(*WITH_ASKS).defer(*NOT_EXPORTED, "words")
    place = LARGEST_KEY
    while page := list(rows.filter(pk__lt=place)[:CHUNK]):
        yield from (export_row(_resolved(row)) for row in page)
        place = page[-1].pk


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


def _with_words(rows: QuerySet[Decision], looked_for: list[str]) -> QuerySet[Decision]:
    """Those with all of the words, by the index that the database keeps."""
    if not looked_for:
        return rows.none()  # signs alone are no words
    if connection.vendor == "sqlite":
        phrase = " ".join(f'"{word}"' for word in looked_for) + "*"
        joined = "dashboard_decision_words.rowid = dashboard_decision.id"
        return rows.extra(  # noqa: S610  the words come as a parameter
            tables=["dashboard_decision_words"],
            where=[joined, "dashboard_decision_words MATCH %s"],
            params=[phrase],
            order_by=["-dashboard_decision_words.rowid"],
        )
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


def _key(day: date) -> int:
    """The first key of a day; see `Decision`."""
    return int(datetime.combine(day, time.min, tzinfo=UTC).timestamp()) * 1000 * SLOTS
