"""How answers are made: rows as JSON, refusals in the one shape, and the responses that each call documents."""

import logging
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from dashboard.access.errors import DATABASE_TROUBLE, Unauthorized, json_error, json_refusal
from dashboard.access.refusals import API, NO_TOKEN, note, note_refused
from dashboard.access.request import ours
from dashboard.api.rows import Error
from dashboard.services.errors import Refused

logger = logging.getLogger("dashboard.api")

MOST_FIELDS = 20
SOURCES = ("path", "query", "body", "header", "cookie", "form")


def told(ok: Mapping[int, Any]) -> dict[Any, Any]:
    """What a call may answer, for the description: what is right, and every way to be refused."""
    return {**ok, frozenset((400, 401, 403, 404, 409, 413, 422, 429, 500, 503)): Error}


def answer(body: Mapping[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


def handle_errors(api: NinjaAPI) -> None:
    """Give every exception below the API the one shape."""

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, exc: Refused) -> HttpResponse:
        known = getattr(request, "token", None) or getattr(getattr(request, "actor", None), "name", "")
        note_refused(exc, door=API, address=ours(request).client_address, about=str(known))
        return json_refusal(exc)

    @api.exception_handler(AuthenticationError)
    def nobody(request: HttpRequest, _exc: AuthenticationError) -> HttpResponse:
        note(API, ours(request).client_address, NO_TOKEN)
        return json_refusal(Unauthorized("Send a token: Authorization: Bearer …"))

    @api.exception_handler(ValidationError)
    def invalid(_request: HttpRequest, exc: ValidationError) -> HttpResponse:
        return json_error(422, "Some fields cannot be accepted.", fields=wrong_fields(exc.errors))

    @api.exception_handler(HttpError)
    def http_error(_request: HttpRequest, exc: HttpError) -> HttpResponse:
        return json_error(exc.status_code, "The body is no JSON that can be read." if exc.status_code == 400 else "")

    @api.exception_handler(Http404)
    def not_found(_request: HttpRequest, _exc: Http404) -> HttpResponse:
        return json_error(404)

    @api.exception_handler(Exception)
    def broken(request: HttpRequest, exc: Exception) -> HttpResponse:
        trouble = isinstance(exc, DATABASE_TROUBLE)
        logger.error("%s %s failed [%s]", request.method, request.path, ours(request).request_id, exc_info=exc)
        return json_error(503 if trouble else 500)


def wrong_fields(errors: list[dict[str, Any]]) -> dict[str, str]:
    """Name each wrong field by its path in what was sent, with what is wrong about it."""
    found: dict[str, str] = {}
    for error in errors[:MOST_FIELDS]:
        parts = [str(part) for part in error["loc"]]
        if parts and parts[0] in SOURCES:
            source, parts = parts[0], parts[1:]
            if source == "body" and parts:
                parts = parts[1:]  # the name of our own parameter
            parts = parts or [source]
        found[".".join(parts)[:200]] = str(error["msg"]).removeprefix("Value error, ")
    return found
