"""One session: its facts, what it asked, and what became of that. The address holds its own id, however odd."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.enums import Source
from dashboard.models import Approval
from dashboard.selectors.items import asks_of_session
from dashboard.selectors.log import events_about
from dashboard.selectors.roster import sessions_called
from dashboard.selectors.runs import run_called
from dashboard.views.activity import activity_line
from dashboard.views.cards import card_of
from dashboard.views.lists import state_of
from dashboard.views.page import page, render_page
from dashboard.views.runs import show


@page
def tab(request: HttpRequest, external_id: str, tab: str) -> HttpResponse:
    """A page of a perspt session, unless the session's own id ends like one."""
    run = run_called(external_id) or run_called(f"{external_id}/")
    return show(request, run, tab) if run else session(request, f"{external_id}/{tab}")


@page
def session(request: HttpRequest, external_id: str) -> HttpResponse:
    found = sessions_called(external_id) or sessions_called(f"{external_id}/")  # its slash, or the address's
    source = request.GET.get("source", "")
    chosen = [one for one in found if one.source == source] if source else found
    if not chosen:
        raise Http404("There is no such session.")
    if len(chosen) > 1:
        rows = [(one, *state_of(one)) for one in chosen]
        words = {"rows": rows, "id": external_id, "section": "sessions"}
        return render(request, "dashboard/sessions/choose.html", words)
    one = chosen[0]
    if one.source == Source.PERSPT and (run := run_called(one.external_id)):
        return show(request, run, "summary")
    asks = asks_of_session(one)
    refs = [f"{'approval' if isinstance(ask, Approval) else 'question'}:{ask.pk}" for ask in asks]
    mark, word = state_of(one)
    context = {
        "session": one,
        "several": len(found) > 1,
        "mark": mark,
        "word": word,
        "cards": [card_of(ask, brief=True) for ask in asks],
        "lines": [activity_line(event) for event in events_about(refs)],
        "section": "sessions",
    }
    return render_page(request, "dashboard/sessions/session.html", "dashboard/sessions/_session.html", context)
