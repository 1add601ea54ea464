"""Who knocks, as far as the connection tells: the same for a request and for a socket, before any cookie is read.

`X-Forwarded-*` is believed only from a trusted proxy; from anyone else it is a sign that someone stands in between.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

LOOPBACK_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]", "::1"))
BETWEEN = ("forwarded", "via", "x-real-ip")
SCHEMES = {"ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True)
class Visit:
    """`peer` is the other end of the connection, `address` where the request came from in the first place."""

    peer: str
    address: str
    scheme: str
    host: str
    http_version: str = "1.1"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def by_loopback_name(self) -> bool:
        return split_domain_port(self.host)[0] in LOOPBACK_NAMES

    @property
    def by_proxy(self) -> bool:
        """Whether something betrays someone in between; nginx as it comes adds no header but speaks HTTP/1.0."""
        told = any(name in BETWEEN or name.startswith("x-forwarded") for name in self.headers)
        return told or self.http_version == "1.0"

    @property
    def is_local(self) -> bool:
        """From this very computer, addressed as such, with nobody in between and not sent by a foreign page."""
        at_home = is_loopback(self.peer) and self.by_loopback_name and not self.by_proxy
        return at_home and self.headers.get("origin", self.origin) == self.origin


def visit_of_request(request: HttpRequest) -> Visit:
    """Read it from what the server said; works for ASGI and for Django's test client alike."""
    scope: Mapping[str, Any] = getattr(request, "scope", {})
    names = (name for name in request.META if name.startswith("HTTP_"))
    protocol = str(request.META.get("SERVER_PROTOCOL", "HTTP/1.1")).removeprefix("HTTP/")
    peer = str(request.META.get("REMOTE_ADDR") or "")
    visit = Visit(
        peer=peer,
        address=peer,
        scheme=request.scheme or "http",
        host=str(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME") or "").lower(),
        http_version=str(scope.get("http_version", protocol)),
        headers={name[5:].replace("_", "-").lower(): request.META[name] for name in names},
    )
    return through_proxies(visit, settings.TRUSTED_PROXIES)


def visit_of_scope(scope: Mapping[str, Any]) -> Visit:
    """Read it from an ASGI scope: sockets, and doors beside Django."""
    headers = header_map(scope.get("headers", ()))
    peer = str((scope.get("client") or ("",))[0] or "")
    scheme = str(scope.get("scheme", "http"))
    visit = Visit(
        peer=peer,
        address=peer,
        scheme=SCHEMES.get(scheme, scheme),
        host=headers.get("host", "").lower(),
        http_version=str(scope.get("http_version", "1.1")),
        headers=headers,
    )
    return through_proxies(visit, settings.TRUSTED_PROXIES)


def header_map(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as text under lower-case names; a repeated one is joined by commas, cookies as cookies are (RFC 9113)."""
    found: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        joint = "; " if key == "cookie" else ","
        found[key] = f"{found[key]}{joint}{text}" if key in found else text
    return found


def through_proxies(visit: Visit, trusted: tuple[str, ...]) -> Visit:
    """What a trusted proxy says replaces what the connection says; the nearest proxy's word is the last one."""
    if not trusted or not is_within(visit.peer, trusted):
        return visit
    address = visit.peer
    for hop in reversed(visit.headers.get("x-forwarded-for", "").split(",")):
        if not is_address(hop.strip()):
            break
        address = hop.strip()
        if not is_within(address, trusted):
            break
    scheme = last_word(visit.headers, "x-forwarded-proto")
    host = last_word(visit.headers, "x-forwarded-host")
    return replace(
        visit,
        address=address,
        scheme=scheme if scheme in ("http", "https") else visit.scheme,
        host=host or visit.host,
    )


def last_word(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").rsplit(",", 1)[-1].strip().lower()


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_loopback(address: str) -> bool:
    return is_within(address, ("127.0.0.0/8", "::1/128"))


def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether the address lies in one of the networks; an IPv4 address that came over IPv6 counts as what it is."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in _networks(networks))


@lru_cache(maxsize=16)
def _networks(words: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(word, strict=False) for word in words)


def place_of(address: str) -> str:
    """What counts as one address: an IPv6 network of 64 bits is one household."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:60]
    return str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)
