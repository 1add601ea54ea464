"""What a few typed letters could mean: asks that wait, agents, sessions. Four queries, each of bounded work."""

from dataclasses import dataclass

from django.db.models import Q

from dashboard.models import Agent, AgentSession, Approval, Question
from dashboard.selectors.queue import PENDING, open_approvals, open_questions
from dashboard.selectors.roster import agents_present

EACH = 6
LOOKED_THROUGH = 2_000  # of the newest sessions; older ones are found on their own page
WORD = 80


@dataclass(frozen=True, slots=True)
class Found:
    """What fits, the most urgent or newest first; nothing but what waits for an empty query."""

    approvals: list[Approval]
    questions: list[Question]
    agents: list[Agent]
    sessions: list[AgentSession]


def find_anything(query: str) -> Found:
    """Look for `query`, or for the number of an ask, which is found also after its end."""
    word = query.strip()[:WORD]
    if not word:
        return Found(list(open_approvals()[:EACH]), list(open_questions()[:EACH]), [], [])
    return Found(_approvals(word), _questions(word), _agents(word), _sessions(word))


def _approvals(word: str) -> list[Approval]:
    texts = ("agent__name", "command", "description", "commit_ref", "tool_name")
    rows = Approval.objects.select_related("agent")
    return list(rows.filter(_numbered(word) | (PENDING & _in(texts, word))).order_by("-risk_rank", "id")[:EACH])


def _questions(word: str) -> list[Question]:
    rows = Question.objects.select_related("agent")
    return list(rows.filter(_numbered(word) | (PENDING & _in(("agent__name", "question"), word))).order_by("id")[:EACH])


def _agents(word: str) -> list[Agent]:
    found = agents_present().filter(_in(("name", "host", "status_text"), word)).order_by("name")
    return sorted(found[: EACH * 4], key=lambda agent: not agent.name.lower().startswith(word.lower()))[:EACH]


def _sessions(word: str) -> list[AgentSession]:
    newest = AgentSession.objects.order_by("-seen_at", "-id").values("pk")[:LOOKED_THROUGH]
    rows = AgentSession.objects.select_related("agent").filter(pk__in=newest)
    return list(rows.filter(_in(("title", "external_id", "agent__name"), word)).order_by("-seen_at", "-id")[:EACH])


def _in(fields: tuple[str, ...], word: str) -> Q:
    query = Q()
    for field in fields:
        query |= Q(**{f"{field}__icontains": word})
    return query


def _numbered(word: str) -> Q:
    number = word.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) <= 18:
        return Q(pk=int(number))
    return Q(pk=None)
