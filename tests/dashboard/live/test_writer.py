"""The writer: many requests in one transaction, nobody refused for a neighbour, nobody answered before the commit."""

import asyncio
import threading

import pytest
from django.db import OperationalError, connection

from dashboard.access.errors import Busy
from dashboard.events import Note
from dashboard.live import writer as room
from dashboard.live.desk import in_desk
from dashboard.live.writer import Writer
from dashboard.models import Event
from dashboard.services.errors import Invalid
from dashboard.services.log import append, grew

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def commits():
    """How many events each commit brought."""
    seen = []
    grew.connect(lambda count, **_: seen.append(count), weak=False, dispatch_uid="test")
    yield seen
    grew.disconnect(dispatch_uid="test")


@pytest.fixture
async def writer():
    one = Writer(rest=0.05)
    yield one
    await ended(one)


async def ended(writer):
    for _ in range(200):
        if writer._thread is None:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the thread did not end")


def note(text):
    return Note(at=1, text=text)


async def test_what_waits_together_is_one_transaction(writer, commits):
    values = await asyncio.gather(*(writer.run(lambda n=n: (n, [note(str(n))])) for n in range(20)))

    assert values == list(range(20))
    assert commits == [20]


async def test_an_answer_comes_after_the_commit(writer):
    await writer.run(lambda: (None, [note("here")]))

    assert await in_desk(Event.objects.filter(kind="note").count) == 1


async def test_a_neighbour_that_is_refused_is_refused_alone(writer, commits):
    def no():
        raise Invalid("No.")

    works = [lambda: (1, [note("a")]), no, lambda: (3, [note("c")])]
    first, second, third = await asyncio.gather(*map(writer.run, works), return_exceptions=True)

    assert (first, third) == (1, 3)
    assert isinstance(second, Invalid)
    assert commits == [1, 1]


async def test_a_mistake_of_ours_is_told_and_the_next_request_is_served(writer):
    def broken():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await writer.run(broken)
    assert await writer.run(lambda: ("well", [])) == "well"


async def test_trouble_of_the_database_is_everybodys_and_tried_only_once(writer):
    tries = []

    def trouble():
        tries.append(1)
        raise OperationalError("disk I/O error")

    both = await asyncio.gather(writer.run(trouble), writer.run(lambda: (1, [])), return_exceptions=True)

    assert [type(error) for error in both] == [OperationalError] * 2
    assert tries == [1]
    assert await writer.run(lambda: (2, [])) == 2


async def test_of_two_that_wait_for_each_other_each_is_tried_again(writer, commits):
    class DeadlockError(Exception):
        sqlstate = room.DEADLOCK

    tries = []

    def unlucky():
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError from DeadlockError()
        return "done", [note("late")]

    assert await asyncio.gather(writer.run(unlucky), writer.run(lambda: (1, [note("b")]))) == ["done", 1]
    assert commits == [1, 1]


async def test_more_than_may_wait_is_turned_away_and_there_is_room_again_later():
    writer, hold = Writer(most_waiting=3, rest=0.05), threading.Event()

    def slow():
        hold.wait(10)
        return None, []

    waiting = [asyncio.ensure_future(writer.run(slow)) for _ in range(3)]
    await asyncio.sleep(0.05)
    with pytest.raises(Busy) as busy:
        await writer.run(lambda: (1, []))
    hold.set()
    await asyncio.gather(*waiting)

    assert (busy.value.status, busy.value.retry_after) == (503, 1)
    assert writer.waiting == 0
    assert await writer.run(lambda: (1, [])) == 1
    await ended(writer)


async def test_who_hangs_up_is_written_all_the_same(writer):
    hold = threading.Event()

    def slow():
        hold.wait(10)
        return None, [note("kept")]

    waiting = asyncio.ensure_future(writer.run(slow))
    await asyncio.sleep(0.05)
    waiting.cancel()
    hold.set()
    await asyncio.gather(waiting, return_exceptions=True)
    await writer.run(lambda: (None, []))

    assert await in_desk(Event.objects.filter(kind="note").count) == 1


async def test_the_thread_ends_when_there_is_nothing_to_do_and_begins_anew(writer):
    await writer.run(lambda: (None, []))
    await ended(writer)

    assert await writer.run(lambda: (threading.current_thread().name, [])) == "writer"


async def test_others_write_beside_it(writer, commits):
    def by_a_service():
        from django.db import transaction

        with transaction.atomic():
            append(note("service"))

    await asyncio.gather(
        *(in_desk(by_a_service) for _ in range(5)), *(writer.run(lambda: (1, [note("w")])) for _ in range(5))
    )

    seqs = await in_desk(lambda: list(Event.objects.order_by("seq").values_list("seq", flat=True)))
    assert seqs == list(range(1, 11))
    assert connection.vendor in ("sqlite", "postgresql")
