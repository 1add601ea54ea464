"""Who is there: agents with what is open for them, and sessions."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from dashboard.models import Agent, AgentSession, Approval, Question

MARKS = ("needs", "broken", "busy", "unknown", "paused", "ready", "queued")
"""The marks of an agent in the order in which groups are shown: who needs you comes first."""

WORDS = {"working": "busy", "starting": "busy", "waiting": "queued", "idle": "ready", "ended": "queued"}


@dataclass(frozen=True, slots=True)
class RosterRow:
    """An agent as the roster shows it: one mark with a word, and what waits for a person."""

    agent: Agent
    approvals: int
    questions: int

    @property
    def mark(self) -> str:
        """The state to draw: asks, then hyperhive's precedence (failed, needs login, paused), then what it does."""
        agent = self.agent
        if self.approvals or self.questions:
            return "needs"
        if agent.failed or agent.needs_login:
            return "broken"
        if agent.paused:
            return "paused"
        if agent.silent or not agent.seen_at:
            return "unknown"
        if not agent.running:
            return "queued"
        return WORDS.get(agent.state, "unknown")

    @property
    def word(self) -> str:
        agent = self.agent
        if self.approvals:
            return "permission"
        if self.questions:
            return "question"
        flags = (("failed", agent.failed), ("needs login", agent.needs_login), ("paused", agent.paused))
        for word, holds in (*flags, ("silent", agent.silent), ("stopped", not agent.running)):
            if holds:
                return word
        return agent.state


def roster() -> list[RosterRow]:
    """All agents, those that need a person first; three queries however many there are."""
    approvals = dict(Approval.objects.filter(status="pending").values_list("agent").annotate(n=Count("id")).order_by())
    questions = dict(Question.objects.filter(status="pending").values_list("agent").annotate(n=Count("id")).order_by())
    rows = [
        RosterRow(agent, approvals.get(agent.pk, 0), questions.get(agent.pk, 0))
        for agent in agents_present().select_related("parent")
    ]
    return sorted(rows, key=lambda row: (MARKS.index(row.mark), row.agent.name))


def agents_present() -> QuerySet[Agent]:
    return Agent.objects.filter(removed_at=None)


def newest_sessions(
    *, limit: int = 50, before: tuple[datetime, int] | None = None, agent: str = "", state: str = ""
) -> list[AgentSession]:
    """Sessions, the one heard of last first, from the key `before` on."""
    rows = AgentSession.objects.select_related("agent").order_by("-seen_at", "-id")
    if agent:
        rows = rows.filter(agent__name=agent)
    if state:
        rows = rows.filter(state=state)
    if before:
        moment, pk = before
        rows = rows.filter(Q(seen_at__lt=moment) | Q(seen_at=moment, id__lt=pk))
    return list(rows[:limit])
