"""One question: its page, and the answer."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dashboard.forms import AnswerForm, first_problem, read_answers
from dashboard.models import Question
from dashboard.selectors.items import asked_before, question_by_id
from dashboard.services.errors import Invalid, Refused
from dashboard.services.questions import answer_question, cancel_question
from dashboard.views.cards import QuestionCard
from dashboard.views.clock import now
from dashboard.views.page import actor_of, is_swap, page, render_page
from dashboard.views.replies import done, refused, step


@page
def item(request: HttpRequest, pk: int) -> HttpResponse:
    question = _found(pk)
    return render_page(
        request, "dashboard/questions/item.html", "dashboard/questions/_item.html", _context(QuestionCard(question))
    )


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an answer, or end the question without one."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("dashboard:question", args=[pk]))
    question = _found(pk)
    answers, given = read_answers(question, request.POST)
    card = QuestionCard(question, given)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return refused(request, Invalid(first_problem(form)), card=card)
    if form.cleaned_data["verdict"] == "cancel":
        return _cancel(request, card, sure=form.cleaned_data["sure"])
    try:
        answer_question(pk, answers=answers, by=actor_of(request), now=now(), digest=form.cleaned_data["digest"])
    except Invalid as refusal:
        return _incomplete(request, card, refusal)
    except Refused as refusal:
        return refused(request, refusal, card=card)
    return done(request, f"Answered {card.who}.", reverse("dashboard:now") + "#queue")


def _cancel(request: HttpRequest, card: QuestionCard, *, sure: bool) -> HttpResponse:
    if card.ask.pending and not sure:
        return step(request, card, "cancel", verdict="cancel")
    try:
        cancel_question(card.ask.pk, by=actor_of(request), now=now())
    except Refused as refusal:
        return refused(request, refusal, card=card)
    return done(request, f"Cancelled the question of {card.who}.", reverse("dashboard:now") + "#queue")


def _incomplete(request: HttpRequest, card: QuestionCard, refusal: Invalid) -> HttpResponse:
    """Show the page again with what was given, or tell the script what is missing."""
    if is_swap(request):
        return refused(request, refusal, card=card)
    response = render_page(
        request,
        "dashboard/questions/item.html",
        "dashboard/questions/_item.html",
        _context(card) | {"problem": refusal.message},
        status=refusal.status,
    )
    response["Cache-Control"] = "no-store"
    return response


def _context(card: QuestionCard) -> dict[str, object]:
    before = [QuestionCard(one) for one in asked_before(card.ask) if one.pk != card.ask.pk]
    return {"card": card, "ask": card.ask, "before": before, "section": "now"}


def _found(pk: int) -> Question:
    question = question_by_id(pk)
    if question is None:
        raise Http404(f"There is no question #{pk}.")
    return question
