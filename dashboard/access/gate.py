"""The gate: who may enter at all. What somebody may do inside is for the services to say.

Without an account, a password or the launch key nothing answers but whether the console lives, the doors themselves,
and the doors of machines, where a token counts (`tokens.py`) and a cookie does not.
"""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from dashboard.access.actors import actor_of_request, alone
from dashboard.access.desk import in_desk
from dashboard.access.errors import Unauthorized, is_for_machines, json_refusal, problem, refusal, said_to_database
from dashboard.access.launch import locked, opened_by_key
from dashboard.access.middleware import Passage
from dashboard.access.refusals import API, NO_TOKEN, WEB, note, note_refused
from dashboard.access.request import ours
from dashboard.access.signin import local_path
from dashboard.services.errors import Refused

PULSE = ("/healthz", "/readyz")
FOR_ALL = frozenset((*PULSE, "/metrics", "/login", "/launch", "/favicon.ico", "/robots.txt"))
WRONG_NAME = "The console does not answer to this name. Set PERSPT_URL to the address that people type."


class Gate(Passage):
    """Sets `request.actor`; turns away who is nobody. At most one hop to the database."""

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        return look(request)

    async def later(self, request: HttpRequest) -> HttpResponseBase:
        turned_away = await in_desk(look, request) if needs_the_database(request) else look(request)
        answer: HttpResponseBase = turned_away or await self.get_response(request)
        return self.after(request, answer)

    def after(self, request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
        if is_for_machines(request.path):
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What a view raised and nobody caught."""
        if isinstance(exception, Refused):
            about = getattr(ours(request).actor, "name", "")
            note_refused(exception, door=WEB, address=ours(request).client_address, about=about)
            return refusal(request, exception)
        if isinstance(exception, RequestDataTooBig):
            return problem(request, 413)
        return problem(request, 503) if said_to_database(exception) else None


def look(request: HttpRequest) -> HttpResponse | None:
    """Find out who it is; return the answer for those who may not enter."""
    ours(request).actor = None
    if not called_by_name(request):
        return problem(request, 400, WRONG_NAME)
    if by_token(request):
        return None
    ours(request).actor = actor_of_request(request)
    if request.path == "/" and "key" in request.GET and request.method == "GET":
        return opened_by_key(request)
    if ours(request).actor is not None or is_for_all(request):
        return None
    return turn_away(request)


def called_by_name(request: HttpRequest) -> bool:
    """Whether the Host is a name of ours: another one, made to point here, would be a foreign page at home."""
    if request.path in PULSE:
        return True  # supervisors ask by whatever address they have
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def needs_the_database(request: HttpRequest) -> bool:
    if by_token(request):
        return False
    return settings.SESSION_COOKIE_NAME in request.COOKIES or not (is_for_all(request) or is_for_machines(request.path))


def by_token(request: HttpRequest) -> bool:
    """Whether a machine speaks: then its token counts, checked at the door it goes to, and no cookie is read."""
    return is_for_machines(request.path) and "Authorization" in request.headers


def is_for_all(request: HttpRequest) -> bool:
    path = request.path
    return path.startswith(settings.STATIC_URL) or (path.rstrip("/") or "/") in FOR_ALL


def turn_away(request: HttpRequest) -> HttpResponse:
    """JSON for machines; for people the page to sign in, or the one that says which key is missing."""
    if is_for_machines(request.path):
        note(API, ours(request).client_address, NO_TOKEN)
        return json_refusal(Unauthorized("Sign in, or send a token: Authorization: Bearer …"))
    if alone():
        return locked(request)
    answer = _to_the_door(request)
    patch_vary_headers(answer, ["Cookie", "HX-Request"])
    return answer


def _to_the_door(request: HttpRequest) -> HttpResponse:
    """Send the browser to the sign-in page; a part of a page that is fetched moves the whole page there."""
    door = reverse("dashboard:login")
    if "HX-Request" in request.headers:
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = local_path(shown.path or "/")
        return HttpResponse(status=401, headers={"HX-Redirect": f"{door}?{urlencode({'next': back})}"})
    if request.method not in ("GET", "HEAD"):
        return HttpResponseRedirect(door)
    return HttpResponseRedirect(f"{door}?{urlencode({'next': request.get_full_path()})}")
