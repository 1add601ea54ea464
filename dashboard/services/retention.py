"""How long the log is kept. Its oldest part goes, in small batches; `floor` says up to where it is gone."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Avg, Max, Min
from django.db.models.functions import Length

from dashboard.models import Event, LogState

BATCH = 1000
KEEP_BYTES = 1_000_000_000
ROW_BYTES = 200  # what a row costs beside its frame: columns and indexes, roughly
SAMPLE = 400


def prune_log(*, now: datetime, keep_days: float, keep_bytes: int = KEEP_BYTES, batch: int = BATCH) -> int:
    """Delete the oldest events that are too old or too many, up to `batch` of them; return how many went."""
    bounds = Event.objects.aggregate(first=Min("seq"), last=Max("seq"))
    if bounds["first"] is None:
        return 0
    first, last = bounds["first"], bounds["last"]
    upto = min(max(_too_old(now - timedelta(days=keep_days), last), _too_many(first, last, keep_bytes)), last)
    if upto < first:
        return 0
    end = min(upto, first + batch - 1)
    with transaction.atomic(durable=True):
        gone, _ = Event.objects.filter(seq__lte=end).delete()
        LogState.objects.filter(pk=1, floor__lt=end).update(floor=end)
    return gone


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
