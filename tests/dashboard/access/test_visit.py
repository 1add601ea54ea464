"""Who knocks: proxies that are trusted and those that are not, and what counts as this computer."""

import pytest
from django.test import RequestFactory

from dashboard.access.visit import Visit, header_map, is_loopback, through_proxies, visit_of_request, visit_of_scope

TRUSTED = ("10.0.0.0/8", "127.0.0.1")
LOCAL = {"peer": "127.0.0.1", "address": "127.0.0.1", "scheme": "http", "host": "localhost:8000"}


def visit(peer: str, **headers: str) -> Visit:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Visit(peer=peer, address=peer, scheme="http", host="inside:8000", headers=names)


def test_headers_of_a_stranger_are_not_believed():
    told = visit("192.0.2.1", x_forwarded_for="127.0.0.1", x_forwarded_proto="https", x_forwarded_host="localhost")

    assert through_proxies(told, TRUSTED) == told


def test_a_trusted_proxy_says_where_the_request_came_from():
    told = visit(
        "127.0.0.1", x_forwarded_for="192.0.2.7", x_forwarded_proto="https", x_forwarded_host="Console.example"
    )

    seen = through_proxies(told, TRUSTED)

    assert (seen.address, seen.origin, seen.peer) == ("192.0.2.7", "https://console.example", "127.0.0.1")


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        ("192.0.2.7, 10.1.1.1", "192.0.2.7"),
        ("127.0.0.1, 192.0.2.7, 10.1.1.1", "192.0.2.7"),  # the client wrote the first one itself
        ("10.2.2.2, 10.1.1.1", "10.2.2.2"),
        ("2001:db8::1", "2001:db8::1"),
        ("nonsense", "10.0.0.1"),
        ("192.0.2.7, <script>", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_the_address_is_the_first_hop_that_no_trusted_proxy_vouches_for(chain, address):
    assert through_proxies(visit("10.0.0.1", x_forwarded_for=chain), TRUSTED).address == address


def test_a_strange_scheme_is_not_taken_over():
    assert through_proxies(visit("10.0.0.1", x_forwarded_proto="gopher"), TRUSTED).scheme == "http"


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_what_is_this_computer(address, loopback):
    assert is_loopback(address) is loopback


@pytest.mark.parametrize(
    "change",
    [
        {"peer": "192.0.2.1"},
        {"peer": ""},
        {"host": "console.example"},
        {"host": "localhost.evil.example"},
        {"headers": {"x-forwarded-for": "127.0.0.1"}},
        {"headers": {"x-forwarded-proto": "http"}},
        {"headers": {"x-real-ip": "127.0.0.1"}},
        {"headers": {"forwarded": "for=127.0.0.1"}},
        {"headers": {"via": "1.1 proxy"}},
        {"headers": {"origin": "http://evil.example"}},
        {"headers": {"origin": "null"}},
        {"http_version": "1.0"},  # nginx as it comes adds no header, and speaks like this
    ],
)
def test_what_is_not_local(change):
    assert Visit(**LOCAL).is_local
    assert not Visit(**{**LOCAL, **change}).is_local


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:8000".lower()])
def test_names_of_this_computer(host):
    assert Visit(**{**LOCAL, "host": host}).is_local


def test_a_request_and_a_socket_tell_the_same(settings):
    settings.TRUSTED_PROXIES = ("127.0.0.1",)
    sent = {"x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https", "x-forwarded-host": "console.example"}
    request = RequestFactory(headers={"host": "inside"}).get("/", headers=sent)
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "client": ("127.0.0.1", 5),
        "headers": [(b"host", b"inside"), *((name.encode(), value.encode()) for name, value in sent.items())],
    }

    assert visit_of_request(request).origin == visit_of_scope(scope).origin == "https://console.example"
    assert visit_of_request(request).address == visit_of_scope(scope).address == "192.0.2.7"


def test_cookies_in_several_headers_are_joined_as_cookies():
    assert header_map([(b"Cookie", b"a=1"), (b"cookie", b"b=2")]) == {"cookie": "a=1; b=2"}
