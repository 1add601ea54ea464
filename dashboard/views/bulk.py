"""Many approvals by one word: what was picked is listed once more, then each is decided on its own."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dashboard.forms import DENY, BulkForm, first_problem, read_picks
from dashboard.services.bulk import Outcome, Pick, picked, resolve_many
from dashboard.views.cards import ApprovalCard
from dashboard.views.clock import now
from dashboard.views.page import actor_of, is_swap

Context = dict[str, Any]


@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """Take a verdict on exactly the picked rows. It always wants a second yes, and a denial its reason."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("dashboard:now") + "#queue")
    if not actor_of(request).can_decide:
        raise PermissionDenied("Only operators decide.")
    picks = read_picks(request.POST)
    form = BulkForm(request.POST)
    if not form.is_valid() or not picks:
        return _show(request, "problem", {"problem": first_problem(form) if form.errors else ""}, status=422)
    verdict, note = form.cleaned_data["verdict"], form.cleaned_data["note"].strip()
    if not form.cleaned_data["sure"] or (verdict == DENY and not note):
        return _confirm(request, picks, verdict=verdict, asked=form.cleaned_data["sure"])
    status = "denied" if verdict == DENY else "approved"
    outcomes = resolve_many(picks, status=status, by=actor_of(request), note=note, now=now())
    taken = [one for one in outcomes if one.taken]
    left = [one for one in outcomes if not one.taken]
    return _show(request, "done", {"status": status, "outcomes": outcomes, "taken": taken, "left": left})


def _confirm(request: HttpRequest, picks: list[Pick], *, verdict: str, asked: bool) -> HttpResponse:
    """List what would be decided, with its evidence, and what would not, with the reason."""
    outcomes = picked(picks)
    cards = [ApprovalCard(one.approval) for one in outcomes if one.taken and one.approval]
    context = {
        "cards": [card for card in cards if not card.cut],
        "left": [one for one in outcomes if not one.taken] + [_too_long(card) for card in cards if card.cut],
        "verdict": verdict,
        "problem": "Say why; each of them reads it." if asked else "",
    }
    return _show(request, "sure", context)


def _too_long(card: ApprovalCard) -> Outcome:
    return Outcome(card.ask.pk, card.ask, f"{card.ident} is more than fits here; open it in full to decide.")


def _show(request: HttpRequest, name: str, context: Context, *, status: int = 200) -> HttpResponse:
    part = f"dashboard/queue/_bulk_{name}.html"
    whole = "dashboard/queue/bulk.html"
    response = render(
        request, part if is_swap(request) else whole, context | {"part": part, "section": "now"}, status=status
    )
    response["Cache-Control"] = "no-store"
    return response
