"""What every request passes on its way in and out: a log line, the truth about its sender, a content policy.

All of it serves both ways (sync and async): a sync-only one would put every held request into a thread of its own.
The gate itself is in `gate.py`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dashboard.access.errors import spoken_to_machines
from dashboard.access.meters import count_request
from dashboard.access.request import ours
from dashboard.access.request_id import current_request, new_request_id
from dashboard.access.visit import visit_of_request
from dashboard.ingest.text import one_line

logger = logging.getLogger("dashboard.request")

QUIET = ("/healthz", "/readyz", "/metrics")
HUNG_UP = 499  # no answer was sent: the client went away


def write_request(told: Mapping[str, Any], *, level: int = logging.INFO) -> None:
    """Count a request, whichever door it came through, and write the one line about it: a sentence, and its parts."""
    count_request(told["path"], told["status"], told["ms"] / 1000)
    if not logger.isEnabledFor(level):
        return
    what = f"{told['path']} {told['event']}" if "event" in told else told["path"]
    text = "{method} {what} {status} in {ms} ms by {who} from {address} [{request_id}]".format(what=what, **told)
    logger.log(level, "%s", text, extra=dict(told))


class Passage:
    """Base of a middleware: `before` may answer in place of what lies behind, `after` may change what comes back."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self.later(request)
        answer: HttpResponseBase = self.before(request) or self.get_response(request)
        return self.after(request, answer)

    async def later(self, request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = self.before(request) or await self.get_response(request)
        return self.after(request, answer)

    def before(self, request: HttpRequest) -> HttpResponseBase | None:  # noqa: ARG002  for those who build on it
        return None

    def after(self, request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:  # noqa: ARG002
        return answer


class RequestLog(Passage):
    """One line per request with an id of our own making; the query, which may hold a key, is never written."""

    def before(self, request: HttpRequest) -> None:
        ours(request).request_id = new_request_id()
        current_request.set(ours(request).request_id)
        ours(request).began = time.monotonic()

    async def later(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return await super().later(request)
        except asyncio.CancelledError:
            self.write(request, HUNG_UP)
            raise

    def after(self, request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
        answer = spoken_to_machines(request, answer)
        if not answer.streaming and not answer.has_header("Content-Length"):
            answer["Content-Length"] = str(len(answer.content))  # type: ignore[attr-defined]  # no stream
        answer["X-Request-Id"] = ours(request).request_id
        if not request.path.startswith(settings.STATIC_URL):
            self.write(request, answer.status_code)
        return answer

    def write(self, request: HttpRequest, status: int) -> None:
        path = one_line(request.path, 200)
        spent = round((time.monotonic() - ours(request).began) * 1000)
        who = getattr(request, "token", None) or getattr(getattr(request, "actor", None), "name", "nobody")
        identity = ours(request).request_id
        level = logging.DEBUG if path in QUIET else logging.INFO
        told = {
            "method": str(request.method),
            "path": path,
            "status": status,
            "ms": spent,
            "who": one_line(str(who), 160),
            "address": getattr(request, "client_address", "?"),
            "request_id": identity,
        }
        write_request(told, level=level)


class TrustedProxies(Passage):
    """Sets `request.visit` and `request.client_address`; Django then sees the host and scheme that the client used."""

    def before(self, request: HttpRequest) -> None:
        visit = visit_of_request(request)
        ours(request).visit = visit
        ours(request).client_address = visit.address
        if visit.host != request.META.get("HTTP_HOST", visit.host).lower():
            request.META["HTTP_HOST"] = visit.host
        if visit.scheme != request.scheme:
            request.META["wsgi.url_scheme"] = visit.scheme
            if hasattr(request, "scope"):
                request.scope = {**request.scope, "scheme": visit.scheme}


class ContentSecurityPolicy(Passage):
    """Everything comes from here, nothing is inline, nobody frames us."""

    def after(self, request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
        answer.headers.setdefault("Content-Security-Policy", policy(request))
        answer.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return answer


def policy(request: HttpRequest) -> str:
    """The policy; sockets are spelled out for browsers to which 'self' means http only."""
    try:
        socket = f" {'wss' if request.is_secure() else 'ws'}://{request.get_host()}"
    except DisallowedHost:
        socket = ""
    own = ("script-src", "style-src", "img-src", "font-src", "worker-src", "manifest-src", "form-action")
    rules = ["default-src 'none'", *(f"{what} 'self'" for what in own)]
    return "; ".join([*rules, f"connect-src 'self'{socket}", "frame-ancestors 'none'", "base-uri 'none'"])
