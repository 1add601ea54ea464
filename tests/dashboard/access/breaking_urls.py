"""The console's addresses, and some behind which things go wrong: for the tests of what is said then."""

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.urls import path, register_converter
from django.urls.converters import StringConverter
from django.views.decorators.http import require_POST

from dashboard.access.errors import TooMany
from dashboard.services.errors import Invalid, NotFound
from perspt_site import urls

PROBLEMS = {
    "mistake": RuntimeError("the secret is 42"),
    "busy": OperationalError("too many clients"),
    "absent": Http404("No such thing."),
    "denied": PermissionDenied("Not you."),
    "suspicious": SuspiciousOperation("the secret is 42"),
    "large": RequestDataTooBig("x"),
    "invalid": Invalid("Not <b>like</b> this.", fields={"name": "missing"}),
    "missing": NotFound("There is none."),
    "fast": TooMany("Slow down.", retry_after=7),
}


class Problem(StringConverter):
    regex = "|".join(PROBLEMS)


register_converter(Problem, "problem")


def broken(request, problem):
    raise PROBLEMS[problem]


@require_POST
def only_post(request):
    return HttpResponse()


def plain_text(request):
    return HttpResponse("a stack trace", status=400)


urlpatterns = [
    path("broken/<problem:problem>", broken),
    path("api/broken/<problem:problem>", broken),
    path("dashboard/broken/<problem:problem>", broken),
    path("api/only-post", only_post),
    path("api/plain", plain_text),
    *urls.urlpatterns,
]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
