"""Machines' tokens: which still open something, how far the connection of one has come, and who was turned away."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from dashboard.models import AgentSession, ApiToken, Approval, Command, Refusal

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Progress:
    """The first time a token did each of the things that a connected agent does."""

    token: ApiToken
    session: AgentSession | None
    approval: Approval | None
    answered: Approval | None


def tokens_in_use() -> list[ApiToken]:
    """Tokens that were not revoked, the newest first."""
    return list(ApiToken.objects.filter(revoked_at=None)[:MOST_SHOWN])


def progress_of(pk: int) -> Progress | None:
    """How far the connection with this token is."""
    token = ApiToken.objects.filter(pk=pk).first()
    if token is None:
        return None
    asked = Approval.objects.filter(token=token).select_related("agent").order_by("id")
    return Progress(
        token=token,
        session=AgentSession.objects.filter(token=token).select_related("agent").order_by("id").first(),
        approval=asked.first(),
        answered=asked.filter(status__in=("approved", "denied")).first(),
    )


def tokens_page(*, revoked: bool, before: int | None, limit: int) -> list[ApiToken]:
    """Tokens that open something, or those that did once; the newest first."""
    rows = ApiToken.objects.filter(revoked_at__isnull=not revoked).order_by("-id")
    return list((rows if before is None else rows.filter(pk__lt=before))[:limit])


def token_orders(token: ApiToken, *, limit: int = 20) -> list[Command]:
    """What was ordered about a token: made, changed, revoked, by whom and why; the newest first."""
    verbs = ("create token", "change token", "revoke token")
    return list(Command.objects.filter(verb__in=verbs, subject=str(token)).order_by("-id")[:limit])


def refusals_page(*, before: tuple[datetime, int] | None, limit: int) -> list[Refusal]:
    """Who was turned away at the doors, the latest first."""
    rows = Refusal.objects.order_by("-last_at", "-id")
    if before is not None:
        moment, pk = before
        rows = rows.filter(Q(last_at__lt=moment) | Q(last_at=moment, id__lt=pk))
    return list(rows[:limit])
