"""The few counts that stand beside the navigation of every page."""

from dashboard.models import AgentSession
from dashboard.selectors.roster import agents_present

ALIVE = ("starting", "working", "waiting", "idle")


def agents_on_roster() -> int:
    return agents_present().count()


def sessions_under_way() -> int:
    """Sessions that have not ended and were heard of lately enough not to be silent."""
    return AgentSession.objects.filter(state__in=ALIVE, silent=False, ended_at=None).count()
