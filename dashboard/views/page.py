"""What all pages do alike: stamp the log's number before anything else is read, and answer htmx with the part alone."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from dashboard.access.actors import who
from dashboard.access.request import ours
from dashboard.selectors.log import log_head
from dashboard.services.actor import Actor

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(view: View[P]) -> View[P]:
    """Mark a view that shows a page: what happens after the stamp reaches the browser by the feed."""

    @wraps(view)
    def stamped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        ours(request).log_head = log_head()
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return require_safe(stamped)


def is_swap(request: HttpRequest) -> bool:
    """Whether a script asks for a part, not a person for a page."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def render_page(
    request: HttpRequest, whole: str, part: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The part for a swap, the whole page for everyone else."""
    response = render(request, part if is_swap(request) else whole, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response


def actor_of(request: HttpRequest) -> Actor:
    """Who acts. The gate lets nobody in without one; without it nothing is done."""
    actor = who(request)
    if actor is None:
        raise PermissionDenied("Sign in first.")
    return actor
