"""One approval: its page, and the verdict."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dashboard.forms import APPROVE, DENY, SESSION, VerdictForm, first_problem
from dashboard.models import Approval
from dashboard.selectors.items import approval_by_id
from dashboard.selectors.queue import decided_before
from dashboard.services.approvals import resolve_approval
from dashboard.services.errors import Changed, Invalid, Refused, already_resolved
from dashboard.views.cards import ApprovalCard
from dashboard.views.clock import now
from dashboard.views.page import actor_of, page, render_page
from dashboard.views.replies import done, refused, step

WORDS = {APPROVE: "Approved", DENY: "Denied", SESSION: "Approved, for the rest of its session,"}


@page
def item(request: HttpRequest, pk: int) -> HttpResponse:
    approval = _found(pk)
    card = ApprovalCard(approval, whole=True)
    history = [one for one in decided_before(approval, limit=6) if one.ask.pk != pk][:5]
    context = {"card": card, "ask": approval, "history": history, "section": "now"}
    return render_page(request, "dashboard/queue/item.html", "dashboard/queue/_item.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a verdict. High risk wants a second yes, a denial its reason: each is a step, also without script."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("dashboard:queue-item", args=[pk]))
    approval = _found(pk)
    card = ApprovalCard(approval, whole=True)
    form = VerdictForm(request.POST)
    if not form.is_valid():
        return refused(request, Invalid(first_problem(form)), card=card)
    verdict, digest = form.cleaned_data["verdict"], form.cleaned_data["digest"]
    note = form.cleaned_data["note"].strip()
    if approval.pending and approval.digest != digest:
        return refused(request, Changed(approval), card=card)
    if approval.pending and (missing := _missing(card, form)):
        asked = form.cleaned_data["asked"]
        problem = f"Say why; {card.who} reads it." if missing == "deny" and asked else ""
        return step(request, card, missing, verdict=verdict, problem=problem)
    return _decide(request, card, verdict=verdict, digest=digest, note=note)


def _missing(card: ApprovalCard, form: VerdictForm) -> str:
    """Name the step that is still missing."""
    given = form.cleaned_data
    if given["verdict"] == DENY:
        return "" if given["note"].strip() else "deny"
    return "sure" if card.twice and not given["sure"] else ""


def _decide(request: HttpRequest, card: ApprovalCard, *, verdict: str, digest: str, note: str) -> HttpResponse:
    approval = card.ask
    if verdict == SESSION and not approval.pending and not approval.granted:
        return refused(request, already_resolved(approval), card=card)
    try:
        resolve_approval(
            approval.pk,
            status="denied" if verdict == DENY else "approved",
            digest=digest,
            by=actor_of(request),
            note=note,
            granted=approval.suggestions if verdict == SESSION else None,
            now=now(),
        )
    except Refused as refusal:
        return refused(request, refusal, card=card)
    sentence = f"{WORDS[verdict]} #{approval.pk} of {card.who}."
    return done(request, sentence, reverse("dashboard:now") + "#queue")


def _found(pk: int) -> Approval:
    approval = approval_by_id(pk)
    if approval is None:
        raise Http404(f"There is no request #{pk}.")
    return approval
