"""The API put together: its calls, its errors, its description."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.responses import NinjaJSONEncoder

from dashboard.api import agents, approvals, commands, messages, questions, reminders, state, tokens, transients
from dashboard.api.answers import handle_errors
from dashboard.api.callers import ANYONE_KNOWN
from dashboard.api.parse import StrictParser

DESCRIPTION = """What machines and pages ask of the console.

Machines send `Authorization: Bearer <token>`; people use the cookie of their browser, with the header `X-CSRFToken`
for whatever changes something. All times are unix seconds."""

api = NinjaAPI(
    title="Perspt Dashboard",
    version="1",
    description=DESCRIPTION,
    openapi_url=None,  # below, behind the same gate as everything else
    docs_url=None,  # a page that would load its scripts from elsewhere
    parser=StrictParser(),
    urls_namespace="api",
)
handle_errors(api)
api.add_router("", state.router)
for part in (approvals, questions, agents, commands, messages, reminders, transients, tokens):
    api.add_router("/v1", part.router)


@api.get("/v1/openapi.json", auth=ANYONE_KNOWN, include_in_schema=False)
async def openapi(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """This description."""
    return JsonResponse(description(), encoder=NinjaJSONEncoder)


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The OpenAPI document; it does not change while the process lives."""
    return dict(api.get_openapi_schema(path_prefix="/api/"))
