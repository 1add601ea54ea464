"""Waiting costs no thread and no connection, and misses nothing."""

import asyncio
import threading

import pytest

from dashboard.live.desk import in_desk
from dashboard.live.waits import Interests, interests, wait_for_ref


class Thing:
    """Something that gets resolved, and counts how often it was read."""

    def __init__(self):
        self.resolved = False
        self.reads = 0

    def read(self):
        self.reads += 1
        return self.resolved


@pytest.fixture
def a_hub_runs():
    interests.serve(served=True)
    yield
    interests.serve(served=False)


async def test_what_is_done_already_is_returned_at_once():
    thing = Thing()
    thing.resolved = True

    assert await wait_for_ref("approval:1", thing.read, bool, 10) is True
    assert (thing.reads, len(interests)) == (1, 0)


async def test_a_waiter_wakes_when_what_it_waits_for_has_changed(a_hub_runs):
    thing = Thing()
    waiting = asyncio.create_task(wait_for_ref("approval:1", thing.read, bool, 10))
    await asyncio.sleep(0.1)
    interests.wake(["approval:2"])
    await asyncio.sleep(0.1)
    assert thing.reads == 1

    thing.resolved = True
    threading.Thread(target=interests.wake, args=(["approval:1"],)).start()

    assert await asyncio.wait_for(waiting, 1) is True
    assert (thing.reads, len(interests)) == (2, 0)


async def test_a_waiter_may_wait_for_several_names_at_once(a_hub_runs):
    thing = Thing()
    waiting = asyncio.create_task(wait_for_ref("agent:mara", thing.read, bool, 10, also=("agent:*",)))
    await asyncio.sleep(0.1)
    assert len(interests) == 1

    thing.resolved = True
    interests.wake(["agent:*"])

    assert await asyncio.wait_for(waiting, 1) is True
    assert len(interests) == 0


async def test_without_a_hub_a_waiter_looks_by_itself():
    thing = Thing()
    waiting = asyncio.create_task(wait_for_ref("approval:1", thing.read, bool, 10))
    await asyncio.sleep(0.1)
    thing.resolved = True

    assert await asyncio.wait_for(waiting, 3) is True


async def test_when_the_time_is_over_the_waiter_gets_what_is(a_hub_runs):
    assert await wait_for_ref("approval:1", Thing().read, bool, 0.1) is False
    assert len(interests) == 0


async def test_who_hangs_up_leaves_nothing_behind(a_hub_runs):
    waiting = asyncio.create_task(wait_for_ref("approval:1", Thing().read, bool, 10))
    await asyncio.sleep(0.1)
    assert len(interests) == 1

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert len(interests) == 0


async def test_a_change_between_registering_and_reading_is_not_missed(a_hub_runs):
    thing = Thing()

    def read_while_it_changes():
        found = thing.read()
        thing.resolved = True  # after the read, before the sleep
        interests.wake(["approval:1"])
        return found

    assert await asyncio.wait_for(wait_for_ref("approval:1", read_while_it_changes, bool, 10), 1) is True


def test_a_waiter_whose_loop_has_ended_harms_nobody():
    several = Interests()

    async def leave_a_waiter():
        watching = several.watching("approval:1")
        watching.__enter__()
        return watching

    kept = asyncio.run(leave_a_waiter())
    several.wake(["approval:1"])
    kept.__exit__(None, None, None)
    assert len(several) == 0


async def test_a_thousand_waiters_need_no_threads(a_hub_runs):
    thing, before = Thing(), threading.active_count()
    waiting = [asyncio.create_task(wait_for_ref("approval:1", thing.read, bool, 10)) for _ in range(1000)]
    while thing.reads < 1000:  # noqa: ASYNC110  reads happen in threads
        await asyncio.sleep(0.01)
    assert threading.active_count() < before + 30

    thing.resolved = True
    interests.wake(["approval:1"])
    assert await asyncio.wait_for(asyncio.gather(*waiting), 5) == [True] * 1000


async def test_a_hop_returns_what_the_work_returned_and_raises_what_it_raised():
    def add(one, *, other):
        return one + other

    assert await in_desk(add, 1, other=2) == 3
    with pytest.raises(ZeroDivisionError):
        await in_desk(lambda: 1 / 0)
