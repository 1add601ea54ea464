"""Messages: who wrote what to whom and who has read it, the operator's inbox, and reminders to come."""

from urllib.parse import urlencode

from django.contrib import messages as said
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.enums import EVERYONE, OPERATOR, SYSTEM
from dashboard.models import Message
from dashboard.selectors.roster import agents_present
from dashboard.selectors.traffic import (
    Reading,
    message_flow,
    open_reminders,
    readings,
    thread_of,
    undelivered,
    undelivered_by_agent,
)
from dashboard.services.actor import Actor
from dashboard.services.errors import Refused
from dashboard.services.messages import read_all_for_operator, send_as_operator
from dashboard.services.reminders import cancel_reminder as cancel
from dashboard.views.clock import now
from dashboard.views.page import actor_of, page, render_page
from dashboard.views.paging import read_number

PAGE = 40
REMINDERS = 50
SHOWS = {"": "all", "unread": "unread", "waiting": "not delivered", "mine": "mine"}
ALL = {"*": "everyone"}


@page
def messages(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "")
    show = show if show in SHOWS else ""
    sender, recipient = request.GET.get("from", "")[:63], request.GET.get("to", "")[:63]
    before, thread = read_number(request.GET.get("before", "")), read_number(request.GET.get("thread", ""))
    flow = message_flow(show=show, sender=sender, recipient=recipient, before=before, limit=PAGE + 1)
    shown = flow[:PAGE]
    conversation = thread_of(thread) if thread is not None else []
    read = readings([*shown, *conversation])
    chosen = {"show": show, "from": sender, "to": recipient}
    place = str(thread or "")
    context = {
        "flow": [(row, read.get(row.pk, Reading()), _address(**chosen, thread=_root(row))) for row in shown],
        "conversation": [(row, read.get(row.pk, Reading())) for row in conversation],
        "reply_to": conversation[-1] if conversation else None,
        "answered": _answered(conversation),
        "thread": thread,
        "choices": [(word, name, _address(**chosen | {"show": word}, thread=place)) for word, name in SHOWS.items()],
        "chosen": show,
        "sender": sender,
        "recipient": recipient,
        "names": list(agents_present().order_by("name").values_list("name", flat=True)),
        "undelivered": undelivered(),
        "behind": undelivered_by_agent(),
        "reminders": list(open_reminders()[:REMINDERS]),
        "older": _address(**chosen, thread=place, before=str(shown[-1].pk)) if len(flow) > PAGE else "",
        "newest": _address(**chosen, thread=place) if before else "",
        "here": "?" + request.GET.urlencode(),
        "section": "messages",
    }
    return render_page(request, "dashboard/messages/list.html", "dashboard/messages/_messages.html", context)


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Write in the name of the operator; an answer goes to the thread of what it answers."""
    by = _operator(request)
    answered = read_number(request.POST.get("reply_to", ""))
    to = request.POST.get("to", "")[:63]
    try:
        message = send_as_operator(to, request.POST.get("body", ""), by=by, now=now(), reply_to=answered)
    except Refused as refused:
        said.error(request, refused.message)
        return _back(request.POST.get("thread", ""))
    said.success(request, f"Sent to {ALL.get(message.recipient, message.recipient)}.")
    return _back(_root(message))


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything in the operator's inbox as read."""
    _operator(request)
    count = read_all_for_operator(now=now())
    said.success(request, f"{count} marked as read." if count else "Nothing was unread.")
    return _back(request.POST.get("thread", ""))


@require_POST
def cancel_reminder(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a reminder of an agent back."""
    by = _operator(request)
    try:
        reminder = cancel(pk, by=by.name, now=now())
    except Refused as refused:
        said.error(request, refused.message)
    else:
        said.success(request, f"The reminder of {reminder.agent.name} is cancelled.")
    return _back(request.POST.get("thread", ""))


def _operator(request: HttpRequest) -> Actor:
    by = actor_of(request)
    if not by.can_decide:
        raise PermissionDenied("Only operators write, read for the operator, and cancel reminders.")
    return by


def _answered(conversation: list[Message]) -> str:
    """To whom an answer goes: whoever of the agents spoke last, or was spoken to."""
    for row in reversed(conversation):
        for name in (row.sender, row.recipient):
            if name not in (OPERATOR, SYSTEM, EVERYONE):
                return name
    return ""


def _root(message: Message) -> str:
    return str(message.thread_id or message.pk)


def _back(thread: str) -> HttpResponse:
    number = read_number(thread)
    address = reverse("dashboard:messages") + (f"?thread={number}" if number else "")
    return HttpResponseRedirect(address, status=303)


def _address(**choices: str) -> str:
    return "?" + urlencode({name: value for name, value in choices.items() if value})
