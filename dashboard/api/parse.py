"""Bodies as JSON, strictly: what could not be stored, sent on or shown again does not come in."""

import json
import math
import re
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from dashboard.access.tokens import API_BODY, check_length, too_large

DEEPEST = 40
_LONE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return strict_json(request.body)


def strict_json(body: bytes) -> Any:
    """Read JSON without NaN, infinities and bottomless nesting; halves of surrogate pairs become U+FFFD."""
    value = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    _check_depth(value)
    return _whole(value) if _ESCAPED.search(body) else value


def read_capped(request: HttpRequest) -> None:
    """Take the body in, if it is not too large, whether or not the request says how large it is."""
    check_length({"content-length": request.headers.get("Content-Length", "")})
    if hasattr(request, "_body") or request.method in ("GET", "HEAD"):
        return
    body = request.read(API_BODY + 1)
    if len(body) > API_BODY:
        raise too_large()
    request._body = body  # noqa: SLF001  where Django keeps it


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value
