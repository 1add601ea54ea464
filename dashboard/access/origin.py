"""Which pages may open a socket: ours. Browsers let any page try, cookies included, so the Origin decides.

A caller with a bearer token needs no Origin, and its cookies count for nothing.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from dashboard.access.visit import Visit, visit_of_scope

USUAL_PORTS = {"http": "80", "https": "443"}
AT_HOME = ["localhost", "127.0.0.1", "[::1]"]


def is_own_page(scope: Mapping[str, Any]) -> bool:
    """Whether the Origin is exactly scheme, host and port of this console, under a name that is its own."""
    visit = visit_of_scope(scope)
    given = visit.headers.get("origin", "").lower()
    return bool(given) and is_own_host(visit.host) and given in own_origins(visit)


def is_own_host(host: str) -> bool:
    """The Host header is as foreign as any other: a name that was made to point here is not ours."""
    allowed = settings.ALLOWED_HOSTS or AT_HOME
    return bool(host) and validate_host(split_domain_port(host)[0], allowed)


def own_origins(visit: Visit) -> set[str]:
    """As the connection shows it; and as the public address has it, where HTTPS ends in front of us."""
    own = {plain(visit.scheme, visit.host)}
    public = urlsplit(settings.PUBLIC_URL)
    if public.netloc and plain(public.scheme, visit.host) == plain(public.scheme, public.netloc.lower()):
        own.add(plain(public.scheme, public.netloc.lower()))
    return own


def plain(scheme: str, host: str) -> str:
    """An origin as browsers write it: without the port that goes without saying."""
    return f"{scheme}://{host.removesuffix(':' + USUAL_PORTS.get(scheme, '?'))}"
