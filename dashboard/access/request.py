"""What the console's middleware puts on every request, with types: `ours(request).visit`, not a bare attribute."""

from typing import cast

from django.http import HttpRequest

from dashboard.access.visit import Visit
from dashboard.models import ApiToken
from dashboard.selectors.log import Head
from dashboard.services.actor import Actor


class ConsoleRequest(HttpRequest):
    """A request on its way through the console.

    `visit` and `client_address` (after trusted proxies), `request_id` and `began` (monotonic seconds) are there from
    the first middleware on, `actor` from the gate on; `token` and `log_head` where a machine or a page set them.
    """

    visit: Visit
    client_address: str
    request_id: str
    began: float
    actor: Actor | None
    token: ApiToken
    log_head: Head


def ours(request: HttpRequest) -> ConsoleRequest:
    """The same request, seen with what the middleware put on it."""
    return cast("ConsoleRequest", request)
