"""Who calls: a machine by its token, or a person by the cookie of a browser, with its CSRF token for what changes.

Each operation lists who may call it. Where a token came along, only the token counts.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.http import HttpRequest
from ninja.security.base import SecuritySchema
from ninja.utils import check_csrf

from dashboard.access.actors import who
from dashboard.access.errors import Unauthorized
from dashboard.access.request import ours
from dashboard.access.tokens import authenticate, sight
from dashboard.api.parse import read_capped
from dashboard.enums import Door, Scope
from dashboard.models import ApiToken, Approval, Question
from dashboard.services.actor import Actor
from dashboard.services.errors import Forbidden

SAFE = ("GET", "HEAD", "OPTIONS")
STALE = "Send the CSRF token of the session: header X-CSRFToken, as the page has it."


@dataclass(frozen=True, slots=True)
class Caller:
    """Either a token or a person."""

    token: ApiToken | None = None
    person: Actor | None = None

    @property
    def only(self) -> tuple[str, ...] | None:
        """The patterns of agent names that it may read of; None is all."""
        return sight(self.token) if self.token else None

    def operator(self) -> Actor:
        """The person; raise Forbidden for a token."""
        if self.person is None:
            raise Forbidden("Only a person may do this, never a token.")
        return self.person

    def machine(self) -> ApiToken:
        """The token; raise Forbidden for a person."""
        if self.token is None:
            raise Forbidden("Only an agent may do this, with its token.")
        return self.token

    def owns(self, ask: Approval | Question) -> bool:
        return self.token is not None and ask.token_id == self.token.pk


class Machine:
    """Lets in whoever brings a token with the scope."""

    is_async = True
    openapi_security_schema: ClassVar[dict[str, Any]] = SecuritySchema(type="http", scheme="bearer")

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = scopes

    async def __call__(self, request: HttpRequest) -> Caller | None:
        if "Authorization" not in request.headers:
            return None
        address: str = ours(request).client_address
        token = await authenticate(request.headers, *self.scopes, address=address)
        ours(request).token = token  # for the log line
        read_capped(request)
        return Caller(token=token)


class Person:
    """Lets in whoever is signed in; to change something, from a page of ours."""

    is_async = True
    openapi_security_schema: ClassVar[dict[str, Any]] = SecuritySchema(
        type="apiKey", **{"in": "cookie"}, name="perspt_session"
    )

    def __init__(self, *, decides: bool = False) -> None:
        self.decides = decides

    async def __call__(self, request: HttpRequest) -> Caller | None:
        if "Authorization" in request.headers:
            raise Forbidden("Only a person may do this, never a token.")
        actor = who(request)
        if actor is None:
            raise Unauthorized("Sign in, or send a token: Authorization: Bearer …")
        read_capped(request)
        if request.method not in SAFE and check_csrf(request):
            raise Forbidden(STALE)
        if self.decides and not actor.can_decide:
            raise Forbidden("Your role may look, not decide.")
        return Caller(person=replace(actor, door=Door.API))


READERS = [Machine(Scope.READ), Person()]
READING_AGENTS = [Machine(Scope.READ)]
OBSERVERS = [Machine(Scope.OBSERVE), Person()]
PEOPLE = [Person()]
ANYONE_KNOWN = [Machine(*Scope), Person()]
ASKERS = [Machine(Scope.ASK)]
ASKERS_AND_READERS = [Machine(Scope.ASK, Scope.READ), Person()]
REPORTERS = [Machine(Scope.REPORT)]
REPORTERS_AND_PEOPLE = [Machine(Scope.REPORT), Person()]
OPERATORS = [Person(decides=True)]
ASKERS_AND_OPERATORS = [Machine(Scope.ASK), Person(decides=True)]


def caller(request: HttpRequest) -> Caller:
    found: Caller = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    return found
