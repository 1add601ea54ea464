"""What calls about approvals and about questions share: finding one, who may read it, waiting for its end."""

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from dashboard.api.answers import answer
from dashboard.api.callers import Caller
from dashboard.enums import Scope
from dashboard.live.waits import wait_for_ref
from dashboard.models import Approval, Question
from dashboard.selectors.rows import Row
from dashboard.selectors.sight import shows
from dashboard.services.errors import Forbidden, NotFound

AskType = TypeVar("AskType", Approval, Question)


def find(model: type[AskType], pk: int) -> AskType:
    ask = model.objects.select_related("agent", "session").filter(pk=pk).first()
    if ask is None:
        raise NotFound(f"There is no {model.__name__.lower()} {pk}.")
    return ask


def may_read(who: Caller, ask: Approval | Question) -> None:
    """Raise Forbidden for a token that neither asked, nor is asked, nor may read of the agent."""
    if who.token is None or who.owns(ask):
        return
    if isinstance(ask, Question) and ask.target and who.token.covers(ask.target):
        return
    reads = who.token.may(Scope.READ) or who.token.may(Scope.OBSERVE)
    if not (reads and shows(who.only, ask.agent.name)):
        raise Forbidden("This belongs to another token.")


def asked(request: HttpRequest, ask: Approval | Question, page: str, *, new: bool) -> HttpResponse:
    """What the asker gets: under which number it waits, and where a person answers."""
    path = reverse(page, args=[ask.pk])
    url = f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)
    return answer({"id": ask.pk, "digest": ask.digest, "status": ask.status, "url": url}, 201 if new else 200)


async def wait_until_ended(ref: str, read: Callable[[], Row], seconds: float) -> Row:
    """The row once it has ended, or as it is when the time is over; nothing is held meanwhile."""
    return await wait_for_ref(ref, read, lambda row: row["status"] != "pending", min(seconds, settings.MAX_WAIT))
