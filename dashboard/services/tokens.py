"""Tokens of machines: made, shown once, kept as a hash, revoked."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q

from dashboard.enums import DEFAULT_SCOPES, Scope
from dashboard.ingest.text import one_line
from dashboard.models import ApiToken
from dashboard.services.actor import Actor
from dashboard.services.errors import Invalid, NotFound
from dashboard.services.log import append
from dashboard.services.orders import record_order

PREFIX = "ppt_"


@transaction.atomic(durable=True)
def create_token(  # noqa: PLR0913  a token is what it may do
    name: str,
    *,
    by: Actor,
    now: datetime,
    scopes: Iterable[str] = DEFAULT_SCOPES,
    agents: Iterable[str] = (),
    host: str = "",
) -> tuple[ApiToken, str]:
    """Make a token; return its row and its text, which is never to be had again."""
    name = one_line(name, 120)
    if not name:
        raise Invalid("A token needs a name.", fields={"name": "missing"})
    chosen = list(dict.fromkeys(scopes))
    if unknown := [scope for scope in chosen if scope not in set(Scope)]:
        raise Invalid("There is no such scope.", fields={"scope": f"{', '.join(unknown)}; one of {', '.join(Scope)}"})
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name,
        prefix=text[:10],
        digest=digest_of(text),
        scopes=chosen,
        agents=list(agents),
        host=host_name(host or name),
        created_by=by.name,
        created_at=now,
    )
    _, events = record_order("create token", subject=str(token), by=by, reason=f"for {name}", now=now)
    append(*events)
    return token, text


@transaction.atomic(durable=True)
def revoke_token(pk: int, *, by: Actor, reason: str, now: datetime) -> ApiToken:
    """Refuse the token from now on; its history stays."""
    token = ApiToken.objects.select_for_update().filter(pk=pk).first()
    if token is None:
        raise NotFound(f"There is no token {pk}.")
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        _, events = record_order("revoke token", subject=str(token), by=by, reason=reason, now=now)
        append(*events)
    return token


def token_by_text(text: str, *, now: datetime) -> ApiToken | None:
    """Return the token that this text opens, unless it was revoked; note its use at most once a minute."""
    token = ApiToken.objects.filter(digest=digest_of(text), revoked_at=None).first()
    if token is not None:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(minutes=1))
        if token.last_used_at is None or token.last_used_at < now - timedelta(minutes=1):
            ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


def token_ever(text: str) -> ApiToken | None:
    """Return the token of this text even if it was revoked: it opens nothing, but it is known whose it was."""
    return ApiToken.objects.filter(digest=digest_of(text)).first()


def digest_of(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def host_name(text: str) -> str:
    """Return `text` as the beginning of an agent's name: what cannot be in one becomes a dash."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:40] or "agent"
