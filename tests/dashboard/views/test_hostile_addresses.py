"""Whatever stands in an address: an answer that is no mistake of ours, and nothing of it becomes markup."""

import re
from urllib.parse import quote

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HOSTILE = [
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "a\x00b",
    "\x1b[31mred",
    "\u202egnp.exe",
    "'; DROP TABLE dashboard_agent; --",
    "%s%n{{7*7}}{% debug %}",
    "é💩" * 60,
    "x" * 4000,
    "-1",
    "9" * 40,
    " ",
    ".",
]
RAW = ["%ff%fe", "%ed%a0%80", "%2e%2e%2f%2e%2e", "%00"]
PLACE = re.compile(r"<(?:\w+:)?\w+>|\{\w+\}")


def addresses(patterns, before="/"):
    """Every address that takes something from its caller."""
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not path.startswith("/admin"):
                yield from addresses(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and PLACE.search(path):
            yield path


ADDRESSES = sorted(set(addresses(get_resolver().url_patterns)))
LISTS = ["/", "/decisions/", "/sessions/", "/agents/", "/messages/", "/questions/", "/tokens/", "/palette/"]
NAMES = [
    "q",
    "status",
    "agent",
    "before",
    "from",
    "to",
    "thread",
    "by",
    "door",
    "risk",
    "since",
    "until",
    "kind",
    "show",
]


def check(answer, path):
    assert answer.status_code < 500, path
    if not answer.streaming:
        assert "<script>alert(1)" not in answer.content.decode(errors="replace"), path


def test_there_are_addresses_to_try():
    assert len(ADDRESSES) > 20


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_hostile_part_of_an_address_breaks_nothing(ana, address):
    for text in [*(quote(word, safe="") for word in HOSTILE), *RAW]:
        path = PLACE.sub(lambda _, text=text: text, address)
        check(ana.get(path), path)
        check(ana.post(path), path)


@pytest.mark.parametrize("path", LISTS)
def test_a_hostile_query_breaks_nothing(ana, path):
    for name in NAMES:
        for text in [*(quote(word, safe="") for word in HOSTILE), *RAW]:
            check(ana.get(f"{path}?{name}={text}"), f"{path}?{name}={text[:60]}")
