"""Every page answers with and without the slash at its end, for POST too: a redirect would lose the body."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.urls import is_valid_path


class Slash:
    """Try the other spelling of an address that leads nowhere, before anything looks at it."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        other = path.rstrip("/") if path.endswith("/") else f"{path}/"
        if other and not is_valid_path(path) and is_valid_path(other):
            request.path_info = other
            request.path = request.path[: len(request.path) - len(path)] + other
        return self.get_response(request)  # type: ignore[no-any-return]  # Django gives no type
