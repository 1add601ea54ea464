"""What the shell around every page needs; asked only by templates that show it, so errors and sign-in cost nothing."""

from datetime import datetime
from functools import cached_property

from django.http import HttpRequest

from dashboard.selectors.log import Head
from dashboard.selectors.queue import queue_length
from dashboard.selectors.shell import agents_on_roster, sessions_under_way
from dashboard.selectors.traffic import unread_for_operator
from dashboard.views.clock import now

FEED = "/ws/events/"


class Shell:
    """Counts, and the number of the log at which this page was read: the browser's feed goes on from there."""

    feed = FEED

    def __init__(self, request: HttpRequest) -> None:
        self._head: Head | None = getattr(request, "log_head", None)

    @property
    def stamped(self) -> bool:
        return self._head is not None

    @property
    def seq(self) -> int | None:
        return self._head.seq if self._head else None

    @property
    def epoch(self) -> str:
        return self._head.epoch if self._head else ""

    @cached_property
    def rendered_at(self) -> datetime:
        return now()

    @property
    def now(self) -> int:
        return int(self.rendered_at.timestamp())

    @cached_property
    def open(self) -> int:
        return queue_length()

    @cached_property
    def agents(self) -> int:
        return agents_on_roster()

    @cached_property
    def sessions(self) -> int:
        return sessions_under_way()

    @cached_property
    def unread(self) -> int:
        return unread_for_operator()


def shell(request: HttpRequest) -> dict[str, Shell]:
    return {"shell": Shell(request)}
