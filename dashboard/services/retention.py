"""Retention: what nobody needs any more goes, oldest first, in small batches. What was decided or answered stays.

The log's `floor` says up to where it is gone. Messages go when everybody has read them; what waits in an inbox waits.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Avg, Exists, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Length

from dashboard.models import Delivery, Event, Lease, LogState, Message, Refusal, Throttle

BATCH = 1000
KEEP_BYTES = 1_000_000_000
ROW_BYTES = 200  # what a row costs beside its frame: columns and indexes, roughly
SAMPLE = 400
FORGET_AFTER = timedelta(days=1)
"""When a counter of tries or a lease that has ended says nothing any more; all windows are far shorter."""


def prune_batch(*, now: datetime, keep_days: float, batch: int = BATCH) -> Counter[str]:
    """Delete up to `batch` rows of each sort that has to go; return how many of each went, nothing where none did."""
    gone = Counter({"events": prune_log(now=now, keep_days=keep_days, batch=batch)})
    for name, rows in _outdated(now, keep_days).items():
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:batch])
        if keys:
            with transaction.atomic(durable=True):
                _, counts = rows.model._default_manager.filter(pk__in=keys).delete()  # noqa: SLF001
            gone[name] = counts.get(rows.model._meta.label, 0)  # noqa: SLF001
    return +gone


def would_go(*, now: datetime, keep_days: float, keep_bytes: int = KEEP_BYTES) -> Counter[str]:
    """Count what pruning would delete now."""
    first, last = _log_to_prune(now, keep_days, keep_bytes)
    found = Counter({"events": Event.objects.filter(seq__range=(first, last)).count() if last >= first else 0})
    found.update({name: rows.count() for name, rows in _outdated(now, keep_days).items()})
    return +found


def _outdated(now: datetime, keep_days: float) -> dict[str, QuerySet[Any]]:
    """What has to go besides the log, by its name for people."""
    return {
        "messages": _read_messages(now - timedelta(days=keep_days)),
        "sign-ins": Session.objects.filter(expire_date__lt=now),
        "counters": Throttle.objects.filter(since__lt=now - FORGET_AFTER),
        "attempts": Refusal.objects.filter(last_at__lt=now - timedelta(days=keep_days)),
        "leases": Lease.objects.filter(expires_at__lt=now - FORGET_AFTER),
    }


def _read_messages(before: datetime) -> QuerySet[Message]:
    """Messages that are old and in nobody's inbox; the first of a conversation stays as long as one of the others."""
    young = Message.objects.filter(sent_at__gte=before).order_by("id").values_list("id", flat=True).first()
    waiting = Delivery.objects.filter(delivered_at=None)
    kept = Message.objects.filter(thread=OuterRef("pk")).filter(
        Q(sent_at__gte=before) | Exists(waiting.filter(message=OuterRef("pk")))
    )
    rows = Message.objects.filter(sent_at__lt=before).exclude(Exists(waiting.filter(message=OuterRef("pk"))))
    rows = rows.exclude(Exists(kept))
    return rows if young is None else rows.filter(id__lt=young)


def prune_log(*, now: datetime, keep_days: float, keep_bytes: int = KEEP_BYTES, batch: int = BATCH) -> int:
    """Delete the oldest events that are too old or too many, up to `batch` of them; return how many went."""
    first, upto = _log_to_prune(now, keep_days, keep_bytes)
    if upto < first:
        return 0
    end = min(upto, first + batch - 1)
    with transaction.atomic(durable=True):
        gone, _ = Event.objects.filter(seq__lte=end).delete()
        LogState.objects.filter(pk=1, floor__lt=end).update(floor=end)
    return gone


def _log_to_prune(now: datetime, keep_days: float, keep_bytes: int) -> tuple[int, int]:
    """First and last number that have to go; the last is before the first where none has."""
    bounds = Event.objects.aggregate(first=Min("seq"), last=Max("seq"))
    if bounds["first"] is None:
        return 1, 0
    first, last = bounds["first"], bounds["last"]
    upto = max(_too_old(now - timedelta(days=keep_days), last), _too_many(first, last, keep_bytes))
    return first, min(upto, last)


def _too_old(since: datetime, last: int) -> int:
    """The last number before the first event that is young enough."""
    young = Event.objects.filter(at__gte=int(since.timestamp())).order_by("seq").values_list("seq", flat=True).first()
    return last if young is None else young - 1


def _too_many(first: int, last: int, keep_bytes: int) -> int:
    """The last number that has to go for size, by an estimate: numbers have no gaps, so a sample tells the rest."""
    step = max(1, (last - first) // SAMPLE)
    sample = Event.objects.filter(seq__in=range(first, last + 1, step)).aggregate(size=Avg(Length("frame")))
    size = (sample["size"] or 0) + ROW_BYTES
    return last - int(keep_bytes / size)
