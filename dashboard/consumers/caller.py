"""Who listens, what it may see and what it asked for. One answer for sockets and event streams.

A program brings a token, and then no Origin is needed and no cookie is read. A browser brings its cookie, and then
the Origin has to be ours: a foreign page can open a socket to any address, and the browser adds the cookie.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from dashboard.access.actors import actor_of_scope
from dashboard.access.errors import DATABASE_TROUBLE, BadRequest, TooMany, Unauthorized
from dashboard.access.origin import is_own_host, is_own_page
from dashboard.access.refusals import FEED, note_refused
from dashboard.access.tokens import authenticate, sight
from dashboard.access.visit import visit_of_scope
from dashboard.enums import Scope
from dashboard.live.filters import Filter, words
from dashboard.live.stream import NotReadyError, Wish
from dashboard.services.errors import Forbidden

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
    """Say who opens the connection.

    Raise Unauthorized or Forbidden for who may not, NotReadyError where that cannot be told at the moment.
    """
    try:
        return await _caller(scope, now, needs_origin=needs_origin)
    except (*DATABASE_TROUBLE, TooMany) as error:
        raise NotReadyError from error
    except (Unauthorized, Forbidden) as refused:
        note_refused(refused, door=FEED, address=visit_of_scope(scope).address)
        raise


async def _caller(scope: AsgiScope, now: datetime, *, needs_origin: bool) -> Caller:
    visit = visit_of_scope(scope)
    if not is_own_host(visit.host):
        raise Forbidden("The console does not answer to this name; set PERSPT_URL.")
    if "authorization" in visit.headers:
        token = await authenticate(visit.headers, Scope.READ, address=visit.address, now=now)
        return Caller(token.name, only=sight(token))
    if ("origin" in visit.headers or needs_origin) and not is_own_page(scope):
        raise Forbidden("This page may not listen: its Origin is not the console's.")
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
