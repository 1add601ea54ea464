"""Serving processes wake one another by Redis, and do without it when it is gone."""

import asyncio

import pytest
from channels.layers import channel_layers

from dashboard.live.layer import Neighbours
from tests.dashboard.live.engines import an_engine, published, write
from tests.harness.redis import Redis, binary
from tests.harness.waiting import eventually, unavailable

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def own_redis(settings):
    if binary() is None:
        unavailable("Redis")
    with Redis() as server:
        settings.REDIS_URL = server.url
        settings.CHANNEL_LAYERS = {
            "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [server.url]}}
        }
        channel_layers._reset_backends("CHANNEL_LAYERS")
        yield server
    channel_layers._reset_backends("CHANNEL_LAYERS")


def test_one_process_wakes_the_other(own_redis):
    async def scene():
        here, there, woken = Neighbours(), Neighbours(), asyncio.Event()
        parts = [asyncio.create_task(there.listen(woken.set)), asyncio.create_task(here.tell())]
        await asyncio.sleep(0.5)
        for seq in range(1000):  # far more than a layer keeps for one listener
            here.grew(seq)
        await asyncio.wait_for(woken.wait(), 5)
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
        await here.close()
        await there.close()

    asyncio.run(scene())


def test_the_log_goes_on_without_redis(own_redis):
    with an_engine() as hub:
        write("one")
        eventually(lambda: published(hub) == [1])
        own_redis.kill()
        write("two")
        eventually(lambda: published(hub) == [1, 2], within=3)
        own_redis.start()
        write("three")
        eventually(lambda: published(hub) == [1, 2, 3], within=3)


def test_the_console_starts_without_redis(own_redis):
    own_redis.kill()
    with an_engine() as hub:
        write("one")
        eventually(lambda: published(hub) == [1], within=3)
