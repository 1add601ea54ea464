"""Actions on chosen rows: a page that lists them and asks for a reason, then a service for each, on its own.

What somebody else was quicker with, or what is not allowed, is said row by row; the others go through.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from dashboard.access.actors import who
from dashboard.ingest.text import one_line
from dashboard.services.actor import Actor
from dashboard.services.errors import Refused

MOST = 100
SHOWN = 5


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=400, widget=forms.TextInput(attrs={"size": 80}))


@dataclass(frozen=True, slots=True)
class Order:
    """What is done to one row; `shown` is what the page of the reason showed of it, such as a digest."""

    row: Any
    by: Actor
    reason: str
    now: datetime
    shown: str


def with_reason(
    name: str,
    label: str,
    carry_out: Callable[[Order], object],
    *,
    bound_to: Callable[[Any], str] = lambda _row: "",
    unfit: Callable[[Any, int], str] = lambda _row, _of: "",
) -> Callable[..., HttpResponse | None]:
    """Make an action. `unfit(row, of)` says why a row cannot be among `of` chosen ones."""

    def action(self: admin.ModelAdmin[Any], request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        rows = list(chosen[: MOST + 1])
        by = who(request)
        if by is None or not by.can_decide:
            self.message_user(request, "Your role may look, not decide.", messages.ERROR)
            return None
        if len(rows) > MOST:
            self.message_user(request, f"At most {MOST} at once.", messages.ERROR)
            return None
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            orders = [
                Order(row, by, form.cleaned_data["reason"], timezone.now(), request.POST.get(f"shown-{row.pk}", ""))
                for row in rows
            ]
            outcomes = [(order, unfit(order.row, len(rows)) or _outcome(carry_out, order)) for order in orders]
            _tell(self, request, label, [(order.row, problem) for order, problem in outcomes])
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": label.capitalize(),
            "opts": self.model._meta,  # noqa: SLF001
            "action": name,
            "rows": [(row, bound_to(row), unfit(row, len(rows))) for row in rows],
            "checkbox": ACTION_CHECKBOX_NAME,
            "form": form,
        }
        return TemplateResponse(request, "admin/dashboard/reason.html", context)

    action.__name__ = name
    return admin.action(description=f"{label.capitalize()}…")(action)


def _outcome(carry_out: Callable[[Order], object], order: Order) -> str:
    """Carry out one order; return why it could not be, or nothing."""
    try:
        carry_out(order)
    except Refused as refused:
        return refused.message
    return ""


def _tell(where: admin.ModelAdmin[Any], request: HttpRequest, label: str, outcomes: Sequence[tuple[Any, str]]) -> None:
    """Say how many orders were carried out, and why the others were not."""
    problems = [f"{one_line(str(row), 80)}: {problem}" for row, problem in outcomes if problem]
    if done := len(outcomes) - len(problems):
        where.message_user(request, f"{label.capitalize()}: {done} done.", messages.SUCCESS)
    for problem in problems[:SHOWN]:
        where.message_user(request, problem, messages.ERROR)
    if len(problems) > SHOWN:
        where.message_user(request, f"{len(problems) - SHOWN} more were not possible.", messages.ERROR)
