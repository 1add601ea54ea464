"""What is said when nothing better can be: the pages of errors for people, JSON for machines (`access/errors.py`)."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse

from dashboard.access.actors import who
from dashboard.access.errors import problem, said_to_database
from dashboard.access.refusals import FOREIGN_PAGE, NOT_ALLOWED, WEB, note

STALE_FORM = "This form is not valid any more: load the page again, then send it once more."


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such page, or no such thing on a page that exists: then with the sentence of whoever looked for it."""
    told = exception.args[0] if exception.args else ""
    return problem(request, 404, told if isinstance(exception, Http404) and isinstance(told, str) else "")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    _note(request, NOT_ALLOWED[403])
    return problem(request, 403, str(exception))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's signature
    """A form that this console did not hand out, or one that is older than the sign-in."""
    _note(request, FOREIGN_PAGE)
    return problem(request, 403, STALE_FORM)


def _note(request: HttpRequest, reason: str) -> None:
    actor = who(request)
    note(WEB, getattr(request, "client_address", ""), reason, about=actor.name if actor else "")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What cannot be read, or is too much to read; what exactly was wrong with it is for the log."""
    return problem(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def broken(request: HttpRequest) -> HttpResponse:
    """A mistake of ours; or a database that does not answer, which is said as what it is."""
    return problem(request, 503 if said_to_database(sys.exc_info()[1]) else 500)
