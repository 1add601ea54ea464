"""Waking the hubs of other processes by the channel layer: "there is something up to number S", never content.

Layers lose messages silently and forget members after a day. Nothing here minds: every hub also looks by itself.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from channels.layers import channel_layers

GROUP = "perspt.log"
JOIN_EVERY = 3600.0
COLLECT = 0.02


class Neighbours:
    """The other serving processes, as one layer reaches them. To be used in one event loop."""

    def __init__(self) -> None:
        self._layer: Any = channel_layers.make_backend("default")  # of our own: its connections belong to our loop
        self._grown = asyncio.Event()
        self._seq = 0

    def grew(self, seq: int) -> None:
        """Tell the others soon that the log has grown; called in the loop."""
        self._seq = max(self._seq, seq)
        self._grown.set()

    async def tell(self) -> None:
        """Tell what `grew` says, many commits at once."""
        while True:
            await self._grown.wait()
            self._grown.clear()
            await self._layer.group_send(GROUP, {"type": "log.grew", "seq": self._seq})
            await asyncio.sleep(COLLECT)

    async def listen(self, wake: Callable[[], None]) -> None:
        """Wake our own hub for each word of the others."""
        channel = await self._layer.new_channel()
        joined = float("-inf")
        while True:
            if time.monotonic() - joined > JOIN_EVERY:
                await self._layer.group_add(GROUP, channel)
                joined = time.monotonic()
            await self._layer.receive(channel)
            wake()

    async def close(self) -> None:
        await self._layer.close_pools()
