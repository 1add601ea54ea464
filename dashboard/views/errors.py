"""Errors: pages for people, JSON for machines, never a stack trace."""

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader

MACHINES = ("/api/", "/hooks/", "/dashboard/")


def for_machine(request: HttpRequest) -> bool:
    return request.path_info.startswith(MACHINES)


def as_json(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    told = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    if for_machine(request):
        return as_json("not_found", told or "There is nothing at this address.", 404)
    return render(request, "404.html", {"reason": told}, status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    told = str(exception)
    if for_machine(request):
        return as_json("forbidden", told or "This is not allowed.", 403)
    return render(request, "403.html", {"reason": told}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that this console did not hand out, or one that is older than the sign-in."""
    if for_machine(request):
        return as_json("forbidden", f"CSRF check failed: {reason}", 403)
    told = "This form is not valid any more: load the page again, then send it once more."
    return render(request, "403.html", {"reason": told}, status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """A mistake of ours; or a database that does not answer, which is said as what it is."""
    if isinstance(sys.exc_info()[1], OperationalError):
        return busy(request)
    if for_machine(request):
        return as_json("internal", "The console made a mistake; it is written down in its log.", 500)
    return HttpResponse(loader.get_template("500.html").render(), status=500)


def busy(request: HttpRequest) -> HttpResponse:
    """The database does not answer: rendered without asking it anything."""
    if for_machine(request):
        response: HttpResponse = as_json("unavailable", "The database does not answer; try again in 5 s.", 503)
    else:
        context = {"path": request.path, "again": request.get_full_path() if request.method == "GET" else "/"}
        response = HttpResponse(loader.get_template("503.html").render(context), status=503)
    response["Retry-After"] = "5"
    return response
