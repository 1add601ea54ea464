"""Tokens of machines: made, shown once, kept as a hash, changed, revoked."""

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
from dashboard.services.errors import Forbidden, Invalid, NotFound
from dashboard.services.log import append
from dashboard.services.orders import record_order

PREFIX = "ppt_"
PATTERN = re.compile(r"[A-Za-z0-9._*?\[\]!-]{1,80}")
MOST_PATTERNS = 100


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
    chosen = _scopes(scopes)
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name,
        prefix=text[:10],
        digest=digest_of(text),
        scopes=chosen,
        agents=_patterns(agents),
        host=host_name(host or name),
        created_by=by.name,
        created_at=now,
    )
    _, events = record_order("create token", subject=str(token), by=by, reason=f"for {name}", now=now)
    append(*events)
    return token, text


@transaction.atomic(durable=True)
def change_token(  # noqa: PLR0913
    pk: int, *, scopes: Iterable[str], agents: Iterable[str], by: Actor, reason: str, now: datetime
) -> ApiToken:
    """Let a token do something else from now on; the order keeps what it might do before."""
    if not by.can_administer:
        raise Forbidden("Only an admin changes what a token may do.")
    token = ApiToken.objects.select_for_update().filter(pk=pk).first()
    if token is None:
        raise NotFound(f"There is no token {pk}.")
    if token.revoked_at is not None:
        raise Invalid("This token was revoked; nothing gives it back its powers.")
    before = {"scopes": token.scopes, "agents": token.agents}
    token.scopes, token.agents = _scopes(scopes), _patterns(agents)
    after = {"scopes": token.scopes, "agents": token.agents}
    if after == before:
        return token
    token.save(update_fields=["scopes", "agents"])
    subject = str(token)
    _, events = record_order("change token", subject=subject, by=by, reason=reason, now=now, before=before, after=after)
    append(*events)
    return token


def check_gift(scopes: Iterable[str], by: Actor) -> None:
    """Raise Forbidden where an operator gives a token more than connecting an agent takes."""
    more = [scope for scope in scopes if scope not in DEFAULT_SCOPES]
    if more and not by.can_administer:
        raise Forbidden(f"Only an admin makes tokens with the scope {' or '.join(more)}.")


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


def _scopes(given: Iterable[str]) -> list[str]:
    chosen = list(dict.fromkeys(given))
    if unknown := [scope for scope in chosen if scope not in set(Scope)]:
        raise Invalid("There is no such scope.", fields={"scope": f"{', '.join(unknown)}; one of {', '.join(Scope)}"})
    if not chosen:
        raise Invalid("A token that may do nothing is none: revoke it.", fields={"scope": "at least one"})
    return chosen


def _patterns(given: Iterable[str]) -> list[str]:
    chosen = list(dict.fromkeys(given))
    if wrong := [pattern for pattern in chosen if not PATTERN.fullmatch(pattern)]:
        raise Invalid(
            "This is no pattern of agent names.", fields={"agents": f"{one_line(wrong[0], 63)!r}, not hel-1-*"}
        )
    if len(chosen) > MOST_PATTERNS:
        raise Invalid("These are too many patterns.", fields={"agents": f"at most {MOST_PATTERNS}"})
    return chosen


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
