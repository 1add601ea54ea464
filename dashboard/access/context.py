"""What every template may know: who looks, which version this is, and whether the console stands open."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

OPEN_BANNER = "This console is open: whoever uses this computer may decide, without signing in (PERSPT_OPEN)."


def console(request: HttpRequest) -> dict[str, Any]:
    return {
        "actor": getattr(request, "actor", None),
        "console_version": settings.VERSION,
        "open_banner": OPEN_BANNER if settings.OPEN else "",
    }
