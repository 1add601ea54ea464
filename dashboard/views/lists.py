"""The lists: decisions, sessions, agents. Every filter and every place in them is in the address."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from dashboard.enums import ActivityState
from dashboard.selectors.queue import decisions as decided
from dashboard.selectors.roster import WORDS, newest_sessions
from dashboard.views.cards import RUNTIMES, card_of
from dashboard.views.now import roster_context
from dashboard.views.page import page, render_page
from dashboard.views.paging import key_text, read_key

PAGE = 50
OUTCOMES = ("approved", "denied", "answered", "expired", "withdrawn", "cancelled", "failed")
STATES = tuple(ActivityState)


@page
def decisions(request: HttpRequest) -> HttpResponse:
    status = _one_of(request.GET.get("status", ""), OUTCOMES)
    before = request.GET.get("before", "")
    found = decided(status=status, before=read_key(before), limit=PAGE + 1)
    rows, older = found[:PAGE], ""
    if len(found) > PAGE:
        last = rows[-1].ask
        older = key_text(last.resolved_at or last.asked_at, last.pk)
    context = {
        "rows": [(one, card_of(one.ask)) for one in rows],
        "choices": [(word, word or "all", _address(status=word)) for word in ("", *OUTCOMES)],
        "chosen": status,
        "older": _address(status=status, before=older) if older else "",
        "newest": _address(status=status) if before else "",
        "here": _address(status=status, before=before),
        "section": "decisions",
    }
    return render_page(request, "dashboard/decisions/list.html", "dashboard/decisions/_list.html", context)


@page
def sessions(request: HttpRequest) -> HttpResponse:
    agent, before = request.GET.get("agent", "")[:63], request.GET.get("before", "")
    state = _one_of(request.GET.get("state", ""), STATES)
    found = newest_sessions(limit=PAGE + 1, before=read_key(before), agent=agent, state=state)
    rows = found[:PAGE]
    older = key_text(rows[-1].seen_at, rows[-1].pk) if len(found) > PAGE else ""
    context = {
        "rows": [(row, *_state_of(row)) for row in rows],
        "choices": [(word, word or "all", _address(agent=agent, state=word)) for word in ("", *STATES)],
        "chosen": state,
        "agent": agent,
        "everyone": _address(state=state),
        "runtimes": RUNTIMES,
        "older": _address(agent=agent, state=state, before=older) if older else "",
        "newest": _address(agent=agent, state=state) if before else "",
        "here": _address(agent=agent, state=state, before=before),
        "section": "sessions",
    }
    return render_page(request, "dashboard/sessions/list.html", "dashboard/sessions/_list.html", context)


@page
def agents(request: HttpRequest) -> HttpResponse:
    context = roster_context(limit=None) | {"section": "agents"}
    return render_page(request, "dashboard/agents/list.html", "dashboard/now/_roster_and_fleet.html", context)


def _state_of(row: Any) -> tuple[str, str]:
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
