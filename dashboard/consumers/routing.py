"""Which socket is served by whom."""

from dashboard.consumers.caller import AsgiScope, Receive, Send
from dashboard.consumers.feed import feed

SOCKETS = {"/ws/events": feed}


async def sockets(scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Hand a WebSocket to its consumer; one to an unknown path is turned away."""
    consumer = SOCKETS.get(scope["path"].rstrip("/"))
    if consumer is None:
        await receive()
        await send({"type": "websocket.close", "code": 4404})
        return
    await consumer(scope, receive, send)
