"""The first start: a key that is made when the console serves, printed once, good once, and kept nowhere.

Whoever reads the terminal is the operator; an agent on the same computer, which could otherwise `curl` its own
approval, is not. The key means nothing as soon as there is an account or a shared password.
"""

import secrets
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Lock
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from dashboard.access import refusals
from dashboard.access.actors import DOOR, LAUNCH, alone
from dashboard.access.desk import in_desk
from dashboard.access.errors import refusal
from dashboard.access.request import ours
from dashboard.access.signin import plain_http_refusal, too_many
from dashboard.services.errors import Forbidden
from dashboard.services.throttle import count_try, tries

WRONG_KEYS = 20
WINDOW = timedelta(minutes=5)
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  addresses to listen on, not to open


class LaunchKey:
    """The one key of this process."""

    def __init__(self) -> None:
        self._key = ""
        self._lock = Lock()

    def make(self) -> str:
        with self._lock:
            self._key = secrets.token_urlsafe(24)
            return self._key

    def take(self, candidate: str) -> bool:
        """Whether it fits; then it never does again."""
        with self._lock:
            fits = constant_time_compare(candidate, self._key) and bool(self._key)
            if fits:
                self._key = ""
            return fits

    def forget(self) -> None:
        with self._lock:
            self._key = ""


key = LaunchKey()


def announce(address: str, port: int) -> None:
    """Say where the console is, on the terminal of whoever started it; at a first start with the key."""
    print(start_line(address, port), flush=True)  # noqa: T201  this line is the way in


def start_line(address: str, port: int) -> str:
    place = EVERYWHERE.get(address, address)
    local = f"http://[{place}]:{port}/" if ":" in place else f"http://{place}:{port}/"
    if settings.OPEN:
        return f"Open {local} (no sign-in on this computer: PERSPT_OPEN is set)"
    if not _alone_or_unknown():
        return f"Open {settings.PUBLIC_URL or local} and sign in"
    text = key.make()
    elsewhere = f"\n  or {settings.PUBLIC_URL}/?key={text}" if settings.PUBLIC_URL else ""
    return f"Open {local}?key={text}{elsewhere}\n(this link works once; a restart prints a new one)"


def opened_by_key(request: HttpRequest, *, now: datetime | None = None) -> HttpResponse:
    """Answer `/?key=…`: a session for whoever brings the key, and the page of the first start."""
    now = now or datetime.now(UTC)
    if "prefetch" in request.headers.get("Sec-Purpose", ""):
        return HttpResponse(status=503)  # a browser that looks ahead must not use the key up
    if getattr(request, "actor", None) is not None:
        return HttpResponseRedirect("/")
    if sentence := plain_http_refusal(request):
        return refusal(request, Forbidden(sentence))
    place = f"launch:{ours(request).client_address}"
    if settings.RATE_LIMITS and tries(place, now=now, window=WINDOW) >= WRONG_KEYS:
        return refusal(request, too_many("Too many wrong keys.", place, now, WINDOW))
    if not alone() or not key.take(request.GET.get("key", "")):
        count_try(place, now=now, window=WINDOW)
        refusals.note(refusals.LAUNCH, ours(request).client_address, refusals.WRONG_KEY)
        return locked(request, wrong_key=True) if alone() else HttpResponseRedirect(reverse("dashboard:login"))
    logout(request)  # whatever this browser was before; the session's key changes with it
    request.session[DOOR] = LAUNCH
    request.session.cycle_key()
    rotate_token(request)
    return HttpResponseRedirect(reverse("dashboard:launch"))


def locked(request: HttpRequest, *, wrong_key: bool = False) -> HttpResponse:
    """The page of a console that waits for its key."""
    return render(request, "dashboard/access/locked.html", {"wrong_key": wrong_key, "open": settings.OPEN}, status=401)


Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def lifespan(_scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """For servers that have a lifespan (uvicorn): the start line, with the port that their command line names."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            address, port = bound_by(sys.argv[1:])
            if port:
                await in_desk(announce, address, port)
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return


def bound_by(arguments: Sequence[str]) -> tuple[str, int]:
    """Address and port in a server's command line; port 0 where it listens on something else."""
    words = [part for word in arguments for part in (word.split("=", 1) if word.startswith("--") else [word])]
    options = dict(pairwise(words))
    if "--uds" in options or "--fd" in options:
        return "", 0
    port = options.get("--port", "8000")
    return options.get("--host", "127.0.0.1"), int(port) if port.isdigit() else 0


def _alone_or_unknown() -> bool:
    """A database that does not answer yet may turn out to be empty; the key is asked again when it is used."""
    try:
        return alone()
    except DatabaseError:
        return not settings.SHARED_PASSWORD
