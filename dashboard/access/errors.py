"""One shape for all that is refused: `{"error": {"code", "message", "fields"?}}` for machines, a page for people.

Never HTML below the paths of machines, never a stack trace anywhere.
"""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string

from dashboard.models import Approval, Question
from dashboard.selectors.rows import approval_row, question_row, unix
from dashboard.services.errors import AlreadyResolved, Changed, Refused

MACHINE_PATHS = ("/api/", "/hooks/", "/dashboard/", "/metrics")
DATABASE_TROUBLE = (OperationalError, InterfaceError)
BUSY = "The database does not answer at the moment. Nothing was changed; try again."
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    422: "invalid",
    429: "too_many_requests",
    503: "unavailable",
}
SENTENCES = {
    400: "The request cannot be read.",
    401: "Sign in, or send a token: Authorization: Bearer …",
    403: "This is not allowed.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The request is too large.",
    500: "The console made a mistake; it is written down in its log.",
    503: BUSY,
}
TEMPLATES = {403: "403.html", 404: "404.html", 503: "503.html"}


class BadRequest(Refused):
    code = "bad_request"
    status = 400


class Unauthorized(Refused):
    """Nobody we know, or a token that opens nothing."""

    code = "unauthorized"
    status = 401


class TooLarge(Refused):
    code = "too_large"
    status = 413


class TooMany(Refused):
    """Too fast; `retry_after` seconds later it may work."""

    code = "too_many_requests"
    status = 429

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = max(1, round(retry_after))


class Busy(Refused):
    """More is waiting to be written than may wait; nothing was stored, and the same may be sent again."""

    code = "unavailable"
    status = 503
    retry_after = 1


def is_for_machines(path: str) -> bool:
    return path.startswith(MACHINE_PATHS)


def error_body(
    status: int, message: str = "", *, code: str = "", fields: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    """The JSON of an error; `more` stands beside it."""
    error: dict[str, Any] = {
        "code": code or CODES.get(status, "error"),
        "message": message or SENTENCES.get(status, HTTPStatus(status).phrase),
    }
    return {"error": error | ({"fields": fields} if fields else {})} | more


def refused_body(refused: Refused) -> dict[str, Any]:
    """The JSON of a refusal. A conflict also tells what came first, or what the row is now."""
    more: dict[str, Any] = {}
    if isinstance(refused, AlreadyResolved):
        row = refused.row
        note = getattr(row, "note", "") or getattr(row, "error", "")
        more["resolved"] = {
            "status": row.status,
            "resolved_by": row.resolved_by or None,
            "resolved_at": unix(row.resolved_at),
            "note": note or None,
        }
    elif isinstance(refused, Changed):
        more["current"] = current_row(refused.row)
    return error_body(refused.status, refused.message, code=refused.code, fields=refused.fields, **more)


def refused_headers(refused: Refused) -> dict[str, str]:
    if isinstance(refused, TooMany | Busy):
        return {"Retry-After": str(refused.retry_after)}
    return {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}


def json_refusal(refused: Refused) -> JsonResponse:
    return JsonResponse(refused_body(refused), status=refused.status, headers=refused_headers(refused))


def json_error(status: int, message: str = "", **fields: Any) -> JsonResponse:
    return JsonResponse(error_body(status, message, **fields), status=status)


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The answer to a refused request: JSON or a page, by where it was sent."""
    if is_for_machines(request.path):
        return json_refusal(refused)
    answer = page(request, refused.status, refused.message)
    for name, value in refused_headers(refused).items():
        answer[name] = value
    return answer


def problem(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """The answer when something went wrong outside of our own refusals."""
    return json_error(status, message) if is_for_machines(request.path) else page(request, status, message)


def page(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """A page that says it; the one for our own mistakes asks for nothing that could be broken too."""
    if status >= 500 and status != 503:
        return HttpResponse(render_to_string("500.html"), status=status)
    said = message or SENTENCES.get(status, "")
    template = TEMPLATES.get(status, "dashboard/access/refused.html")
    context = {"exception": said, "reason": said, "status": status, "title": HTTPStatus(status).phrase}
    return render(request, template, context, status=status)


def spoken_to_machines(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """The net below all else: an error on a machine's path that came back as a page or a text becomes JSON."""
    if answer.status_code < 400 or not is_for_machines(request.path) or answer.streaming:
        return answer
    if answer.get("Content-Type", "").startswith("application/json"):
        return answer
    spoken = json_error(answer.status_code)
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in answer:
            spoken[name] = answer[name]
    return spoken


def said_to_database(exception: BaseException | None) -> bool:
    """Whether the database was the trouble, and not we."""
    return isinstance(exception, DATABASE_TROUBLE) and not settings.DEBUG


def current_row(row: Approval | Question) -> dict[str, Any]:
    return approval_row(row) if isinstance(row, Approval) else question_row(row)
