"""Now: what waits, who does what, what happened. Each of the three is a part that the page fetches again by itself."""

from datetime import timedelta
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.selectors.log import latest_events
from dashboard.selectors.queue import approvals_resolved_since, queue
from dashboard.selectors.roster import MARKS, RosterRow, roster
from dashboard.views.activity import LINES, SHOWN_KINDS, activity_line
from dashboard.views.cards import card_of
from dashboard.views.clock import now
from dashboard.views.page import page

SHOWN = 60
FULL = 25  # cards that carry their diffs; a longer queue is rare, and fetched often
COUNTED = {"needs": "need you", "queued": "waiting"}
GROUPS = {
    "needs": "Needs you",
    "broken": "Broken",
    "busy": "Working",
    "unknown": "Unknown",
    "paused": "Paused",
    "ready": "Ready",
    "queued": "Waiting",
}


@page
def overview(request: HttpRequest) -> HttpResponse:
    context = (
        queue_context(open_first=True) | roster_context(limit=SHOWN) | activity_context(request) | {"section": "now"}
    )
    return render(request, "dashboard/now/now.html", context)


@page
def queue_part(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/now/_queue.html", queue_context())


@page
def roster_part(request: HttpRequest) -> HttpResponse:
    whole = request.GET.get("all") == "1"
    return render(request, "dashboard/now/_roster_and_fleet.html", roster_context(limit=None if whole else SHOWN))


@page
def activity_part(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/now/_activity.html", activity_context(request))


@page
def nav_part(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/shell/_nav.html", {"section": request.GET.get("at", "")[:20]})


def queue_context(*, open_first: bool = False) -> dict[str, Any]:
    cards = [card_of(ask, brief=place >= FULL) for place, ask in enumerate(queue())]
    return {
        "cards": cards,
        "first": cards[0].anchor if cards and open_first else "",
        "together": any(not card.alone for card in cards),
        "oldest": min((card.ask.asked_at for card in cards), default=None),
        "resolved": approvals_resolved_since(now() - timedelta(hours=24)),
    }


def roster_context(*, limit: int | None) -> dict[str, Any]:
    """The roster in groups, and how many agents stand in each."""
    rows = roster()
    shown = rows[:limit]
    sizes = {mark: sum(row.mark == mark for row in rows) for mark in MARKS}
    groups = [
        {"mark": mark, "name": GROUPS[mark], "size": sizes[mark], "rows": [(row, value_of(row)) for row in members]}
        for mark, members in groupby(shown, key=lambda row: row.mark)
    ]
    return {
        "groups": groups,
        "fleet": [(mark, COUNTED.get(mark, GROUPS[mark].lower()), size) for mark, size in sizes.items() if size],
        "total": len(rows),
        "hosts": len({row.agent.host for row in rows if row.agent.host}),
        "more": len(rows) - len(shown),
        "whole": limit is None,
    }


def value_of(row: RosterRow) -> str:
    """State and flags as `static/js/cells.js` compares them: when they differ, the row may belong elsewhere."""
    agent = row.agent
    flags = ("running", "paused", "failed", "needs_login", "needs_update", "silent")
    return " ".join([agent.state, *(flag for flag in flags if getattr(agent, flag))])


def activity_context(request: HttpRequest) -> dict[str, Any]:
    """What happened, of the kinds that the address asks for."""
    show = request.GET.get("show", "")
    show = show if show in SHOWN_KINDS else ""
    kinds = SHOWN_KINDS[show]
    return {
        "lines": [activity_line(event) for event in latest_events(limit=LINES, kinds=kinds)],
        "activity_kinds": " ".join(sorted(kinds)),
        "shows": [(word, word or "all") for word in SHOWN_KINDS],
        "show": show,
    }
