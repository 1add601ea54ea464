"""Tokens of machines: which there are, what each may do, and who was turned away at the doors.

Whoever is signed in reads; operators revoke; admins make tokens of every sort and change what one may do.
"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.access.request import ours
from dashboard.enums import DEFAULT_SCOPES, Scope
from dashboard.forms import RevokeForm, TokenChangeForm, TokenForm, first_problem
from dashboard.models import ApiToken
from dashboard.selectors.log import log_head
from dashboard.selectors.tokens import progress_of, refusals_page, token_orders, tokens_page
from dashboard.services.actor import Actor
from dashboard.services.errors import Refused
from dashboard.services.tokens import change_token, create_token, revoke_token
from dashboard.views.clock import now
from dashboard.views.page import actor_of, page
from dashboard.views.paging import key_text, read_key

PAGE = 50
MEANINGS = {
    Scope.ASK: "ask for approvals and answers, and take back what it asked",
    Scope.READ: "read what concerns its agents, and their inboxes",
    Scope.REPORT: "say what its agents do: hooks, roster, messages",
    Scope.RUN: "send what its runs print",
    Scope.OBSERVE: "read everything that happens, of all agents",
}
DECIDE, ADMINISTER = "Only operators revoke tokens.", "Only admins make and change tokens here."


@page
def tokens(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/tokens/list.html", _list(request))


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Make a token and show the page with it, this once."""
    by = _admin(request)
    form = TokenForm(request.POST)
    problem = text = ""
    token = None
    if form.is_valid():
        given = form.cleaned_data
        try:
            token, text = create_token(
                given["name"], scopes=given["scopes"], agents=given["agents"], host=given["host"], by=by, now=now()
            )
        except Refused as refused:
            problem = _sentence(refused)
    else:
        problem = first_problem(form)
    ours(request).log_head = log_head()
    context = _list(request) | {"token": token, "token_text": text, "problem": problem}
    if problem:
        context |= {"given": form.data, "choices": _choices(request.POST.getlist("scopes"))}
    response = render(request, "dashboard/tokens/list.html", context, status=422 if problem else 200)
    response["Cache-Control"] = "no-store"
    return response


@page
def token(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "dashboard/tokens/token.html", _one(pk))


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a token may do; with what was typed again if that cannot be."""
    by = _admin(request)
    form = TokenChangeForm(request.POST)
    problem = ""
    if form.is_valid():
        given = form.cleaned_data
        try:
            changed = change_token(
                pk, scopes=given["scopes"], agents=given["agents"], reason=given["reason"], by=by, now=now()
            )
        except Refused as refused:
            if refused.status == 404:
                raise Http404(refused.message) from None
            problem = _sentence(refused)
        else:
            messages.success(request, f"{changed.name} may do from now on what is said here.")
            return HttpResponseRedirect(reverse("dashboard:token", args=[pk]), status=303)
    ours(request).log_head = log_head()
    context = _one(pk) | {
        "problem": problem or first_problem(form),
        "choices": _choices(request.POST.getlist("scopes")),
        "patterns": request.POST.get("agents", ""),
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "dashboard/tokens/token.html", context, status=422)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a token, from whichever page lists it; then show that page again."""
    by = actor_of(request)
    if not by.can_decide:
        raise PermissionDenied(DECIDE)
    form = RevokeForm(request.POST)
    if form.is_valid():
        revoked = revoke_token(pk, by=by, reason=form.cleaned_data["reason"], now=now())
        messages.success(request, f"Revoked {revoked.name}: what uses it is refused from now on.")
    else:
        messages.error(request, first_problem(form))
    back = "dashboard:tokens" if request.POST.get("back") == "tokens" else "dashboard:connect"
    return HttpResponseRedirect(reverse(back) + "#tokens", status=303)


def _admin(request: HttpRequest) -> Actor:
    by = actor_of(request)
    if not by.can_administer:
        raise PermissionDenied(ADMINISTER)
    return by


def _list(request: HttpRequest) -> dict[str, Any]:
    revoked = request.GET.get("show") == "revoked"
    before = request.GET.get("before", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = tokens_page(revoked=revoked, before=start, limit=PAGE + 1)
    place = request.GET.get("attempts", "")
    refused = refusals_page(before=read_key(place), limit=PAGE + 1)
    show = "show=revoked&" if revoked else ""
    return {
        "section": "tokens",
        "rows": found[:PAGE],
        "revoked": revoked,
        "older": f"?{show}before={found[PAGE - 1].pk}" if len(found) > PAGE else "",
        "newest": f"?{show}" if start is not None else "",
        "refusals": refused[:PAGE],
        "older_refusals": f"?{show}attempts={key_text(refused[PAGE - 1].last_at, refused[PAGE - 1].pk)}#attempts"
        if len(refused) > PAGE
        else "",
        "newest_refusals": f"?{show}#attempts" if place else "",
        "choices": _choices(DEFAULT_SCOPES),
        "given": {},
    }


def _one(pk: int) -> dict[str, Any]:
    found = progress_of(pk)
    if found is None:
        raise Http404(f"There is no token {pk}.")
    one: ApiToken = found.token
    return {
        "section": "tokens",
        "token": one,
        "progress": found,
        "orders": token_orders(one),
        "choices": _choices(one.scopes),
        "patterns": " ".join(one.agents),
    }


def _choices(chosen: Any) -> list[tuple[Scope, str, bool]]:
    return [(scope, MEANINGS[scope], scope in chosen) for scope in Scope]


def _sentence(refused: Refused) -> str:
    return " ".join([refused.message, *(f"{name}: {why}." for name, why in refused.fields.items())])
