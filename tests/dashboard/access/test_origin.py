"""Which pages may open a socket."""

import pytest

from dashboard.access.origin import is_own_page


def scope(host: str, origin: str | None, scheme: str = "ws", **headers: str):
    pairs = {"host": host, **({} if origin is None else {"origin": origin}), **headers}
    encoded = [(name.encode(), value.encode()) for name, value in pairs.items()]
    return {"type": "websocket", "scheme": scheme, "client": ("127.0.0.1", 1), "headers": encoded}


@pytest.mark.parametrize(
    ("host", "origin", "scheme"),
    [
        ("localhost:8000", "http://localhost:8000", "ws"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000", "ws"),
        ("[::1]:8000", "http://[::1]:8000", "ws"),
        ("localhost", "https://localhost", "wss"),
        ("localhost:80", "http://localhost", "ws"),
    ],
)
def test_our_own_page_may(host, origin, scheme):
    assert is_own_page(scope(host, origin, scheme))


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8000", None),
        ("localhost:8000", ""),
        ("localhost:8000", "null"),
        ("localhost:8000", "http://localhost"),
        ("localhost:8000", "http://localhost:8001"),
        ("localhost:8000", "https://localhost:8000"),
        ("localhost:8000", "http://127.0.0.1:8000"),
        ("localhost:8000", "http://localhost:8000.evil.example"),
        ("localhost:8000", "http://evil.example"),
        ("evil.example", "http://evil.example"),  # a name that was made to point at this computer
        ("", "http://"),
    ],
)
def test_any_other_page_may_not(host, origin):
    assert not is_own_page(scope(host, origin))


def test_behind_https_that_ends_elsewhere_the_public_address_counts(settings):
    settings.PUBLIC_URL = "https://console.example"
    settings.ALLOWED_HOSTS = ["console.example"]

    assert is_own_page(scope("console.example", "https://console.example"))
    assert not is_own_page(scope("console.example", "https://console.example:444"))
    assert not is_own_page(scope("console.example:8000", "https://console.example"))
