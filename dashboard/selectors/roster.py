"""Who is there: agents with what is open for them, and sessions."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from dashboard.enums import TransientOutcome
from dashboard.models import Agent, AgentSession, Approval, Question, Transient

MARKS = ("needs", "broken", "busy", "unknown", "paused", "ready", "queued")
"""The marks of an agent in the order in which groups are shown: who needs you comes first."""

WORDS = {"working": "busy", "starting": "busy", "waiting": "queued", "idle": "ready", "ended": "queued"}


@dataclass(frozen=True, slots=True)
class RosterRow:
    """An agent as the roster shows it: one mark with a word, and what waits for a person."""

    agent: Agent
    approvals: int
    questions: int
    transient: Transient | None = None
    """Its last lifecycle action: under way, or how it ended."""

    @property
    def failed_action(self) -> bool:
        """Whether the last lifecycle action came to nothing."""
        return self.transient is not None and self.transient.outcome == TransientOutcome.FAILED

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
    """All agents, those that need a person first; four queries however many there are."""
    approvals = dict(Approval.objects.filter(status="pending").values_list("agent").annotate(n=Count("id")).order_by())
    questions = dict(Question.objects.filter(status="pending").values_list("agent").annotate(n=Count("id")).order_by())
    actions = {row.agent_id: row for row in Transient.objects.filter(pk__in=_last_actions()).order_by()}
    rows = [
        RosterRow(agent, approvals.get(agent.pk, 0), questions.get(agent.pk, 0), actions.get(agent.pk))
        for agent in agents_present().select_related("parent")
    ]
    return sorted(rows, key=lambda row: (MARKS.index(row.mark), row.agent.name))


def roster_row(name: str) -> RosterRow | None:
    """One agent, also one that has left the roster."""
    agent = Agent.objects.select_related("parent").filter(name=name).first()
    if agent is None:
        return None
    return RosterRow(
        agent,
        Approval.objects.filter(status="pending", agent=agent).count(),
        Question.objects.filter(status="pending", agent=agent).count(),
        Transient.objects.filter(agent=agent).order_by("-id").first(),
    )


def _last_actions() -> list[int]:
    """The last lifecycle action of each agent on the roster; one look in an index for each."""
    last = Transient.objects.filter(agent=OuterRef("pk")).order_by("-id").values("pk")[:1]
    found = agents_present().annotate(last_action=Subquery(last)).order_by().values_list("last_action", flat=True)
    return [pk for pk in found if pk is not None]


def sessions_called(external_id: str) -> list[AgentSession]:
    """The sessions with this id; several where sources use the same one."""
    return list(AgentSession.objects.select_related("agent").filter(external_id=external_id).order_by("source"))


def agents_present() -> QuerySet[Agent]:
    return Agent.objects.filter(removed_at=None)


def newest_sessions(
    *, limit: int = 50, before: tuple[datetime, int] | None = None, agent: str = "", state: str = "", q: str = ""
) -> list[AgentSession]:
    """Sessions, the one heard of last first, from the key `before` on; `q` is words of title, folder, id or task."""
    rows = AgentSession.objects.select_related("agent").order_by("-seen_at", "-id")
    if agent:
        rows = rows.filter(agent__name=agent)
    if state:
        rows = rows.filter(state=state)
    if q:
        here = Q(title__icontains=q) | Q(external_id__icontains=q) | Q(cwd__icontains=q)
        rows = rows.filter(here | Q(run__task__icontains=q))
    if before:
        moment, pk = before
        rows = rows.filter(Q(seen_at__lt=moment) | Q(seen_at=moment, id__lt=pk))
    return list(rows[:limit])
