"""The lists: decisions, questions, sessions, agents. Every filter and every place in them is in the address."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from dashboard.enums import ActivityState, Door, Risk
from dashboard.selectors.decisions import Filters, find
from dashboard.selectors.items import questions_page
from dashboard.selectors.roster import WORDS, newest_sessions
from dashboard.views.cards import RUNTIMES, QuestionCard, card_of
from dashboard.views.now import roster_context
from dashboard.views.page import page, render_page
from dashboard.views.paging import key_text, read_key, read_number

PAGE = 50
OUTCOMES = ("approved", "denied", "answered", "expired", "withdrawn", "cancelled", "failed")
STATES = tuple(ActivityState)


@page
def decisions(request: HttpRequest) -> HttpResponse:
    """What was decided: by words, agent, outcome, person, door, risk and days, all of it in the address."""
    filters, before = Filters.from_query(request.GET), request.GET.get("before", "")
    found = find(filters, before=before, limit=PAGE)
    query = filters.as_query()
    context = {
        "rows": [(one, card_of(one.ask)) for one in found.rows],
        "choices": [(word, word or "all", _address(**filters.but(status=word))) for word in ("", *OUTCOMES)],
        "chosen": filters.status,
        "filters": filters,
        "filtered": bool(filters),
        "doors": list(Door),
        "risks": list(Risk),
        "query": _address(**query),
        "older": _address(**query, before=found.next) if found.next else "",
        "newest": _address(**query) if before else "",
        "here": _address(**query, before=before),
        "section": "decisions",
    }
    return render_page(request, "dashboard/decisions/list.html", "dashboard/decisions/_list.html", context)


@page
def questions(request: HttpRequest) -> HttpResponse:
    """Questions to the operator, and those that agents ask each other."""
    of = _one_of(request.GET.get("of", ""), ("operator", "peer"))
    open_only = request.GET.get("open") == "1"
    before = request.GET.get("before", "")
    found = questions_page(asked_of=of, pending=open_only, before=read_number(before), limit=PAGE + 1)
    rows, waits = found[:PAGE], "1" if open_only else ""
    older = str(rows[-1].pk) if len(found) > PAGE else ""
    context = {
        "rows": [QuestionCard(row) for row in rows],
        "choices": [
            (word, name, _address(of=word, open=waits))
            for word, name in (("", "all"), ("operator", "to the operator"), ("peer", "between agents"))
        ],
        "chosen": of,
        "open_only": open_only,
        "toggle": _address(of=of, open="" if open_only else "1"),
        "older": _address(of=of, open=waits, before=older) if older else "",
        "newest": _address(of=of, open=waits) if before else "",
        "here": _address(of=of, open=waits, before=before),
        "section": "questions",
    }
    return render_page(request, "dashboard/questions/list.html", "dashboard/questions/_list.html", context)


@page
def sessions(request: HttpRequest) -> HttpResponse:
    agent, before = request.GET.get("agent", "")[:63], request.GET.get("before", "")
    state = _one_of(request.GET.get("state", ""), STATES)
    q = request.GET.get("q", "").replace("\0", "").strip()[:200]
    found = newest_sessions(limit=PAGE + 1, before=read_key(before), agent=agent, state=state, q=q)
    rows = found[:PAGE]
    older = key_text(rows[-1].seen_at, rows[-1].pk) if len(found) > PAGE else ""
    context = {
        "rows": [(row, *state_of(row)) for row in rows],
        "choices": [(word, word or "all", _address(agent=agent, state=word, q=q)) for word in ("", *STATES)],
        "chosen": state,
        "agent": agent,
        "q": q,
        "everyone": _address(state=state, q=q),
        "runtimes": RUNTIMES,
        "older": _address(agent=agent, state=state, q=q, before=older) if older else "",
        "newest": _address(agent=agent, state=state, q=q) if before else "",
        "here": _address(agent=agent, state=state, q=q, before=before),
        "section": "sessions",
    }
    return render_page(request, "dashboard/sessions/list.html", "dashboard/sessions/_list.html", context)


@page
def agents(request: HttpRequest) -> HttpResponse:
    context = roster_context(limit=None) | {"section": "agents"}
    return render_page(request, "dashboard/agents/list.html", "dashboard/now/_roster_and_fleet.html", context)


def state_of(row: Any) -> tuple[str, str]:
    """Mark and word of a session; silence is unknown, never done."""
    if row.silent:
        return "unknown", "silent"
    if row.state == ActivityState.ENDED:
        return "superseded", "ended"
    return WORDS.get(row.state, "unknown"), row.state


def _one_of(word: str, words: tuple[str, ...]) -> str:
    return word if word in words else ""


def _address(**choices: str) -> str:
    """The query with what is chosen; `?` alone for nothing, so that it is still a link."""
    return "?" + urlencode({name: value for name, value in choices.items() if value})
