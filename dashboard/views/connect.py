"""The page that connects agents: a fresh token, what to paste where, and whether it works."""

import json
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dashboard.access.request import ours
from dashboard.access.visit import Visit
from dashboard.doors.claude_settings import Connection, Gate, settings_of
from dashboard.doors.connecting import new_token
from dashboard.forms import ConnectForm, first_problem
from dashboard.models import ApiToken
from dashboard.selectors.log import log_head
from dashboard.selectors.tokens import progress_of, tokens_in_use
from dashboard.services.actor import Actor
from dashboard.services.errors import Refused
from dashboard.services.tokens import create_token
from dashboard.views.clock import now
from dashboard.views.page import actor_of, page

CLAUDE, CURL = "claude", "curl"
TABS = ((CLAUDE, "Claude Code"), (CURL, "Any agent (curl)"))
GATES = (
    (Gate.NONE, "beside the terminal"),
    (Gate.CLOSED, "gate"),
    (Gate.OPEN, "gate, left open"),
)
PLACEHOLDER = "ppt_…"


@page
def connect(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/connect/connect.html", _context(request, _choice(request.GET)))


@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    """Make a token and show the page with it, this once."""
    choice = _choice(request.POST if request.method == "POST" else request.GET)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("dashboard:connect") + _query(choice))
    by = actor_of(request)
    if not by.can_decide:
        raise PermissionDenied("Only operators make tokens.")
    form = ConnectForm(request.POST)
    problem = text = ""
    token = None
    if form.is_valid():
        host = form.cleaned_data["host"]
        try:
            token, text = _new_token(choice["with"], host, by)
        except Refused as refusal:
            problem = refusal.message
    else:
        problem = first_problem(form)
    ours(request).log_head = log_head()
    context = _context(request, choice, text) | {
        "problem": problem,
        "host": request.POST.get("host", "")[:60],
        "token": token,
        "progress": progress_of(token.pk) if token else None,
    }
    response = render(request, "dashboard/connect/connect.html", context, status=422 if problem else 200)
    response["Cache-Control"] = "no-store"
    return response


@page
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a connection has come; the page asks again whenever something of that sort happens."""
    found = progress_of(pk)
    if found is None:
        raise Http404(f"There is no token {pk}.")
    return render(request, "dashboard/connect/_progress.html", {"progress": found})


def _context(request: HttpRequest, choice: dict[str, str], token: str = "") -> dict[str, Any]:
    visit: Visit = ours(request).visit
    url = settings.PUBLIC_URL or visit.origin
    context: dict[str, Any] = {
        "section": "connect",
        "choice": choice,
        "tabs": [(word, label, _query(choice | {"with": word})) for word, label in TABS],
        "gates": [(word, label, _query(choice | {"gate": word})) for word, label in GATES],
        "gate": Gate(choice["gate"]),
        "url": url,
        "token_text": token,
        "shown_token": token or PLACEHOLDER,
        "tokens": tokens_in_use(),
    }
    try:
        connection = Connection(url, token or PLACEHOLDER, Gate(choice["gate"]))
    except ValueError as trouble:
        return context | {"trouble": f"{trouble}. Set PERSPT_URL."}
    return context | {"snippet": json.dumps(settings_of(connection), indent=2, ensure_ascii=False)}


def _new_token(tab: str, host: str, by: Actor) -> tuple[ApiToken, str]:
    """For Claude Code one that speaks for the agents of that computer alone; other agents choose their names."""
    if tab == CLAUDE:
        return new_token(host, by=by, now=now())
    return create_token(f"Agents on {host}", by=by, now=now(), host=host)


def _choice(given: Any) -> dict[str, str]:
    """What the address or the form chose; anything else is the first choice."""
    tab, gate = given.get("with", ""), given.get("gate", "")
    return {
        "with": tab if tab in dict(TABS) else CLAUDE,
        "gate": gate if gate in dict(GATES) else "",
    }


def _query(choice: dict[str, str]) -> str:
    return "?" + "&".join(f"{name}={word}" for name, word in choice.items() if word)
