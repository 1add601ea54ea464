"""The gatekeeper for machines, for Django's views and for doors beside Django alike: token, scope, agent, pace.

The pace is kept in memory by each process: a bucket per token, one per address, and a small one per address for
attempts that opened nothing, so that guessing is slow and a machine with an old token does not shut out its
neighbours.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from django.conf import settings
from django.db.models.signals import post_delete, post_save

from dashboard.access.desk import in_desk
from dashboard.access.errors import TooLarge, TooMany, Unauthorized
from dashboard.access.refusals import MISSING_SCOPE, NO_TOKEN, REVOKED_TOKEN, UNKNOWN_TOKEN
from dashboard.enums import Scope
from dashboard.models import ApiToken
from dashboard.services.errors import Forbidden, Refused
from dashboard.services.tokens import token_by_text, token_ever

logger = logging.getLogger("dashboard.access")

API_BODY = 2**20
LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst` calls at once, `per_second` ever after."""

    burst: float
    per_second: float


OF_TOKEN = Pace(burst=600, per_second=100)
OF_ADDRESS = Pace(burst=2_000, per_second=400)
OF_FAILURES = Pace(burst=20, per_second=0.5)


class Buckets:
    """A token bucket per key; the keys used least lately are forgotten, which only ever forgives."""

    def __init__(self, pace: Pace, *, most: int = 10_000) -> None:
        self.pace = pace
        self._most = most
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, *, at: float | None = None) -> float:
        """Take one; return 0, or how many seconds until there is one again."""
        at = time.monotonic() if at is None else at
        with self._lock:
            level, since = self._levels.pop(key, (self.pace.burst, at))
            level = min(self.pace.burst, level + (at - since) * self.pace.per_second)
            missing = 1 - level
            self._levels[key] = (level if missing > 0 else level - 1, at)
            if len(self._levels) > self._most:
                self._levels.popitem(last=False)
        return missing / self.pace.per_second if missing > 0 else 0.0

    def clear(self) -> None:
        with self._lock:
            self._levels.clear()


token_pace, address_pace, failure_pace = Buckets(OF_TOKEN), Buckets(OF_ADDRESS), Buckets(OF_FAILURES)


async def authenticate(
    headers: Mapping[str, str], *scopes: Scope, address: str = "", now: datetime | None = None
) -> ApiToken:
    """Return the token of a call that has one of `scopes`. Whom it may speak for is asked by `speaks_for`.

    Raise Unauthorized for no token or one that opens nothing, Forbidden for one without the scope, TooMany for calls
    that come too fast.
    """
    text = bearer(headers)
    keep_pace(address_pace, address)
    return _checked(await in_desk(_token, text, now), scopes, address)


async def authenticate_often(headers: Mapping[str, str], *scopes: Scope, address: str = "") -> ApiToken:
    """The same for doors through which thousands come: a token that was just looked up is believed for a second.

    A change in this process counts at once, one in another process within that second.
    """
    text = bearer(headers)
    keep_pace(address_pace, address)
    token = known_tokens.get(text) or await in_desk(_token, text, None)
    if token is not None and token.revoked_at is None:
        known_tokens.put(text, token)
    return _checked(token, scopes, address)


class KnownTokens:
    """Tokens that opened something a moment ago, by their text."""

    def __init__(self, *, seconds: float = 1.0, most: int = 1_000) -> None:
        self._seconds = seconds
        self._most = most
        self._known: dict[str, tuple[ApiToken, float]] = {}

    def get(self, text: str) -> ApiToken | None:
        token, until = self._known.get(text, (None, 0.0))
        if time.monotonic() < until:
            return token
        self._known.pop(text, None)
        return None

    def put(self, text: str, token: ApiToken) -> None:
        """Believe it from now on for a while; not for longer, however often it comes."""
        if len(self._known) >= self._most:
            self._known.clear()
        self._known.setdefault(text, (token, time.monotonic() + self._seconds))

    def clear(self, **_: object) -> None:
        self._known.clear()


known_tokens = KnownTokens()
post_save.connect(known_tokens.clear, sender=ApiToken, dispatch_uid="dashboard.known_tokens")
post_delete.connect(known_tokens.clear, sender=ApiToken, dispatch_uid="dashboard.known_tokens")


def authenticate_now(
    headers: Mapping[str, str], *scopes: Scope, address: str = "", now: datetime | None = None
) -> ApiToken:
    """The same where a thread may be held: in a view, or within a unit of database work."""
    text = bearer(headers)
    keep_pace(address_pace, address)
    return _checked(_token(text, now), scopes, address)


def bearer(headers: Mapping[str, str]) -> str:
    """The token in the Authorization header (`headers` in lower case, or Django's own)."""
    word, _, text = headers.get("authorization", "").strip().partition(" ")
    if word.lower() != "bearer" or not text.strip():
        nothing = Unauthorized("Send a token: Authorization: Bearer …")
        nothing.reason = NO_TOKEN
        raise nothing
    return text.strip()


def may(token: ApiToken, *scopes: Scope) -> None:
    """Raise Forbidden for a token with none of the scopes; who may observe may read as well."""
    held = [*token.scopes, *([Scope.READ] if token.may(Scope.OBSERVE) else [])]
    if not any(scope in held for scope in scopes):
        raise Forbidden(f"This token lacks the scope {' or '.join(scopes)}.")


def speaks_for(token: ApiToken, agent: str) -> None:
    """Raise Forbidden for a token that is bound to other agents."""
    if not token.covers(agent):
        raise Forbidden(f"This token may not speak for the agent {agent}.")


def sight(token: ApiToken) -> tuple[str, ...] | None:
    """The patterns of agent names of which a token may read: those it is bound to, else those of its host.

    None is everything, also what concerns no agent.
    """
    if token.may(Scope.OBSERVE):
        return None
    return tuple(token.agents) or (token.host, f"{token.host}-*")


def check_length(headers: Mapping[str, str], *, limit: int = API_BODY) -> None:
    """Raise TooLarge by what a request says of itself, before its body is read."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large(limit)


def too_large(limit: int = API_BODY) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes.")


def keep_pace(buckets: Buckets, key: str) -> None:
    if settings.RATE_LIMITS and key and (seconds := buckets.take(key)):
        raise TooMany("Too many calls. Wait a moment.", retry_after=seconds)


def _token(text: str, now: datetime | None) -> ApiToken | None:
    if len(text) > LONGEST_TOKEN or not text.isascii():
        return None
    return token_by_text(text, now=now or datetime.now(UTC)) or token_ever(text)


def _checked(token: ApiToken | None, scopes: tuple[Scope, ...], address: str) -> ApiToken:
    if token is None or token.revoked_at is not None:
        raise _opens_nothing(token, address)
    keep_pace(token_pace, str(token.pk))
    try:
        may(token, *scopes)
    except Forbidden as refused:
        refused.reason, refused.about = MISSING_SCOPE, str(token)
        raise
    return token


def _opens_nothing(token: ApiToken | None, address: str) -> Refused:
    """The refusal of an unknown or revoked token; after too many of them from an address, the one that slows down."""
    logger.warning("a token that opens nothing came from %s", address or "?")
    refused: Refused = Unauthorized("This token opens nothing: it is unknown or was revoked.")
    try:
        keep_pace(failure_pace, address)
    except TooMany as slower:
        refused = slower
    refused.reason, refused.about = (REVOKED_TOKEN, str(token)) if token else (UNKNOWN_TOKEN, "")
    return refused
