"""`/metrics`: the figures of this process and of the console, as text for Prometheus.

For tokens with the scope `observe`, for people who are signed in, and for whoever asks on this very computer with
nobody in between: they are numbers, no names of agents and no texts.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from dashboard.access.actors import who
from dashboard.access.desk import in_desk
from dashboard.access.errors import Unauthorized
from dashboard.access.meters import registry
from dashboard.access.request import ours
from dashboard.access.tokens import authenticate
from dashboard.doors.claude import held_hooks
from dashboard.enums import Scope
from dashboard.live.hub import hub
from dashboard.live.parts import parts
from dashboard.live.process import PROCESS_ID, STARTED_AT
from dashboard.live.waits import interests
from dashboard.selectors.status import Figures, figures
from dashboard.views.clock import now

_PROCESS = Gauge("perspt_process_info", "Which process this is.", ["process", "version"], registry=registry)
_UPTIME = Gauge("perspt_uptime_seconds", "How long this process has been running.", registry=registry)
_OPEN = Gauge("perspt_open_asks", "What waits for a person, in the whole console.", ["kind"], registry=registry)
_SEQ = Gauge("perspt_log_seq", "Number of the last event, in the whole console.", registry=registry)
_FLOOR = Gauge("perspt_log_floor", "Number of the last event that was pruned.", registry=registry)
_BEHIND = Gauge("perspt_hub_behind", "How many events the hub of this process has yet to read.", registry=registry)
_HELD = Gauge("perspt_held_hooks", "Hooks that this process holds until somebody decides.", registry=registry)
_WAITS = Gauge("perspt_waits", "Requests of this process that wait for something to change.", registry=registry)
_CLIENTS = Gauge("perspt_hub_clients", "Browsers and programs that follow the feed here.", registry=registry)
_FRAMES = Gauge("perspt_ring_frames", "Events that the hub keeps in memory.", registry=registry)
_BYTES = Gauge("perspt_ring_bytes", "Their size.", registry=registry)
_RAN = Gauge("perspt_engine_ran_at", "When a part of the engine last did its work.", ["part"], registry=registry)


@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    await let_in(request)
    set_gauges(await in_desk(figures))
    answer = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    answer["Cache-Control"] = "no-store"
    return answer


async def let_in(request: HttpRequest) -> None:
    """Raise Unauthorized or Forbidden for who may not read them; a token that was sent counts before all else."""
    visit = ours(request).visit
    if "Authorization" in request.headers:
        headers = {"authorization": request.headers["Authorization"]}
        await authenticate(headers, Scope.OBSERVE, address=visit.address)
    elif who(request) is None and not visit.is_local:
        raise Unauthorized("Send a token with the scope observe: Authorization: Bearer …")


def set_gauges(found: Figures) -> None:
    """What is a state, not a count, is read at the moment it is asked for."""
    _PROCESS.labels(PROCESS_ID, settings.VERSION).set(1)
    _UPTIME.set((now() - STARTED_AT).total_seconds())
    _OPEN.labels("approval").set(found.approvals)
    _OPEN.labels("question").set(found.questions)
    _SEQ.set(found.head.seq)
    _FLOOR.set(found.head.floor)
    _BEHIND.set(max(0, found.head.seq - hub.state.head) if hub.state.ready else found.head.seq)
    _HELD.set(held_hooks())
    _WAITS.set(len(interests))
    _CLIENTS.set(hub.clients())
    _FRAMES.set(len(hub.ring))
    _BYTES.set(hub.ring.bytes)
    for part in parts():
        if part.ran_at:
            _RAN.labels(part.name).set(part.ran_at.timestamp())
