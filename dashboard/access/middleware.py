"""What every request passes on its way in and out: a log line, the truth about its sender, a content policy, the gate.

All of it serves both ways (sync and async): a sync-only one would put every held request into a thread of its own.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase


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
    """One line per request."""


class TrustedProxies(Passage):
    """Where a request comes from."""


class ContentSecurityPolicy(Passage):
    """What a page may load."""


class Gate(Passage):
    """Who may enter."""
