"""The doors for people: sign in, sign out, and the page of a first start."""

from django.http import HttpRequest, HttpResponse


def login(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=501)


def logout(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=501)


def launch(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=501)
