"""Signing in: with an account, or with the shared password; slowly where someone guesses, never in the clear.

Tries are counted before a password is looked at, per address and for everyone together, in the database.
"""

import logging
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from math import ceil
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import authenticate, get_user_model, login, logout
from django.db import transaction
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.http import url_has_allowed_host_and_scheme

from dashboard.access.actors import DOOR, PASSWORD, PROOF, password_proof
from dashboard.access.errors import TooMany
from dashboard.access.refusals import SIGN_IN, TOO_MANY, WRONG_PASSWORD, note
from dashboard.access.request import ours
from dashboard.access.visit import Visit, place_of
from dashboard.ingest.text import one_line
from dashboard.services.actor import Actor
from dashboard.services.errors import Invalid
from dashboard.services.log import append
from dashboard.services.orders import record_order
from dashboard.services.throttle import count_try, forget_tries, seconds_left

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger("dashboard.access")

WINDOW = timedelta(minutes=5)
TRIES_OF_ADDRESS = 10
TRIES_OF_ALL = 100
EVERYONE = "signin:all"
WRONG = "This name and this password do not belong together."
NOT_THE_PASSWORD = "This is not the password."  # noqa: S105  a sentence
RESERVED = ("deadline", "terminal", "operator", "password", "system")


def plain_http_refusal(request: HttpRequest) -> str:
    """Why a secret must not be sent this way; empty if it may."""
    visit: Visit = ours(request).visit
    if settings.INSECURE or visit.scheme == "https" or visit.by_loopback_name:
        return ""
    return (
        "Signing in over plain HTTP would show the password to everyone on the way. Put HTTPS in front and set"
        " PERSPT_URL=https://… (and PERSPT_TRUSTED_PROXIES), or accept the risk with PERSPT_INSECURE=1."
    )


def has_accounts() -> bool:
    return bool(get_user_model().objects.exists())


def sign_in(request: HttpRequest, *, username: str, password: str, now: datetime) -> str:
    """Sign the visitor in. Return the sentence that says why not, or nothing; raise TooMany after too many tries."""
    place = place_of(ours(request).client_address)
    slow_down(place, now)
    if not username and settings.SHARED_PASSWORD:
        if not same_text(password, settings.SHARED_PASSWORD):
            logger.warning("a wrong shared password came from %s", place)
            note(SIGN_IN, place, WRONG_PASSWORD)
            return NOT_THE_PASSWORD
        start_shared_session(request)
    else:
        user = authenticate(request, username=username.replace("\0", ""), password=password)
        if user is None:
            logger.warning("a wrong password for %s came from %s", one_line(username, 60), place)
            note(SIGN_IN, place, WRONG_PASSWORD)  # not the name: it may be a password in the wrong field
            return WRONG
        login(request, user)
    forget_tries(f"signin:{place}")
    return ""


def slow_down(place: str, now: datetime) -> None:
    """Count a try; raise TooMany where there were too many from this address, or from everywhere together."""
    if not settings.RATE_LIMITS:
        return
    for key, limit in ((EVERYONE, TRIES_OF_ALL), (f"signin:{place}", TRIES_OF_ADDRESS)):
        if count_try(key, now=now, window=WINDOW) > limit:
            note(SIGN_IN, place, TOO_MANY)
            raise too_many("Too many tries to sign in.", key, now, WINDOW)


def too_many(what: str, key: str, now: datetime, window: timedelta) -> TooMany:
    """The refusal of whoever tried too often, with the time when it may work again."""
    seconds = seconds_left(key, now=now, window=window)
    wait = f"{ceil(seconds / 60)} minutes" if seconds > 90 else f"{max(1, ceil(seconds))} seconds"
    return TooMany(
        f"{what} Try again in {wait}, at {now + timedelta(seconds=seconds):%H:%M:%S} UTC.", retry_after=seconds
    )


def start_shared_session(request: HttpRequest) -> None:
    logout(request)  # whoever this browser was before
    request.session[DOOR] = PASSWORD
    request.session[PROOF] = password_proof()
    request.session.cycle_key()
    rotate_token(request)


def create_first_admin(request: HttpRequest, *, username: str, password: str, by: Actor, now: datetime) -> "User":
    """Make the first account, once, and sign its owner in."""
    with transaction.atomic(durable=True):
        if has_accounts():
            raise Invalid("There is an account already. Sign in with it.")
        user = get_user_model().objects.create_superuser(username, password=password)
        _, events = record_order("create admin", subject=username, by=by, reason="first start", now=now)
        append(*events)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def same_text(given: str, wanted: str) -> bool:
    """Compare without telling by the time it takes how much was right, nor how long the secret is."""
    digests = [sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, wanted)]
    return compare_digest(*digests)


def local_path(wanted: str) -> str:
    """Where to go after signing in: a path of this console, else its front page."""
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"
