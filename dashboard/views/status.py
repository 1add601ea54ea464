"""The Status page: how the console itself stands, and what about it should not stay so."""

import platform
import shutil
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dashboard.access.actors import alone
from dashboard.doors.claude import held_hooks
from dashboard.live.hub import hub
from dashboard.live.parts import Part, parts
from dashboard.live.process import PROCESS_ID, STARTED_AT
from dashboard.live.waits import interests
from dashboard.selectors.log import Head, log_head
from dashboard.selectors.status import kept, leases, storage
from dashboard.services.leases import PROCESS
from dashboard.services.retention import KEEP_BYTES
from dashboard.views.clock import now
from dashboard.views.page import page, render_page

SCARCE = 1_000_000_000
FAR_BEHIND = 1_000


@page
def status(request: HttpRequest) -> HttpResponse:
    at, head, running, disk = now(), log_head(), parts(), shutil.disk_usage(settings.DATA)
    held = leases()
    context = {
        "section": "status",
        "python": platform.python_version(),
        "started_at": STARTED_AT,
        "process": PROCESS_ID,
        "head": head,
        "behind": max(0, head.seq - hub.state.head) if hub.state.ready else None,
        "clients": hub.clients(),
        "waits": len(interests),
        "hooks": held_hooks(),
        "storage": storage(),
        "free": disk.free,
        "total": disk.total,
        "parts": running,
        "leases": [(lease, lease.name.removeprefix(PROCESS), lease.expires_at > at) for lease in held],
        "processes": sum(lease.name.startswith(PROCESS) and lease.expires_at > at for lease in held),
        "kept": kept(head),
        "keep_days": settings.KEEP_DAYS,
        "keep_bytes": KEEP_BYTES,
        "warnings": [*warnings_of_settings(), *warnings_of_work(running, head, disk.free)],
        "redis": bool(settings.REDIS_URL),
    }
    return render_page(request, "dashboard/status/status.html", "dashboard/status/_status.html", context)


def warnings_of_settings() -> list[tuple[str, str]]:
    """What was set that others could make use of: a sentence, and the setting that ends it."""
    found: list[tuple[Any, str, str]] = [
        (
            settings.DEBUG,
            "Debug is on: mistakes show the inside of the console to whoever makes them.",
            "PERSPT_DEBUG=0",
        ),
        (settings.OPEN, "The console stands open: whoever is at this computer may decide.", "PERSPT_OPEN=0"),
        (settings.INSECURE, "People may sign in over plain HTTP, where others can listen.", "PERSPT_INSECURE=0"),
        (not settings.RATE_LIMITS, "Nothing slows guessing down: the limits are off.", "PERSPT_RATE_LIMITS=1"),
        (not settings.OPEN and alone(), "There is no account yet: the launch key is the only way in.", "/launch/"),
    ]
    return [(sentence, remedy) for holds, sentence, remedy in found if holds]


def warnings_of_work(running: list[Part], head: Head, free: int) -> list[tuple[str, str]]:
    found = [(f"{part.name}: {part.error}", "it is tried again") for part in running if part.in_trouble]
    if not hub.state.ready:
        found.append(("Nobody follows the log in this process: pages do not move by themselves.", "restart it"))
    elif head.seq - hub.state.head > FAR_BEHIND:
        found.append((f"The feed is {head.seq - hub.state.head} events behind.", "it catches up, or see the log"))
    if free < SCARCE:
        found.append(("The disk is nearly full.", "manage.py prune, or make room"))
    return found
