"""Clients that ask for the same share the work: one message is written, however many take it."""

import json

import pytest

from dashboard.live.filters import Filter
from dashboard.live.hub import Hub
from dashboard.live.ring import Stored
from dashboard.live.waits import Interests


def row(seq, kind):
    return Stored(seq, kind, "", "", f"thing:{seq}", json.dumps({"seq": seq, "kind": kind}))


def rows(first, last):
    return [row(seq, "note" if seq % 2 else "sent") for seq in range(first, last + 1)]


def notes():
    return Filter(kinds=frozenset({"note"}))


@pytest.fixture
def hub():
    fresh = Hub(waiting=Interests())
    fresh.begin(epoch="e1", head=0, floor=0)
    return fresh


def test_equal_filters_share_a_message_and_others_do_not(hub):
    hub.publish(rows(1, 10), floor=0)

    message = hub.take(0, notes(), generation=0)

    assert [one.seq for one in message.rows] == [1, 3, 5, 7, 9]
    assert hub.take(0, notes(), generation=0) is message
    assert hub.take(0, Filter(kinds=frozenset({"sent"})), generation=0) is not message
    assert hub.take(0, Filter(), generation=0) is not message


@pytest.mark.parametrize("wanted", [Filter(), notes()], ids=["everything", "notes"])
def test_a_hundred_clients_who_came_at_different_moments_share_from_their_second_message_on(hub, wanted):
    hub.publish(rows(1, 100), floor=0)
    joined = [hub.take(place, wanted, generation=0) for place in range(100)]
    assert {message.upto for message in joined} == {100}

    hub.publish(rows(101, 120), floor=0)
    together = [hub.take(message.upto, wanted, generation=0) for message in joined]

    assert len({id(message) for message in together}) == 1
    assert together[0].upto == 120
