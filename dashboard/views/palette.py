"""The palette: pages, agents, sessions, open asks and actions for a few typed letters, as JSON for the script."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from dashboard.ingest.text import one_line
from dashboard.models import Agent, AgentSession
from dashboard.selectors.palette import Found, find_anything
from dashboard.views.cards import ApprovalCard, QuestionCard
from dashboard.views.page import actor_of

Row = dict[str, str]
LENGTH = 120
PAGES = (
    ("Now", "now", "what waits for you, who does what, what happened"),
    ("Agents", "agents", "everyone on the roster"),
    ("Sessions", "sessions", "runs and conversations, the newest word first"),
    ("Decisions", "decisions", "what was approved, denied, answered, and by whom"),
    ("Messages", "messages", "who wrote what to whom"),
    ("Questions", "questions", "what agents want to know"),
    ("Tokens", "tokens", "which computers may connect"),
    ("Status", "status", "how the console itself is"),
    ("Connect an agent", "connect", "a token and the settings to paste"),
)
ACTIONS = (
    ("Light or dark", "theme", "t"),
    ("Hold the page still, or let it go on", "hold", "r"),
    ("Keys", "help", "?"),
)
POSTS = (("Mark all messages read", "messages-read"), ("Sign out", "logout"))
FOR_DECIDERS = {"messages-read"}


@require_safe
def palette(request: HttpRequest) -> JsonResponse:
    word = request.GET.get("q", "").strip()
    found = find_anything(word)
    groups = (
        ("Waiting for you", _asks(found)),
        ("Agents", [_agent(agent) for agent in found.agents]),
        ("Sessions", [_session(session) for session in found.sessions]),
        ("Pages", _pages(word)),
        ("Actions", _actions(word, may_decide=actor_of(request).can_decide)),
    )
    rows = [{"name": name, "rows": rows} for name, rows in groups if rows]
    return JsonResponse({"groups": rows}, headers={"Cache-Control": "no-store"})


def _asks(found: Found) -> list[Row]:
    approvals = [
        _row(
            card.who, f"{card.ident} {card.phrase} {card.gist}", reverse("dashboard:queue-item", args=[card.ask.pk]),
            state=card.mark, word="" if card.ask.pending else card.ask.status,
        )
        for card in map(ApprovalCard, found.approvals)
    ]  # fmt: skip
    questions = [
        _row(
            card.who, f"{card.ident} asks {card.gist}", reverse("dashboard:question", args=[card.ask.pk]),
            state=card.mark, word="" if card.ask.pending else card.ask.status,
        )
        for card in map(QuestionCard, found.questions)
    ]  # fmt: skip
    return approvals + questions


def _agent(agent: Agent) -> Row:
    href = _address("agent", agent.name) or f"{reverse('dashboard:sessions')}?{urlencode({'agent': agent.name})}"
    return _row(agent.name, agent.status_text or agent.host, href)


def _session(session: AgentSession) -> Row:
    href = _address("session", session.external_id)
    if not href:
        href = f"{reverse('dashboard:sessions')}?{urlencode({'agent': session.agent.name})}"
    return _row(
        session.title or session.external_id, f"{session.agent.name} · {session.source} · {session.state}", href
    )


def _pages(word: str) -> list[Row]:
    pages = ((label, detail, _address(name)) for label, name, detail in PAGES)
    return [_row(label, detail, href) for label, detail, href in pages if href and _fits(word, label, detail)]


def _actions(word: str, *, may_decide: bool) -> list[Row]:
    """What the script does by itself, and what a form posts."""
    own = [{"label": label, "does": does, "key": key} for label, does, key in ACTIONS if _fits(word, label)]
    posts = ((label, _address(name)) for label, name in POSTS if may_decide or name not in FOR_DECIDERS)
    return own + [{"label": label, "post": address} for label, address in posts if address and _fits(word, label)]


def _row(label: str, detail: str, href: str, **more: str) -> Row:
    row = {"label": one_line(label, 60), "detail": one_line(detail, LENGTH), "href": href}
    return row | {name: text for name, text in more.items() if text}


def _fits(word: str, *texts: str) -> bool:
    return all(part in " ".join(texts).lower() for part in word.lower().split())


def _address(name: str, *args: Any) -> str:
    """The page's address; empty where there is no such page."""
    try:
        return reverse(f"dashboard:{name}", args=args)
    except NoReverseMatch:
        return ""
