"""Whether the console lives, and whether it can work: for supervisors and load balancers."""

import asyncio
import logging
from collections.abc import Awaitable

from channels.layers import get_channel_layer
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from dashboard.access.desk import in_desk
from dashboard.selectors.log import log_head

logger = logging.getLogger(__name__)

PATIENCE = 5.0


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "alive", "version": settings.VERSION})


@require_safe
async def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """The database and the channel layer answer; why not is for the log."""
    checks = {"database": await _answers(_ask_database()), "layer": await _answers(_ask_layer())}
    ready = all(checks.values())
    body = {"status": "ready" if ready else "unavailable"} | checks
    return JsonResponse(body, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


async def _answers(question: Awaitable[None]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await question
    except Exception:
        logger.exception("the console is not ready")
        return False
    return True


async def _ask_database() -> None:
    await in_desk(log_head)


async def _ask_layer() -> None:
    """Send and receive one message; the in-memory layer answers at once, Redis only if it is there."""
    layer = get_channel_layer()
    if layer is None:
        return
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "ready"})
    await layer.receive(channel)
