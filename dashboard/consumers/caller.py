"""Who listens, what it may see and what it asked for. One answer for sockets and event streams.

A program brings a token, and then no Origin is needed and no cookie is read. A browser brings its cookie, and then
the Origin has to be ours: a foreign page can open a socket to any address, and the browser adds the cookie.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from dashboard.access.actors import actor_of_scope
from dashboard.access.desk import in_desk
from dashboard.access.errors import DATABASE_TROUBLE, BadRequest, Unauthorized
from dashboard.access.visit import Visit, visit_of_scope
from dashboard.enums import Scope
from dashboard.live.filters import Filter, words
from dashboard.live.stream import NotReadyError, Wish
from dashboard.models import ApiToken
from dashboard.services.errors import Forbidden
from dashboard.services.tokens import token_by_text

AsgiScope = Mapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BIGGEST = 2**62


@dataclass(frozen=True, slots=True)
class Caller:
    """`only` are the patterns of agents' names that it may see; None is the whole feed."""

    name: str
    only: tuple[str, ...] | None = None


async def caller_of_scope(scope: AsgiScope, *, now: datetime, needs_origin: bool) -> Caller:
    """Say who opens the connection; raise Unauthorized or Forbidden for who may not, NotReadyError if unknown."""
    try:
        return await _caller(visit_of_scope(scope), scope, now, needs_origin=needs_origin)
    except DATABASE_TROUBLE as error:
        raise NotReadyError from error


async def _caller(visit: Visit, scope: AsgiScope, now: datetime, *, needs_origin: bool) -> Caller:
    if not validate_host(split_domain_port(visit.host)[0], settings.ALLOWED_HOSTS):
        raise Forbidden("The console does not answer to this name; set PERSPT_URL.")
    kind, _, text = visit.headers.get("authorization", "").partition(" ")
    if kind:
        return await in_desk(_caller_of_token, text.strip() if kind.lower() == "bearer" else "", now)
    _check_origin(visit, needed=needs_origin)
    actor = await actor_of_scope(scope)
    if actor is None:
        raise Unauthorized("Sign in, or send a token: Authorization: Bearer …")
    return Caller(actor.name)


def wish_of_query(query: bytes, caller: Caller, *, last_event_id: str = "") -> Wish:
    """Read what is asked for; `Last-Event-ID` of a stream that comes back counts more than its first address."""
    given = {name: values[-1] for name, values in parse_qs(query.decode("latin-1"), keep_blank_values=True).items()}
    epoch, after = given.get("epoch", ""), given.get("after", "")
    if ":" in last_event_id:
        epoch, _, after = last_event_id.rpartition(":")
    if after and not (after.isascii() and after.isdecimal() and int(after) < BIGGEST):
        raise BadRequest("after is the number of the last event you have.")
    wanted = Filter(kinds=words(given.get("kinds", "")), agent=given.get("agent", "").strip(), only=caller.only)
    return Wish(after=int(after) if after else None, epoch=epoch, filter=wanted)


def _check_origin(visit: Visit, *, needed: bool) -> None:
    origin = visit.headers.get("origin")
    if (origin is None and needed) or (origin is not None and origin.lower() != visit.origin):
        raise Forbidden("This page may not listen: its Origin is not the console's.")


def _caller_of_token(text: str, now: datetime) -> Caller:
    token = token_by_text(text, now=now) if text else None
    if token is None:
        raise Unauthorized("This token opens nothing.")
    if token.may(Scope.OBSERVE):
        return Caller(token.name)
    if token.may(Scope.READ):
        return Caller(token.name, only=own_agents(token))
    raise Forbidden("This token may neither read nor observe.")


def own_agents(token: ApiToken) -> tuple[str, ...]:
    """The names, as patterns, of the agents that a token reads about: those it is bound to, else those of its host."""
    return tuple(token.agents) or (token.host, f"{token.host}-*")
