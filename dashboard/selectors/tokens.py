"""Machines' tokens: which still open something, and how far the connection of one has come."""

from dataclasses import dataclass

from dashboard.models import AgentSession, ApiToken, Approval

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
