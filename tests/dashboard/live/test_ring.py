"""The newest part of the log in memory, its filters, and the window of acknowledgements: bounded, and without holes."""

import random
import sys

import pytest

from dashboard.live.filters import Filter, words
from dashboard.live.ring import Ring, Stored
from dashboard.live.window import Window


def row(seq, *, kind="note", agent="", peer="", frame=""):
    return Stored(seq, kind, agent, peer, "", frame or f'{{"seq":{seq}}}')


def rows(first, last):
    return [row(seq) for seq in range(first, last + 1)]


def numbers(found):
    return [one.seq for one in found]


def test_a_ring_gives_back_what_follows_a_number():
    ring = Ring()
    ring.clear(10)
    ring.extend(rows(11, 20))

    assert numbers(ring.after(10, 100)) == list(range(11, 21))
    assert numbers(ring.after(15, 2)) == [16, 17]
    assert ring.after(20, 100) == []
    assert ring.after(99, 100) == []


def test_what_has_left_the_ring_is_no_longer_claimed():
    ring = Ring(max_frames=5)
    ring.extend(rows(1, 20))

    assert ring.after(14, 100) is None
    assert numbers(ring.after(15, 100)) == [16, 17, 18, 19, 20]


def test_an_empty_ring_knows_only_that_there_is_nothing_newer():
    ring = Ring()
    ring.clear(10)

    assert ring.after(10, 5) == []
    assert ring.after(9, 5) is None


def test_rows_that_do_not_follow_start_the_ring_anew():
    ring = Ring()
    ring.extend(rows(1, 5))
    ring.extend(rows(9, 10))

    assert ring.after(5, 5) is None
    assert numbers(ring.after(8, 5)) == [9, 10]


@pytest.mark.parametrize("seed", range(20))
def test_a_ring_never_outgrows_its_bounds_and_never_skips(seed):
    chance = random.Random(seed)
    ring = Ring(max_frames=chance.randint(1, 50), max_bytes=chance.randint(200, 20_000))
    written = []
    for _ in range(200):
        grown = [
            row(len(written) + 1 + offset, frame="x" * chance.randint(0, 500)) for offset in range(chance.randint(0, 9))
        ]
        written += grown
        ring.extend(grown)
        kept = [one for one in written if one.seq > len(written) - len(ring)]
        assert ring.bytes == sum(sys.getsizeof(one.frame) for one in kept)
        assert len(ring) <= ring._max_frames
        assert ring.bytes <= ring._max_bytes or len(ring) == 1
        place = chance.randint(0, len(written))
        found = ring.after(place, 7)
        expected = written[place : place + 7]
        assert found == (expected if place >= len(written) - len(ring) else None)


@pytest.mark.parametrize(
    ("wanted", "passing"),
    [
        (Filter(), [1, 2, 3, 4]),
        (Filter(kinds=words("sent, note")), [1, 2]),
        (Filter(agent="mara"), [2, 3]),
        (Filter(kinds=words("sent"), agent="mara"), [2]),
        (Filter(only=("ma*",)), [2, 3]),
        (Filter(only=("jo",)), [3, 4]),
        (Filter(only=("*",)), [2, 3, 4]),  # what concerns no agent is for those who see everything
        (Filter(only=()), []),
        (Filter(agent="mara", only=("jo",)), [3]),
    ],
)
def test_a_filter_lets_through_what_fits_all_of_it(wanted, passing):
    log = [
        row(1, kind="note"),
        row(2, kind="sent", agent="mara", peer=""),
        row(3, kind="agent_changed", agent="jo", peer="mara"),
        row(4, kind="agent_changed", agent="jo"),
    ]

    assert numbers(filter(wanted.passes, log)) == passing


def test_a_client_that_acknowledges_is_never_paused():
    window = Window(max_frames=100, max_bytes=10_000, patience=30)
    for moment in range(1000):
        window.sent(moment * 50, 50, 2500, moment)
        assert not window.full
        window.acknowledged(moment * 50, moment)
    assert (window.frames, window.bytes, window.overdue(10_000)) == (0, 0, False)


@pytest.mark.parametrize(("frames", "size"), [(101, 10), (1, 10_001)])
def test_a_client_that_never_acknowledges_is_paused_and_then_cut_off(frames, size):
    window = Window(max_frames=100, max_bytes=10_000, patience=30)
    window.sent(frames, frames, size, now=5)

    assert window.full
    assert not window.overdue(34.9)
    assert window.overdue(35)


def test_a_client_is_given_more_once_it_has_acknowledged_anything():
    window = Window(max_frames=100, max_bytes=10_000, patience=30)
    window.sent(1, 1, 2_501, now=0)
    assert window.full

    window.acknowledged(0, now=1)
    assert (window.full, window.overdue(100)) == (False, False)
    window.sent(2, 1, 7_500, now=2)
    assert window.full


def test_progress_gives_a_paused_client_more_time_and_words_alone_do_not():
    window = Window(max_frames=100, max_bytes=10_000, patience=30)
    window.sent(100, 100, 10, now=0)
    window.sent(300, 200, 10, now=0)

    window.acknowledged(100, now=20)
    window.acknowledged(100, now=45)

    assert (window.full, window.overdue(49), window.overdue(50)) == (True, False, True)
    window.acknowledged(300, now=51)
    assert (window.full, window.overdue(500)) == (False, False)


def test_what_has_left_the_ring_is_let_go_of():
    ring = Ring(max_frames=1000, max_bytes=100_000)
    ring.clear(0)
    for seq in range(1, 1390):
        ring.extend([row(seq, frame="x" * 200)])

    held = sum(len(one.frame) for one in ring._rows)
    assert held <= ring.bytes <= 100_000
