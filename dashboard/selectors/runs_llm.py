"""Model requests of a perspt session: totals, by model and by node, over time, and one of them in full."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from dashboard.models import LlmRequest, Run
from dashboard.selectors.runs import Key, newest

TEXTS = ("prompt", "response")
RECENT = 2_000
BUCKETS = 60
MOST_GROUPS = 12


@dataclass(frozen=True, slots=True)
class Group:
    """What one model, or one node, was asked; `name` is empty for requests that belong to no node."""

    name: str
    calls: int
    tokens_in: int
    tokens_out: int
    unreported: int
    latency_ms: int

    @property
    def mean(self) -> float:
        return self.latency_ms / self.calls / 1000 if self.calls else 0.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """A stretch of time: how many requests ended in it, what they took and how long."""

    start: float
    calls: int
    tokens_in: int
    tokens_out: int
    p50: float
    highest: float

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.start, UTC)


@dataclass(frozen=True, slots=True)
class Course:
    """The newest requests over time; percentiles are exact for these."""

    buckets: list[Bucket]
    seconds: float
    calls: int
    p50: float
    p95: float


def groups(run: Run, by: str) -> list[Group]:
    """Totals by `model` or by `node_id`, the most asked first."""
    silent = Count("id", filter=Q(tokens_in=0, tokens_out=0))
    rows = LlmRequest.objects.filter(run=run).values(by).order_by()
    totals = rows.annotate(
        n=Count("id"), read=Sum("tokens_in"), written=Sum("tokens_out"), silent=silent, took=Sum("latency_ms")
    )
    found = [
        Group(row[by] or "", row["n"], row["read"] or 0, row["written"] or 0, row["silent"], row["took"] or 0)
        for row in totals
    ]
    return sorted(found, key=lambda group: (-group.calls, group.name))


def course(run: Run) -> Course | None:
    """How long the newest requests took and what they read and wrote, in stretches of equal length."""
    rows = LlmRequest.objects.filter(run=run).exclude(at=None).order_by("-at", "-id")
    found: list[Any] = list(rows.values_list("at", "latency_ms", "tokens_in", "tokens_out")[:RECENT])[::-1]
    if not found:
        return None
    start, end = found[0][0].timestamp(), found[-1][0].timestamp()
    seconds = max(60.0, -(-(end - start) // BUCKETS // 30) * 30)
    filled: dict[int, list[Any]] = {}
    for row in found:
        filled.setdefault(int((row[0].timestamp() - start) // seconds), []).append(row)
    waits = sorted(row[1] or 0 for row in found)
    buckets = [_bucket(start + number * seconds, rows) for number, rows in sorted(filled.items())]
    return Course(buckets, seconds, len(found), quantile(waits, 0.5) / 1000, quantile(waits, 0.95) / 1000)


def requests(run: Run, *, node: str | None = None, model: str = "", q: str = "") -> QuerySet[LlmRequest]:
    """Requests that fit, without their texts."""
    rows = LlmRequest.objects.filter(run=run).defer(*TEXTS)
    if node is not None:
        rows = rows.filter(node_id=node)
    if model:
        rows = rows.filter(model=model)
    if q:
        rows = rows.filter(Q(prompt__icontains=q) | Q(response__icontains=q))
    return rows


def requests_page(rows: QuerySet[LlmRequest], before: Key | None) -> tuple[list[LlmRequest], bool]:
    return newest(rows, before)


def request(run: Run, pk: int) -> LlmRequest | None:
    """One request with all that was said."""
    return LlmRequest.objects.filter(run=run, pk=pk).first()


def quantile(ordered: list[int], share: float) -> float:
    """The value below which a share of the ordered numbers lies; the nearest one that was measured."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _bucket(start: float, rows: list[Any]) -> Bucket:
    waits = sorted(row[1] or 0 for row in rows)
    return Bucket(
        start,
        len(rows),
        sum(row[2] or 0 for row in rows),
        sum(row[3] or 0 for row in rows),
        quantile(waits, 0.5) / 1000,
        waits[-1] / 1000,
    )
