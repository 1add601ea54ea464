"""What the ring no longer holds, read back from the database for one client at a time."""

from dataclasses import dataclass

from django.db.models import Q

from dashboard.live.filters import Filter
from dashboard.live.hub import Message
from dashboard.live.ring import Stored
from dashboard.models import Event
from dashboard.selectors.log import Head, log_head

PAGE = 100
COLUMNS = ("seq", "kind", "agent", "peer", "ref", "frame")


@dataclass(frozen=True, slots=True)
class Page:
    """One message out of the past, and where the log stood after it was read."""

    message: Message
    head: Head


def page_after(seq: int, upto: int, wanted: Filter) -> Page:
    """Read what follows `seq`, not beyond `upto`.

    The head is read last: if its floor lies beyond `seq`, then some of the rows may have been pruned meanwhile.
    """
    found = Event.objects.filter(seq__gt=seq, seq__lte=upto)
    if wanted.kinds:
        found = found.filter(kind__in=wanted.kinds)
    if wanted.agent:
        found = found.filter(Q(agent=wanted.agent) | Q(peer=wanted.agent))
    rows = [Stored(*row) for row in found.order_by("seq").values_list(*COLUMNS)[:PAGE]]
    end = rows[-1].seq if len(rows) == PAGE else upto
    return Page(Message.of([row for row in rows if wanted.passes(row)], end), log_head())
