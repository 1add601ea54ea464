"""What a serving process does by itself: it publishes the log, keeps deadlines, and cleans up after dead ones."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from dashboard.events import Note
from dashboard.live import chores
from dashboard.live import engine as engines
from dashboard.live.chores import CERTAIN_AFTER, Life
from dashboard.models import Approval, Event, Lease, LogState, Question
from dashboard.selectors.log import log_head
from dashboard.services.leases import give_up_lease, hold_lease
from dashboard.services.log import append
from dashboard.services.retention import prune_log
from tests.dashboard.live.engines import an_engine, published, write
from tests.dashboard.services.makers import NOW, a_question, an_approval, later
from tests.harness.waiting import eventually

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_the_hub_begins_with_what_was_there_and_goes_on_with_what_comes():
    write("one", "two")
    with an_engine() as hub:
        assert published(hub) == [1, 2]
        write("three")
        eventually(lambda: published(hub) == [1, 2, 3], within=2, every=0.005)
        assert (hub.state.head, hub.state.epoch) == (3, log_head().epoch)


def test_a_rolled_back_event_is_never_published():
    with an_engine() as hub:
        with suppress(RuntimeError), transaction.atomic():
            append(Note(at=1, text="never"))
            raise RuntimeError
        write("one")
        eventually(lambda: hub.state.head == 1)
        assert published(hub) == [1]


def test_many_events_at_once_are_all_published():
    with an_engine() as hub:
        write(*map(str, range(1800)))
        eventually(lambda: hub.state.head == 1800)


def test_a_log_that_became_another_one_is_noticed():
    write("one", "two", "three")
    with an_engine() as hub:
        Event.objects.all().delete()
        LogState.objects.update(seq=0, epoch="another")
        eventually(lambda: hub.state.epoch == "another", within=5)
        assert hub.state.generation == 1
        write("first")
        eventually(lambda: published(hub) == [1])


def test_deadlines_are_kept_with_nobody_watching():
    approval = an_approval(deadline_seconds=5)
    question = a_question(ttl_seconds=5, default_answer="yes")
    with an_engine(now=lambda: later(6)):
        eventually(lambda: not Approval.objects.filter(status="pending").exists(), within=5)
        eventually(lambda: not Question.objects.filter(status="pending").exists(), within=5)
    approval.refresh_from_db()
    question.refresh_from_db()
    assert (approval.status, approval.resolved_by) == ("expired", "deadline")
    assert (question.status, question.answer) == ("expired", "yes")


def test_a_living_process_has_a_lease_and_gives_it_back_when_it_ends():
    with an_engine():
        eventually(lambda: Lease.objects.filter(name="process:this").exists())
    assert not Lease.objects.exists()


def test_an_error_in_one_part_does_not_stop_the_others(monkeypatch):
    def broken(*_):
        raise OSError("no")

    monkeypatch.setattr(chores, "note_silence", broken)
    monkeypatch.setattr(chores, "keep_deadlines", broken)
    with an_engine() as hub:
        write("one")
        eventually(lambda: published(hub) == [1])
        eventually(Lease.objects.exists)


# --- processes that died ---------------------------------------------------------------------------------------------


def sweeps(life, *moments):
    """Sweep at these moments, by the clock and by the time that has really passed."""
    return [life.sweep(later(moment)) for moment in moments]


def a_life(moments):
    ticking = iter(moments)
    return Life("this", monotonic=lambda: next(ticking))


def test_what_a_dead_process_held_is_withdrawn_and_says_why():
    dead = an_approval(holder="dead")
    asked = a_question(holder="dead")
    mine, free = an_approval(agent="b", holder="this"), an_approval(agent="c")
    hold_lease("process:dead", owner="dead", seconds=10, now=NOW)

    assert sweeps(a_life([0, 4, 8, 12]), 1, 5, 9, 13) == [0, 0, 0, 2]

    for ask in (dead, asked):
        ask.refresh_from_db()
        assert (ask.status, ask.resolved_by) == ("withdrawn", "console")
        assert ask.note == "The console restarted while the agent was waiting, so nobody could hear an answer."
    for ask in (mine, free):
        ask.refresh_from_db()
        assert ask.pending
    assert not Lease.objects.exists()


def test_what_a_process_held_that_ended_properly_is_withdrawn_sooner():
    an_approval(holder="ended")

    assert sweeps(a_life([0, CERTAIN_AFTER]), 0, CERTAIN_AFTER) == [0, 1]


def test_a_process_whose_clock_is_wrong_keeps_what_it_holds():
    an_approval(holder="wrong clock")
    life = a_life(range(0, 60, 3))
    for moment in range(0, 60, 3):
        hold_lease("process:wrong clock", owner="wrong clock", seconds=10, now=later(moment - 600))
        assert life.sweep(later(moment)) == 0


def test_a_computer_that_slept_takes_nothing_away():
    an_approval(holder="other")
    hold_lease("process:other", owner="other", seconds=10, now=NOW)
    life = a_life([0, 3, 3.1])
    sweeps(life, 0, 3)
    hours_later = 30_000  # by the clock; for the processes, no time has passed
    assert life.sweep(later(hours_later)) == 0


def test_only_one_holds_a_lease():
    assert hold_lease("prune", owner="a", seconds=10, now=NOW)
    assert not hold_lease("prune", owner="b", seconds=10, now=later(9))
    assert hold_lease("prune", owner="a", seconds=10, now=later(9))
    assert not hold_lease("prune", owner="b", seconds=10, now=later(18))
    assert hold_lease("prune", owner="b", seconds=10, now=later(19))
    give_up_lease("prune", owner="a")
    assert not hold_lease("prune", owner="a", seconds=10, now=later(20))


# --- retention -------------------------------------------------------------------------------------------------------


def test_old_events_go_in_small_batches_and_the_floor_tells_it():
    write(*"abcde", at=NOW - timedelta(days=31))
    write(*"fg", at=NOW)

    assert [prune_log(now=NOW, keep_days=30, batch=2) for _ in range(4)] == [2, 2, 1, 0]
    assert list(Event.objects.values_list("seq", flat=True)) == [6, 7]
    assert log_head().floor == 5


def test_a_log_that_is_too_large_loses_its_oldest_part():
    write(*("x" * 10_000 for _ in range(100)))
    while prune_log(now=NOW, keep_days=30, keep_bytes=500_000):
        pass

    assert 45 <= Event.objects.count() <= 50
    assert log_head().floor == 100 - Event.objects.count()


def test_an_empty_log_has_nothing_to_prune():
    assert prune_log(now=NOW, keep_days=30) == 0
    write("old", at=NOW - timedelta(days=31))
    assert (prune_log(now=NOW, keep_days=30), prune_log(now=NOW, keep_days=30)) == (1, 0)
    assert log_head().floor == 1


def test_ages_are_told_while_somebody_watches(monkeypatch):
    monkeypatch.setattr(engines, "SEEN_EVERY", 0.1)

    async def watch(hub):
        with hub.listening() as ear:
            await asyncio.sleep(0.3)
            await asyncio.to_thread(an_approval, now=datetime.now(UTC))
            while not hub.seen.agents:
                await asyncio.wait_for(ear.wait(), 5)
                ear.clear()
        return dict(hub.seen.agents)

    with an_engine() as hub:
        assert list(asyncio.run(watch(hub))) == ["atlas"]
