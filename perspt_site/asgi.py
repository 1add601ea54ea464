"""The ASGI application: who answers what, and the start of the engine.

A server imports this module once in the process that serves; commands and the reloader's parent never do. Therefore
the engine starts here. It serves alike under Daphne (`runserver`) and uvicorn.
"""

import atexit
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perspt_site.settings")

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

django_application = get_asgi_application()  # before anything that imports models

from dashboard.checks import refuse_to_serve  # noqa: E402

refuse_to_serve()

from dashboard.access.body import Capped  # noqa: E402
from dashboard.access.launch import lifespan  # noqa: E402
from dashboard.consumers import node_stats, sse  # noqa: E402
from dashboard.consumers.routing import sockets  # noqa: E402
from dashboard.doors.claude import application as hooks  # noqa: E402
from dashboard.live.engine import Engine  # noqa: E402
from dashboard.live.hub import hub  # noqa: E402
from perspt_site.facts import facts  # noqa: E402

pages = Capped(django_application)  # type: ignore[arg-type]  # its messages are mappings too


async def requests(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """Hand what is hot or long to those who do without Django's handler, all else to Django."""
    if facts.serves(scope):
        await facts(scope, receive, send)
    elif scope["path"].startswith("/hooks/"):
        await hooks(scope, receive, send)
    elif scope["path"].rstrip("/") == sse.PATH:
        await sse.stream(scope, receive, send)
    elif scope["path"].startswith(node_stats.PREFIX):
        await node_stats.node_stats(scope, receive, send)
    else:
        await pages(scope, receive, send)


sys.setswitchinterval(0.0001)  # the loop and the writer work at once; whoever waits for the other waits less

engine = Engine(hub)
engine.start()
atexit.register(engine.stop)

application = ProtocolTypeRouter({"http": requests, "websocket": sockets, "lifespan": lifespan})
