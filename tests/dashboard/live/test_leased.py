"""What one process does for all: one at a time, handed over, and never by two."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.live import leased
from dashboard.live.desk import Desk
from dashboard.live.leased import Leased
from dashboard.models import Lease

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name, seconds in {"LEASE": 1.0, "RENEW": 0.2, "PATIENCE": 0.5, "TRY_AGAIN": 0.1}.items():
        monkeypatch.setattr(leased, name, seconds)


class Worker:
    def __init__(self, owner, *, ahead=0.0):
        self.at_work, self.began = False, 0
        now = lambda: datetime.now(UTC) + timedelta(seconds=ahead)  # noqa: E731
        self.leased = Leased("work", owner=owner, desk=Desk(1, owner), now=now)
        self.task = asyncio.ensure_future(self.leased.run(self.work))

    async def work(self):
        self.at_work = True
        self.began += 1
        try:
            await asyncio.sleep(60)
        finally:
            self.at_work = False

    async def end(self):
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


async def until(truth, within=5.0):
    for _ in range(int(within / 0.02)):
        if truth():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("not in time")


async def test_one_works_and_the_next_takes_over_when_it_ends():
    first = Worker("first")
    await until(lambda: first.at_work)
    second = Worker("second")
    await asyncio.sleep(1.5)  # longer than a lease that nobody renews
    assert (first.at_work, second.at_work) == (True, False)

    await first.end()

    await until(lambda: second.at_work, within=0.8)
    assert not first.at_work
    await second.end()
    assert not await Lease.objects.filter(name="work").aexists()


async def test_a_dead_one_is_replaced_when_its_lease_ends():
    await Lease.objects.acreate(name="work", owner="dead", expires_at=datetime.now(UTC) + timedelta(seconds=0.7))

    second = Worker("second")

    await asyncio.sleep(0.3)
    assert not second.at_work
    await until(lambda: second.at_work)
    await second.end()


async def test_who_lost_the_lease_stops_working():
    first = Worker("first")
    await until(lambda: first.at_work)

    await Lease.objects.filter(name="work").aupdate(owner="other", expires_at=datetime.now(UTC) + timedelta(seconds=30))

    await until(lambda: not first.at_work, within=1)
    await first.task
    assert (await Lease.objects.aget(name="work")).owner == "other"


async def test_a_failure_of_the_work_is_told_and_gives_the_lease_back():
    async def broken():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Leased("work", owner="me", desk=Desk(1, "me"), now=lambda: datetime.now(UTC)).run(broken)

    assert not await Lease.objects.filter(name="work").aexists()
