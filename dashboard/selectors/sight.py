"""What a machine may see: rows of the agents that its patterns name, and what it asked itself."""

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from dashboard.enums import CommandStatus
from dashboard.models import Agent, AgentSession, ApiToken, Approval, Command, Event, Question
from dashboard.selectors.log import log_head
from dashboard.selectors.rows import session_row
from dashboard.selectors.state import snapshot

AskType = TypeVar("AskType", Approval, Question)
Patterns = tuple[str, ...] | None
"""Patterns of agent names; None is everything."""


def shows(only: Patterns, name: str) -> bool:
    return only is None or any(fnmatchcase(name, pattern) for pattern in only)


def names_within(only: tuple[str, ...]) -> list[str]:
    """The names of all agents, those that have left too, that one of the patterns means."""
    return [name for name in Agent.objects.values_list("name", flat=True) if shows(only, name)]


def asks_page(  # noqa: PLR0913  a list is what it is asked for
    asks: QuerySet[AskType],
    *,
    status: str = "",
    agent: str = "",
    before: int | None = None,
    only: Patterns = None,
    token: ApiToken | None = None,
    limit: int = 50,
) -> tuple[list[AskType], int | None]:
    """The newest asks first, and from which number the next page goes on."""
    rows = asks.select_related("agent", "session").order_by("-id")
    if status:
        rows = rows.filter(status=status)
    if agent:
        rows = rows.filter(agent__name=agent)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if only is not None:
        rows = rows.filter(Q(agent__name__in=names_within(only)) | Q(token=token))
    found = list(rows[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None


def sessions_page(
    *, agent: str = "", state: str = "", before: tuple[datetime, int] | None = None, only: Patterns, limit: int = 50
) -> tuple[list[AgentSession], AgentSession | None]:
    """The session heard of last first, and the last one of the page where there are more."""
    rows = AgentSession.objects.select_related("agent").order_by("-seen_at", "-id")
    if agent:
        rows = rows.filter(agent__name=agent)
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        moment, pk = before
        rows = rows.filter(Q(seen_at__lt=moment) | Q(seen_at=moment, id__lt=pk))
    if only is not None:
        rows = rows.filter(agent__name__in=names_within(only))
    found = list(rows[: limit + 1])
    return found[:limit], found[limit - 1] if len(found) > limit else None


def open_orders(agent: str) -> list[Command]:
    """What an agent was told and has not said the end of, oldest first."""
    rows = Command.objects.filter(agent__name=agent, status=CommandStatus.ISSUED)
    return list(rows.select_related("agent").order_by("id")[:100])


def snapshot_within(only: Patterns) -> dict[str, Any]:
    """The snapshot, without what concerns other agents."""
    state = snapshot()
    if only is None:
        return state
    whose = {"agents": "name", "approvals": "agent", "questions": "asker", "transients": "name", "reminders": "owner"}
    kept: dict[str, Any] = {
        what: [row for row in state[what] if shows(only, row[name])] for what, name in whose.items()
    }
    kept["sessions"] = [session_row(session) for session in sessions_page(only=only)[0]]
    return state | kept | {"targets": []}


def history(  # noqa: PLR0913  a history is what it is asked for
    *,
    after: int | None,
    epoch: str = "",
    kinds: frozenset[str] = frozenset(),
    agent: str = "",
    only: Patterns = None,
    limit: int = 200,
) -> dict[str, Any]:
    """Frames in order: those after a number, or the newest where none is given; and from which number to go on.

    What cannot be had any more is told as a gap: the log is another one, or retention took what comes next.
    """
    head = log_head()
    answer: dict[str, Any] = {"seq": head.seq, "epoch": head.epoch, "events": []}
    if after is not None and (after > head.seq or (epoch and epoch != head.epoch)):
        return answer | {"gap": {"from": 1, "to": head.seq}}
    if after is not None and after < head.floor and (after or epoch):
        answer["gap"] = {"from": after + 1, "to": head.floor}
    rows = Event.objects.filter(seq__lte=head.seq)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if agent:
        rows = rows.filter(Q(agent=agent) | Q(peer=agent))
    if only is not None:
        names = names_within(only)
        rows = rows.filter(Q(agent__in=names) | Q(peer__in=names))
    if after is None:
        answer["events"] = list(rows.order_by("-seq").values_list("frame", flat=True)[:limit])[::-1]
        return answer
    found = list(rows.filter(seq__gt=after).order_by("seq").values_list("seq", "frame")[:limit])
    if len(found) == limit:
        answer["seq"] = found[-1][0]
    answer["events"] = [frame for _, frame in found]
    return answer
