"""How an answer is answered: one thing more, taken, or refused; as a page for people, as a fragment for the script."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from dashboard.services.errors import AlreadyResolved, Changed, Refused
from dashboard.views.cards import ApprovalCard, QuestionCard, card_of
from dashboard.views.page import is_swap


def step(
    request: HttpRequest, card: ApprovalCard | QuestionCard, name: str, *, problem: str = "", **context: Any
) -> HttpResponse:
    """Ask for one thing more: a reason, or a second yes."""
    part = f"dashboard/queue/_step_{name}.html"
    context |= {"card": card, "ask": card.ask, "problem": problem, "step": part, "section": "now"}
    return render(request, part if is_swap(request) else "dashboard/queue/step.html", context)


def done(request: HttpRequest, sentence: str, back: str) -> HttpResponse:
    """It was taken. A browser without script goes on to `back` and reads the sentence there."""
    if is_swap(request):
        return render(request, "dashboard/queue/_done.html", {"sentence": sentence})
    messages.success(request, sentence)
    return HttpResponseRedirect(back, status=303)


def refused(request: HttpRequest, refusal: Refused, *, card: ApprovalCard | QuestionCard) -> HttpResponse:
    """It was not taken: say who was first, or what moved meanwhile, and show the ask as it is now."""
    row = getattr(refusal, "row", None)
    shown = card_of(row, whole=True) if row is not None else card
    context = {
        "card": shown,
        "ask": shown.ask,
        "refusal": refusal,
        "over": isinstance(refusal, AlreadyResolved),
        "changed": isinstance(refusal, Changed),
        "section": "now",
    }
    template = "dashboard/queue/_refused.html" if is_swap(request) else "dashboard/queue/refused.html"
    return render(request, template, context, status=refusal.status)
