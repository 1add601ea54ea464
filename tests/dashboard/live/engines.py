"""An engine of a test's own in the test's process, and what goes in and comes out of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from dashboard.events import Note
from dashboard.live.engine import Engine
from dashboard.live.filters import Filter
from dashboard.live.hub import Hub
from dashboard.live.waits import Interests
from dashboard.services.log import append
from tests.dashboard.services.makers import NOW
from tests.harness.waiting import eventually


@contextmanager
def an_engine(hub: Hub | None = None, **options) -> Iterator[Hub]:
    hub = Hub(waiting=Interests()) if hub is None else hub
    engine = Engine(hub, process="this", **options)
    engine.start()
    try:
        eventually(lambda: hub.state.ready, what="the hub is ready")
        yield hub
    finally:
        engine.stop()


def write(*texts, at=NOW):
    with transaction.atomic():
        append(*(Note(at=int(at.timestamp()), text=text) for text in texts))


def published(hub, after=0):
    message = hub.take(after, Filter(), generation=hub.state.generation)
    return [row.seq for row in message.rows] if message else None
