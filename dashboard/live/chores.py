"""What a serving process does by itself, each a unit of work for a thread of the engine. Any number of them may run.

Deadlines and silence are compare-and-sets: whichever process comes first. Pruning is for one process at a time
(`leased.py`).
"""

import logging
from collections.abc import Callable
from datetime import datetime

from dashboard.access import refusals
from dashboard.models import Agent
from dashboard.services.approvals import expire_approvals
from dashboard.services.holders import holders, withdraw_orphans
from dashboard.services.leases import PROCESS, give_up_lease, show_life
from dashboard.services.questions import expire_questions
from dashboard.services.reminders import deliver_reminders
from dashboard.services.retention import prune_batch
from dashboard.services.roster import mark_silent
from dashboard.services.transients import give_up_transients

logger = logging.getLogger(__name__)

LEASE = 10.0
RENEW = 3.0
CERTAIN_AFTER = 4.0
"""Seconds between two looks at a lease that nobody renewed; longer than `RENEW`."""
PRUNING = "prune"


class Life:
    """The lease that says this process lives, and the search for those that do not."""

    def __init__(self, process: str, *, monotonic: Callable[[], float]) -> None:
        self.process = process
        self._monotonic = monotonic
        self._known: dict[str, tuple[datetime | None, float]] = {}

    def show(self, now: datetime) -> None:
        show_life(self.process, seconds=LEASE, now=now)

    def end(self) -> None:
        give_up_lease(PROCESS + self.process, owner=self.process)

    def sweep(self, now: datetime) -> int:
        """Withdraw what dead processes held; return how much that was.

        Dead is whose lease has ended and did not move between two looks, by a clock that stands still while the
        computer sleeps. So neither a wrong clock elsewhere nor a closed lid takes a waiting agent's request away.
        """
        moment = self._monotonic()
        self._known = {
            holder: known if (known := self._known.get(holder)) and known[0] == end else (end, moment)
            for holder, end in holders(but=self.process).items()
        }
        dead = [
            holder
            for holder, (end, since) in self._known.items()
            if (end is None or end <= now) and moment - since >= CERTAIN_AFTER
        ]
        return withdraw_orphans(dead, now=now) if dead else 0


def keep_deadlines(now: datetime) -> int:
    """End what has run out of time, remind who is to be reminded; return how much that was."""
    ended = expire_approvals(now=now) + expire_questions(now=now) + give_up_transients(now=now)
    return ended + deliver_reminders(now=now)


def write_refusals(now: datetime) -> int:
    """Bring into the database who was turned away since the last time."""
    return refusals.write_down(now=now)


def note_silence(now: datetime, after: float) -> int:
    return mark_silent(now=now, after=after)


def seen_since(moment: datetime) -> tuple[tuple[str, datetime], ...]:
    """Which agents were heard of since then, and when."""
    agents = Agent.objects.filter(removed_at=None, seen_at__gt=moment).order_by("seen_at")[:2000]
    return tuple((agent.name, agent.seen_at) for agent in agents.only("name", "seen_at") if agent.seen_at)


def prune_a_little(now: datetime, keep_days: float) -> bool:
    """Delete one batch of what nobody needs; return whether there may be more."""
    gone = prune_batch(now=now, keep_days=keep_days)
    if gone:
        words = ", ".join(f"{number} {name}" for name, number in gone.items())
        logger.info("pruned %s", words, extra={"pruned": dict(gone)})
    return bool(gone)
