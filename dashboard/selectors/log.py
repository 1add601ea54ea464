"""The log as history: what came after a number, for feeds, pages and the API."""

from dataclasses import dataclass

from django.db.models import Q

from dashboard.enums import SYSTEM
from dashboard.models import Event, LogState


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log stands: its last number, the last pruned one, and which log it is."""

    seq: int
    floor: int
    epoch: str


def log_head() -> Head:
    """Return where the log stands; an empty one has an epoch as soon as something asks for it."""
    state = LogState.objects.filter(pk=1).first() or LogState.objects.get_or_create(pk=1)[0]
    return Head(state.seq, state.floor, state.epoch)


def events_after(
    seq: int, *, limit: int = 500, kinds: frozenset[str] = frozenset(), agent: str = ""
) -> list[tuple[int, str]]:
    """Number and frame of the events after `seq` that a filter lets through, in order."""
    rows = Event.objects.filter(seq__gt=seq)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if agent:
        rows = rows.filter(Q(agent=agent) | Q(peer=agent))
    return list(rows.order_by("seq").values_list("seq", "frame")[:limit])


def latest_events(*, limit: int = 60, kinds: frozenset[str] = frozenset(), before: int | None = None) -> list[Event]:
    """What people are told happened, newest first; the system's messages only repeat what their cause tells."""
    rows = Event.objects.order_by("-seq").exclude(kind="sent", agent=SYSTEM)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    return list(rows[:limit])


def events_of_agent(name: str, *, limit: int = 20, kinds: frozenset[str] = frozenset()) -> list[Event]:
    """What happened to an agent, newest first; two looks, one for each column that may name it."""
    found: dict[int, Event] = {}
    for column in ("agent", "peer"):
        rows = Event.objects.filter(**{column: name}).order_by("-seq")
        found |= {event.seq: event for event in (rows.filter(kind__in=kinds) if kinds else rows)[:limit]}
    return sorted(found.values(), key=lambda event: event.seq, reverse=True)[:limit]


def events_about(refs: list[str], *, limit: int = 100) -> list[Event]:
    """What happened to these things (`approval:12`), newest first."""
    return list(Event.objects.filter(ref__in=refs).order_by("-seq")[:limit])
