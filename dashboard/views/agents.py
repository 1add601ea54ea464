"""One agent: what it does and how we know it, what is open for it, its sessions, messages and last events."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.selectors.items import open_asks_of
from dashboard.selectors.log import events_of_agent
from dashboard.selectors.roster import newest_sessions, roster_row
from dashboard.selectors.traffic import loose_ends, messages_of, readings, unread_of
from dashboard.services.errors import Refused
from dashboard.services.roster import remove_agent
from dashboard.views.activity import KINDS, activity_line
from dashboard.views.cards import card_of
from dashboard.views.clock import now
from dashboard.views.lists import state_of
from dashboard.views.now import value_of
from dashboard.views.page import actor_of, is_swap, page, render_page

EACH = 10
LINES = 30
REASON = 400


@page
def agent(request: HttpRequest, name: str) -> HttpResponse:
    row = roster_row(name)
    if row is None:
        raise Http404(f"There is no agent {name!r}.")
    told = messages_of(name, limit=EACH)
    read = readings(told)
    asks = open_asks_of(row.agent)
    own = {(type(ask).__name__.lower(), ask.pk) for ask in asks}
    cards = [card_of(ask, brief=place >= EACH) for place, ask in enumerate(asks)]
    context = {
        "row": row,
        "agent": row.agent,
        "value": value_of(row),
        "cards": cards,
        "first": cards[0].anchor if cards and not is_swap(request) else "",
        "ends": [end for end in loose_ends(row.agent, limit=50) if (end.kind, end.row.pk) not in own],
        "sessions": [(one, *state_of(one)) for one in newest_sessions(agent=name, limit=EACH)],
        "told": [(one, read.get(one.pk)) for one in told],
        "unread": unread_of(name),
        "lines": [activity_line(event) for event in events_of_agent(name, limit=LINES, kinds=KINDS)],
        "section": "agents",
    }
    return render_page(request, "dashboard/agents/agent.html", "dashboard/agents/_agent.html", context)


@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Take it off the roster, with a reason that is kept; its next word brings it back."""
    by = actor_of(request)
    if not by.can_decide:
        raise PermissionDenied("Only operators take agents off the roster.")
    reason = request.POST.get("reason", "").strip()[:REASON]
    here = reverse("dashboard:agent", args=[name])
    if not reason:
        messages.error(request, "Not removed: say why.")
        return HttpResponseRedirect(here, status=303)
    try:
        remove_agent(name, by=by, reason=reason, now=now())
    except Refused as refused:
        messages.error(request, refused.message)
        return HttpResponseRedirect(here, status=303)
    messages.success(request, f"{name} is off the roster. Its next word brings it back.")
    return HttpResponseRedirect(reverse("dashboard:agents"), status=303)
